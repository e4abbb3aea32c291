//! The time in which the store is away: what is owed to it, and the way home.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{Cut, LogKind, LogRow, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{ForeignCut, OwedEnd};

use super::super::adopt::{LEAST, jump_beyond};
use super::super::live::read_id;
use super::super::revoke::mark_all_ended;
use super::super::subjects::lock_subject;
use super::mark::{raise_position, set_away};
use crate::hex::{hex, unhex};
use crate::link::{Link, SqlError, Statement, Value};
use crate::operation::{Entry, Lane, Operation, Tx};
use crate::record::audit::insert_audits;

/// Begins the time away.
pub(crate) struct GoAway {
    /// Every row of the store's log up to here is known.
    pub(crate) position: RevocationSeq,
    /// Rows up to here may be known.
    pub(crate) heard: RevocationSeq,
}

static SET_EVERYONE: Statement = Statement::new(
    "UPDATE global_epoch SET epoch = {greatest}(epoch, ?), epoch_at = ?, epoch_reason = 'revoked' WHERE one = 1",
);
static SET_SUBJECT: Statement = Statement::new(
    "UPDATE subjects SET epoch = {greatest}(epoch, ?), epoch_at = ?, epoch_reason = ? WHERE subject = ?",
);

impl Operation for GoAway {
    type Answer = RevocationSeq;
    const NAME: &'static str = "go on without the store";
    const LANE: Lane = Lane::Revoke;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<RevocationSeq, SqlError> {
        // What begins here is of an epoch that no cut is newer than which the node knew: nothing is here yet that it ends.
        tx.link
            .change_one(&SET_EVERYONE, &[self.heard.into(), Timestamp(0).into()])
            .await?;
        set_away(tx.link, true).await?;
        raise_position(tx.link, self.position).await?;
        // So far that the log here follows on the store's as after a jump.
        jump_beyond(tx, RevocationSeq(self.heard.0.saturating_add(LEAST))).await
    }
}

/// Writes rows of the log about what is not here.
pub(crate) struct Owe(pub(crate) Vec<OwedEnd>);

impl Operation for Owe {
    type Answer = Vec<LogRow>;
    const NAME: &'static str = "keep an end for the store";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        self.0.iter().map(|end| end.audit.at).max()
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<LogRow>, SqlError> {
        let audits: Vec<_> = self.0.iter().map(|end| end.audit.clone()).collect();
        insert_audits(tx.link, &audits).await?;
        let actors: Vec<_> = self.0.iter().map(|end| end.audit.actor.to_text()).collect();
        let ends = self.0.iter().zip(&actors);
        let entries: Vec<_> = ends
            .map(|(end, actor)| Entry {
                kind: end.kind.clone(),
                at: end.audit.at,
                reason: end.reason,
                actor,
            })
            .collect();
        tx.append_all(&entries).await
    }
}

/// Ends the sessions that a cut in the store has ended.
pub(crate) struct EndOlder(pub(crate) ForeignCut);

static LIVE_OF: Statement = Statement::new(
    "SELECT session_id FROM sessions WHERE subject = ? AND state = 'active' ORDER BY session_id {for_update}",
);
static LIVE_OF_ALL: Statement =
    Statement::new("SELECT session_id FROM sessions WHERE state = 'active' ORDER BY session_id {for_update}");

impl Operation for EndOlder {
    type Answer = u64;
    const NAME: &'static str = "end sessions that the store has cut";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.0.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<u64, SqlError> {
        let ForeignCut {
            subject,
            at,
            reason,
            epoch,
        } = &self.0;
        let (epoch, since): (Value<'_>, Value<'_>) = ((*epoch).into(), (*at).into());
        let ids = if let Some(subject) = subject {
            lock_subject(tx.link, subject).await?;
            let name: Value<'_> = subject.as_str().into();
            tx.link
                .change_one(&SET_SUBJECT, &[epoch, since, reason.as_str().into(), name])
                .await?;
            tx.link.query(&LIVE_OF, &[name], read_id).await?
        } else {
            tx.link.change_one(&SET_EVERYONE, &[epoch, since]).await?;
            tx.link.query(&LIVE_OF_ALL, &[], read_id).await?
        };
        let end = |id: &SessionId| Entry {
            kind: LogKind::Session(*id),
            at: *at,
            reason: *reason,
            actor: "system",
        };
        let entries: Vec<_> = ids.iter().map(end).collect();
        let rows = tx.append_all(&entries).await?;
        for (id, row) in ids.iter().zip(&rows) {
            let cut = Cut {
                seq: row.seq,
                at: *at,
                reason: *reason,
            };
            mark_all_ended(tx.link, std::slice::from_ref(id), cut).await?;
        }
        Ok(rows.len() as u64)
    }
}

