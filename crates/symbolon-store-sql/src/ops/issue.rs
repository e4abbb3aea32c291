//! A new session, and the end of those that it replaces.

use std::collections::{BTreeMap, HashMap};

use symbolon_core::clock::Timestamp;
use symbolon_core::policy::OnMax;
use symbolon_core::revocation::{Cut, RevocationReason};
use symbolon_core::session::{Epoch, SessionId};
use symbolon_core::store::{InsertSession, Inserted};
use symbolon_core::subject::SubjectId;

use super::attempts::clear_attempts;
use super::live::{Living, alive, count_live, oldest_live};
use super::revoke::{end_sessions, lock_session};
use super::subjects::{LockedSubject, global_cut, lock_free_subjects, lock_subject, newest_cut};
use crate::link::{Link, SqlError, Statement, Value};
use crate::operation::{Lane, Operation, Tx};
use crate::record::audit::{insert_audits, with_audit};
use crate::record::session::{ip_of, row, session_columns};

/// How many sessions one log-in ends at the most. There is more than one to end only after the
/// limit was lowered; the next log-ins end the rest.
const REPLACED_MAX: u64 = 1_000;

pub(super) static INSERT_SESSION: Statement = Statement::new(concat!(
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

    const TOGETHER: bool = true;

    async fn run_together<L: Link>(
        group: &[&Self],
        tx: &mut Tx<'_, L>,
    ) -> Result<Vec<Option<Inserted>>, SqlError> {
        // Of one subject one is done: the next counts it.
        let plain = (0..).zip(group).filter(|(_, order)| is_plain(order));
        let by_subject: BTreeMap<&str, usize> = plain
            .map(|(at, order)| (order.session.subject.as_str(), at))
            .collect();
        let names = by_subject.keys().copied().collect();
        let locked = lock_free_subjects(tx.link, &names).await?;
        let everyone = global_cut(tx.link).await?;
        let counts = count_together(tx.link, group, &locked, everyone).await?;
        let mut answers: Vec<_> = group.iter().map(|_| None).collect();
        let mut beginning = Vec::with_capacity(locked.len());
        for (name, at) in by_subject {
            let (order, Some(subject)) = (group[at], locked.get(name)) else {
                continue;
            };
            let cut = everyone.newer(subject.cut).seq;
            let refused = if let Some(ban) = subject.ban(order.session.created_at) {
                Some(Inserted::Banned { until: ban.until })
            } else if order.credential_epoch.is_some_and(|read| read != cut) {
                Some(Inserted::CredentialStale)
            } else if counts.get(name).copied().unwrap_or(0) < u64::from(order.per_subject_max) {
                beginning.push((at, order, cut));
                continue;
            } else {
                // Who has no room is refused, or ends others: alone.
                None
            };
            answers[at] = refused;
        }
        write_together(tx.link, &beginning).await?;
        for (at, _, epoch) in beginning {
            let ended = Vec::new();
            answers[at] = Some(Inserted::Done { epoch, ended });
        }
        Ok(answers)
    }
}

/// Whether it touches nothing but its subject and its own row. A log-in has compared a password: its commit is little of
/// it.
fn is_plain(order: &InsertSession) -> bool {
    order.replaces.is_none() && order.clear_attempts.is_none()
}

pub(super) static COUNT_EACH: Statement = Statement::new(
    "SELECT u.subject, count(s.session_id) FROM subjects AS u JOIN sessions AS s ON s.subject = u.subject \
     WHERE u.subject IN ({ids}) AND s.ends_by > ? AND s.epoch >= {greatest}(u.epoch, ?) \
     AND (s.ends_by > ? OR s.live_until > ?) GROUP BY u.subject",
);

/// How many sessions each of the subjects has that are not new. One that ends while the group is gathered may still
/// count: whoever has no room by that is looked at alone.
async fn count_together<L: Link>(
    link: &mut L,
    group: &[&InsertSession],
    locked: &HashMap<String, LockedSubject>,
    everyone: Cut,
) -> Result<HashMap<String, u64>, SqlError> {
    let now = group.iter().map(|order| order.session.created_at).min();
    let known = locked.iter().filter(|(_, subject)| !subject.is_new);
    let keys: Vec<_> = known.map(|(name, _)| Value::from(name.as_str())).collect();
    let rest = alive(now.unwrap_or(Timestamp(i64::MAX)), everyone.seq);
    let counted = link.query_in(&COUNT_EACH, &keys, &rest, |fields| {
        Ok((fields.text("subject")?.to_owned(), fields.count("count")?))
    });
    Ok(counted.await?.into_iter().collect())
}

/// Writes sessions that nothing else is to be done for, and their audit entries.
async fn write_together<L: Link>(
    link: &mut L,
    beginning: &[(usize, &InsertSession, Epoch)],
) -> Result<(), SqlError> {
    let ips: Vec<_> = beginning
        .iter()
        .map(|(_, order, _)| ip_of(&order.session))
        .collect();
    let rows = beginning.iter().zip(&ips);
    let rows: Vec<_> = rows
        .map(|((_, order, epoch), ip)| row(&order.session, *epoch, ip))
        .collect();
    link.insert_all(&INSERT_SESSION, &rows).await?;
    let audits: Vec<_> = beginning
        .iter()
        .map(|(_, order, _)| order.audit.clone())
        .collect();
    insert_audits(link, &audits).await
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
