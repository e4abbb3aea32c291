use std::time::Duration;

use symbolon_core::signing::{
    SIGNED_TTL_MAX, SigningAlg, SigningKeyId, SigningKeyRecord, is_spent, newest, replaced_at, signer,
};

use super::given::ms;

fn id(name: &str) -> SigningKeyId {
    SigningKeyId::new(name).unwrap()
}

fn key(name: &str, alg: SigningAlg, made: i64, active: i64) -> SigningKeyRecord {
    SigningKeyRecord {
        id: id(name),
        alg,
        sealed: Vec::new(),
        created_at: ms(made),
        active_from: ms(active),
        revoked_at: None,
    }
}

/// Two keys that follow one another, and one that signs in another way.
fn keys() -> Vec<SigningKeyRecord> {
    vec![
        key("a", SigningAlg::EdDsa, 100, 100),
        key("x", SigningAlg::Es256, 150, 150),
        key("b", SigningAlg::EdDsa, 200, 300),
    ]
}

fn signs(keys: &[SigningKeyRecord], at: i64) -> &str {
    signer(keys, SigningAlg::EdDsa, ms(at)).unwrap().id.as_str()
}

#[test]
fn the_newest_that_is_active_signs() {
    let said = [0, 99, 100, 299, 300, i64::MAX].map(|at| signs(&keys(), at).to_owned());
    assert_eq!(said, ["a", "a", "a", "a", "b", "b"]);
    assert_eq!(signer(&keys(), SigningAlg::Rs256, ms(500)), None);
}

#[test]
fn a_key_made_later_but_active_earlier_takes_the_place_of_the_one_before() {
    let mut keys = keys();
    keys.push(key("c", SigningAlg::EdDsa, 250, 250));
    let said = [249, 250, 299, 300, 1_000].map(|at| signs(&keys, at).to_owned());
    assert_eq!(said, ["a", "c", "c", "c", "c"]);
    assert_eq!(newest(&keys, SigningAlg::EdDsa).unwrap().id, id("c"));
}

#[test]
fn a_revoked_key_signs_nothing() {
    let mut keys = keys();
    keys[0].revoked_at = Some(ms(210));
    assert_eq!(signs(&keys, 150), "b", "there is no other");
    keys[2].revoked_at = Some(ms(210));
    assert_eq!(signer(&keys, SigningAlg::EdDsa, ms(150)), None);
}

#[test]
fn a_key_is_replaced_when_a_newer_one_signs_and_spent_when_nothing_it_signed_can_live() {
    let keys = keys();
    assert_eq!(replaced_at(&keys, &keys[0]), Some(ms(300)));
    assert_eq!(replaced_at(&keys, &keys[1]), None);
    assert_eq!(replaced_at(&keys, &keys[2]), None);
    let end = ms(300).after(SIGNED_TTL_MAX);
    assert!(!is_spent(&keys, &keys[0], end.before(Duration::from_millis(1))));
    assert!(is_spent(&keys, &keys[0], end));
    assert!(!is_spent(&keys, &keys[2], ms(i64::MAX)));
}

#[test]
fn a_name_needs_no_escape_anywhere() {
    for good in ["a", "A-_9", &"k".repeat(64)] {
        assert_eq!(id(good).as_str(), good);
    }
    for bad in ["", "a b", "a\"", "a.b", "é", "a/b", &"k".repeat(65)] {
        assert_eq!(SigningKeyId::new(bad), None, "{bad}");
    }
    assert_eq!(SigningKeyId::of_bytes([0xff; 12]).as_str(), "________________");
}

#[test]
fn the_words_of_the_ways_to_sign_are_those_of_the_standards() {
    let words = SigningAlg::ALL.map(SigningAlg::as_str);
    assert_eq!(words, ["EdDSA", "ES256", "RS256", "HS256"]);
    for alg in SigningAlg::ALL {
        assert_eq!(SigningAlg::parse(alg.as_str()), Some(alg));
        assert_eq!(SigningAlg::parse(&alg.as_str().to_lowercase()), None);
    }
}
