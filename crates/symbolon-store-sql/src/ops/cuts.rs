//! The end of many sessions at once: one row of the log, whose position is the new epoch.

use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{Cut, KEEP_MAX, LogKind, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{CutDone, CutSubject};
use symbolon_core::subject::SubjectId;

use super::live::{Living, alive, count_live, is_alive, oldest_live, read_id};
use super::revoke::{end_sessions, lock_session, mark_all_ended};
use super::subjects::{global_cut, lock_subject};
use super::sweep::{EVERYONE, owe_sweep};
use crate::link::{Link, SqlError, Statement};
use crate::operation::{Entry, Lane, Operation, Tx};
use crate::record::audit::insert_audit;

/// How many sessions a cut marks as ended in its own step. All are ended by the epoch alone; the
/// marks only make later lists cheaper, and beyond this many the sweep makes them.
const MARKED_MAX: u64 = 1_000;

/// A cut of a subject, to be made in a larger step.
pub(super) struct SubjectCut<'c> {
    /// Whose.
    pub(super) subject: &'c SubjectId,
    /// Why.
    pub(super) reason: RevocationReason,
    /// When.
    pub(super) at: Timestamp,
    /// By whom.
    pub(super) actor: &'c str,
    /// Which may go on.
    pub(super) keep: &'c [SessionId],
}

static SET_SUBJECT_EPOCH: Statement =
    Statement::new("UPDATE subjects SET epoch = ?, epoch_at = ?, epoch_reason = ? WHERE subject = ?");
// Everyone may have been cut since the kept sessions were looked at: only with the head of the log in hand is it sure
// that nobody is, and what such a cut has ended is not kept.
static KEEP_SESSION: Statement = Statement::new(
    "UPDATE sessions SET epoch = ? WHERE session_id = ? AND state = 'active' \
     AND epoch >= (SELECT g.epoch FROM global_epoch AS g WHERE g.one = 1)",
);

/// Cuts a subject. The audit entry is the caller's, written before.
pub(super) async fn cut_subject<L: Link>(
    tx: &mut Tx<'_, L>,
    order: &SubjectCut<'_>,
) -> Result<CutDone, SqlError> {
    let before = global_cut(tx.link)
        .await?
        .newer(lock_subject(tx.link, order.subject).await?.cut);
    let kept = find_kept(tx.link, order, before).await?;
    let living = Living {
        subject: order.subject,
        now: order.at,
        cut: before.seq,
    };
    let count = count_live(tx.link, living).await?;
    let ended = count.saturating_sub(kept.len() as u64);
    let mut marked = oldest_live(tx.link, living, MARKED_MAX).await?;
    marked.retain(|id| !kept.contains(id));
    let row = tx
        .append(Entry {
            kind: LogKind::Subject {
                subject: order.subject.clone(),
                keep: kept.clone(),
            },
            at: order.at,
            reason: order.reason,
            actor: order.actor,
        })
        .await?;
    write_cut(tx.link, order.subject, &row, &kept, &marked).await?;
    if ended > marked.len() as u64 {
        owe_sweep(tx.link, order.subject.as_str()).await?;
    }
    Ok(CutDone {
        rows: vec![row],
        count: ended,
    })
}

/// Those of the sessions to keep that are alive and the subject's own.
async fn find_kept<L: Link>(
    link: &mut L,
    order: &SubjectCut<'_>,
    before: Cut,
) -> Result<Vec<SessionId>, SqlError> {
    let mut wanted = order.keep.to_vec();
    wanted.sort_unstable();
    wanted.dedup();
    let mut kept = Vec::new();
    for id in wanted.into_iter().take(KEEP_MAX) {
        if let Some(session) = lock_session(link, &id).await?
            && session.subject == *order.subject
            && session.is_live(before, order.at)
        {
            kept.push(id);
        }
    }
    Ok(kept)
}

async fn write_cut<L: Link>(
    link: &mut L,
    subject: &SubjectId,
    row: &LogRow,
    kept: &[SessionId],
    marked: &[SessionId],
) -> Result<(), SqlError> {
    let cut = cut_of(row);
    let epoch = [
        cut.seq.into(),
        cut.at.into(),
        cut.reason.as_str().into(),
        subject.as_str().into(),
    ];
    link.change_one(&SET_SUBJECT_EPOCH, &epoch).await?;
    for id in kept {
        link.execute(&KEEP_SESSION, &[row.seq.into(), id.into()]).await?;
    }
    mark_all_ended(link, marked, cut).await
}

fn cut_of(row: &LogRow) -> Cut {
    Cut {
        seq: row.seq,
        at: row.at,
        reason: row.reason,
    }
}

impl Operation for CutSubject {
    type Answer = CutDone;
    const NAME: &'static str = "end a subject's sessions";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<CutDone, SqlError> {
        if let Some(kind) = &self.device_kind {
            return end_of_kind(tx, self, kind).await;
        }
        insert_audit(tx.link, &self.audit).await?;
        let order = SubjectCut {
            subject: &self.subject,
            reason: self.reason,
            at: self.audit.at,
            actor: &self.audit.actor.to_text(),
            keep: &self.keep,
        };
        cut_subject(tx, &order).await
    }
}

