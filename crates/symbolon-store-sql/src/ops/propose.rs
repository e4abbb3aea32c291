//! Revocations that members have applied and the store has lost, written again with their effects.
//!
//! Several members propose the same at once, and each may repeat it: so each step first looks whether the row is there,
//! or what it did, under the lock that decides it.

use symbolon_core::audit::{Actor, AuditEntry, AuditEvent};
use symbolon_core::clock::Timestamp;
use symbolon_core::device::SeenFrom;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason};
use symbolon_core::session::SessionId;
use symbolon_core::subject::SubjectId;

use super::api_keys::END_KEY_ONCE;
use super::cuts::{SubjectCut, cut_all, cut_subject};
use super::revoke::{end_session, lock_session};
use super::subjects::{global_cut, lock_subject, newest_cut};
use crate::link::{Fields, Link, SqlError, Statement};
use crate::operation::{Entry, Lane, Operation, Tx};
use crate::record::audit::insert_audit;
use crate::record::log::columns;

/// Who writes a row again.
const ACTOR: Actor = Actor::System;

/// How many sessions one step ends again: each takes some round trips to a server, and a step has two seconds.
pub(crate) const AGAIN_MAX: usize = 64;

/// Ends sessions whose ends were lost.
pub(crate) struct EndAgain {
    /// Rows of sessions, with the ids of these.
    ends: Vec<(SessionId, LogRow)>,
    at: Timestamp,
}

impl EndAgain {
    /// The rows that end a session, in steps.
    pub(crate) fn of(lost: &[LogRow], at: Timestamp) -> Vec<Self> {
        let mut ends: Vec<_> = lost
            .iter()
            .filter_map(|row| match &row.kind {
                LogKind::Session(id) => Some((*id, row.clone())),
                _ => None,
            })
            .collect();
        ends.sort_by_key(|(id, _)| *id);
        ends.dedup_by_key(|(id, _)| *id);
        let steps = ends.chunks(AGAIN_MAX);
        steps
            .map(|ends| Self {
                ends: ends.to_vec(),
                at,
            })
            .collect()
    }
}

/// Writes a row of any other kind again.
pub(crate) struct WriteAgain {
    row: LogRow,
    at: Timestamp,
}

impl WriteAgain {
    /// The rows that end no session by its id, each a step.
    pub(crate) fn of(lost: Vec<LogRow>, at: Timestamp) -> impl Iterator<Item = Self> {
        let others = lost
            .into_iter()
            .filter(|row| !matches!(row.kind, LogKind::Session(_)));
        others.map(move |row| Self { row, at })
    }
}

static FIND_ROW: Statement = Statement::new("SELECT id FROM rev_log WHERE seq = ?");

/// Whether the row was not lost after all.
async fn is_there<L: Link>(link: &mut L, row: &LogRow) -> Result<bool, SqlError> {
    let found = link
        .find(&FIND_ROW, &[row.seq.into()], |fields| fields.array("id"))
        .await?;
    Ok(found == Some(row.id))
}

impl Operation for EndAgain {
    type Answer = Vec<LogRow>;
    const NAME: &'static str = "end sessions again";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<LogRow>, SqlError> {
        let mut lost = Vec::new();
        for (id, row) in &self.ends {
            if is_there(tx.link, row).await? {
                continue;
            }
            let Some(session) = lock_session(tx.link, id).await? else {
                continue;
            };
            let cut = newest_cut(tx.link, &session.subject).await?;
            if session.is_live(cut, self.at) {
                let entry = entry(AuditEvent::Revoked, row.reason, self.at);
                insert_audit(tx.link, &entry.of(&session.subject).on(*id)).await?;
                lost.push((*id, row.reason));
            }
        }
        let mut rows = Vec::with_capacity(lost.len());
        for (id, reason) in lost {
            rows.push(end_session(tx, id, reason, self.at, &ACTOR.to_text()).await?);
        }
        Ok(rows)
    }
}

