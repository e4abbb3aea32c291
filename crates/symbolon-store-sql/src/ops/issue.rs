//! A new session, and the end of those that it replaces.

use symbolon_core::clock::Timestamp;
use symbolon_core::policy::OnMax;
use symbolon_core::revocation::{Cut, RevocationReason};
use symbolon_core::session::{Epoch, SessionId};
use symbolon_core::store::{InsertSession, Inserted};
use symbolon_core::subject::SubjectId;

use super::attempts::clear_attempts;
use super::revoke::{end_sessions, lock_session};
use super::subjects::{global_cut, lock_subject, newest_cut};
use crate::link::{Fields, Link, SqlError, Statement, Value};
use crate::operation::{Lane, Operation, Tx};
use crate::record::audit::insert_audit;
use crate::record::session::{ip_of, row, session_columns};

/// How many sessions one log-in ends at the most. There is more than one to end only after the
/// limit was lowered; the next log-ins end the rest.
const REPLACED_MAX: u64 = 1_000;

pub(super) static COUNT_LIVE: Statement = Statement::new(
    "SELECT count(session_id) FROM sessions WHERE subject = ? AND live_until > ? AND epoch >= ?",
);
pub(super) static OLDEST_LIVE: Statement = Statement::new(
    "SELECT session_id FROM sessions WHERE subject = ? AND live_until > ? AND epoch >= ? \
     ORDER BY session_id LIMIT ? {for_update}",
);
static INSERT_SESSION: Statement = Statement::new(concat!(
    "INSERT INTO sessions (",
    session_columns!(""),
    ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
     ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
));

impl Operation for InsertSession {
    type Answer = Inserted;
    const NAME: &'static str = "begin a session";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Inserted, SqlError> {
        let now = self.session.created_at;
        let subject = lock_subject(tx.link, &self.session.subject).await?;
        if let Some(ban) = subject.ban(now) {
            return Ok(Inserted::Banned { until: ban.until });
        }
        let cut = global_cut(tx.link).await?.newer(subject.cut);
        if self.credential_epoch.is_some_and(|read| read != cut.seq) {
            return Ok(Inserted::CredentialStale);
        }
        let Some(ending) = find_ending(tx.link, self, cut).await? else {
            return Ok(Inserted::LimitReached);
        };
        write(tx.link, self, cut.seq).await?;
        let ended = end_sessions(tx, &ending, RevocationReason::Replaced, &self.audit).await?;
        Ok(Inserted::Done {
            epoch: cut.seq,
            ended,
        })
    }
}

/// The sessions to end, locked; `None`: there is no room, and none may be made.
async fn find_ending<L: Link>(
    link: &mut L,
    order: &InsertSession,
    cut: Cut,
) -> Result<Option<Vec<(SessionId, SubjectId)>>, SqlError> {
    let subject = &order.session.subject;
    let presented = find_presented(link, order).await?;
    let own = u64::from(presented.as_ref().is_some_and(|(_, whose)| whose == subject));
    let live = [
        subject.as_str().into(),
        order.session.created_at.into(),
        cut.seq.into(),
    ];
    let count = link
        .get(&COUNT_LIVE, &live, |fields| fields.count("count"))
        .await?;
    let excess = (count.saturating_sub(own) + 1).saturating_sub(u64::from(order.per_subject_max));
    let mut ending: Vec<_> = presented.into_iter().collect();
    if excess > 0 {
        if order.on_max == OnMax::Refuse {
            return Ok(None);
        }
        let others = find_oldest(link, order, live, excess.min(REPLACED_MAX)).await?;
        ending.extend(others.into_iter().map(|id| (id, subject.clone())));
    }
    Ok(Some(ending))
}

/// The oldest live sessions but the presented one, which may be among them: so one more is read.
async fn find_oldest<L: Link>(
    link: &mut L,
    order: &InsertSession,
    live: [Value<'_>; 3],
    wanted: u64,
) -> Result<Vec<SessionId>, SqlError> {
    let [subject, now, epoch] = live;
    let limit = Value::Int(i64::try_from(wanted + 1).unwrap_or(i64::MAX));
    let mut ids = link
        .query(&OLDEST_LIVE, &[subject, now, epoch, limit], read_id)
        .await?;
    ids.retain(|id| Some(*id) != order.replaces);
    ids.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
    Ok(ids)
}

/// The presented session, if it is still alive.
async fn find_presented<L: Link>(
    link: &mut L,
    order: &InsertSession,
) -> Result<Option<(SessionId, SubjectId)>, SqlError> {
    let Some(id) = order.replaces else {
        return Ok(None);
    };
    let Some(session) = lock_session(link, &id).await? else {
        return Ok(None);
    };
    let cut = newest_cut(link, &session.subject).await?;
    Ok(session
        .is_live(cut, order.session.created_at)
        .then_some((id, session.subject)))
}

/// Writes the session, its audit entry and the cleared counter.
async fn write<L: Link>(link: &mut L, order: &InsertSession, epoch: Epoch) -> Result<(), SqlError> {
    if let Some(key) = order.clear_attempts {
        clear_attempts(link, key).await?;
    }
    let ip = ip_of(&order.session);
    link.change_one(&INSERT_SESSION, &row(&order.session, epoch, &ip))
        .await?;
    insert_audit(link, &order.audit).await
}

/// Reads `session_id`.
pub(super) fn read_id(fields: &mut Fields<'_>) -> Result<SessionId, SqlError> {
    fields.session_id("session_id")
}
