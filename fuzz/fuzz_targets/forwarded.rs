//! The client's address is read from any header without a panic, and never from a peer that is not
//! trusted.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use http::{HeaderMap, HeaderValue};
use libfuzzer_sys::fuzz_target;
use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::listen::PeerAddr;

const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = HeaderValue::from_bytes(bytes) else { return };
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", value);
    let trusting = TrustedProxies::new([PEER.into()]);
    let peer = PeerAddr::Ip(SocketAddr::new(PEER, 50_000));
    let _any = trusting.client_addr(peer, &headers);
    let trusting_nobody = TrustedProxies::new([]);
    assert_eq!(trusting_nobody.client_addr(peer, &headers), Some(PEER));
});
