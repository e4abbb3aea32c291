//! The first start, and what is made by it.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};

use crate::place::{BINARY, Place, admin_password, ready};

const BEFORE: &str = "first administrator: admin  password: ";

/// The passwords that were said.
fn said(text: &str) -> Vec<&str> {
    text.lines()
        .filter_map(|line| line.strip_prefix(BEFORE))
        .collect()
}

async fn can_log_in(server: &Server, password: &str) -> bool {
    let body = json!({ "username": "admin", "password": password });
    let answer = server.client().send(Ask::post("/v1/login", &body)).await;
    assert!([200, 401].contains(&answer.status), "{}", answer.text());
    answer.status == 200
}

#[tokio::test]
async fn the_first_administrator_is_said_once_on_a_line_of_its_own_and_can_log_in() {
    let mut server = ready().await;
    let password = admin_password(&server).await;
    assert!(
        password.len() >= 20 && password.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "{password}"
    );
    assert!(can_log_in(&server, &password).await);
    assert_eq!(server.stdout(), "");
    server.sigterm();
    server.wait_exit().await;
    server.restart().await;
    assert_eq!(said(&server.stderr()), [password]);
}

#[tokio::test]
async fn the_line_is_the_same_in_every_language_and_format() {
    for (name, value) in [
        ("SYMBOLON_LOG__LOCALE", "zh-CN"),
        ("SYMBOLON_LOG__FORMAT", "json"),
        ("SYMBOLON_LOG__LEVEL", "error"),
    ] {
        let mut server = Start::binary(BINARY).env(name, value).ready().await;
        server.sigterm();
        server.wait_exit().await;
        assert_eq!(said(&server.stderr()).len(), 1, "{name}: {}", server.stderr());
        assert!(!server.stderr().contains('\u{1b}'), "{}", server.stderr());
    }
}

#[tokio::test]
async fn the_start_text_says_where_and_what_next() {
    let mut server = ready().await;
    server.sigterm();
    server.wait_exit().await;
    let text = server.stderr();
    let url = server.base_url();
    for line in [
        format!("  address       {url}"),
        format!("  docs          {url}/docs"),
        format!("  data          {}", server.data_dir().display()),
        format!(
            "  store         SQLite, {}/symbolon.db",
            server.data_dir().display()
        ),
        "  a log-out is  effective when it is answered".to_owned(),
        "  next          symbolon key add --name shop --scope issue,verify".to_owned(),
        "                symbolon account add ada".to_owned(),
    ] {
        assert!(text.lines().any(|said| said == line), "{line:?} is not in {text}");
    }
}

#[tokio::test]
async fn a_log_for_machines_is_json_but_for_what_is_said_once() {
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_LOG__FORMAT", "json")
        .ready()
        .await;
    server.sigterm();
    server.wait_exit().await;
    let text = server.stderr();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with(BEFORE)).collect();
    assert!(lines.len() >= 3, "{text}");
    for line in lines {
        let event: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(
            event["timestamp"].is_string() && event["level"].is_string(),
            "{line}"
        );
    }
}

#[test]
fn init_makes_it_all_once() {
    let place = Place::fresh();
    let done = place.run("init").ok();
    assert_eq!(said(&done.err).len(), 1, "{done:?}");
    let mode = |name: &str| {
        place
            .data_dir()
            .join(name)
            .metadata()
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(
        [mode(""), mode("master.key"), mode("symbolon.db")],
        [0o700, 0o600, 0o600]
    );
    let again = place.run("init --json").ok();
    assert_eq!(again.json()["made"], false);
    assert_eq!(again.err, "");
}

#[tokio::test]
async fn init_beside_a_server_changes_nothing_and_says_so() {
    let server = ready().await;
    let done = Place::of(&server).run("init").ok();
    assert!(
        done.out.contains("nothing was changed") && said(&done.err).is_empty(),
        "{done:?}"
    );
}

#[tokio::test]
async fn a_key_on_a_fresh_folder_makes_the_store_and_leaves_the_administrator_to_the_first_start() {
    let place = Place::fresh();
    let made = place.run("key add --name shop --scope issue,verify").ok();
    assert!(
        made.out.starts_with("syk_") && made.out.lines().count() == 1,
        "{made:?}"
    );
    assert!(
        said(&made.err).is_empty() && made.err.contains("master.key"),
        "{made:?}"
    );
    let key = made.out.trim();

    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_DATA_DIR", place.data_dir().to_str().unwrap())
        .begin();
    server.until_ready().await;
    let password = admin_password(&server).await;
    assert!(can_log_in(&server, &password).await);
    let issue = Ask::post("/v1/service/sessions", &json!({ "subject": "ann" })).bearer(key);
    assert_eq!(server.client().send(issue).await.status, 201);
}

#[tokio::test]
async fn an_account_that_is_there_before_the_first_start_is_the_first() {
    let place = Place::fresh();
    place
        .run_with("account add root --role admin", crate::place::PASSWORD)
        .ok();
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_DATA_DIR", place.data_dir().to_str().unwrap())
        .begin();
    server.until_ready().await;
    server.sigterm();
    server.wait_exit().await;
    assert_eq!(server.admin_password(), None);
}
