//! What is in use already: a port, a store, a folder.

use std::net::TcpListener;

use symbolon_testkit::server::Start;

use crate::place::{BINARY, Place, free_address, ready};

#[test]
fn a_port_that_another_program_has_is_told_with_its_process_and_what_to_do() {
    let place = Place::fresh();
    let listener = TcpListener::bind(place.listen()).unwrap();
    let done = place.run("serve").failed(69);
    let own = std::fs::read_to_string("/proc/self/comm").unwrap();
    let (name, pid) = (own.trim(), std::process::id());
    let first = format!(
        "symbolon: listen on {}: the port is in use by {name} (process {pid})\n",
        place.listen()
    );
    assert!(done.err.starts_with(&first), "{done:?}");
    assert!(done.err.contains(&format!("kill {pid}")), "{done:?}");
    assert!(done.err.contains("SYMBOLON_HTTP__LISTEN=127.0.0.1:"), "{done:?}");
    // A start that cannot be leaves nothing behind: no administrator whose password nobody saw.
    assert!(!place.data_dir().exists());
    drop(listener);
}

#[tokio::test]
async fn a_second_server_on_the_same_port_is_told_that_it_may_be_running_already() {
    let server = ready().await;
    let done = Place::of(&server).run("serve").failed(69);
    let holder = format!("the port is in use by symbolon (process {})", server.pid());
    assert!(
        done.err.contains(&holder) && done.err.contains("symbolon doctor"),
        "{done:?}"
    );
}

#[tokio::test]
async fn a_second_server_on_the_same_data_is_refused_and_told_the_first() {
    let server = ready().await;
    let place = Place::of(&server).env("SYMBOLON_HTTP__LISTEN", &free_address().to_string());
    let done = place.run("serve --json").failed(69);
    let told: serde_json::Value = serde_json::from_str(done.err.lines().last().unwrap()).unwrap();
    assert_eq!(told["error"]["code"], "in_use");
    let detail = told["error"]["detail"].as_str().unwrap();
    assert!(
        detail.contains(&format!("in use by symbolon (process {})", server.pid())),
        "{detail}"
    );
    // The first is none the worse.
    assert_eq!(
        server
            .client()
            .send(symbolon_testkit::http::Ask::get("/readyz"))
            .await
            .status,
        200
    );
    Place::of(&server).run("account list").ok();
}

#[tokio::test]
async fn a_second_server_with_another_store_in_the_same_folder_is_refused() {
    let server = ready().await;
    let place = Place::of(&server)
        .env("SYMBOLON_HTTP__LISTEN", &free_address().to_string())
        .env("SYMBOLON_STORE__URL", "sqlite:elsewhere.db");
    let done = place.run("serve").failed(69);
    assert!(
        done.err.contains("another server uses the data folder"),
        "{done:?}"
    );
    Place::of(&server).run("account list").ok();
}

#[tokio::test]
async fn an_address_that_is_not_ours_is_a_fault_of_the_configuration() {
    // TEST-NET-1 of RFC 5737 belongs to nobody.
    let place = Place::fresh().env("SYMBOLON_OPS__LISTEN", "192.0.2.1:5001");
    let done = place.run("serve").failed(78);
    assert!(
        done.err.contains("ops.listen: listen on 192.0.2.1:5001: "),
        "{done:?}"
    );
}

#[tokio::test]
async fn migrate_beside_a_server_is_refused_and_without_one_says_the_version() {
    let mut server = Start::binary(BINARY).ready().await;
    let place = Place::of(&server);
    let refused = place.run("migrate").failed(69);
    assert!(
        refused
            .err
            .contains(&format!("symbolon (process {})", server.pid())),
        "{refused:?}"
    );
    server.sigterm();
    server.wait_exit().await;
    let none = place.run("migrate").ok();
    assert!(none.out.ends_with("nothing to do\n"), "{none:?}");
    let told = place.run("migrate --json").ok().json();
    assert_eq!(told["from"], told["to"]);
}

#[test]
fn migrate_brings_an_old_store_to_the_newest_schema() {
    let place = Place::fresh();
    assert_eq!(
        place.run("migrate --json").ok().json()["from"],
        serde_json::Value::Null
    );
    place.run("init").ok();
    // The oldest store of all: a file without a schema.
    std::fs::write(place.data_dir().join("symbolon.db"), "").unwrap();
    let told = place.run("migrate --json").ok().json();
    assert_eq!(told["from"], 0);
    assert!(told["to"].as_u64().unwrap() >= 1, "{told}");
    assert!(place.run("migrate").ok().out.ends_with("nothing to do\n"));
}
