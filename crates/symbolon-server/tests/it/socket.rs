//! The socket of the command line.

use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::sync::Arc;

use symbolon_testkit::server::Start;

use crate::place::{BINARY, Place, ready};

#[tokio::test]
async fn the_socket_is_there_while_the_server_runs_and_for_its_user_alone() {
    let mut server = ready().await;
    let socket = server.data_dir().join("symbolon.sock");
    let found = socket.metadata().unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    server.sigterm();
    server.wait_exit().await;
    assert!(!socket.exists());
}

#[tokio::test]
async fn a_socket_that_a_killed_server_left_fools_no_command_and_no_start() {
    let mut server = ready().await;
    let place = Place::of(&server);
    let socket = server.data_dir().join("symbolon.sock");
    let before = place.run("account list --json").ok().out;
    server.kill9().await;
    assert!(socket.exists());
    // Nobody holds the lock: the command works on the store itself.
    assert_eq!(place.run("account list --json").ok().out, before);
    server.restart().await;
    assert_eq!(place.run("account list --json").ok().out, before);
}

#[tokio::test]
async fn a_store_in_memory_is_reached_through_its_server_alone() {
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", "memory:")
        .ready()
        .await;
    let place = Place::of(&server).env("SYMBOLON_STORE__URL", "memory:");
    assert_eq!(
        place.run("account list --json").ok().json()["items"][0]["name"],
        "admin"
    );
    server.sigterm();
    server.wait_exit().await;
    let done = place.run("account list").failed(69);
    assert!(done.err.contains("in memory"), "{done:?}");
}

#[tokio::test]
async fn a_folder_with_a_very_long_path_has_a_socket_too() {
    let place = Place::fresh();
    let deep = place.folder().join("d".repeat(120)).join("e".repeat(120));
    let deep = deep.to_str().unwrap();
    let server = Start::binary(BINARY).env("SYMBOLON_DATA_DIR", deep).ready().await;
    let place = Place::of(&server).env("SYMBOLON_DATA_DIR", deep);
    place.run("account list").ok();
    assert!(std::path::Path::new(deep).join("symbolon.sock").exists());
}

#[tokio::test]
async fn commands_and_a_start_at_the_same_time_do_not_hinder_each_other() {
    let mut server = ready().await;
    let place = Arc::new(Place::of(&server));
    let before = place.run("account list --json").ok().out;
    for _ in 0..3 {
        server.kill9().await;
        // Some find the store free, some a server that does not answer yet, some one that does.
        let commands: Vec<_> = (0..6)
            .map(|_| {
                let place = Arc::clone(&place);
                std::thread::spawn(move || place.run("account list --json"))
            })
            .collect();
        server.restart().await;
        for command in commands {
            assert_eq!(command.join().unwrap().ok().out, before);
        }
    }
}

#[tokio::test]
async fn a_holder_that_does_not_answer_is_named_in_the_end() {
    let server = ready().await;
    let socket = server.data_dir().join("symbolon.sock");
    std::fs::remove_file(&socket).unwrap();
    let done = Place::of(&server).run("account list --json").failed(69);
    let told: serde_json::Value = serde_json::from_str(&done.err).unwrap();
    assert_eq!(told["error"]["code"], "no_answer");
    let detail = told["error"]["detail"].as_str().unwrap();
    assert!(
        detail.starts_with(&format!("symbolon (process {}) has the store", server.pid())),
        "{detail}"
    );
}
