use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use symbolon_core::token::{Generation, KeyId, MasterKey, Pair, TokenKeys};
use symbolon_testkit::history::Invariant;
use symbolon_testkit::history::leaks::{Secrets, find};
use symbolon_testkit::randomness::Seeded;

fn token() -> String {
    let keys = TokenKeys::derive(&MasterKey::from_bytes([1; 32]), KeyId::FIRST);
    let id = SessionId::random(Timestamp(1), &Seeded::new(1)).unwrap();
    let pair = Pair::random(&keys, id, Generation(3), &Seeded::new(2)).unwrap();
    pair.refresh.expose().to_string()
}

fn verifier() -> Vec<u8> {
    data_encoding::BASE64URL_NOPAD
        .decode(&token().as_bytes()[4..])
        .unwrap()[21..53]
        .to_vec()
}

fn secrets() -> Secrets {
    let mut secrets = Secrets::default();
    secrets.add("correct horse");
    secrets.add_token(&token());
    secrets
}

fn found(artefact: &[u8]) -> Vec<String> {
    let findings = find(&secrets(), [("the log", artefact)]);
    assert_eq!(findings.chances(Invariant::I12), 2);
    findings
        .violations
        .into_iter()
        .map(|violation| violation.seen)
        .collect()
}

#[test]
fn a_token_in_the_clear_is_found_wherever_it_is_and_not_repeated() {
    let line = format!("GET /verify token={}!", token());
    assert_eq!(found(line.as_bytes()), ["secret 2 in the log at byte 50"]);
}

#[test]
fn a_verifier_is_found_as_bytes_and_in_hexadecimal_digits() {
    let verifier = verifier();
    let lower = data_encoding::HEXLOWER.encode(&verifier);
    let upper = data_encoding::HEXUPPER.encode(&verifier);
    for form in [&verifier, lower.as_bytes(), upper.as_bytes()] {
        let artefact = [b"\0\0", form, b"\0"].concat();
        assert_eq!(found(&artefact), ["secret 2 in the log at byte 2"]);
    }
}

#[test]
fn a_password_is_found_each_time() {
    let artefact = b"correct horsecorrect horse";
    assert_eq!(
        found(artefact),
        ["secret 1 in the log at byte 0", "secret 1 in the log at byte 13"]
    );
}

#[test]
fn what_is_public_of_a_token_is_no_leak() {
    let public = &token()[..32];
    let digest = [0xab; 32];
    let artefact = [public.as_bytes(), &digest, b"correct hors", &verifier()[..31]].concat();
    assert_eq!(found(&artefact), Vec::<String>::new());
}

#[test]
#[should_panic(expected = "less than 8 bytes")]
fn a_secret_too_short_to_tell_is_refused() {
    Secrets::default().add("horse");
}
