//! Many connections that want nothing but to be there, against the real program with the limits that it ships with.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use symbolon_testkit::http::{Ask, Client};
use symbolon_testkit::server::{Server, Start};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use crate::gateways::visit::connect;
use crate::place::{BINARY, ready};

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The limits for a first byte and for a header: five seconds each, and what a busy machine takes on top.
const CLOSED_NOT_BEFORE: Duration = Duration::from_millis(4_900);
const CLOSED_BY: Duration = Duration::from_secs(7);

/// What a person bears. The exact figures are the benchmark's.
const ANSWERED_BY: Duration = Duration::from_secs(1);

/// A connection that is not made by then waits for a place.
const SOON: Duration = Duration::from_millis(50);

/// Tests hold hundreds of sockets; the soft limit may be lower than that.
fn raise_files() {
    let hard = getrlimit(Resource::Nofile).maximum;
    let raised = Rlimit {
        current: hard,
        maximum: hard,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
}

/// A session by a service, and its verify.
async fn begin(server: &Server, client: &mut Client) -> Ask {
    let key = server.api_key("shop", "issue");
    let ask = Ask::post("/v1/service/sessions", &json!({"subject": "ann"})).bearer(&key);
    let answer = client.send(ask).await.json();
    Ask::get("/verify").bearer(answer["access_token"].as_str().unwrap())
}

/// How long a connection lives that sends `first` and then a byte every now and then.
async fn life(address: SocketAddr, first: &'static str) -> Duration {
    let mut stream = connect(FROM, address).await;
    let begin = Instant::now();
    let (mut read, mut write) = stream.split();
    let trickle = async {
        if first.is_empty() {
            return std::future::pending().await;
        }
        let mut every = interval(Duration::from_millis(200));
        let mut more = first;
        while write.write_all(more.as_bytes()).await.is_ok() {
            more = "x";
            every.tick().await;
        }
    };
    let end = async {
        // Any end will do, a reset too.
        drop(read.read_to_end(&mut Vec::new()).await);
    };
    tokio::select! {
        () = trickle => {}
        () = end => {}
        () = tokio::time::sleep(CLOSED_BY * 2) => {}
    }
    begin.elapsed()
}

#[tokio::test]
async fn d2_slow_and_silent_connections_are_closed_in_time_and_others_do_not_notice_them() {
    raise_files();
    let server = ready().await;
    let mut client = server.client();
    let verify = begin(&server, &mut client).await;
    let mut crowd = JoinSet::new();
    for _ in 0..200 {
        for first in [
            "",
            "G",
            "GET /verify HTTP/1.1\r\nX: ",
            "POST /v1/login HTTP/1.1\r\nHost: a\r\nContent-",
        ] {
            crowd.spawn(life(server.address(), first));
        }
    }
    let (mut verified, mut lives) = (0, Vec::new());
    while lives.len() < 800 {
        let asked = Instant::now();
        let answer = client.send(verify.clone()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(asked.elapsed() < ANSWERED_BY, "{:?}", asked.elapsed());
        verified += 1;
        while let Some(life) = crowd.try_join_next() {
            lives.push(life.unwrap());
        }
    }
    for life in lives {
        assert!((CLOSED_NOT_BEFORE..CLOSED_BY).contains(&life), "{life:?}");
    }
    assert!(verified > 100, "{verified}");
}

/// Whether a connection is served now.
async fn is_served(address: SocketAddr) -> bool {
    let Ok(Ok(mut stream)) = timeout(ANSWERED_BY, TcpStream::connect(address)).await else {
        return false;
    };
    let asked = stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        .await;
    let mut some = [0; 64];
    let read = timeout(ANSWERED_BY, stream.read(&mut some)).await;
    asked.is_ok() && matches!(read, Ok(Ok(count)) if count > 0)
}

#[tokio::test]
async fn d9_without_files_left_it_serves_whom_it_has_and_everyone_again_afterwards() {
    raise_files();
    for files in ["128", "64"] {
        let shell = format!(r#"ulimit -n {files}; exec "$@""#);
        let server = Start::binary(BINARY)
            .under(&["bash", "-c", &shell, "bash"])
            .ready()
            .await;
        let mut client = server.client();
        let verify = begin(&server, &mut client).await;
        let mut crowd = Vec::new();
        for _ in 0..300 {
            // Beyond its places a connection is reset, and beyond the queue of the system it waits.
            if let Ok(Ok(stream)) = timeout(SOON, TcpStream::connect(server.address())).await {
                crowd.push(stream);
            }
        }
        assert!(
            !is_served(server.address()).await,
            "{files} files are not used up"
        );
        // Whoever is in is served, the store included: it has files of its own.
        let password = server.first_password().await;
        let log_in = json!({"username": "admin", "password": password});
        for _ in 0..3 {
            assert_eq!(client.send(verify.clone()).await.status, 200, "{files}");
            let answer = client.send(Ask::post("/v1/login", &log_in)).await;
            assert_eq!(answer.status, 200, "{files}: {}", answer.text());
        }
        drop(crowd);
        let begin = Instant::now();
        while !is_served(server.address()).await {
            assert!(begin.elapsed() < CLOSED_BY, "{files}: nobody is let in again");
        }
        assert_eq!(client.send(verify).await.status, 200, "{files}");
    }
}
