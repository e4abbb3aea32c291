//! How many connections there may be.

use std::net::SocketAddr;
use std::sync::Arc;

use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::listen::{Gate, ListenLimits, PeerAddr, Turned};
use tokio::io::AsyncReadExt;

use crate::running::{Raw, Running, eventually, in_time, patient};

const OK: &str = "GET /ok HTTP/1.1\r\nHost: a\r\n\r\n";

fn peer(ip: &str) -> PeerAddr {
    PeerAddr::from_socket(SocketAddr::new(ip.parse().unwrap(), 4711))
}

fn gate(limits: &ListenLimits, trusted: &[&str]) -> Arc<Gate> {
    let trusted = TrustedProxies::new(trusted.iter().map(|network| network.parse().unwrap()));
    Arc::new(Gate::new(limits, trusted))
}

/// Whether the server serves this connection, or has closed it.
async fn is_served(raw: &mut Raw<tokio::net::TcpStream>) -> bool {
    raw.try_send(OK).await.is_ok()
        && matches!(in_time(raw.0.read(&mut [0; 1024])).await, Ok(count) if count > 0)
}

#[tokio::test]
async fn the_257th_connection_of_an_address_is_reset_and_the_others_are_served() {
    let server = Running::start(ListenLimits {
        loopback_counts: true,
        ..patient()
    });
    let mut all = Vec::new();
    for _ in 0..256 {
        all.push(server.connect().await);
    }
    eventually("all are in", || server.gate.connections() == 256).await;
    let mut one_more = server.connect().await;
    assert!(!is_served(&mut one_more).await);
    for raw in &mut all {
        assert!(is_served(raw).await);
    }
    all.pop();
    eventually("one place is free", || server.gate.connections() == 255).await;
    assert!(is_served(&mut server.connect().await).await);
}

#[tokio::test]
async fn a_connection_beyond_the_total_is_reset_also_from_loopback() {
    let server = Running::start(ListenLimits {
        connections_max: 2,
        ..patient()
    });
    let (mut first, mut second) = (server.connect().await, server.connect().await);
    eventually("both are in", || server.gate.connections() == 2).await;
    assert!(!is_served(&mut server.connect().await).await);
    assert!(is_served(&mut first).await && is_served(&mut second).await);
}

#[test]
fn loopback_and_trusted_proxies_count_towards_the_total_only() {
    let limits = ListenLimits {
        per_address_max: 1,
        connections_max: 8,
        ..ListenLimits::default()
    };
    let gate = gate(&limits, &["10.0.0.0/8"]);
    let mut inside = Vec::new();
    for ip in [
        "127.0.0.1",
        "127.0.0.1",
        "::1",
        "::1",
        "10.1.2.3",
        "10.1.2.3",
        "::ffff:10.1.2.3",
    ] {
        inside.push(gate.enter(peer(ip)).unwrap());
    }
    inside.push(gate.enter(PeerAddr::Unix).unwrap());
    assert_eq!(gate.connections(), 8);
    assert_eq!(gate.enter(peer("127.0.0.1")).unwrap_err(), Turned::Full);
}

#[test]
fn an_ipv6_address_counts_as_its_slash_64_and_a_mapped_one_as_ipv4() {
    let limits = ListenLimits {
        per_address_max: 1,
        ..ListenLimits::default()
    };
    let gate = gate(&limits, &[]);
    let _first = gate.enter(peer("2001:db8:0:1::1")).unwrap();
    assert_eq!(
        gate.enter(peer("2001:db8:0:1:ffff::2")).unwrap_err(),
        Turned::AddressFull
    );
    let _next = gate.enter(peer("2001:db8:0:2::1")).unwrap();
    let _mapped = gate.enter(peer("::ffff:192.0.2.1")).unwrap();
    assert_eq!(gate.enter(peer("192.0.2.1")).unwrap_err(), Turned::AddressFull);
    let _other = gate.enter(peer("::ffff:192.0.2.2")).unwrap();
}

#[test]
fn a_place_is_free_again_when_it_is_dropped() {
    let limits = ListenLimits {
        per_address_max: 2,
        ..ListenLimits::default()
    };
    let gate = gate(&limits, &[]);
    let (first, second) = (
        gate.enter(peer("192.0.2.1")).unwrap(),
        gate.enter(peer("192.0.2.1")).unwrap(),
    );
    assert_eq!(gate.enter(peer("192.0.2.1")).unwrap_err(), Turned::AddressFull);
    drop(first);
    let third = gate.enter(peer("192.0.2.1")).unwrap();
    assert_eq!(gate.enter(peer("192.0.2.1")).unwrap_err(), Turned::AddressFull);
    drop((second, third));
    assert_eq!(gate.connections(), 0);
}
