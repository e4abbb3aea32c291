//! Which sessions are alive.
//!
//! `live_until` says it exactly and moves with each use, so no index holds it: two entries would move
//! with each refresh. The indexes hold `ends_by`, a bound above it that moves a few times a day. What
//! ends later than the bound's step from now is alive for certain, and only the few sessions nearer to
//! their end are read to know.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::SessionId;
use symbolon_core::subject::SubjectId;

use crate::link::{Fields, Link, SqlError, Statement, Value};
use crate::record::session::ENDS_STEP;

/// The condition that a session is alive; its four parameters are [`alive`]'s.
macro_rules! is_alive {
    () => {
        "ends_by > ? AND epoch >= ? AND (ends_by > ? OR live_until > ?)"
    };
}
pub(super) use is_alive;

/// The parameters of the condition: at `now`, and under the newest cut.
pub(super) fn alive(now: Timestamp, cut: RevocationSeq) -> [Value<'static>; 4] {
    [now.into(), cut.into(), now.after(ENDS_STEP).into(), now.into()]
}

/// Whose sessions, and when.
#[derive(Clone, Copy)]
pub(super) struct Living<'l> {
    /// Whose.
    pub(super) subject: &'l SubjectId,
    /// Alive at this instant.
    pub(super) now: Timestamp,
    /// And under this cut, the newest.
    pub(super) cut: RevocationSeq,
}

pub(super) static COUNT_LIVE: Statement = Statement::new(concat!(
    "SELECT count(session_id) FROM sessions WHERE subject = ? AND ",
    is_alive!(),
));
pub(super) static OLDEST_LIVE: Statement = Statement::new(concat!(
    "SELECT session_id FROM sessions WHERE subject = ? AND ",
    is_alive!(),
    " ORDER BY session_id LIMIT ? {for_update}",
));

/// How many there are.
pub(super) async fn count_live<L: Link>(link: &mut L, living: Living<'_>) -> Result<u64, SqlError> {
    let [ends, epoch, sure, now] = alive(living.now, living.cut);
    let params = [living.subject.as_str().into(), ends, epoch, sure, now];
    link.get(&COUNT_LIVE, &params, |fields| fields.count("count"))
        .await
}

/// The oldest of them, locked in the order of their ids. Ids are drawn from the time: that is also the
/// order of their age.
pub(super) async fn oldest_live<L: Link>(
    link: &mut L,
    living: Living<'_>,
    limit: u64,
) -> Result<Vec<SessionId>, SqlError> {
    let [ends, epoch, sure, now] = alive(living.now, living.cut);
    let limit = Value::Int(i64::try_from(limit).unwrap_or(i64::MAX));
    let params = [living.subject.as_str().into(), ends, epoch, sure, now, limit];
    link.query(&OLDEST_LIVE, &params, read_id).await
}

/// Reads `session_id`.
pub(super) fn read_id(fields: &mut Fields<'_>) -> Result<SessionId, SqlError> {
    fields.session_id("session_id")
}