impl Operation for WriteAgain {
    type Answer = Vec<LogRow>;
    const NAME: &'static str = "write a revocation again";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<LogRow>, SqlError> {
        if is_there(tx.link, &self.row).await? {
            return Ok(Vec::new());
        }
        match &self.row.kind {
            LogKind::Subject { subject, keep } => self.cut_subject(tx, subject, keep).await,
            LogKind::Everyone => self.cut_everyone(tx).await,
            LogKind::ApiKey(id) => self.end_key(tx, *id).await,
            _ => self.say(tx).await,
        }
    }
}

impl WriteAgain {
    async fn cut_subject<L: Link>(
        &self,
        tx: &mut Tx<'_, L>,
        subject: &SubjectId,
        keep: &[SessionId],
    ) -> Result<Vec<LogRow>, SqlError> {
        let own = lock_subject(tx.link, subject).await?.cut;
        if global_cut(tx.link).await?.newer(own).seq >= self.row.seq {
            return Ok(Vec::new());
        }
        let entry = entry(AuditEvent::SubjectRevoked, self.row.reason, self.at).of(subject);
        insert_audit(tx.link, &entry).await?;
        let order = SubjectCut {
            subject,
            reason: self.row.reason,
            at: self.at,
            actor: &ACTOR.to_text(),
            keep,
        };
        Ok(cut_subject(tx, &order).await?.rows)
    }

    /// A second cut of everyone would end what has begun since the first: so the look comes after the lock.
    async fn cut_everyone<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<LogRow>, SqlError> {
        tx.lock_head().await?;
        if global_cut(tx.link).await?.seq >= self.row.seq {
            return Ok(Vec::new());
        }
        let entry = entry(AuditEvent::EveryoneRevoked, self.row.reason, self.at);
        insert_audit(tx.link, &entry).await?;
        Ok(vec![
            cut_all(tx, self.row.reason, self.at, &ACTOR.to_text()).await?,
        ])
    }

    async fn end_key<L: Link>(&self, tx: &mut Tx<'_, L>, id: SessionId) -> Result<Vec<LogRow>, SqlError> {
        let params = [self.at.into(), (&id).into()];
        if tx.link.execute(&END_KEY_ONCE, &params).await? == 0 {
            return Ok(Vec::new());
        }
        let entry = entry(AuditEvent::KeyRevoked, self.row.reason, self.at).on(id);
        insert_audit(tx.link, &entry).await?;
        self.append(tx).await
    }

    /// What is cached is stale, or the signing keys are not as they were: nothing but the row says so. Whatever was
    /// changed then is lost; who has cached it has to read again.
    async fn say<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<LogRow>, SqlError> {
        tx.lock_head().await?;
        let kind = columns(&self.row.kind);
        let params = [self.row.seq.into(), kind.kind.into()];
        let later = tx.link.query(&LATER, &params, read_target).await?;
        let target = Target {
            session_id: kind.session_id.copied(),
            subject: kind.subject.map(str::to_owned),
        };
        if later.contains(&target) {
            return Ok(Vec::new());
        }
        self.append(tx).await
    }

    async fn append<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<LogRow>, SqlError> {
        let row = tx
            .append(Entry {
                kind: self.row.kind.clone(),
                at: self.at,
                reason: self.row.reason,
                actor: &ACTOR.to_text(),
            })
            .await?;
        Ok(vec![row])
    }
}

static LATER: Statement =
    Statement::new("SELECT session_id, subject FROM rev_log WHERE seq > ? AND kind = ?");

/// What a row of the log is about, but for its kind.
#[derive(PartialEq, Eq)]
struct Target {
    session_id: Option<SessionId>,
    subject: Option<String>,
}

fn read_target(fields: &mut Fields<'_>) -> Result<Target, SqlError> {
    Ok(Target {
        session_id: fields.maybe_array("session_id")?.map(SessionId::from_bytes),
        subject: fields.maybe_string("subject")?,
    })
}

fn entry(event: AuditEvent, reason: RevocationReason, at: Timestamp) -> AuditEntry {
    AuditEntry {
        at,
        event,
        actor: ACTOR,
        seen_from: SeenFrom::default(),
        subject: None,
        session_id: None,
        detail: Some(format!("lost and written again: {}", reason.as_str())),
    }
}
