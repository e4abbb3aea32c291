//! The origin that a browser sees this server at (RFC 6454 §4): scheme, host and port.
//!
//! The connection says whether it is encrypted, and `Host` (in HTTP/2 `:authority`) says the name. Behind a proxy both
//! may be the proxy's own, so `X-Forwarded-Proto` and `X-Forwarded-Host` are read where the peer is one of the proxies
//! that the operator named, and nowhere else. The last entry of a list counts: the nearest proxy wrote it.

use http::header::HOST;
use http::{HeaderMap, HeaderName, Uri};

use crate::client_addr::TrustedProxies;
use crate::listen::{Peer, PeerAddr};

const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// What is known of a request besides its headers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// Whether the connection itself is encrypted.
    tls: bool,
    /// Whether the peer is a proxy whose word counts.
    by_proxy: bool,
}

impl Arrival {
    /// How the requests of `peer` arrive. Who may open a Unix socket counts as a trusted proxy, as it does for
    /// addresses.
    pub(crate) fn of(peer: &Peer, proxies: &TrustedProxies) -> Self {
        Self {
            tls: peer.is_tls(),
            by_proxy: match peer.addr() {
                PeerAddr::Ip(addr) => proxies.contains(addr.ip()),
                PeerAddr::Unix => true,
            },
        }
    }

    /// Whether the browser's side of the way is encrypted, as far as is known.
    pub(crate) fn is_https(self, headers: &HeaderMap) -> bool {
        match self.told(headers, &X_FORWARDED_PROTO) {
            Some(scheme) => scheme.eq_ignore_ascii_case("https"),
            None => self.tls,
        }
    }

    /// The host and port that the browser wrote, as far as is known.
    fn authority<'r>(self, uri: &'r Uri, headers: &'r HeaderMap) -> Option<&'r str> {
        self.told(headers, &X_FORWARDED_HOST)
            .or_else(|| headers.get(HOST)?.to_str().ok())
            .or_else(|| Some(uri.authority()?.as_str()))
    }

    /// The last entry of a proxy's header.
    fn told<'r>(self, headers: &'r HeaderMap, name: &HeaderName) -> Option<&'r str> {
        if !self.by_proxy {
            return None;
        }
        let last = headers.get_all(name).iter().next_back()?.to_str().ok()?;
        last.rsplit(',')
            .next()
            .map(str::trim)
            .filter(|entry| !entry.is_empty())
    }

    /// Whether `origin`, the value of an `Origin` header, is where the browser reached this server.
    pub(crate) fn is_own(self, origin: &str, uri: &Uri, headers: &HeaderMap) -> bool {
        let (scheme, port) = if self.is_https(headers) {
            ("https://", ":443")
        } else {
            ("http://", ":80")
        };
        let own = self.authority(uri, headers);
        // A browser leaves out the port that its scheme implies; a proxy may write it.
        let same = |own: &str, theirs: &str| {
            own.strip_suffix(port).unwrap_or(own).eq_ignore_ascii_case(theirs) && !theirs.is_empty()
        };
        origin
            .strip_prefix(scheme)
            .zip(own)
            .is_some_and(|(theirs, own)| same(own, theirs))
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, Uri};

    use super::Arrival;

    const PLAIN: Arrival = Arrival {
        tls: false,
        by_proxy: false,
    };
    const TLS: Arrival = Arrival {
        tls: true,
        by_proxy: false,
    };
    const PROXY: Arrival = Arrival {
        tls: false,
        by_proxy: true,
    };

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        headers
    }

    fn is_own(arrival: Arrival, origin: &str, lines: &[(&'static str, &str)]) -> bool {
        arrival.is_own(origin, &Uri::from_static("/v1/login"), &headers(lines))
    }

    #[test]
    fn scheme_host_and_port_must_all_be_the_same() {
        let host = [("host", "sy.example:8443")];
        assert!(is_own(TLS, "https://sy.example:8443", &host));
        assert!(is_own(PLAIN, "http://sy.example:8443", &host));
        for other in [
            "http://sy.example:8443",
            "https://sy.example",
            "https://sy.example:443",
            "https://sy.example:84430",
            "https://sy.example:8443.evil.test",
            "https://asy.example:8443",
            "https://a.sy.example:8443",
            "https://sy.example:8443/",
            "https://",
            "null",
            "",
        ] {
            assert!(!is_own(TLS, other, &host), "{other}");
        }
    }

    #[test]
    fn the_port_that_the_scheme_implies_may_be_written_or_not_and_case_does_not_matter() {
        assert!(is_own(TLS, "https://sy.example", &[("host", "SY.example:443")]));
        assert!(is_own(PLAIN, "http://sy.example", &[("host", "sy.example:80")]));
        assert!(!is_own(PLAIN, "http://sy.example", &[("host", "sy.example:443")]));
        assert!(!is_own(TLS, "https://", &[("host", ":443")]));
        assert!(!is_own(TLS, "https://", &[("host", "")]));
    }

    #[test]
    fn http_2_names_the_host_in_its_address() {
        let uri = Uri::from_static("https://sy.example/v1/login");
        assert!(TLS.is_own("https://sy.example", &uri, &HeaderMap::new()));
        assert!(!TLS.is_own("https://evil.test", &uri, &HeaderMap::new()));
        let nothing = Uri::from_static("/v1/login");
        assert!(!TLS.is_own("https://sy.example", &nothing, &HeaderMap::new()));
    }

    #[test]
    fn a_proxy_s_word_counts_only_where_the_proxy_is_trusted() {
        let lines = [
            ("host", "127.0.0.1:5000"),
            ("x-forwarded-host", "sy.example"),
            ("x-forwarded-proto", "https"),
        ];
        assert!(is_own(PROXY, "https://sy.example", &lines));
        assert!(!is_own(PROXY, "http://127.0.0.1:5000", &lines));
        assert!(!is_own(PLAIN, "https://sy.example", &lines));
        assert!(is_own(PLAIN, "http://127.0.0.1:5000", &lines));
        assert!(!PLAIN.is_https(&headers(&lines)));
        assert!(PROXY.is_https(&headers(&lines)));
    }

    #[test]
    fn the_nearest_proxy_wrote_last() {
        let lines = [
            ("host", "inner"),
            ("x-forwarded-host", "evil.test, sy.example"),
            ("x-forwarded-proto", "http"),
            ("x-forwarded-proto", "http, https"),
        ];
        assert!(is_own(PROXY, "https://sy.example", &lines));
        assert!(!is_own(PROXY, "https://evil.test", &lines));
    }

    #[test]
    fn a_proxy_that_says_nothing_leaves_the_connection_s_word() {
        assert!(is_own(PROXY, "http://sy.example", &[("host", "sy.example")]));
        let blank = [
            ("host", "sy.example"),
            ("x-forwarded-host", " "),
            ("x-forwarded-proto", ","),
        ];
        assert!(is_own(PROXY, "http://sy.example", &blank));
    }
}
