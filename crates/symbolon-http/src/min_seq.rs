//! `Symbolon-Min-Seq`: who was told the position of a revocation, or heard of one, asks for an answer that knows of it.
//!
//! Every route takes it. A node that does not know so much of the log yet reads on for a moment; if it does not get there,
//! it answers 503. So a client whose requests go to other nodes never sees an older world than it has seen before. The
//! header can make an answer later, or none, and never better.

use http::{HeaderMap, HeaderName};
use symbolon::revocation::RevocationSeq;

use crate::app::App;
use crate::limits::single_header;
use crate::problem::Problem;

const SYMBOLON_MIN_SEQ: HeaderName = HeaderName::from_static("symbolon-min-seq");

/// Whether there is something to wait for, or to refuse.
#[inline]
pub(crate) fn is_asked(headers: &HeaderMap) -> bool {
    headers.contains_key(SYMBOLON_MIN_SEQ)
}

/// Waits until this node knows as much of the log as a request asks for.
///
/// # Errors
/// 400 `invalid_request`: it is no position. 503: this node does not know so much.
pub(crate) async fn reached(app: &App, headers: &HeaderMap) -> Result<(), Problem> {
    let Some(value) = single_header(headers, &SYMBOLON_MIN_SEQ)? else {
        return Ok(());
    };
    let digits = value
        .to_str()
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let seq = digits.and_then(|text| text.parse().ok());
    let seq = seq.ok_or_else(|| {
        Problem::invalid_request("Symbolon-Min-Seq must be a position of the revocation log")
    })?;
    let known = app.symbolon().until_known(RevocationSeq(seq)).await;
    known.map_err(|error| app.undecided(error))
}
