//! A row of the revocation log as a row.

use symbolon_core::revocation::{LogKind, LogRow, RevocationReason};
use symbolon_core::session::SessionId;
use symbolon_core::subject::SubjectId;

use super::session::name;
use crate::link::{Fields, SqlError};

/// The columns `kind, session_id, subject, keep` of one kind.
pub(crate) struct KindColumns<'k> {
    /// One letter.
    pub(crate) kind: &'static str,
    /// A session, or an API key. With the letter of keys and without an id it is the signing keys.
    pub(crate) session_id: Option<&'k SessionId>,
    /// A subject.
    pub(crate) subject: Option<&'k str>,
    /// The ids of the sessions that go on, one after the other.
    pub(crate) keep: Option<Vec<u8>>,
}

/// A kind as columns.
pub(crate) fn columns(kind: &LogKind) -> KindColumns<'_> {
    let (letter, session_id, subject, keep) = match kind {
        LogKind::Session(id) => ("S", Some(id), None, None),
        LogKind::Subject { subject, keep } => ("U", None, Some(subject), Some(keep)),
        LogKind::Everyone => ("G", None, None, None),
        LogKind::StaleSession(id) => ("A", Some(id), None, None),
        LogKind::StaleSubject(subject) => ("A", None, Some(subject), None),
        LogKind::ApiKey(id) => ("K", Some(id), None, None),
        LogKind::SigningKeys => ("K", None, None, None),
    };
    KindColumns {
        kind: letter,
        session_id,
        subject: subject.map(SubjectId::as_str),
        keep: keep.map(|ids| ids.iter().flat_map(SessionId::as_bytes).copied().collect()),
    }
}

/// Reads `seq, prev_seq, id, kind, session_id, subject, keep, at, reason`.
pub(crate) fn read_log_row(fields: &mut Fields<'_>) -> Result<LogRow, SqlError> {
    Ok(LogRow {
        seq: fields.seq("seq")?,
        prev_seq: fields.seq("prev_seq")?,
        id: fields.array("id")?,
        kind: read_kind(fields)?,
        at: fields.instant("at")?,
        reason: fields.word("reason", RevocationReason::parse)?,
    })
}

fn read_kind(fields: &mut Fields<'_>) -> Result<LogKind, SqlError> {
    let kind = fields.text("kind")?;
    let session_id = fields.maybe_array("session_id")?.map(SessionId::from_bytes);
    let subject = match fields.maybe_text("subject")? {
        Some(subject) => Some(name("subject", SubjectId::new(subject))?),
        None => None,
    };
    let keep = fields.maybe_bytes("keep")?;
    match (kind, session_id, subject) {
        ("S", Some(id), None) => Ok(LogKind::Session(id)),
        ("U", None, Some(subject)) => Ok(LogKind::Subject {
            subject,
            keep: read_keep(keep.unwrap_or_default())?,
        }),
        ("G", None, None) => Ok(LogKind::Everyone),
        ("A", Some(id), None) => Ok(LogKind::StaleSession(id)),
        ("A", None, Some(subject)) => Ok(LogKind::StaleSubject(subject)),
        ("K", Some(id), None) => Ok(LogKind::ApiKey(id)),
        ("K", None, None) => Ok(LogKind::SigningKeys),
        (kind, ..) => Err(SqlError::Damaged(format!(
            "a row of the log of kind {kind:?} has not the target of that kind"
        ))),
    }
}

fn read_keep(bytes: &[u8]) -> Result<Vec<SessionId>, SqlError> {
    let (ids, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(SqlError::Damaged(format!("keep has {} bytes", bytes.len())));
    }
    Ok(ids.iter().copied().map(SessionId::from_bytes).collect())
}
