//! A row of the log: an entry of a stream, or what `append` tells of it.

use std::collections::HashMap;

use redis::Value;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::subject::SubjectId;

use super::cut::read_reason;
use crate::store::fault::Fault;
use crate::store::reply::{array, list, number, parse, text, tuple};

/// A kind as the letter, the session (or API key), the subject, and the ids of those that go on.
pub(crate) fn kind_columns(kind: &LogKind) -> (&'static str, String, String, String) {
    let none = String::new;
    match kind {
        LogKind::Session(id) => ("S", id.to_string(), none(), none()),
        LogKind::Subject { subject, keep } => {
            let keep: Vec<String> = keep.iter().map(SessionId::to_string).collect();
            ("U", none(), subject.to_string(), keep.join(" "))
        }
        LogKind::Everyone => ("G", none(), none(), none()),
        LogKind::StaleSession(id) => ("A", id.to_string(), none(), none()),
        LogKind::StaleSubject(subject) => ("A", none(), subject.to_string(), none()),
        LogKind::ApiKey(id) => ("K", id.to_string(), none(), none()),
        LogKind::SigningKeys => ("K", none(), none(), none()),
    }
}

/// Reads what `append` tells: `seq, prev, id, kind, session, subject, keep, at, reason`.
pub(crate) fn read_written(value: Value) -> Result<LogRow, Fault> {
    let [seq, prev, id, kind, session, subject, keep, at, reason] = tuple(value)?;
    Ok(LogRow {
        seq: RevocationSeq(number(seq)?),
        prev_seq: RevocationSeq(number(prev)?),
        id: array(id)?,
        kind: read_kind(&text(kind)?, &text(session)?, &text(subject)?, &text(keep)?)?,
        at: Timestamp(number(at)?),
        reason: read_reason(&text(reason)?)?,
    })
}

/// Reads an entry of the stream.
pub(crate) fn read_entry(value: Value) -> Result<LogRow, Fault> {
    let [place, fields] = tuple(value)?;
    let place = text(place)?;
    let seq = place.strip_suffix("-0").unwrap_or(&place);
    let mut named = HashMap::new();
    let mut fields = list(fields)?.into_iter();
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        named.insert(text(name)?, value);
    }
    let mut field = |name: &str| {
        let found = named.remove(name);
        found.ok_or_else(|| Fault::Damaged(format!("the row {place} of the log has no {name}")))
    };
    Ok(LogRow {
        seq: RevocationSeq(parse(seq)?),
        prev_seq: RevocationSeq(number(field("prev")?)?),
        id: array(field("id")?)?,
        kind: read_kind(
            &text(field("kind")?)?,
            &text(field("session")?)?,
            &text(field("subject")?)?,
            &text(field("keep")?)?,
        )?,
        at: Timestamp(number(field("at")?)?),
        reason: read_reason(&text(field("reason")?)?)?,
    })
}

fn read_kind(kind: &str, session: &str, subject: &str, keep: &str) -> Result<LogKind, Fault> {
    match (kind, session, subject) {
        ("S", id, "") => Ok(LogKind::Session(read_id(id)?)),
        ("U", "", subject) => Ok(LogKind::Subject {
            subject: read_subject(subject)?,
            keep: keep
                .split_ascii_whitespace()
                .map(read_id)
                .collect::<Result<_, _>>()?,
        }),
        ("G", "", "") => Ok(LogKind::Everyone),
        ("A", "", subject) => Ok(LogKind::StaleSubject(read_subject(subject)?)),
        ("A", id, "") => Ok(LogKind::StaleSession(read_id(id)?)),
        ("K", "", "") => Ok(LogKind::SigningKeys),
        ("K", id, "") => Ok(LogKind::ApiKey(read_id(id)?)),
        (kind, ..) => Err(Fault::Damaged(format!(
            "a row of the log of kind {kind:?} has not the target of that kind"
        ))),
    }
}

/// Reads an id.
pub(crate) fn read_id(text: &str) -> Result<SessionId, Fault> {
    SessionId::parse(text).ok_or_else(|| Fault::Damaged(format!("{text:?} is no id")))
}

/// Reads a subject.
pub(crate) fn read_subject(text: &str) -> Result<SubjectId, Fault> {
    SubjectId::new(text).map_err(|error| Fault::Damaged(format!("subject: {error}")))
}
