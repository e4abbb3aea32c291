use data_encoding::BASE64URL_NOPAD;
use symbolon_core::token::{KeyId, MasterKey, RawToken, TokenKeys};

use super::given::{counting, keys, master, pair, parsed};

/// The 61 bytes of a token's text, to spoil one of them.
fn body(token: &RawToken) -> Vec<u8> {
    BASE64URL_NOPAD.decode(&token.expose().as_bytes()[4..]).unwrap()
}

fn token_of(prefix: &str, body: &[u8]) -> RawToken {
    parsed(&format!("{prefix}{}", BASE64URL_NOPAD.encode(body)))
}

#[test]
fn a_token_of_our_keys_is_genuine() {
    let pair = pair(3);
    assert!(pair.access.is_genuine(&keys()));
    assert!(pair.refresh.is_genuine(&keys()));
}

#[test]
fn the_tag_binds_the_kind() {
    let pair = pair(3);
    for prefix in ["syr_", "syk_"] {
        assert!(!token_of(prefix, &body(&pair.access)).is_genuine(&keys()));
    }
    for prefix in ["sya_", "syk_"] {
        assert!(!token_of(prefix, &body(&pair.refresh)).is_genuine(&keys()));
    }
}

#[test]
fn the_tag_binds_key_id_session_generation_and_verifier_bit_by_bit() {
    let genuine = body(&pair(3).access);
    assert_eq!(genuine.len(), 61);
    for place in 0..genuine.len() {
        for bit in 0..8 {
            let mut spoilt = genuine.clone();
            spoilt[place] ^= 1 << bit;
            assert!(
                !token_of("sya_", &spoilt).is_genuine(&keys()),
                "bit {bit} of byte {place} is not bound"
            );
        }
    }
}

#[test]
fn a_tag_under_another_key_id_is_not_genuine_even_with_the_same_master_key() {
    let second = TokenKeys::derive(&master(), KeyId(2));
    assert_eq!(second.id(), KeyId(2));
    assert!(!pair(3).access.is_genuine(&second));
}

#[test]
fn a_tag_of_another_master_key_is_not_genuine() {
    let other = TokenKeys::derive(&MasterKey::from_bytes(counting(1)), KeyId::FIRST);
    assert!(!pair(3).access.is_genuine(&other));
}
