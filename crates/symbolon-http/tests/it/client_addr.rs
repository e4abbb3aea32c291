//! Who the client is, behind proxies and behind liars.

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};
use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::listen::PeerAddr;

fn trusted() -> TrustedProxies {
    TrustedProxies::new(["10.0.0.0/8", "2001:db8:1::/48"].map(|network| network.parse().unwrap()))
}

fn peer(ip: &str) -> PeerAddr {
    PeerAddr::from_socket(SocketAddr::new(ip.parse().unwrap(), 4711))
}

fn forwarded(lines: &[&str]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(
            "x-forwarded-for",
            HeaderValue::from_bytes(line.as_bytes()).unwrap(),
        );
    }
    headers
}

fn client(peer_ip: &str, lines: &[&str]) -> String {
    trusted()
        .client_addr(peer(peer_ip), &forwarded(lines))
        .unwrap()
        .to_string()
}

#[test]
fn a_peer_that_is_not_trusted_is_the_client_whatever_it_says() {
    // CVE-2023-36456: any client may write the header.
    assert_eq!(client("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
    assert_eq!(client("192.0.2.1", &["10.0.0.1", "203.0.113.9"]), "192.0.2.1");
    for spoofed in 0..10_000_u32 {
        let spoofed = IpAddr::from(spoofed.to_be_bytes()).to_string();
        assert_eq!(client("192.0.2.1", &[&spoofed]), "192.0.2.1");
    }
}

#[test]
fn behind_a_trusted_proxy_the_right_most_address_that_is_not_trusted_is_the_client() {
    for (lines, expected) in [
        (vec!["203.0.113.9"], "203.0.113.9"),
        (vec!["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
        (vec!["198.51.100.1, 203.0.113.9, 10.9.9.9"], "203.0.113.9"),
        (
            vec!["198.51.100.1", "203.0.113.9, 10.9.9.9", "10.8.8.8"],
            "203.0.113.9",
        ),
        (vec!["203.0.113.9", "198.51.100.1"], "198.51.100.1"),
        (vec!["203.0.113.9,10.9.9.9,2001:db8:1::7"], "203.0.113.9"),
        (vec!["10.7.7.7, 10.8.8.8"], "10.7.7.7"),
    ] {
        assert_eq!(client("10.0.0.1", &lines), expected, "{lines:?}");
    }
}

#[test]
fn ports_brackets_and_blanks_are_understood() {
    for (line, expected) in [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("2001:db8::9", "2001:db8::9"),
        ("[2001:db8::9]", "2001:db8::9"),
        ("[2001:db8::9]:4711", "2001:db8::9"),
        (" \t203.0.113.9\t ", "203.0.113.9"),
        ("203.0.113.9 ,10.1.1.1", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:80", "203.0.113.9"),
    ] {
        assert_eq!(client("10.0.0.1", &[line]), expected, "{line:?}");
    }
}

#[test]
fn garbage_ends_the_walk_at_the_last_good_address() {
    for (line, expected) in [
        ("", "10.0.0.1"),
        ("unknown", "10.0.0.1"),
        ("203.0.113.9, unknown", "10.0.0.1"),
        ("203.0.113.9, _hidden, 10.2.2.2", "10.2.2.2"),
        ("203.0.113.9,, 10.2.2.2", "10.2.2.2"),
        ("203.0.113.9,", "10.0.0.1"),
        ("203.0.113.999", "10.0.0.1"),
        ("[203.0.113.9]", "10.0.0.1"),
        ("[2001:db8::9", "10.0.0.1"),
        ("fe80::1%eth0", "10.0.0.1"),
        ("203.0.113.9:99999", "10.0.0.1"),
        ("for=203.0.113.9", "10.0.0.1"),
        ("0xcb.0.113.9", "10.0.0.1"),
        ("203.0.113.010", "10.0.0.1"),
        ("3405803785", "10.0.0.1"),
        ("203.0.113.9\u{a0}", "10.0.0.1"),
    ] {
        assert_eq!(client("10.0.0.1", &[line]), expected, "{line:?}");
    }
}

#[test]
fn a_mapped_peer_is_trusted_like_its_ipv4_address_and_a_mapped_network_like_its_own() {
    assert_eq!(client("::ffff:10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    let mapped = TrustedProxies::new(["::ffff:10.0.0.0/104".parse().unwrap()]);
    assert!(mapped.contains("10.200.0.1".parse().unwrap()));
    assert!(!mapped.contains("11.0.0.1".parse().unwrap()));
    assert!(!mapped.contains("::1".parse().unwrap()));
}

#[test]
fn no_header_but_x_forwarded_for_names_a_client() {
    let mut headers = HeaderMap::new();
    for name in [
        "forwarded",
        "x-real-ip",
        "x_forwarded_for",
        "true-client-ip",
        "cf-connecting-ip",
        "x-client-ip",
    ] {
        let value = if name == "forwarded" {
            "for=203.0.113.9"
        } else {
            "203.0.113.9"
        };
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    assert_eq!(
        trusted()
            .client_addr(peer("10.0.0.1"), &headers)
            .unwrap()
            .to_string(),
        "10.0.0.1"
    );
}

#[test]
fn a_connection_header_cannot_take_the_client_away() {
    // CVE-2025-48865: hop-by-hop removal of what the proxy wrote.
    let mut headers = forwarded(&["203.0.113.9"]);
    headers.insert("connection", HeaderValue::from_static("close, x-forwarded-for"));
    assert_eq!(
        trusted()
            .client_addr(peer("10.0.0.1"), &headers)
            .unwrap()
            .to_string(),
        "203.0.113.9"
    );
}

#[test]
fn a_process_of_this_machine_speaks_for_its_client() {
    assert_eq!(trusted().client_addr(PeerAddr::Unix, &HeaderMap::new()), None);
    assert_eq!(
        trusted()
            .client_addr(PeerAddr::Unix, &forwarded(&["203.0.113.9, 10.0.0.1"]))
            .unwrap()
            .to_string(),
        "203.0.113.9"
    );
}

#[test]
fn at_most_32_hops_are_walked() {
    let line = format!("203.0.113.9, 10.0.0.32, {}", vec!["10.0.0.1"; 31].join(", "));
    assert_eq!(client("10.0.0.1", &[&line]), "10.0.0.32");
    let line = format!("203.0.113.9, {}", vec!["10.0.0.1"; 31].join(", "));
    assert_eq!(client("10.0.0.1", &[&line]), "203.0.113.9");
}

/// For any header: the answer is the peer, or an address that stands in the header right of the first garbage.
fn forwarded_for_holds(peer_ip: IpAddr, lines: &[Vec<u8>]) -> Result<(), String> {
    let mut headers = HeaderMap::new();
    for line in lines {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append("x-forwarded-for", value);
        }
    }
    let trusted = trusted();
    let peer = PeerAddr::from_socket(SocketAddr::new(peer_ip, 1));
    let client = trusted.client_addr(peer, &headers).ok_or("no client")?;
    let near = peer_ip.to_canonical();
    if client != client.to_canonical() {
        return Err(format!("{client} is mapped"));
    }
    if !trusted.contains(near) && client != near {
        return Err(format!("{near} is not trusted and became {client}"));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_in_the_header_give_a_client(
        from_proxy in any::<bool>(),
        other in any::<IpAddr>(),
        lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..4),
    ) {
        let peer_ip = if from_proxy { IpAddr::from([10, 1, 2, 3]) } else { other };
        prop_assert_eq!(forwarded_for_holds(peer_ip, &lines), Ok(()));
    }

    #[test]
    fn what_a_client_writes_left_of_the_proxy_changes_nothing(lies in "[0-9a-f:., \\[\\]]{0,80}", real in any::<[u8; 4]>()) {
        let real = IpAddr::from(real);
        let honest = forwarded(&[&real.to_string()]);
        let spoofed = forwarded(&[&lies, &real.to_string()]);
        let of = |headers: &HeaderMap| trusted().client_addr(peer("10.0.0.1"), headers);
        if !trusted().contains(real) {
            prop_assert_eq!(of(&spoofed), of(&honest));
        }
        prop_assert!(of(&honest).is_some());
    }
}
