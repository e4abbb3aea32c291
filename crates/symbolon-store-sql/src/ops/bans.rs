//! Bans. That a subject is banned stands in its own row, which every log-in locks; why and until
//! when, and what was before, in a row of `bans` for each.

use symbolon_core::audit::AuditEntry;
use symbolon_core::ban::{Ban, BanPosition};
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{RevocationReason, RevocationSeq};
use symbolon_core::store::{BanSubject, Banned, ListBans};
use symbolon_core::subject::SubjectId;

use super::cuts::{SubjectCut, cut_subject};
use super::subjects::{WITHOUT_END, lock_subject};
use crate::link::{Fields, Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};
use crate::record::audit::insert_audit;
use crate::record::ban::read_ban;

pub(super) static SET_BANNED: Statement =
    Statement::new("UPDATE subjects SET banned_until = ? WHERE subject = ?");
static INSERT_BAN: Statement = Statement::new(
    "INSERT INTO bans (seq, subject, banned_at, banned_until, ends_at, note, actor) VALUES (?, ?, ?, ?, ?, ?, ?)",
);
pub(super) static NEWEST_BAN: Statement =
    Statement::new("SELECT seq FROM bans WHERE subject = ? ORDER BY seq DESC LIMIT 1 {for_update}");
static CHANGE_BAN: Statement =
    Statement::new("UPDATE bans SET banned_until = ?, ends_at = ?, note = ?, actor = ? WHERE seq = ?");

impl Operation for BanSubject {
    type Answer = Banned;
    const NAME: &'static str = "ban a subject";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Banned, SqlError> {
        let ban = lock_subject(tx.link, &self.subject).await?.ban(self.audit.at);
        let ends_at = self.until.unwrap_or(WITHOUT_END);
        let subject = self.subject.as_str();
        tx.link
            .change_one(&SET_BANNED, &[ends_at.into(), subject.into()])
            .await?;
        insert_audit(tx.link, &self.audit).await?;
        let actor = self.audit.actor.to_text();
        if ban.is_some() {
            // Nothing was begun since: there is nothing to cut.
            let seq = tx.link.get(&NEWEST_BAN, &[subject.into()], read_seq).await?;
            let params = [
                self.until.into(),
                ends_at.into(),
                self.note.as_str().into(),
                actor.as_str().into(),
                seq.into(),
            ];
            tx.link.change_one(&CHANGE_BAN, &params).await?;
            return Ok(Banned {
                seq,
                already: true,
                count: 0,
            });
        }
        let order = SubjectCut {
            subject: &self.subject,
            reason: RevocationReason::Banned,
            at: self.audit.at,
            actor: &actor,
            keep: &[],
        };
        let (seq, count) = cut(tx, &order).await?;
        let ban = Ban {
            seq,
            subject: self.subject.clone(),
            banned_at: self.audit.at,
            until: self.until,
            note: self.note.clone(),
            banned_by: actor,
            lifted: None,
        };
        insert_ban(tx.link, &ban).await?;
        Ok(Banned {
            seq,
            already: false,
            count,
        })
    }
}

/// Writes a ban that is in force.
pub(super) async fn insert_ban<L: Link>(link: &mut L, ban: &Ban) -> Result<(), SqlError> {
    let params = [
        ban.seq.into(),
        ban.subject.as_str().into(),
        ban.banned_at.into(),
        ban.until.into(),
        ban.until.unwrap_or(WITHOUT_END).into(),
        ban.note.as_str().into(),
        ban.banned_by.as_str().into(),
    ];
    link.change_one(&INSERT_BAN, &params).await
}

async fn cut<L: Link>(tx: &mut Tx<'_, L>, order: &SubjectCut<'_>) -> Result<(RevocationSeq, u64), SqlError> {
    let done = cut_subject(tx, order).await?;
    match done.rows.as_slice() {
        [row] => Ok((row.seq, done.count)),
        rows => Err(SqlError::Damaged(format!("a cut wrote {} rows", rows.len()))),
    }
}

fn read_seq(fields: &mut Fields<'_>) -> Result<RevocationSeq, SqlError> {
    fields.seq("seq")
}

/// Ends the ban of a subject.
pub(crate) struct LiftBan {
    /// Whose.
    pub(crate) subject: SubjectId,
    /// Its audit entry; its instant is the end's.
    pub(crate) audit: AuditEntry,
}

static SET_FREE: Statement = Statement::new("UPDATE subjects SET banned_until = NULL WHERE subject = ?");
static LIFT_BAN: Statement =
    Statement::new("UPDATE bans SET ends_at = ?, lifted_at = ?, lifted_by = ? WHERE seq = ?");

impl Operation for LiftBan {
    type Answer = bool;
    const NAME: &'static str = "lift a ban";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        let now = self.audit.at;
        if lock_subject(tx.link, &self.subject).await?.ban(now).is_none() {
            return Ok(false);
        }
        let subject = self.subject.as_str();
        let seq = tx.link.get(&NEWEST_BAN, &[subject.into()], read_seq).await?;
        let actor = self.audit.actor.to_text();
        tx.link.change_one(&SET_FREE, &[subject.into()]).await?;
        let params = [now.into(), now.into(), actor.as_str().into(), seq.into()];
        tx.link.change_one(&LIFT_BAN, &params).await?;
        insert_audit(tx.link, &self.audit).await?;
        Ok(true)
    }
}

/// The columns of a ban, as `read_ban` reads them.
macro_rules! select_bans {
    ($rest:literal) => {
        concat!(
            "SELECT seq, subject, banned_at, banned_until, note, actor, lifted_at, lifted_by FROM bans ",
            $rest
        )
    };
}

pub(super) static LIST_IN_FORCE: Statement = Statement::new(select_bans!(
    "WHERE ends_at > ? AND (ends_at, seq) < (?, ?) ORDER BY ends_at DESC, seq DESC LIMIT ?"
));
pub(super) static LIST_ALL_BANS: Statement =
    Statement::new(select_bans!("WHERE seq < ? ORDER BY seq DESC LIMIT ?"));

/// After every ban: positions are far below, and no ban that is lifted by itself ends later.
const AFTER_ALL: BanPosition = BanPosition {
    ends_at: WITHOUT_END,
    seq: RevocationSeq(u64::MAX),
};

impl Operation for ListBans {
    type Answer = Vec<Ban>;
    const NAME: &'static str = "list bans";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<Ban>, SqlError> {
        let BanPosition { ends_at, seq } = self.after.unwrap_or(AFTER_ALL);
        match self.in_force_at {
            Some(now) => {
                let params = [now.into(), ends_at.into(), seq.into(), self.limit.into()];
                tx.link.query(&LIST_IN_FORCE, &params, read_ban).await
            }
            None => {
                let params = [seq.into(), self.limit.into()];
                tx.link.query(&LIST_ALL_BANS, &params, read_ban).await
            }
        }
    }
}
