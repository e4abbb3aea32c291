use std::time::Duration;

use crate::limits;

/// What one connection may take and how long it may take for it. The defaults are those of [`crate::limits`], each
/// with its reason there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListenLimits {
    /// From the accepted connection to its first byte.
    pub first_byte: Duration,
    /// From the first byte of a request to the end of its headers.
    pub header: Duration,
    /// From the headers of a request to those of its answer, unless it is marked with
    /// [`Peer::long_work`](super::Peer::long_work).
    pub request: Duration,
    /// For the peer to take what was written.
    pub write: Duration,
    /// Without a request on a kept-alive connection. It is closed between one and one and a quarter times this.
    pub idle: Duration,
    /// For the TLS handshake.
    pub tls: Duration,
    /// For reading on after the last answer.
    pub linger: Duration,
    /// Request line and headers, bytes (HTTP/1.1: 431; HTTP/2: the header list).
    pub header_block_max: usize,
    /// Header fields (431).
    pub headers_max: usize,
    /// Path and query, bytes (414).
    pub uri_max: usize,
    /// Connections together.
    pub connections_max: usize,
    /// Connections of one address.
    pub per_address_max: usize,
    /// Whether loopback addresses are counted like any other. Off by default: a proxy on this machine is one.
    pub loopback_counts: bool,
}

impl Default for ListenLimits {
    fn default() -> Self {
        Self {
            first_byte: limits::FIRST_BYTE_TIME,
            header: limits::HEADER_TIME,
            request: limits::REQUEST_TIME,
            write: limits::WRITE_TIME,
            idle: limits::IDLE_TIME,
            tls: limits::TLS_TIME,
            linger: limits::LINGER_TIME,
            header_block_max: limits::HEADER_BLOCK_MAX,
            headers_max: limits::HEADERS_MAX,
            uri_max: limits::URI_MAX,
            connections_max: limits::CONNECTIONS_MAX,
            per_address_max: limits::CONNECTIONS_PER_ADDRESS_MAX,
            loopback_counts: false,
        }
    }
}
