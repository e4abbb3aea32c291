//! Cuts and ends: a position, an instant, a reason.

use redis::Value;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{Cut, RevocationReason, RevocationSeq};
use symbolon_core::session::SessionState;

use crate::store::fault::Fault;
use crate::store::reply::{number, parse, text, tuple};

/// The reason of that word.
pub(crate) fn read_reason(word: &str) -> Result<RevocationReason, Fault> {
    RevocationReason::parse(word).ok_or_else(|| Fault::Damaged(format!("{word:?} is no reason")))
}

/// Reads what `cut_of` answers.
pub(crate) fn read_cut(value: Value) -> Result<Cut, Fault> {
    let [seq, at, reason] = tuple(value)?;
    Ok(Cut {
        seq: RevocationSeq(number(seq)?),
        at: Timestamp(number(at)?),
        reason: read_reason(&text(reason)?)?,
    })
}

/// Reads an end: the three with a space between each.
pub(crate) fn read_end(text: &str) -> Result<Cut, Fault> {
    let mut parts = text.split(' ');
    let (Some(seq), Some(at), Some(reason), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Fault::Damaged(format!("{text:?} is no end of a session")));
    };
    Ok(Cut {
        seq: RevocationSeq(parse(seq)?),
        at: Timestamp(parse(at)?),
        reason: read_reason(reason)?,
    })
}

/// The end of a session that somebody ended.
pub(crate) fn write_end(state: SessionState) -> Option<String> {
    match state {
        SessionState::Active => None,
        SessionState::Revoked { at, reason, seq } => Some(format!("{} {} {}", seq.0, at.0, reason.as_str())),
    }
}
