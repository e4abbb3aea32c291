//! Signed tokens and their keys, with the real binary.

use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};

use crate::place::{BINARY, Place, ready};

const SECRET: &str = "9a0b1c2d3e4f50617283940a5b6c7d8e9f0a1b2c3d4e5f60718293a4b5c6d7e8";

fn signing(alg: &str) -> Start {
    Start::binary(BINARY)
        .env("SYMBOLON_TOKEN__STYLE", "jwt")
        .env("SYMBOLON_TOKEN__ALG", alg)
}

async fn issue(server: &Server, key: &str) -> Value {
    let body = json!({"subject": "ann"});
    let answer = server
        .client()
        .send(Ask::post("/v1/service/sessions", &body).bearer(key))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

async fn verify(server: &Server, pair: &Value) -> u16 {
    let token = pair["access_token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    server
        .client()
        .send(Ask::get("/verify").bearer(token))
        .await
        .status
}

#[tokio::test]
async fn s0_6_signed_tokens_outlive_two_restarts_one_of_them_by_kill_9() {
    for (start, is_given) in [
        (signing("EdDSA"), false),
        (signing("HS256"), false),
        (signing("HS256").env("SYMBOLON_TOKEN__SECRET", SECRET), true),
    ] {
        let mut server = start.ready().await;
        let key = server.api_key("shop", "issue");
        let before = issue(&server, &key).await;
        assert_eq!(verify(&server, &before).await, 200);
        server.kill9().await;
        server.restart().await;
        assert_eq!(verify(&server, &before).await, 200);
        let between = issue(&server, &key).await;
        server.sigterm();
        server.wait_exit().await;
        server.restart().await;
        for pair in [&before, &between] {
            assert_eq!(verify(&server, pair).await, 200);
        }
        let keys = Place::of(&server).run("signing-key list --json").ok().json();
        let states: Vec<_> = keys["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["state"].clone())
            .collect();
        assert_eq!(states, [if is_given { "given" } else { "active" }]);
    }
}

#[test]
fn s0_6_an_empty_or_short_secret_is_an_error_that_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    std::fs::write(&empty, "\n").unwrap();
    for (name, value) in [
        ("SYMBOLON_TOKEN__SECRET", ""),
        ("SYMBOLON_TOKEN__SECRET", "change-me"),
        (
            "SYMBOLON_TOKEN__SECRET",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ),
        ("SYMBOLON_TOKEN__SECRET_FILE", empty.to_str().unwrap()),
    ] {
        let place = Place::fresh()
            .env("SYMBOLON_TOKEN__ALG", "HS256")
            .env(name, value);
        for line in ["serve", "config check"] {
            let done = place.run(line).failed(78);
            assert!(done.err.contains("token.secret"), "{name}={value}: {done:?}");
            assert!(!done.err.contains("change-me"), "{done:?}");
            let says_how =
                done.err.contains("openssl rand -hex 32") || done.err.contains("an empty secret is refused");
            assert!(says_how, "{done:?}");
        }
        assert!(!place.data_dir().exists(), "nothing was made");
    }
}

#[test]
fn a_secret_is_shown_nowhere() {
    let place = Place::fresh().env("SYMBOLON_TOKEN__SECRET", SECRET);
    for line in ["config show", "config show --json", "config check", "doctor"] {
        let done = place.run(line);
        assert!(
            !done.out.contains(SECRET) && !done.err.contains(SECRET),
            "{line}: {done:?}"
        );
    }
    let shown = place.run("config show --json").ok().json();
    let row = shown
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["path"] == "token.secret")
        .unwrap();
    assert_eq!(
        (&row["value"], &row["file_form"]),
        (&json!("***"), &json!("token.secret_file"))
    );
}

fn states(answer: &Value) -> Vec<&str> {
    answer["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["state"].as_str().unwrap())
        .collect()
}

/// Lists and rotates at a place whose store has one key.
fn list_and_rotate(place: &Place) {
    let listed = place.run("signing-key list --json").ok().json();
    assert_eq!(states(&listed), ["active"]);
    let table = place.run("signing-key list").ok();
    assert!(
        table.out.contains("EdDSA") && table.out.contains("active"),
        "{table:?}"
    );
    let rotated = place.run("signing-key rotate").ok();
    assert!(rotated.err.contains("signs in ten minutes"), "{rotated:?}");
    assert!(rotated.out.contains("next"), "{rotated:?}");
    let now = place.run("signing-key rotate --now --json").ok().json();
    assert_eq!(states(&now), ["retired", "retired", "active"]);
    let revoked = place.run("signing-key rotate --revoke --json").ok().json();
    assert_eq!(states(&revoked), ["revoked", "revoked", "revoked", "active"]);
    let other = place.run("signing-key rotate --alg ES256").ok();
    assert!(
        other
            .err
            .contains("the first key of its kind is made; it signs from now on"),
        "{other:?}"
    );
    let listed = place.run("signing-key list --json").ok().json();
    assert_eq!(
        (&listed["items"][4]["alg"], &listed["items"][4]["state"]),
        (&json!("ES256"), &json!("active"))
    );
    let second = place.run("signing-key rotate --alg ES256").ok();
    assert!(second.err.contains("signs in ten minutes"), "{second:?}");
    place.run("signing-key rotate --alg none").failed(64);
}

#[tokio::test]
async fn signing_keys_are_listed_and_rotated_beside_a_server_and_without_one() {
    let with = signing("EdDSA").ready().await;
    list_and_rotate(&Place::of(&with));
    assert_eq!(with.client().send(Ask::get("/readyz")).await.status, 200);
    let mut without = signing("EdDSA").ready().await;
    without.sigterm();
    without.wait_exit().await;
    list_and_rotate(&Place::of(&without));
}

#[tokio::test]
async fn a_rotation_by_the_command_line_is_known_to_the_server_at_once() {
    let server = signing("EdDSA").ready().await;
    let key = server.api_key("shop", "issue");
    let before = issue(&server, &key).await;
    Place::of(&server).run("signing-key rotate --now").ok();
    let after = issue(&server, &key).await;
    for pair in [&before, &after] {
        assert_eq!(verify(&server, pair).await, 200);
    }
    let published = server
        .client()
        .send(Ask::get("/.well-known/jwks.json"))
        .await
        .json();
    assert_eq!(published["keys"].as_array().unwrap().len(), 2);
    Place::of(&server).run("signing-key rotate --revoke").ok();
    for pair in [&before, &after] {
        assert_eq!(verify(&server, pair).await, 401);
    }
}

#[tokio::test]
async fn the_messages_follow_the_language_of_the_operator() {
    let server = ready().await;
    let place = Place::of(&server).env("SYMBOLON_LOG__LOCALE", "zh-CN");
    for (command, said) in [
        ("signing-key rotate", "已生成该算法的第一个密钥；立即开始签名"),
        ("signing-key rotate", "十分钟后开始签名"),
        ("signing-key rotate --now", "下一个密钥立即开始签名"),
    ] {
        let rotated = place.run(command).ok();
        assert!(rotated.err.contains(said), "{command}: {rotated:?}");
    }
}
