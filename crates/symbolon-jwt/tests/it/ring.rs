use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::signing::{SIGNED_TTL_MAX, SigningAlg, SigningKeyRecord};
use symbolon_jwt::compact;
use symbolon_jwt::jwks::public_keys;
use symbolon_jwt::key::SigningKey;
use symbolon_jwt::ring::Ring;

use super::given::{BEGUN, Counting, ISSUER, compat_session, read, record, ring_of, sealer, session};

const HOUR: Duration = Duration::from_secs(3_600);

/// Two keys: the second was made an hour after the first and signs from ten minutes later on.
fn two() -> [SigningKeyRecord; 2] {
    let chance = Counting::from(5);
    let first = record(SigningAlg::EdDsa, BEGUN.before(HOUR), &chance);
    let second = SigningKeyRecord {
        active_from: BEGUN.after(Duration::from_secs(600)),
        ..record(SigningAlg::EdDsa, BEGUN, &chance)
    };
    [first, second]
}

fn names(ring: &Ring, now: Timestamp) -> Vec<String> {
    public_keys(ring, now).into_iter().map(|key| key.kid).collect()
}

#[test]
fn the_newest_active_key_signs_and_the_instant_alone_decides_which() {
    let [first, second] = two();
    let ring = ring_of(vec![first.clone(), second.clone()]);
    let signer = |at: Timestamp| ring.signer(SigningAlg::EdDsa, at).unwrap().id().clone();
    let switch = second.active_from;
    assert_eq!(signer(Timestamp(switch.0 - 1)), first.id);
    assert_eq!(signer(switch), second.id);
    assert_eq!(
        signer(Timestamp(0)),
        first.id,
        "a session may be older than its key"
    );
    assert_eq!(signer(Timestamp(i64::MAX)), second.id);
}

#[test]
fn a_token_is_good_before_during_and_after_a_rotation() {
    let [first, second] = two();
    let before = ring_of(vec![first.clone()]);
    let text = compact::write(&before, SigningAlg::EdDsa, ISSUER, &session())
        .unwrap()
        .unwrap();
    let after = ring_of(vec![first, second]);
    for ring in [&before, &after] {
        assert!(compact::read(ring, ISSUER, &text).is_some());
    }
    let again = compact::write(&after, SigningAlg::EdDsa, ISSUER, &session())
        .unwrap()
        .unwrap();
    assert_eq!(*again, *text, "a repetition after the rotation is the same text");
}

#[test]
fn what_a_revoked_key_signed_is_refused_and_the_next_one_signs_in_its_place() {
    let [first, second] = two();
    let before = ring_of(vec![first.clone()]);
    let text = compact::write(&before, SigningAlg::EdDsa, ISSUER, &session())
        .unwrap()
        .unwrap();
    let revoked = SigningKeyRecord {
        revoked_at: Some(BEGUN),
        ..first
    };
    let after = ring_of(vec![revoked, second.clone()]);
    assert_eq!(compact::read(&after, ISSUER, &text), None);
    let again = compact::write(&after, SigningAlg::EdDsa, ISSUER, &session())
        .unwrap()
        .unwrap();
    assert!(compact::read(&after, ISSUER, &again).is_some());
    assert_eq!(names(&after, BEGUN), [second.id.as_str()]);
}

#[test]
fn a_key_is_published_from_its_making_until_all_that_it_signed_is_past() {
    let [first, second] = two();
    let ring = ring_of(vec![first.clone(), second.clone()]);
    let spent = second.active_from.after(SIGNED_TTL_MAX);
    let both = [first.id.as_str(), second.id.as_str()];
    assert_eq!(names(&ring, BEGUN), both);
    assert_eq!(names(&ring, Timestamp(spent.0 - 1)), both);
    assert_eq!(names(&ring, spent), both[1..]);
}

#[test]
fn an_emergency_key_signs_in_place_of_one_that_was_to_sign_soon() {
    let [first, second] = two();
    let emergency = record(
        SigningAlg::EdDsa,
        BEGUN.after(Duration::from_secs(60)),
        &Counting::from(6),
    );
    let ring = ring_of(vec![first, second.clone(), emergency.clone()]);
    let signer = |at: Timestamp| ring.signer(SigningAlg::EdDsa, at).unwrap().id().clone();
    assert_eq!(signer(emergency.active_from), emergency.id);
    assert_eq!(signer(second.active_from.after(HOUR)), emergency.id);
}

#[test]
fn the_shared_secret_signs_what_is_signed_with_hs256_and_nothing_else() {
    let shared = SigningKey::shared(b"0f1e2d3c4b5a69788796a5b4c3d2e1f0").unwrap();
    let id = shared.id().clone();
    let ring = Ring::open(super::given::records().to_vec(), &sealer(), Some(shared)).unwrap();
    assert_eq!(ring.shared(), Some(&id));
    for alg in SigningAlg::ALL {
        let signs = *ring.signer(alg, BEGUN).unwrap().id() == id;
        assert_eq!(signs, alg == SigningAlg::Hs256);
    }
    let text = compact::write(&ring, SigningAlg::EdDsa, ISSUER, &compat_session())
        .unwrap()
        .unwrap();
    assert!(compact::read(&ring, ISSUER, &text).is_some());
    assert_eq!(read(&text), None, "who has not the secret does not take it");
}

#[test]
fn a_way_to_sign_without_a_key_has_no_signer() {
    let [first, _] = two();
    let ring = ring_of(vec![first]);
    assert!(ring.signer(SigningAlg::Es256, BEGUN).is_none());
    assert!(super::given::ring().signer(SigningAlg::Es256, BEGUN).is_some());
    assert_eq!(super::given::ring().records().len(), 4);
    assert!(super::given::ring().shared().is_none());
    let _all = ring;
}
