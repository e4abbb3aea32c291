//! What every answer carries: its id, and the headers that keep it from caches and from being misread.
//!
//! The id is ours alone. One that comes in with a request is neither taken nor echoed: whoever may choose ids may make
//! log lines of others look like theirs.
//!
//! [`Seal`] is the plain function for a service that answers without a router; [`SealLayer`] is the same as a tower
//! layer.

mod layer;

use std::fmt;

use axum::response::Response;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

pub use layer::{SealLayer, Sealed, SealedFuture};

use crate::lanes::{LANES, Lanes};
use crate::problem::Problem;

/// The name of the header.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Two years: what the preload lists of browsers ask for.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

const CROSS_ORIGIN_RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// For what is no page: should a browser be led to show it as one, it loads nothing and stands in no frame. A page
/// brings its own.
const NO_PAGE: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");

const ID_LENGTH: usize = 24;

/// How many of these are the process' own.
const PROCESS_DIGITS: usize = 8;

/// The id of one request: 24 lower-case hex digits, unlike any other of this process.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestId([u8; ID_LENGTH]);

impl RequestId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // Hex digits always are UTF-8.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) fn header(self) -> HeaderValue {
        // Hex digits always are header text.
        HeaderValue::from_bytes(&self.0).unwrap_or_else(|_| HeaderValue::from_static(""))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Makes the ids of a process: eight digits of its own, then a counter that is scrambled, so that ids do not tell
/// how many requests there were.
#[derive(Debug)]
pub struct RequestIds {
    process: [u8; PROCESS_DIGITS],
    scramble: u64,
    made: Lanes,
}

impl RequestIds {
    /// `seed` is random and new for each process (from the operating system).
    #[must_use]
    pub fn new(seed: [u8; 12]) -> Self {
        let [a, b, c, d, scramble @ ..] = seed;
        let mut process = [0; PROCESS_DIGITS];
        write_hex(&mut process, u64::from(u32::from_le_bytes([a, b, c, d])));
        Self {
            process,
            scramble: u64::from_le_bytes(scramble),
            made: Lanes::default(),
        }
    }

    /// The next id.
    pub fn next_id(&self) -> RequestId {
        let (lane, before) = self.made.count();
        // Lane and count together are unique as long as no lane counts to 2^60.
        let number = scramble((before * LANES as u64 + lane as u64) ^ self.scramble);
        let mut text = [0; ID_LENGTH];
        let (process, count) = text.split_at_mut(PROCESS_DIGITS);
        process.copy_from_slice(&self.process);
        write_hex(count, number);
        RequestId(text)
    }
}

/// The last step of SplitMix64 (Steele, Lea, Flood 2014): one to one, so that what is unlike stays unlike.
fn scramble(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// The lowest digits of `number`, as many as `text` has places.
fn write_hex(text: &mut [u8], number: u64) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let bytes = number.to_be_bytes();
    let first = bytes.len().saturating_sub(text.len() / 2);
    for (pair, byte) in text.chunks_exact_mut(2).zip(&bytes[first..]) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
}

/// The most headers that a seal has.
const SEAL_HEADERS: usize = 7;

/// What is put on every answer of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    tls: bool,
}

impl Seal {
    /// `tls`: whether the browser's side of the way is encrypted: this connection, or that to a trusted proxy. Only
    /// then may it ask browsers to insist on that (RFC 6797 §7.2).
    #[must_use]
    pub fn new(tls: bool) -> Self {
        Self { tls }
    }

    /// Completes an answer: its headers, and the id in the body of a server error.
    pub fn apply(self, response: &mut Response, id: RequestId) {
        Problem::sign(response, id);
        self.apply_headers(response.headers_mut(), id);
    }

    /// The headers alone, for an answer that is no [`Problem`]. A `Cache-Control`, `Referrer-Policy` or
    /// `Content-Security-Policy` that the answer has stays.
    pub fn apply_headers(self, headers: &mut HeaderMap, id: RequestId) {
        // At once: growing step by step costs more than all of the insertions.
        headers.reserve(SEAL_HEADERS);
        headers.insert(X_REQUEST_ID, id.header());
        headers
            .entry(CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers
            .entry(REFERRER_POLICY)
            .or_insert(HeaderValue::from_static("no-referrer"));
        headers.entry(CONTENT_SECURITY_POLICY).or_insert(NO_PAGE);
        // Not even as the source of a script or an image of another site, whose side effects can be measured.
        headers.insert(
            CROSS_ORIGIN_RESOURCE_POLICY,
            HeaderValue::from_static("same-origin"),
        );
        if self.tls {
            headers.insert(STRICT_TRANSPORT_SECURITY, HSTS);
        }
    }
}
