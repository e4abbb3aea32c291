//! A new session, and the end of those that it replaces.

use symbolon_core::clock::Timestamp;
use symbolon_core::policy::OnMax;
use symbolon_core::revocation::{Cut, RevocationReason};
use symbolon_core::session::{Epoch, SessionId};
use symbolon_core::store::{InsertSession, Inserted};
use symbolon_core::subject::SubjectId;

use super::attempts::clear_attempts;
use super::live::{Living, count_live, oldest_live};
use super::revoke::{end_sessions, lock_session};
use super::subjects::{global_cut, lock_subject, newest_cut};
use crate::link::{Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};
use crate::record::audit::with_audit;
use crate::record::session::{ip_of, row, session_columns};

/// How many sessions one log-in ends at the most. There is more than one to end only after the
/// limit was lowered; the next log-ins end the rest.
const REPLACED_MAX: u64 = 1_000;

static INSERT_SESSION: Statement = Statement::new(concat!(
    "INSERT INTO sessions (",
    session_columns!(""),
    ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, \
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
        let Some(ending) = find_ending(tx.link, self, subject.is_new, cut).await? else {
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
    is_new: bool,
    cut: Cut,
) -> Result<Option<Vec<(SessionId, SubjectId)>>, SqlError> {
    let subject = &order.session.subject;
    let presented = find_presented(link, order).await?;
    let own = u64::from(presented.as_ref().is_some_and(|(_, whose)| whose == subject));
    let living = Living {
        subject,
        now: order.session.created_at,
        cut: cut.seq,
    };
    // Every session has a subject's row, made before it: whose row is new has none.
    let count = if is_new {
        0
    } else {
        count_live(link, living).await?
    };
    let excess = (count.saturating_sub(own) + 1).saturating_sub(u64::from(order.per_subject_max));
    let mut ending: Vec<_> = presented.into_iter().collect();
    if excess > 0 {
        if order.on_max == OnMax::Refuse {
            return Ok(None);
        }
        let wanted = excess.min(REPLACED_MAX);
        // The presented one may be among the oldest: one more is read.
        let mut oldest = oldest_live(link, living, wanted + 1).await?;
        oldest.retain(|id| Some(*id) != order.replaces);
        oldest.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        ending.extend(oldest.into_iter().map(|id| (id, subject.clone())));
    }
    Ok(Some(ending))
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
    let row = row(&order.session, epoch, &ip);
    with_audit(link, (&INSERT_SESSION, &row), &order.audit).await
}
