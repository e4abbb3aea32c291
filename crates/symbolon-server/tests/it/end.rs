//! How a server ends: asked to, twice, or because it cannot go on.

use std::time::Duration;

use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::place::{BINARY, free_address, ready};

/// Longer than anything here takes, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(30);

/// A log-in whose body has not come yet: in flight for sure, since the server has asked for the rest.
struct InFlight {
    stream: TcpStream,
}

const BODY: &str = r#"{"username":"nobody","password":"wrong"}"#;

impl InFlight {
    async fn begin(server: &Server) -> Self {
        let mut stream = TcpStream::connect(server.address()).await.unwrap();
        let head = format!(
            "POST /v1/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nexpect: 100-continue\r\n\
             content-length: {}\r\n\r\n",
            BODY.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut asked = vec![0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        timeout(PATIENCE, stream.read_exact(&mut asked))
            .await
            .unwrap()
            .unwrap();
        assert!(
            asked.starts_with(b"HTTP/1.1 100 "),
            "{}",
            String::from_utf8_lossy(&asked)
        );
        Self { stream }
    }

    /// Sends the rest, and reads all up to the end of the connection.
    async fn finish(mut self) -> String {
        self.stream.write_all(BODY.as_bytes()).await.unwrap();
        self.rest().await
    }

    async fn rest(&mut self) -> String {
        let mut answer = Vec::new();
        // A reset is an end too.
        drop(
            timeout(PATIENCE, self.stream.read_to_end(&mut answer))
                .await
                .unwrap(),
        );
        String::from_utf8(answer).unwrap()
    }
}

/// Waits until the server has said so.
async fn said(server: &Server, text: &str) {
    let looks = async {
        while !server.stderr().contains(text) {
            tokio::task::yield_now().await;
        }
    };
    assert!(
        timeout(PATIENCE, looks).await.is_ok(),
        "{text:?} is not in {}",
        server.stderr()
    );
}

/// Waits until nobody listens at the server's address.
async fn refuses_connections(server: &Server) {
    let looks = async {
        while TcpStream::connect(server.address()).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, looks).await.unwrap();
}

#[tokio::test]
async fn sigterm_answers_what_was_asked_takes_nothing_new_and_ends_with_0() {
    let ops = free_address();
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_OPS__LISTEN", ops.to_string())
        .begin();
    let mut probe = symbolon_testkit::http::Client::new(ops);
    let ready = async {
        while !probe
            .try_send(Ask::get("/readyz"))
            .await
            .is_ok_and(|answer| answer.status == 200)
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, ready).await.unwrap();
    let in_flight = InFlight::begin(&server).await;

    server.sigterm();
    refuses_connections(&server).await;
    let draining = probe.send(Ask::get("/readyz")).await;
    assert_eq!(draining.status, 503);
    assert!(draining.header("retry-after").is_some());

    let answer = in_flight.finish().await;
    assert!(
        answer.starts_with("HTTP/1.1 401 ") && answer.contains("invalid_credentials"),
        "{answer}"
    );
    assert_eq!(server.wait_exit().await.code(), Some(0));
    let log = server.stderr();
    assert!(
        log.contains("SIGTERM: stopping") && log.contains("stopped; everything is written"),
        "{log}"
    );
    assert!(!log.contains("cut off"), "{log}");
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut server = ready().await;
    let mut in_flight = InFlight::begin(&server).await;
    server.sigterm();
    said(&server, "SIGTERM: stopping").await;
    server.sigterm();
    assert_eq!(in_flight.rest().await, "", "what was in flight has no answer");
    assert_eq!(server.wait_exit().await.code(), Some(1));
    assert!(
        server.stderr().contains("SIGTERM again: stopped at once"),
        "{}",
        server.stderr()
    );
    server.restart().await;
}

#[tokio::test]
async fn sighup_is_noted_and_changes_nothing() {
    let mut server = ready().await;
    let pid = rustix::process::Pid::from_raw(i32::try_from(server.pid()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    said(&server, "SIGHUP is ignored").await;
    assert_eq!(server.client().send(Ask::get("/readyz")).await.status, 200);
    server.sigterm();
    assert_eq!(server.wait_exit().await.code(), Some(0));
}

#[tokio::test]
async fn sigint_is_a_sigterm() {
    let mut server = ready().await;
    let pid = rustix::process::Pid::from_raw(i32::try_from(server.pid()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(server.wait_exit().await.code(), Some(0));
    assert!(
        server.stderr().contains("SIGINT: stopping"),
        "{}",
        server.stderr()
    );
}

#[tokio::test]
async fn a_store_that_can_no_longer_be_written_ends_it_with_69() {
    // Files may not grow beyond half a MiB, and the signal that says so is ignored: the writes fail.
    let limited = r#"trap "" XFSZ; ulimit -f 1024; exec "$@""#;
    let start = Start::binary(BINARY).under(&["bash", "-c", limited, "bash"]);
    let mut server = start.ready().await;
    let key = server.api_key("shop", "issue");
    let mut client = server.client();
    let claims = "x".repeat(4_000);
    let issue = || {
        let body = serde_json::json!({ "subject": "ann", "claims": { "padding": claims } });
        Ask::post("/v1/service/sessions", &body).bearer(&key)
    };
    let fill = async {
        while client
            .try_send(issue())
            .await
            .is_ok_and(|answer| answer.status == 201)
        {}
    };
    timeout(PATIENCE, fill).await.unwrap();
    assert_eq!(server.wait_exit().await.code(), Some(69), "{}", server.stderr());
    assert!(
        server
            .stderr()
            .contains("the server stops, so that it is started anew"),
        "{}",
        server.stderr()
    );
}