/// Marks sessions as being on their way.
pub(crate) struct MarkMoving(pub(crate) Vec<SessionId>);
/// Reads which are on their way.
pub(crate) struct ListMoving;
/// Removes sessions and their marks.
pub(crate) struct ForgetSessions(pub(crate) Vec<SessionId>);

/// What a mark's key begins with; the id follows.
const MOVING: &str = "moving:";

static MARK: Statement = Statement::new("INSERT {ignore} INTO meta (k, v) VALUES (?, 'yes') {or_ignore}");
static MARKS: Statement =
    Statement::new("SELECT k FROM meta WHERE k >= 'moving:' AND k < 'moving;' ORDER BY k");
static UNMARK: Statement = Statement::new("DELETE FROM meta WHERE k = ?");
static FORGET: Statement = Statement::new("DELETE FROM sessions WHERE session_id = ?");

fn key(id: &SessionId) -> String {
    format!("{MOVING}{}", hex(id.as_bytes()))
}

impl Operation for MarkMoving {
    type Answer = ();
    const NAME: &'static str = "mark sessions as on their way";
    const LANE: Lane = Lane::Write;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        for id in &self.0 {
            tx.link.execute(&MARK, &[key(id).as_str().into()]).await?;
        }
        Ok(())
    }
}

impl Operation for ListMoving {
    type Answer = Vec<SessionId>;
    const NAME: &'static str = "read which sessions are on their way";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<SessionId>, SqlError> {
        let keys = tx
            .link
            .query(&MARKS, &[], |fields| Ok(fields.text("k")?.to_owned()));
        let ids = keys.await?.into_iter().map(|key| {
            let id = key.strip_prefix(MOVING).and_then(unhex);
            id.map(SessionId::from_bytes)
                .ok_or_else(|| SqlError::Damaged(format!("{key} names no session")))
        });
        ids.collect()
    }
}

impl Operation for ForgetSessions {
    type Answer = ();
    const NAME: &'static str = "forget sessions that are home";
    const LANE: Lane = Lane::Write;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        for id in &self.0 {
            tx.link.execute(&FORGET, &[id.into()]).await?;
            tx.link.execute(&UNMARK, &[key(id).as_str().into()]).await?;
        }
        Ok(())
    }
}

/// Ends the time away.
pub(crate) struct ComeHome {
    /// Every row of the store's log up to here is known.
    pub(crate) position: RevocationSeq,
}

static FORGET_ALL: Statement = Statement::new("DELETE FROM sessions");
static UNMARK_ALL: Statement = Statement::new("DELETE FROM meta WHERE k >= 'moving:' AND k < 'moving;'");
static FORGET_LOG: Statement = Statement::new("DELETE FROM rev_log");
static FORGET_CUTS: Statement = Statement::new("DELETE FROM sweeps");
static RAISE_FLOOR: Statement = Statement::new("UPDATE rev_head SET floor = seq WHERE one = 1");

impl Operation for ComeHome {
    type Answer = ();
    const NAME: &'static str = "come home to the store";
    const LANE: Lane = Lane::Purge;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        for statement in [&FORGET_ALL, &UNMARK_ALL, &FORGET_LOG, &FORGET_CUTS] {
            tx.link.execute(statement, &[]).await?;
        }
        tx.link.change_one(&RAISE_FLOOR, &[]).await?;
        set_away(tx.link, false).await?;
        raise_position(tx.link, self.position).await
    }
}
