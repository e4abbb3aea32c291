//! The end of one session.

use std::collections::BTreeMap;

use symbolon_core::audit::{AuditEntry, AuditEvent};
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{Cut, LogKind, LogRow, RevocationReason};
use symbolon_core::session::{Epoch, SessionId, SessionState};
use symbolon_core::store::{RevokeSession, Revoked};
use symbolon_core::subject::SubjectId;

use super::subjects::{newest_cut, newest_cuts};
use crate::link::{Fields, Link, SqlError, Statement, Value};
use crate::operation::{Entry, Lane, Operation, Tx};
use crate::record::audit::{insert_audit, insert_audits};
use crate::record::session::{name, read_state};

/// What an end needs to know of a session.
pub(super) struct LockedSession {
    /// Whose it is.
    pub(super) subject: SubjectId,
    epoch: Epoch,
    state: SessionState,
    live_until: Timestamp,
}

impl LockedSession {
    /// Whether it is alive at `now` under the newest cut.
    pub(super) fn is_live(&self, cut: Cut, now: Timestamp) -> bool {
        self.state == SessionState::Active && self.epoch >= cut.seq && now < self.live_until
    }

    fn ended(&self, cut: Cut) -> Option<Revoked> {
        match self.state {
            SessionState::Revoked { at, reason, seq } => Some(Revoked::Already { seq, at, reason }),
            SessionState::Active => (cut.seq > self.epoch).then_some(Revoked::Already {
                seq: cut.seq,
                at: cut.at,
                reason: cut.reason,
            }),
        }
    }
}

pub(super) static LOCK_SESSION: Statement = Statement::new(
    "SELECT subject, epoch, live_until, state, revoked_seq, revoked_at, revoked_reason \
     FROM sessions WHERE session_id = ? {for_update}",
);

/// Reads and locks a session.
pub(super) async fn lock_session<L: Link>(
    link: &mut L,
    id: &SessionId,
) -> Result<Option<LockedSession>, SqlError> {
    link.find(&LOCK_SESSION, &[id.into()], read_locked).await
}

pub(super) static LOCK_SESSIONS: Statement = Statement::new(
    "SELECT session_id, subject, epoch, live_until, state, revoked_seq, revoked_at, revoked_reason \
     FROM sessions WHERE session_id IN ({ids}) ORDER BY session_id {skip_locked}",
);

/// Reads and locks those of the sessions that nobody holds.
pub(super) async fn lock_free_sessions<L: Link>(
    link: &mut L,
    ids: &[SessionId],
) -> Result<Vec<(SessionId, LockedSession)>, SqlError> {
    let keys: Vec<_> = ids.iter().map(Value::from).collect();
    link.query_in(&LOCK_SESSIONS, &keys, &[], |fields| {
        Ok((fields.session_id("session_id")?, read_locked(fields)?))
    })
    .await
}

fn read_locked(fields: &mut Fields<'_>) -> Result<LockedSession, SqlError> {
    Ok(LockedSession {
        subject: name("subject", SubjectId::new(fields.text("subject")?))?,
        epoch: fields.seq("epoch")?,
        live_until: fields.instant("live_until")?,
        state: read_state(fields)?,
    })
}

pub(super) static MARK_ENDED: Statement = Statement::new(
    "UPDATE sessions SET state = 'revoked', revoked_seq = ?, revoked_at = ?, revoked_reason = ?, live_until = 0, \
     ends_by = 0 WHERE session_id = ? AND state = 'active'",
);

/// Marks sessions that were read as active, and are locked, as ended by `cut`.
pub(super) async fn mark_all_ended<L: Link>(
    link: &mut L,
    ids: &[SessionId],
    cut: Cut,
) -> Result<(), SqlError> {
    let (seq, at, reason) = (cut.seq.into(), cut.at.into(), cut.reason.as_str().into());
    let params: Vec<_> = ids.iter().map(|id| [seq, at, reason, id.into()]).collect();
    link.change_each(&MARK_ENDED, &params).await
}

/// Ends one session that is locked and active: its row of the log, then its mark.
pub(super) async fn end_session<L: Link>(
    tx: &mut Tx<'_, L>,
    id: SessionId,
    reason: RevocationReason,
    at: Timestamp,
    actor: &str,
) -> Result<LogRow, SqlError> {
    let row = tx
        .append(Entry {
            kind: LogKind::Session(id),
            at,
            reason,
            actor,
        })
        .await?;
    let cut = Cut {
        seq: row.seq,
        at,
        reason,
    };
    mark_all_ended(tx.link, &[id], cut).await?;
    Ok(row)
}

