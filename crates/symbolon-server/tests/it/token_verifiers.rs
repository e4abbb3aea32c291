//! Verifiers of tokens that nobody here wrote, which know the JWKS or a shared secret alone: PyJWT and python-jose.

use symbolon_testkit::server::Start;

use crate::clients::script;
use crate::place::BINARY;

const ISSUER: &str = "https://auth.example";

/// The three steps of a rotation for verifiers that know the JWKS alone.
async fn verifiers_live_through_a_rotation(alg: &str) {
    let start = Start::binary(BINARY)
        .env("SYMBOLON_TOKEN__STYLE", "jwt")
        .env("SYMBOLON_TOKEN__ALG", alg)
        .env("SYMBOLON_TOKEN__ISSUER", ISSUER);
    let mut server = start.ready().await;
    let state = server.folder().join("clients.json").display().to_string();
    for phase in ["before", "during", "after"] {
        if phase == "after" {
            server.sigterm();
            server.wait_exit().await;
            // The next key signs ten minutes after it was made; tokens live for thirty.
            server.restart_at("+15m").await;
        }
        let variables = [
            ("ALG", alg),
            ("PHASE", phase),
            ("STATE", &state),
            ("SYMBOLON_TOKEN__STYLE", "jwt"),
            ("SYMBOLON_TOKEN__ALG", alg),
            ("SYMBOLON_TOKEN__ISSUER", ISSUER),
        ];
        let said = script(&server, "jwks.py", &variables);
        assert_eq!(said, format!("{phase}: held for {alg}\n"));
    }
}

#[tokio::test]
async fn pyjwt_verifies_eddsa_before_during_and_after_a_rotation() {
    verifiers_live_through_a_rotation("EdDSA").await;
}

#[tokio::test]
async fn pyjwt_and_jose_verify_es256_before_during_and_after_a_rotation() {
    verifiers_live_through_a_rotation("ES256").await;
}

#[tokio::test]
async fn pyjwt_and_jose_verify_rs256_before_during_and_after_a_rotation() {
    verifiers_live_through_a_rotation("RS256").await;
}

#[tokio::test]
async fn pyjwt_and_jose_verify_hs256_by_the_shared_secret() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("token.secret").display().to_string();
    std::fs::write(
        &secret,
        "0f1e2d3c4b5a69788796a5b4c3d2e1f09fe8d7c6b5a4938271605f4e3d2c1b0a\n",
    )
    .unwrap();
    let variables = [
        ("SYMBOLON_TOKEN__STYLE", "jwt"),
        ("SYMBOLON_TOKEN__ALG", "HS256"),
        ("SYMBOLON_TOKEN__SECRET_FILE", secret.as_str()),
    ];
    let start = variables
        .iter()
        .fold(Start::binary(BINARY), |start, (name, value)| {
            start.env(*name, *value)
        });
    let server = start.ready().await;
    assert_eq!(
        script(&server, "shared_secret.py", &variables),
        "held for HS256\n"
    );
}