pub(super) static LOCK_OF_KIND: Statement = Statement::new(concat!(
    "SELECT session_id FROM sessions WHERE subject = ? AND device_kind = ? AND ",
    is_alive!(),
    " ORDER BY session_id {for_update}",
));

/// Ends the sessions of one kind of device one by one: no epoch can tell them from the others.
async fn end_of_kind<L: Link>(
    tx: &mut Tx<'_, L>,
    order: &CutSubject,
    kind: &str,
) -> Result<CutDone, SqlError> {
    let subject = &order.subject;
    let cut = global_cut(tx.link)
        .await?
        .newer(lock_subject(tx.link, subject).await?.cut);
    let [ends, epoch, sure, now] = alive(order.audit.at, cut.seq);
    let params = [subject.as_str().into(), kind.into(), ends, epoch, sure, now];
    let ids = tx.link.query(&LOCK_OF_KIND, &params, read_id).await?;
    let ending: Vec<_> = ids
        .into_iter()
        .filter(|id| !order.keep.contains(id))
        .map(|id| (id, subject.clone()))
        .collect();
    if ending.is_empty() {
        return Ok(CutDone {
            rows: Vec::new(),
            count: 0,
        });
    }
    insert_audit(tx.link, &order.audit).await?;
    let rows = end_sessions(tx, &ending, order.reason, &order.audit).await?;
    let count = rows.len() as u64;
    Ok(CutDone { rows, count })
}

/// Ends everyone's sessions. Answers the row, and the cut of everyone before it.
pub(crate) struct CutEveryone {
    /// Why.
    pub(crate) reason: RevocationReason,
    /// Its audit entry; its instant is the cut's.
    pub(crate) audit: AuditEntry,
}

static SET_GLOBAL_EPOCH: Statement =
    Statement::new("UPDATE global_epoch SET epoch = ?, epoch_at = ?, epoch_reason = ? WHERE one = 1");

impl Operation for CutEveryone {
    type Answer = (LogRow, RevocationSeq);
    const NAME: &'static str = "end everyone's sessions";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(LogRow, RevocationSeq), SqlError> {
        let before = global_cut(tx.link).await?.seq;
        insert_audit(tx.link, &self.audit).await?;
        let actor = self.audit.actor.to_text();
        let row = cut_all(tx, self.reason, self.audit.at, &actor).await?;
        Ok((row, before))
    }
}

/// Cuts everyone. The audit entry is the caller's, written before.
pub(super) async fn cut_all<L: Link>(
    tx: &mut Tx<'_, L>,
    reason: RevocationReason,
    at: Timestamp,
    actor: &str,
) -> Result<LogRow, SqlError> {
    let kind = LogKind::Everyone;
    let row = tx
        .append(Entry {
            kind,
            at,
            reason,
            actor,
        })
        .await?;
    let cut = cut_of(&row);
    let params = [cut.seq.into(), cut.at.into(), cut.reason.as_str().into()];
    tx.link.change_one(&SET_GLOBAL_EPOCH, &params).await?;
    owe_sweep(tx.link, EVERYONE).await?;
    Ok(row)
}

/// Counts the sessions that a cut of everyone has ended. It reads one index entry for each session,
/// seconds of it where there are millions: so it comes after the cut, and beside the writer.
pub(crate) struct CountCut {
    /// When the cut was.
    pub(crate) at: Timestamp,
    /// The cut of everyone before it.
    pub(crate) before: RevocationSeq,
    /// The cut.
    pub(crate) cut: RevocationSeq,
}

pub(super) static COUNT_CUT: Statement = Statement::new(concat!(
    "SELECT count(epoch) FROM sessions WHERE epoch < ? AND ",
    is_alive!(),
));
// A subject's cut had ended these, and their rows do not say so yet.
static COUNT_DEAD: Statement = Statement::new(
    "SELECT count(s.session_id) FROM sweeps AS w \
     JOIN subjects AS u ON u.subject = w.subject \
     JOIN sessions AS s ON s.subject = u.subject \
     WHERE s.ends_by > 0 AND s.live_until > ? AND s.epoch >= ? AND s.epoch < u.epoch AND u.epoch < ?",
);

impl Operation for CountCut {
    type Answer = u64;
    const NAME: &'static str = "count ended sessions";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<u64, SqlError> {
        let [ends, epoch, sure, now] = alive(self.at, self.before);
        let params = [self.cut.into(), ends, epoch, sure, now];
        let all = tx
            .link
            .get(&COUNT_CUT, &params, |fields| fields.count("count"))
            .await?;
        let params = [self.at.into(), self.before.into(), self.cut.into()];
        let dead = tx
            .link
            .get(&COUNT_DEAD, &params, |fields| fields.count("count"))
            .await?;
        Ok(all.saturating_sub(dead))
    }
}
