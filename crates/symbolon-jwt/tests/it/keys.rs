use symbolon_core::clock::Timestamp;
use symbolon_core::signing::{SigningAlg, SigningKeyId, SigningKeyRecord};
use symbolon_core::token::MasterKey;
use symbolon_jwt::key::{SECRET_LEN_MIN, SigningKey, WeakSecret, check_secret};
use symbolon_jwt::seal::{SealError, Sealer};

use super::given::{Counting, master, record, sealer};

#[test]
fn a_sealed_key_opens_and_signs_what_it_signed_before() {
    let chance = Counting::from(1);
    for alg in SigningAlg::ALL {
        let (key, material) = SigningKey::generate(alg, &chance).unwrap();
        let record = SigningKeyRecord {
            id: key.id().clone(),
            alg,
            sealed: sealer().seal(&key, &material, &chance).unwrap(),
            created_at: Timestamp(1),
            active_from: Timestamp(2),
            revoked_at: None,
        };
        let opened = sealer().open(&record).unwrap();
        assert_eq!((opened.id(), opened.alg()), (key.id(), alg));
        let signature = key.sign(b"message").unwrap();
        assert_eq!(signature.len(), key.signature_len());
        assert!(opened.verifies(b"message", &signature) && !opened.verifies(b"massage", &signature));
        assert!(key.verifies(b"message", &opened.sign(b"message").unwrap()));
    }
}

#[test]
fn a_seal_is_bound_to_the_name_the_way_and_the_master_key() {
    let good = record(SigningAlg::EdDsa, Timestamp(0), &Counting::from(2));
    assert!(sealer().open(&good).is_ok());
    let renamed = SigningKeyRecord {
        id: SigningKeyId::new("another").unwrap(),
        ..good.clone()
    };
    let turned = SigningKeyRecord {
        alg: SigningAlg::Hs256,
        ..good.clone()
    };
    for bad in [renamed, turned] {
        assert!(matches!(sealer().open(&bad), Err(SealError::Open { .. })));
    }
    let other = Sealer::new(&MasterKey::from_bytes([9; 32])).unwrap();
    let error = other.open(&good).unwrap_err().to_string();
    assert_eq!(
        error,
        format!(
            "the signing key {} in the store does not open with this master key",
            good.id.as_str()
        )
    );
}

#[test]
fn a_seal_that_was_changed_anywhere_or_cut_does_not_open() {
    let good = record(SigningAlg::EdDsa, Timestamp(0), &Counting::from(3));
    let opens = |sealed: Vec<u8>| {
        sealer()
            .open(&SigningKeyRecord {
                sealed,
                ..good.clone()
            })
            .is_ok()
    };
    for place in 0..good.sealed.len() {
        let mut sealed = good.sealed.clone();
        sealed[place] ^= 1;
        assert!(!opens(sealed), "{place}");
        assert!(!opens(good.sealed[..place].to_vec()), "{place}");
    }
}

#[test]
fn the_clear_key_is_not_in_its_seal() {
    let chance = Counting::from(4);
    let (key, material) = SigningKey::generate(SigningAlg::Hs256, &chance).unwrap();
    let (a, b) = (
        sealer().seal(&key, &material, &chance).unwrap(),
        sealer().seal(&key, &material, &chance).unwrap(),
    );
    assert_ne!(a, b, "each seal has a nonce of its own");
    assert_eq!(a.len(), 1 + 12 + 32 + 16);
    assert_eq!(master().check(), master().check());
}

#[test]
fn s0_6_an_empty_short_or_typed_secret_is_refused_and_says_why() {
    assert_eq!(check_secret(b""), Err(WeakSecret::Short { len: 0 }));
    assert_eq!(check_secret(&[b'a'; 31]), Err(WeakSecret::Short { len: 31 }));
    for typed in ["a".repeat(SECRET_LEN_MIN), "ab".repeat(100), "secret!".repeat(20)] {
        assert_eq!(
            check_secret(typed.as_bytes()),
            Err(WeakSecret::Repeats),
            "{typed}"
        );
    }
    for drawn in [
        "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
        "9a0b1c2d3e4f50617283940a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8",
        "correct horse battery staple, and more",
    ] {
        assert_eq!(check_secret(drawn.as_bytes()), Ok(()), "{drawn}");
    }
    let told = WeakSecret::Short { len: 0 }.to_string();
    assert_eq!(told, "the secret has 0 bytes, at least 32 are needed");
}

#[test]
fn s0_6_the_same_secret_is_the_same_key_and_another_is_another() {
    let secret = b"0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    let (a, b) = (
        SigningKey::shared(secret).unwrap(),
        SigningKey::shared(secret).unwrap(),
    );
    assert_eq!(a.id(), b.id());
    assert!(b.verifies(b"message", &a.sign(b"message").unwrap()));
    let other = SigningKey::shared(b"1f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap();
    assert_ne!(a.id(), other.id());
    assert!(!other.verifies(b"message", &a.sign(b"message").unwrap()));
}

#[test]
fn a_key_shows_its_name_and_its_way_and_nothing_else() {
    let key = SigningKey::shared(b"0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap();
    assert_eq!(
        format!("{key:?}"),
        format!("SigningKey(HS256 {})", key.id().as_str())
    );
}