/// Ends sessions that are locked and active, each with its own audit entry, who and where from taken
/// from the entry of what ended them.
pub(super) async fn end_sessions<L: Link>(
    tx: &mut Tx<'_, L>,
    ids: &[(SessionId, SubjectId)],
    reason: RevocationReason,
    cause: &AuditEntry,
) -> Result<Vec<LogRow>, SqlError> {
    for (id, subject) in ids {
        let entry = AuditEntry {
            event: AuditEvent::Revoked,
            subject: Some(subject.clone()),
            session_id: Some(*id),
            detail: Some(reason.as_str().to_owned()),
            ..cause.clone()
        };
        insert_audit(tx.link, &entry).await?;
    }
    let actor = cause.actor.to_text();
    let mut rows = Vec::with_capacity(ids.len());
    for (id, _) in ids {
        rows.push(end_session(tx, *id, reason, cause.at, &actor).await?);
    }
    Ok(rows)
}

impl Operation for RevokeSession {
    type Answer = Revoked;
    const NAME: &'static str = "end a session";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Revoked, SqlError> {
        let Some(session) = lock_session(tx.link, &self.id).await? else {
            return Ok(Revoked::Unknown);
        };
        let cut = newest_cut(tx.link, &session.subject).await?;
        if let Some(before) = session.ended(cut) {
            return Ok(before);
        }
        // Who ends a session by its id does not know whose it is.
        let entry = self.audit.clone().of(&session.subject);
        insert_audit(tx.link, &entry).await?;
        let actor = self.audit.actor.to_text();
        let row = end_session(tx, self.id, self.reason, self.audit.at, &actor).await?;
        Ok(Revoked::Done(row))
    }

    const TOGETHER: bool = true;

    async fn run_together<L: Link>(
        group: &[&Self],
        tx: &mut Tx<'_, L>,
    ) -> Result<Vec<Option<Revoked>>, SqlError> {
        // Of two that end the same session, one is done alone, and finds it ended.
        let by_id: BTreeMap<SessionId, usize> = (0..).zip(group).map(|(at, end)| (end.id, at)).collect();
        let ids: Vec<_> = by_id.keys().copied().collect();
        let locked = lock_free_sessions(tx.link, &ids).await?;
        let subjects = locked.iter().map(|(_, session)| &session.subject);
        let cuts = newest_cuts(tx.link, subjects).await?;
        let mut answers: Vec<_> = group.iter().map(|_| None).collect();
        let mut ending = Vec::with_capacity(locked.len());
        for (id, session) in &locked {
            let Some(at) = by_id.get(id).copied() else {
                continue;
            };
            match session.ended(cuts.of(&session.subject)) {
                Some(before) => answers[at] = Some(before),
                None => ending.push((at, group[at], &session.subject)),
            }
        }
        let rows = end_together(tx, &ending).await?;
        for ((at, ..), row) in ending.iter().zip(rows) {
            answers[*at] = Some(Revoked::Done(row));
        }
        Ok(answers)
    }
}

/// Ends sessions that are locked and active, each by its own order.
async fn end_together<L: Link>(
    tx: &mut Tx<'_, L>,
    ending: &[(usize, &RevokeSession, &SubjectId)],
) -> Result<Vec<LogRow>, SqlError> {
    let audits: Vec<_> = ending
        .iter()
        .map(|(_, order, subject)| order.audit.clone().of(subject))
        .collect();
    insert_audits(tx.link, &audits).await?;
    let actors: Vec<_> = audits.iter().map(|audit| audit.actor.to_text()).collect();
    let entries = ending.iter().zip(&actors);
    let entries: Vec<_> = entries
        .map(|((_, order, _), actor)| Entry {
            kind: LogKind::Session(order.id),
            at: order.audit.at,
            reason: order.reason,
            actor,
        })
        .collect();
    let rows = tx.append_all(&entries).await?;
    let marks = ending.iter().zip(&rows);
    let marks: Vec<_> = marks
        .map(|((_, order, _), row)| {
            [
                row.seq.into(),
                row.at.into(),
                row.reason.as_str().into(),
                (&order.id).into(),
            ]
        })
        .collect();
    tx.link.change_each(&MARK_ENDED, &marks).await?;
    Ok(rows)
}
