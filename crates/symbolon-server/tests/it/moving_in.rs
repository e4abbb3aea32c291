//! The files of the systems that people move in from start the server as they stand.

use std::fs;

use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::Start;

use crate::place::{BINARY, Place, instant};

/// S0's file of its development profile, with the names of the rest of its program.
const S0: &str = "\
# -------- application --------
APP_ENV = 'dev'
APP_NAME = 'shop'
# -------- jwt --------
JWT_SECRET_KEY = 'b01c66dc2c58dc6a0aabfe2144256be36226de378bf87f72c0c795dda67f4d55'
JWT_ALGORITHM = 'HS256'
JWT_EXPIRE_MINUTES = 10080
JWT_REDIS_EXPIRE_MINUTES = 10080  # a week
# -------- stores --------
DB_HOST = '127.0.0.1'
DB_PASSWORD = 'open-sesame'
REDIS_HOST = '127.0.0.1'
REDIS_PORT = 6379
REDIS_PASSWORD = ''
REDIS_DATABASE = 2
";

/// One setting of `config show --json`.
fn shown(told: &Value, path: &str) -> (Value, String) {
    let rows = told.as_array().unwrap();
    let row = rows.iter().find(|row| row["path"] == path).unwrap();
    let source = &row["source"];
    let name = source["variable"].as_str().or(source["file"].as_str());
    (row["value"].clone(), name.unwrap_or_default().to_owned())
}

#[test]
fn s0_1_its_env_file_gives_the_lives_and_config_show_says_from_where() {
    let place = Place::fresh();
    fs::write(place.folder().join(".env.dev"), S0).unwrap();
    let told = place.run("config show --json --env-file .env.dev").ok().json();
    for (path, value, source) in [
        ("session.access_ttl", "7d", "JWT_EXPIRE_MINUTES"),
        ("session.absolute_timeout", "7d", "JWT_EXPIRE_MINUTES"),
        ("session.idle_timeout", "7d", "JWT_REDIS_EXPIRE_MINUTES"),
    ] {
        assert_eq!(shown(&told, path), (json!(value), source.to_owned()));
    }
    let table = place.run("config show --env-file .env.dev").ok().out;
    assert!(table.contains(".env.dev:7: JWT_EXPIRE_MINUTES"), "{table}");
    // Its variables win over the file, and one of the process over both.
    let place = place.env("JWT_EXPIRE_MINUTES", "1440");
    let told = place.run("config show --json --env-file .env.dev").ok().json();
    assert_eq!(shown(&told, "session.access_ttl").0, "1d");
    let named = place
        .env("SYMBOLON_ENV_FILE", "none.env")
        .run("config check")
        .failed(78);
    assert!(
        named.err.contains("none.env: cannot read the variables"),
        "{named:?}"
    );
}

#[test]
fn s0_1_every_command_takes_the_env_file() {
    let place = Place::fresh();
    fs::write(
        place.folder().join("bad.env"),
        "JWT_EXPIRE_MINUTES = soon\nJWT_SECRET_KEY =\n",
    )
    .unwrap();
    for line in [
        "serve",
        "config check",
        "config show",
        "init",
        "account list",
        "doctor",
    ] {
        let done = place.run(&format!("{line} --env-file bad.env"));
        let told = format!("{}{}", done.out, done.err);
        for fault in [
            "bad.env:1: JWT_EXPIRE_MINUTES: is not understood; expected a whole number of minutes",
            "bad.env:2: JWT_SECRET_KEY: is empty: a secret that each process makes up",
        ] {
            assert!(told.contains(fault), "{line}: {told}");
        }
        assert_eq!(done.code, Some(if line == "doctor" { 1 } else { 78 }), "{line}");
    }
    assert!(!place.data_dir().exists());
}

#[tokio::test]
async fn s0_1_served_with_its_env_file_a_session_has_its_lives_and_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(".env.dev");
    fs::write(&file, S0).unwrap();
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", "sqlite:")
        .args(&["serve", "--env-file", file.to_str().unwrap()])
        .ready()
        .await;
    let password = server.first_password().await;
    let body = json!({"username": "admin", "password": password});
    let pair = server.client().send(Ask::post("/v1/login", &body)).await.json();
    assert_eq!(pair["expires_in"], 604_800);
    let token = pair["access_token"].as_str().unwrap().to_owned();
    for _ in 0..2 {
        let session = server.client().send(Ask::get("/v1/session").bearer(&token)).await;
        assert_eq!(session.status, 200, "{}", session.text());
        server.kill9().await;
        server.restart().await;
    }
    let said = server.stderr();
    assert!(
        said.contains("not read (REDIS.HOST, REDIS.PORT, REDIS.DB, REDIS.PASSWORD)"),
        "{said}"
    );
    assert!(said.contains("APP_ENV, APP_NAME"), "{said}");
    assert!(
        !said.contains("open-sesame") && !said.contains("b01c66dc"),
        "{said}"
    );
}

#[tokio::test]
async fn s1_5_its_file_starts_the_server_with_its_idle_life() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.yaml");
    let text = "REDIS: { HOST: 127.0.0.1, PORT: 6379, DB: 0, PASSWORD: open-sesame, DECODE_RESPONSES: true }\n\
                SESSION: { TYPE: redis, PERMANENT: true, USE_SIGNER: true, KEY_PREFIX: 'session:', REDIS_KEY_PREFIX: 's:', \
                COOKIE_HTTPONLY: true, COOKIE_SECURE: false, EXPIRES: 7200 }\n";
    fs::write(&file, text).unwrap();
    let line = format!("config show --config {}", file.display());
    let shown = Place::fresh().run(&line).ok().out;
    assert!(shown.contains("redis://:***@127.0.0.1:6379/0"), "{shown}");
    let server = Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", "sqlite:")
        .args(&["serve", "--config", file.to_str().unwrap()])
        .ready()
        .await;
    let body = json!({"username": "admin", "password": server.first_password().await});
    let pair = server.client().send(Ask::post("/v1/login", &body)).await.json();
    let ask = Ask::get("/v1/session").bearer(pair["access_token"].as_str().unwrap());
    let session = server.client().send(ask).await.json();
    let at = |name: &str| instant(&session, name);
    let idle = at("idle_expires_at").duration_since(at("last_seen_at"));
    assert_eq!(idle.as_secs(), 7_200 + 60, "and the slack of a minute");
    let life = at("expires_at").duration_since(at("created_at"));
    assert_eq!(life.as_hours(), 90 * 24, "PERMANENT: it is remembered");
}

#[tokio::test]
async fn s0_6_services_that_share_its_secret_are_known_by_it() {
    let secret = "b01c66dc2c58dc6a0aabfe2144256be36226de378bf87f72c0c795dda67f4d55";
    let start = |secret: &str| Start::binary(BINARY).env("JWT_SECRET_KEY", secret);
    let first = start(secret).ready().await;
    let body = json!({"username": "admin", "password": first.first_password().await});
    let answer = first.client().send(Ask::post("/login", &body)).await.json();
    let token = answer["token"].as_str().unwrap().to_owned();
    let reversed: String = secret.chars().rev().collect();
    // Another store does not know the session; whether it knows the signature is told by its two sentences.
    for (secret, said) in [
        (secret, "Token is invalid or expired"),
        (reversed.as_str(), "Token is invalid"),
    ] {
        let other = start(secret).ready().await;
        let refused = other.client().send(Ask::get("/protected").bearer(&token)).await;
        assert_eq!(
            (refused.status, refused.json()),
            (401, json!({ "message": said }))
        );
    }
}
