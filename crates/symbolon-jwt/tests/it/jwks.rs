use data_encoding::BASE64URL_NOPAD;
use symbolon_core::signing::SigningAlg;
use symbolon_jwt::jwks::public_keys;

use super::given::{BEGUN, ring};

#[test]
fn the_public_halves_are_published_and_the_shared_secret_is_not() {
    let keys = public_keys(ring(), BEGUN);
    let shown: Vec<_> = keys
        .iter()
        .map(|key| (key.kty, key.alg, key.crv, key.purpose))
        .collect();
    assert_eq!(
        shown,
        [
            ("OKP", "EdDSA", Some("Ed25519"), "sig"),
            ("EC", "ES256", Some("P-256"), "sig"),
            ("RSA", "RS256", None, "sig"),
        ]
    );
    for key in &keys {
        let alg = SigningAlg::parse(key.alg).unwrap();
        assert_eq!(key.kid, ring().signer(alg, BEGUN).unwrap().id().as_str());
    }
}

#[test]
fn the_members_are_those_of_their_family_in_their_lengths() {
    let keys = public_keys(ring(), BEGUN);
    let len = |text: &Option<String>| {
        text.as_ref()
            .map(|text| BASE64URL_NOPAD.decode(text.as_bytes()).unwrap().len())
    };
    let lens: Vec<_> = keys
        .iter()
        .map(|key| [len(&key.x), len(&key.y), len(&key.n), len(&key.e)])
        .collect();
    assert_eq!(
        lens,
        [
            [Some(32), None, None, None],
            [Some(32), Some(32), None, None],
            [None, None, Some(256), Some(3)],
        ]
    );
    assert_eq!(keys[2].e.as_deref(), Some("AQAB"));
}
