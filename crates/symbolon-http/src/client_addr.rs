//! The address of the client behind the proxies.
//!
//! A header that names an address is a claim of whoever sent it. So: the peer of the connection is the client, unless
//! it is one of the proxies that the operator named. Then `X-Forwarded-For` is read from the right, where the nearest
//! proxy wrote, over proxies that are trusted too, to the first address that is not.
//!
//! `Forwarded` (RFC 7239), `X-Real-IP` and their kin are never read. A proxy hands on what it does not know, so each
//! further header that is believed is one more that a client may write itself (CVE-2023-36456). nginx, Caddy,
//! Traefik, HAProxy and Envoy all append to `X-Forwarded-For`. A `Connection: X-Forwarded-For` changes nothing
//! here (CVE-2025-48865).

use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;

use crate::limits::FORWARDED_HOPS_MAX;
use crate::listen::PeerAddr;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The networks of the proxies whose word counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
}

impl TrustedProxies {
    /// Trusts these networks. IPv4 networks that are written as IPv6 (`::ffff:10.0.0.0/104`) become IPv4.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self {
            networks: networks.into_iter().map(canonical_network).collect(),
        }
    }

    /// Whether `address` belongs to a trusted proxy.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// The address of the client that `peer` speaks for; `None` for a process of this machine that names nobody.
    ///
    /// Over a Unix socket only a process that may open its file can connect: its word counts like a trusted proxy's.
    #[must_use]
    pub fn client_addr(&self, peer: PeerAddr, headers: &HeaderMap) -> Option<IpAddr> {
        match peer.ip() {
            Some(ip) if !self.contains(ip) => Some(ip),
            near => self.furthest(near, headers),
        }
    }

    /// Walks from `near` away from us, as long as each is trusted. An entry that is no address ends the walk at the
    /// last good one: what stands left of it was written by somebody unknown.
    fn furthest(&self, near: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
        let mut client = near;
        for entry in entries_from_the_right(headers).take(FORWARDED_HOPS_MAX) {
            let Some(address) = parse_address(entry) else {
                break;
            };
            client = Some(address);
            if !self.contains(address) {
                break;
            }
        }
        client
    }
}

/// A list in several headers is one list (RFC 9110 §5.3): the last entry of the last header is the nearest.
fn entries_from_the_right(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .rev()
        .map(HeaderValue::as_bytes)
        .flat_map(|line| line.rsplit(|byte| *byte == b','))
}

/// `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:443`, with blanks around it.
fn parse_address(entry: &[u8]) -> Option<IpAddr> {
    let entry = std::str::from_utf8(entry).ok()?.trim_matches([' ', '\t']);
    let bare = entry
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(entry);
    let address = match bare.parse::<IpAddr>() {
        // Brackets belong to IPv6 alone.
        Ok(IpAddr::V4(_)) if bare.len() != entry.len() => return None,
        Ok(address) => address,
        Err(_) => entry.parse::<SocketAddr>().ok()?.ip(),
    };
    Some(address.to_canonical())
}

/// The prefix of an IPv4-mapped network counts from the end of the 96 bits that all of them share.
fn canonical_network(network: IpNet) -> IpNet {
    const MAPPED_BITS: u8 = 96;
    match (
        network.addr().to_canonical(),
        network.prefix_len().checked_sub(MAPPED_BITS),
    ) {
        (address @ IpAddr::V4(_), Some(length)) if network.addr().is_ipv6() => {
            IpNet::new(address, length).unwrap_or(network)
        }
        _ => network,
    }
}
