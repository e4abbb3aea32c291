//! An audit entry as a row.

use symbolon_core::audit::AuditEntry;

use super::place::Ip;
use crate::link::{Link, SqlError, Statement};

static INSERT_AUDIT: Statement = Statement::new(
    "INSERT INTO audit (at, event, actor, ip, user_agent, subject, session_id, detail) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
);

/// Writes an entry, in the transaction of what it tells about.
pub(crate) async fn insert_audit<L: Link>(link: &mut L, entry: &AuditEntry) -> Result<(), SqlError> {
    let actor = entry.actor.to_text();
    let ip = Ip::of(entry.seen_from.ip);
    link.change_one(
        &INSERT_AUDIT,
        &[
            entry.at.into(),
            entry.event.as_str().into(),
            actor.as_str().into(),
            ip.value(),
            entry.seen_from.user_agent.as_deref().into(),
            entry.subject.as_ref().map(|subject| subject.as_str()).into(),
            entry.session_id.as_ref().into(),
            entry.detail.as_deref().into(),
        ],
    )
    .await
}
