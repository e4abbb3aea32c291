//! The same over a Unix socket.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::listen::{Gate, Listener};
use tokio::net::UnixStream;

use crate::running::{PATIENCE, Raw, Running, patient};

fn gate() -> Arc<Gate> {
    Arc::new(Gate::new(&patient(), TrustedProxies::default()))
}

fn start(path: &Path) -> Running {
    let gate = gate();
    Running::serve(
        Listener::unix(path, patient(), Arc::clone(&gate)).unwrap(),
        gate,
        PATIENCE,
    )
}

#[tokio::test]
async fn a_unix_socket_serves_and_only_its_owner_may_open_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("symbolon.sock");
    let server = start(&path);
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let mut raw = Raw(UnixStream::connect(&path).await.unwrap());
    raw.send("GET /peer HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .await;
    assert!(raw.rest().await.ends_with("\r\n\r\nNone false"));
    drop(raw);
    server.stop().await;
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        0,
        "a file is left"
    );
}

#[tokio::test]
async fn a_file_that_a_killed_server_left_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("symbolon.sock");
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let server = start(&path);
    let mut raw = Raw(UnixStream::connect(&path).await.unwrap());
    raw.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n").await;
    raw.until("\r\n\r\nok").await;
    drop(raw);
    server.stop().await;
}

#[tokio::test]
async fn a_socket_that_another_server_listens_on_is_left_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("symbolon.sock");
    let server = start(&path);
    let error = Listener::unix(&path, patient(), gate()).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("listen on {}: another process listens there", path.display())
    );
    let mut raw = Raw(UnixStream::connect(&path).await.unwrap());
    raw.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n").await;
    raw.until("\r\n\r\nok").await;
    drop(raw);
    server.stop().await;
}

#[tokio::test]
async fn the_file_of_a_newer_server_is_not_removed_by_the_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("symbolon.sock");
    let older = start(&path);
    std::fs::remove_file(&path).unwrap();
    let newer = start(&path);
    older.stop().await;
    assert!(UnixStream::connect(&path).await.is_ok());
    newer.stop().await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_an_error_that_names_the_path() {
    let path = Path::new("/nonexistent/symbolon.sock");
    let error = Listener::unix(path, patient(), gate()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("listen on /nonexistent/symbolon.sock: "),
        "{error}"
    );
}
