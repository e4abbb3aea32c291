//! The limits of the wire: how much of anything a stranger may send, and how long it may take.
//!
//! Every number has its reason here and a test that goes one step over it. `listen` enforces those of a connection,
//! the two rooms below those of a body.

use std::time::Duration;

mod body;
mod extract;
mod form;
mod json;
mod single_header;

pub use body::{BodyFault, read_body};
pub use extract::{AdminJson, AuthJson, BatchJson, CompatJson, StrictJson};
pub(crate) use form::decoded;
pub use form::{Form, FormFault, parse_form};
pub use json::{JsonFault, parse_lenient, parse_strict};
pub use single_header::single_header;

/// The request line and the headers of one request, in bytes. Four kilobytes of path, eight of cookies and room for
/// what proxies add; nginx allows 32 KiB, which ten thousand slow connections would turn into 320 MiB.
pub const HEADER_BLOCK_MAX: usize = 16 * 1024;

/// Header fields of one request. A browser behind two proxies sends about thirty.
pub const HEADERS_MAX: usize = 64;

/// Path and query, in bytes. The longest honest one is an audit filter with a cursor, below one kilobyte.
pub const URI_MAX: usize = 4 * 1024;

/// All `Cookie` headers of one request together, in bytes: two of the largest cookies that a browser keeps
/// (RFC 6265bis, 4096 bytes each).
pub const COOKIES_MAX: usize = 8 * 1024;

/// The body of a log-in, refresh, verify or service route, in bytes. The largest honest one is an issue with claims.
pub const AUTH_BODY_MAX: usize = 16 * 1024;

/// The body of an administration route, in bytes.
pub const ADMIN_BODY_MAX: usize = 64 * 1024;

/// The body of a batch of a thousand tokens, in bytes: an opaque one has about a hundred, a signed one with claims a
/// thousand.
pub const BATCH_BODY_MAX: usize = 1024 * 1024;

/// How much of an oversized body is read and thrown away, in bytes, so that the client reads its 413 instead of a
/// reset connection. Beyond that the connection is closed under it.
pub const DRAIN_MAX: usize = 1024 * 1024;

/// Nesting of a JSON body. The deepest of ours is three; serde's recursion would follow 128.
pub const JSON_DEPTH_MAX: usize = 32;

/// Addresses that are looked at in `X-Forwarded-For`, from the right. Nobody stands behind more proxies than that.
pub const FORWARDED_HOPS_MAX: usize = 32;

/// From the accepted connection (or the end of the TLS handshake) to its first byte. A connection that sends
/// nothing costs a place among the connections, and hyper's header timer does not see it.
pub const FIRST_BYTE_TIME: Duration = Duration::from_secs(5);

/// From the first byte of a request to the end of its headers.
pub const HEADER_TIME: Duration = Duration::from_secs(5);

/// For the whole body of a request.
pub const BODY_TIME: Duration = Duration::from_secs(5);

/// From the headers of a request to those of its answer, unless the work is marked as long.
pub const REQUEST_TIME: Duration = Duration::from_secs(5);

/// For the peer to take what was written. It runs while a write is blocked and is not prolonged by single bytes.
pub const WRITE_TIME: Duration = Duration::from_secs(10);

/// How long a kept-alive connection may be without a request. Proxies keep theirs for 60 s or less.
pub const IDLE_TIME: Duration = Duration::from_secs(60);

/// For the TLS handshake.
pub const TLS_TIME: Duration = Duration::from_secs(5);

/// How long a closed connection is still read, so that the last answer is not lost to a reset.
pub const LINGER_TIME: Duration = Duration::from_secs(2);

/// Connections of one listener. Each costs a task and about 10 KiB.
pub const CONNECTIONS_MAX: usize = 10_000;

/// Connections of one address (of one /64 with IPv6, since a host has as many as it likes there). A browser opens
/// six; an office behind one address stays below.
pub const CONNECTIONS_PER_ADDRESS_MAX: usize = 256;

/// File descriptors that connections never take: the store, the cache and the log need them.
pub const RESERVED_FILES: usize = 32;

/// Requests at the same time on one HTTP/2 connection.
pub const HTTP2_STREAMS_MAX: u32 = 100;

/// Streams that a peer reset before they were answered, on one HTTP/2 connection, before it is told to go away
/// (rapid reset, CVE-2023-44487).
pub const HTTP2_RESETS_MAX: usize = 20;

/// Streams that were reset because of the peer's own faults, before it is told to go away (RUSTSEC-2024-0003).
pub const HTTP2_FAULTS_MAX: usize = 100;
