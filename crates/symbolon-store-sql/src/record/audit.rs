//! An audit entry as a row.

use symbolon_core::audit::AuditEntry;

use super::place::Ip;
use crate::link::{Change, Link, SqlError, Statement, Value};

static INSERT_AUDIT: Statement = Statement::new(
    "INSERT INTO audit (at, event, actor, ip, user_agent, subject, session_id, detail) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
);

/// Writes an entry, in the transaction of what it tells about.
pub(crate) async fn insert_audit<L: Link>(link: &mut L, entry: &AuditEntry) -> Result<(), SqlError> {
    let (actor, ip) = (entry.actor.to_text(), Ip::of(entry.seen_from.ip));
    link.change_one(&INSERT_AUDIT, &row(entry, &actor, &ip)).await
}

/// Writes entries, each in the transaction of what it tells about.
pub(crate) async fn insert_audits<L: Link>(link: &mut L, entries: &[AuditEntry]) -> Result<(), SqlError> {
    let texts: Vec<_> = entries
        .iter()
        .map(|entry| (entry.actor.to_text(), Ip::of(entry.seen_from.ip)))
        .collect();
    let rows = entries.iter().zip(&texts);
    let rows: Vec<_> = rows.map(|(entry, (actor, ip))| row(entry, actor, ip)).collect();
    link.insert_all(&INSERT_AUDIT, &rows).await
}

/// Makes a change of one row, and writes its entry beside it.
pub(crate) async fn with_audit<L: Link>(
    link: &mut L,
    change: Change<'_>,
    entry: &AuditEntry,
) -> Result<(), SqlError> {
    let (actor, ip) = (entry.actor.to_text(), Ip::of(entry.seen_from.ip));
    let row = row(entry, &actor, &ip);
    link.change_all(&[change, (&INSERT_AUDIT, &row)]).await
}

fn row<'v>(entry: &'v AuditEntry, actor: &'v str, ip: &'v Ip) -> [Value<'v>; 8] {
    [
        entry.at.into(),
        entry.event.as_str().into(),
        actor.into(),
        ip.value(),
        entry.seen_from.user_agent.as_deref().into(),
        entry.subject.as_ref().map(|subject| subject.as_str()).into(),
        entry.session_id.as_ref().into(),
        entry.detail.as_deref().into(),
    ]
}
