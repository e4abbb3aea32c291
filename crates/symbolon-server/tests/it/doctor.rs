//! `symbolon doctor`.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use symbolon_testkit::server::Start;

use crate::place::{BINARY, Done, Place, admin_password, ready};

/// The health of one check, and what was said about it.
fn check<'a>(told: &'a Value, name: &str) -> &'a Value {
    let checks = told["checks"].as_array().unwrap();
    checks
        .iter()
        .find(|check| check["check"] == name)
        .unwrap_or_else(|| panic!("no {name} in {told}"))
}

fn health(told: &Value, name: &str) -> String {
    check(told, name)["health"].as_str().unwrap().to_owned()
}

/// Nothing is left of a message's names in braces.
fn is_filled(done: &Done) -> bool {
    done.json()["checks"].as_array().unwrap().iter().all(|check| {
        [&check["message"], &check["advice"]]
            .iter()
            .all(|text| !text.to_string().contains('{'))
    })
}

const CHECKS: [&str; 10] = [
    "configuration",
    "data folder",
    "master key",
    "store",
    "port",
    "redis port",
    "server",
    "open files",
    "memory",
    "clock",
];

#[test]
fn a_fresh_folder_is_fine_and_stays_fresh() {
    let place = Place::fresh();
    let done = place.run("doctor --json").ok();
    let told = done.json();
    let names: Vec<&str> = told["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["check"].as_str().unwrap())
        .collect();
    assert_eq!(names, CHECKS);
    assert_ne!(told["health"], "fail");
    assert!(is_filled(&done), "{done:?}");
    assert!(!place.data_dir().exists());
}

#[tokio::test]
async fn beside_a_server_it_finds_the_server_and_does_not_disturb_it() {
    let server = ready().await;
    let done = Place::of(&server).run("doctor --json").ok();
    let told = done.json();
    for name in ["port", "store"] {
        let message = check(&told, name)["message"].as_str().unwrap();
        assert!(
            message.contains(&format!("symbolon (process {})", server.pid())),
            "{message}"
        );
    }
    assert_eq!(
        ["port", "store", "server"].map(|name| health(&told, name)),
        ["ok", "ok", "ok"]
    );
    assert!(is_filled(&done), "{done:?}");
    let _ = server.api_key("still", "verify");
}

#[tokio::test]
async fn a_server_with_its_store_in_memory_is_found_by_its_socket() {
    let start = Start::binary(BINARY).env("SYMBOLON_STORE__URL", "memory:");
    let server = start.ready().await;
    let place = Place::of(&server).env("SYMBOLON_STORE__URL", "memory:");
    let told = place.run("doctor --json").ok().json();
    assert_eq!(
        ["port", "store", "server"].map(|name| health(&told, name)),
        ["ok", "warn", "ok"],
        "{told}"
    );
}

#[tokio::test]
async fn a_store_that_nobody_has_is_read_and_sound() {
    let mut server = ready().await;
    server.kill9().await;
    let done = Place::of(&server).run("doctor --json").ok();
    let told = done.json();
    let message = check(&told, "store")["message"].as_str().unwrap();
    assert!(
        message.contains("is sound: schema version") && message.contains("SQLite 3."),
        "{message}"
    );
    assert!(is_filled(&done), "{done:?}");
    server.restart().await;
}

#[test]
fn what_must_be_mended_is_a_failure_with_advice() {
    let place = Place::fresh();
    place.run("init").ok();
    let key = place.data_dir().join("master.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(place.data_dir(), fs::Permissions::from_mode(0o755)).unwrap();
    let listener = TcpListener::bind(place.listen()).unwrap();
    let done = place.run("doctor --json").failed(1);
    let told = done.json();
    assert_eq!(told["health"], "fail");
    assert_eq!(
        ["master key", "data folder", "port"].map(|name| health(&told, name)),
        ["fail", "warn", "fail"]
    );
    assert_eq!(check(&told, "master key")["advice"], "chmod 600 data/master.key");
    assert_eq!(check(&told, "data folder")["advice"], "chmod 700 data");
    let holder = format!("(process {})", std::process::id());
    assert!(
        check(&told, "port")["message"]
            .as_str()
            .unwrap()
            .contains(&holder),
        "{told}"
    );
    assert!(is_filled(&done), "{done:?}");
    drop(listener);
}

#[test]
fn a_missing_key_and_a_torn_store_are_found() {
    let place = Place::fresh();
    place.run("init").ok();
    let database = place.data_dir().join("symbolon.db");
    let mut bytes = fs::read(&database).unwrap();
    let page = 4_096;
    let (from, to) = (bytes.len() - 3 * page, bytes.len());
    bytes[from..to].fill(0xa5);
    fs::write(&database, bytes).unwrap();
    fs::remove_file(place.data_dir().join("master.key")).unwrap();
    let done = place.run("doctor --json").failed(1);
    let told = done.json();
    assert_eq!(
        ["master key", "store"].map(|name| health(&told, name)),
        ["fail", "fail"]
    );
    assert!(is_filled(&done), "{done:?}");
}

#[test]
fn a_broken_configuration_is_all_that_is_told() {
    let place = Place::fresh()
        .env("SYMBOLON_SESSION__ACCESS_TTL", "soon")
        .env("SYMBOLON_LOG__LEVEL", "loud");
    let told = place.run("doctor --json").failed(1).json();
    let checks = told["checks"].as_array().unwrap();
    assert_eq!(checks.len(), 2);
    assert!(
        checks
            .iter()
            .all(|check| check["check"] == "configuration" && check["health"] == "fail"),
        "{told}"
    );
}

#[test]
fn a_person_reads_one_line_for_each_check() {
    let place = Place::fresh().env("SYMBOLON_LOG__LOCALE", "zh-CN");
    let done = place.run("doctor").ok();
    let lines: Vec<&str> = done.out.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(lines.len(), CHECKS.len(), "{}", done.out);
    assert!(
        lines
            .iter()
            .zip(CHECKS)
            .all(|(line, name)| line[5..].starts_with(name)),
        "{}",
        done.out
    );
    assert!(
        done.out.contains("尚不存在") && !done.out.contains('\u{1b}'),
        "{}",
        done.out
    );
}

#[tokio::test]
async fn s0_e3_a_token_that_is_still_invalid_is_told_why_and_what_to_do() {
    let server = Start::binary(BINARY)
        .env("JWT_EXPIRE_MINUTES", "10080")
        .ready()
        .await;
    let body = serde_json::json!({"username": "admin", "password": admin_password(&server).await});
    let login = symbolon_testkit::http::Ask::post("/v1/login", &body);
    let pair = server.client().send(login).await.json();
    let token = pair["access_token"].as_str().unwrap();
    let place = Place::of(&server).env("JWT_EXPIRE_MINUTES", "10080");
    let look = |token: &str| place.run_with("doctor --token --json", &format!("{token}\n"));
    let live = look(token).ok();
    let said = check(&live.json(), "token")["message"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        said.contains(pair["session_id"].as_str().unwrap()) && said.contains("admin"),
        "{said}"
    );
    let whole = look(&token[..token.len() - 1]).failed(1);
    let malformed = check(&whole.json(), "token").clone();
    assert_eq!(malformed["message"], "it is refused: malformed");
    assert!(
        malformed["advice"].as_str().unwrap().contains("data/master.key"),
        "{malformed}"
    );
    let log_out = symbolon_testkit::http::Ask::new(http::Method::POST, "/v1/logout").bearer(token);
    assert_eq!(server.client().send(log_out).await.status, 200);
    let ended = look(token).failed(1);
    assert_eq!(
        check(&ended.json(), "token")["message"],
        "it is refused: logged_out"
    );
    assert!(is_filled(&ended), "{ended:?}");
    for done in [&live, &whole, &ended] {
        assert!(
            !done.out.contains(token) && !done.err.contains(token),
            "the token is not repeated"
        );
    }
    // Without a server the store itself is asked; another store does not know the session.
    let other = Place::fresh();
    other.run("init").ok();
    let foreign = other.run_with("doctor --token --json", token).failed(1);
    assert_eq!(
        check(&foreign.json(), "token")["message"],
        "it is refused: malformed",
        "another master key"
    );
}

#[test]
fn s0_e1_who_has_the_port_of_a_redis_is_told() {
    // Where the port is taken on this machine, that is told as well.
    let listener = TcpListener::bind("127.0.0.1:6379");
    let told = Place::fresh().run("doctor --json").ok().json();
    let found = check(&told, "redis port");
    let message = found["message"].as_str().unwrap();
    match listener {
        Ok(_) => {
            let holder = format!("(process {})", std::process::id());
            assert!(
                message.contains(&holder) && message.contains("cannot start there"),
                "{message}"
            );
            assert_eq!(found["health"], "warn");
        }
        Err(_) => assert!(message.starts_with("127.0.0.1:6379 is "), "{message}"),
    }
}
