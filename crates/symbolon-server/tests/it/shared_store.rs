//! A store on a server: made once however many begin on it, and worked on beside and without a server that runs.

use std::process::Stdio;

use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::Postgres;

use crate::nodes::Keys;
use crate::place::{BINARY, Done, Place, assert_one_store};

fn place(url: &str, keys: &Keys) -> Place {
    Place::fresh()
        .env("SYMBOLON_STORE__URL", url)
        .env("SYMBOLON_KEYS__MASTER_FILE", &keys.file())
}

fn start(url: &str, keys: &Keys) -> Start {
    Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", url)
        .env("SYMBOLON_KEYS__MASTER_FILE", keys.file())
}

async fn log_in(server: &Server, password: &str) -> Value {
    let body = json!({ "username": "admin", "password": password });
    let answer = server.client().send(Ask::post("/v1/login", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn a_server_on_postgresql_keeps_its_sessions_over_a_restart_and_says_what_it_guarantees() {
    let (keys, url) = (
        Keys::new(),
        Postgres::shared().url_of(&Postgres::shared().schema()),
    );
    let mut server = start(&url, &keys).ready().await;
    let password = server.first_password().await;
    let pair = log_in(&server, &password).await;
    let token = pair["access_token"].as_str().unwrap().to_owned();
    server.kill9().await;
    server.restart().await;
    let own = Ask::get("/v1/session").bearer(&token);
    assert_eq!(server.client().send(own).await.status, 200);
    server.sigterm();
    assert!(server.wait_exit().await.success());
    let said = server.stderr();
    let address = Postgres::shared().address();
    assert!(
        said.contains("  store         PostgreSQL ") && said.contains(&format!(", {address}/postgres\n")),
        "{said}"
    );
    assert!(
        said.contains("  a log-out is  effective on every node when its answer says now"),
        "{said}"
    );
    assert!(
        !said.contains("of the test") && !said.contains("of%20the%20test"),
        "{said}"
    );
}

#[test]
fn of_three_that_make_a_store_at_once_one_makes_the_first_administrator() {
    let (keys, url) = (
        Keys::new(),
        Postgres::shared().url_of(&Postgres::shared().schema()),
    );
    let places = [(); 3].map(|()| place(&url, &keys));
    let begun = places.each_ref().map(|place| {
        let mut command = place.command("init --json");
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    });
    let done = begun.map(|child| {
        let output = child.wait_with_output().unwrap();
        Done {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
        .ok()
    });
    let made = done.iter().filter(|done| done.json()["made"] == true).count();
    assert_eq!(made, 1, "{done:?}");
    let said = done
        .iter()
        .filter(|done| done.err.contains("first administrator: admin"));
    assert_eq!(said.count(), 1, "{done:?}");
    let accounts = places[2].run("account list --json").ok().json();
    assert_eq!(accounts["items"].as_array().unwrap().len(), 1, "{accounts}");
}

#[tokio::test]
async fn commands_work_beside_a_server_by_its_socket_and_from_another_place_on_the_store() {
    let (keys, url) = (
        Keys::new(),
        Postgres::shared().url_of(&Postgres::shared().schema()),
    );
    let server = start(&url, &keys).ready().await;
    let beside = Place::of(&server)
        .env("SYMBOLON_STORE__URL", &url)
        .env("SYMBOLON_KEYS__MASTER_FILE", &keys.file());
    let elsewhere = place(&url, &keys);
    assert_one_store(&server, &beside, &elsewhere).await;
}

#[test]
fn a_question_to_an_empty_server_makes_no_store() {
    let server = Postgres::shared();
    let (keys, schema) = (Keys::new(), server.schema());
    let place = place(&server.url_of(&schema), &keys);
    let done = place.run("account list").failed(1);
    assert!(
        done.err.contains("there is no store in ") && done.err.contains("symbolon init"),
        "{done:?}"
    );
    assert_eq!(
        place.run("migrate --json").ok().json(),
        json!({ "from": null, "to": null })
    );
    let tables = format!("SELECT count(*) FROM pg_tables WHERE schemaname = '{schema}'");
    assert_eq!(server.sql(&tables), "0");
    place.run("init").ok();
    let versions = place.run("migrate --json").ok().json();
    assert_eq!(versions["from"], versions["to"]);
    assert!(versions["to"].as_u64().unwrap() >= 1, "{versions}");
}

#[tokio::test]
async fn doctor_says_how_it_is_with_the_server_of_the_store() {
    let (keys, url) = (
        Keys::new(),
        Postgres::shared().url_of(&Postgres::shared().schema()),
    );
    let place = place(&url, &keys);
    let check = |told: &Value, name: &str| {
        let checks = told["checks"].as_array().unwrap();
        let found = checks.iter().find(|check| check["check"] == name);
        let found = found.unwrap_or_else(|| panic!("no {name} in {told}"));
        (
            found["health"].as_str().unwrap().to_owned(),
            found["message"].as_str().unwrap().to_owned(),
        )
    };
    let told = place.run("doctor --json").ok().json();
    let (health, message) = check(&told, "store");
    assert_eq!(health, "ok");
    assert!(message.contains("there is no store yet"), "{message}");
    place.run("init").ok();
    let done = place.run("doctor --json").ok();
    let told = done.json();
    let (health, message) = check(&told, "store");
    assert_eq!(health, "ok");
    assert!(
        message.starts_with("PostgreSQL ") && message.contains("schema version "),
        "{message}"
    );
    for name in ["store latency", "connections", "store clock", "master key"] {
        assert_eq!(check(&told, name).0, "ok", "{told}");
    }
    assert!(!done.out.contains("of the test"), "{}", done.out);
    // A node that wants more connections than there are.
    let greedy = place.env("SYMBOLON_STORE__CONNECTIONS", "500");
    let told = greedy.run("doctor --json").ok().json();
    let (health, message) = check(&told, "connections");
    assert_eq!(health, "warn");
    assert!(message.contains("a node opens up to 504"), "{message}");
}

#[test]
fn doctor_names_what_must_be_mended_in_the_store_s_url() {
    let keys = Keys::new();
    let url = Postgres::shared()
        .url()
        .replace("of%20the%20test", "hunter2hunter2");
    let done = place(&url, &keys).run("doctor --json").failed(1);
    let told = done.json();
    let checks = told["checks"].as_array().unwrap();
    let store = checks.iter().find(|check| check["check"] == "store").unwrap();
    assert_eq!(store["health"], "fail");
    let message = store["message"].as_str().unwrap();
    assert!(
        message.contains("refuses the log-in") && message.contains("check user and password in store.url"),
        "{message}"
    );
    assert!(!done.out.contains("hunter2"), "{done:?}");
}
