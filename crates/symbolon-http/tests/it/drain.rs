//! The end of a listener.

use std::sync::Arc;
use tokio::time::Instant;

use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::listen::{Drained, Gate, ListenLimits, Listener};
use tokio::net::TcpStream;

use crate::running::{PATIENCE, Running, SHORT, in_time, patient};

#[tokio::test]
async fn a_drain_answers_what_is_in_flight_and_closes_what_is_idle() {
    let server = Running::start(patient());
    let mut silent = server.connect().await;
    let mut idle = server.connect().await;
    idle.send("GET /ok HTTP/1.1\r\nHost: a\r\n\r\n").await;
    idle.until("\r\n\r\nok").await;
    let mut busy = server.connect().await;
    busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.begun(1).await;

    server.stop.cancel();
    assert_eq!(idle.rest().await, "");
    assert_eq!(silent.rest().await, "");
    let addr = server.addr.unwrap();
    assert!(TcpStream::connect(addr).await.is_err(), "it still accepts");

    server.desk.release.add_permits(1);
    let answer = busy.rest().await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nheld"), "{answer}");
    drop(busy);
    assert_eq!(server.stop().await, Drained { cut_off: 0 });
}

#[tokio::test]
async fn what_is_not_answered_within_the_time_of_the_drain_is_cut_off_and_counted() {
    let limits = patient();
    let gate = Arc::new(Gate::new(&limits, TrustedProxies::default()));
    let listener = Listener::tcp(([127, 0, 0, 1], 0).into(), limits, Arc::clone(&gate)).unwrap();
    let server = Running::serve(listener, gate, SHORT);
    let mut busy = server.connect().await;
    busy.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n").await;
    server.begun(1).await;
    let begin = Instant::now();
    let gate = Arc::clone(&server.gate);
    assert_eq!(server.stop().await, Drained { cut_off: 1 });
    assert!(begin.elapsed() >= SHORT && begin.elapsed() < PATIENCE);
    assert_eq!(gate.connections(), 0);
    assert_eq!(busy.rest().await, "");
}

#[tokio::test]
async fn a_drain_of_nothing_ends_at_once() {
    let server = Running::start(ListenLimits::default());
    assert_eq!(server.stop().await, Drained { cut_off: 0 });
}

#[tokio::test]
async fn an_address_that_is_taken_is_an_error_that_names_it() {
    let server = Running::start(patient());
    let addr = server.addr.unwrap();
    let error = Listener::tcp(addr, patient(), Arc::clone(&server.gate)).unwrap_err();
    assert!(
        error.to_string().starts_with(&format!("listen on {addr}: ")),
        "{error}"
    );
    in_time(server.stop()).await;
}
