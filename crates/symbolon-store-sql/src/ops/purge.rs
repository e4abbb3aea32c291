//! What keeps the store small. Each kind of row is its own bounded step: rows to remove are found by
//! an index or from the beginning of their table, then removed one by one in the order of their keys.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;

use super::live::read_id;
use crate::link::{Fields, Link, SqlError, Statement, Value};
use crate::operation::{Lane, Operation, Tx};

/// Removes sessions that ended at or before an instant.
pub(crate) struct PurgeSessions {
    /// The instant.
    pub(crate) ended_by: Timestamp,
    /// How many at the most.
    pub(crate) batch: u32,
}

// Two ends, two ranges of one index: by itself, and by someone.
pub(super) static OLD_EXPIRED: Statement = Statement::new(
    "SELECT session_id FROM sessions WHERE ends_by > 0 AND ends_by <= ? \
     ORDER BY ends_by LIMIT ? {skip_locked}",
);
pub(super) static OLD_REVOKED: Statement = Statement::new(
    "SELECT session_id FROM sessions WHERE ends_by = 0 AND revoked_at <= ? \
     ORDER BY revoked_at LIMIT ? {skip_locked}",
);
static DELETE_SESSION: Statement = Statement::new("DELETE FROM sessions WHERE session_id = ?");

impl Operation for PurgeSessions {
    type Answer = u64;
    const NAME: &'static str = "remove old sessions";
    const LANE: Lane = Lane::Purge;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<u64, SqlError> {
        let params = [self.ended_by.into(), self.batch.into()];
        let mut ids = tx.link.query(&OLD_REVOKED, &params, read_id).await?;
        let left = Value::Int(i64::from(self.batch).saturating_sub(ids.len() as i64));
        let expired = tx
            .link
            .query(&OLD_EXPIRED, &[self.ended_by.into(), left], read_id)
            .await?;
        ids.extend(expired);
        ids.sort_unstable();
        let params: Vec<_> = ids.iter().map(|id| [id.into()]).collect();
        tx.link.change_each(&DELETE_SESSION, &params).await?;
        Ok(ids.len() as u64)
    }
}

/// Removes rows of the log written at or before an instant, never the newest, and none that a member compares with
/// what it has applied.
pub(crate) struct PurgeLog {
    /// The instant.
    pub(crate) written_by: Timestamp,
    /// How many at the most.
    pub(crate) batch: u32,
}

pub(super) static FIRST_LOG: Statement = Statement::new(
    "SELECT l.seq, l.at FROM rev_log AS l WHERE l.seq < (SELECT max(m.seq) FROM rev_log AS m) \
     AND l.seq < coalesce((SELECT min(n.applied) FROM nodes AS n WHERE n.evicted = 0), 9223372036854775807) \
     ORDER BY l.seq LIMIT ? {for_update}",
);
static DELETE_LOG: Statement = Statement::new("DELETE FROM rev_log WHERE seq = ?");
static RAISE_FLOOR: Statement =
    Statement::new("UPDATE rev_head SET floor = {greatest}(floor, ?) WHERE one = 1");

impl Operation for PurgeLog {
    type Answer = u64;
    const NAME: &'static str = "remove old rows of the log";
    const LANE: Lane = Lane::Purge;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<u64, SqlError> {
        let first = tx
            .link
            .query(&FIRST_LOG, &[self.batch.into()], read_log_place)
            .await?;
        // The log has no hole: removal stops at the first row that stays.
        let old: Vec<_> = first
            .into_iter()
            .take_while(|(_, at)| *at <= self.written_by)
            .map(|(seq, _)| seq)
            .collect();
        let Some(floor) = old.last() else {
            return Ok(0);
        };
        let params: Vec<_> = old.iter().map(|seq| [(*seq).into()]).collect();
        tx.link.change_each(&DELETE_LOG, &params).await?;
        tx.link.change_one(&RAISE_FLOOR, &[(*floor).into()]).await?;
        Ok(old.len() as u64)
    }
}

fn read_log_place(fields: &mut Fields<'_>) -> Result<(RevocationSeq, Timestamp), SqlError> {
    Ok((fields.seq("seq")?, fields.instant("at")?))
}

/// Removes audit entries of at or before an instant.
pub(crate) struct PurgeAudit {
    /// The instant.
    pub(crate) written_by: Timestamp,
    /// How many at the most.
    pub(crate) batch: u32,
}

pub(super) static FIRST_AUDIT: Statement =
    Statement::new("SELECT audit_id, at FROM audit ORDER BY audit_id LIMIT ? {skip_locked}");
static DELETE_AUDIT: Statement = Statement::new("DELETE FROM audit WHERE audit_id = ?");

impl Operation for PurgeAudit {
    type Answer = u64;
    const NAME: &'static str = "remove old audit entries";
    const LANE: Lane = Lane::Purge;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<u64, SqlError> {
        let first = tx
            .link
            .query(&FIRST_AUDIT, &[self.batch.into()], read_audit_place)
            .await?;
        let old = first.into_iter().take_while(|(_, at)| *at <= self.written_by);
        let params: Vec<_> = old.map(|(id, _)| [id.into()]).collect();
        tx.link.change_each(&DELETE_AUDIT, &params).await?;
        Ok(params.len() as u64)
    }
}

fn read_audit_place(fields: &mut Fields<'_>) -> Result<(i64, Timestamp), SqlError> {
    Ok((fields.int("audit_id")?, fields.instant("at")?))
}

/// Removes bans that ended at or before an instant.
pub(crate) struct PurgeBans {
    /// The instant.
    pub(crate) ended_by: Timestamp,
    /// How many at the most.
    pub(crate) batch: u32,
}

// One without an end has the greatest of all instants.
pub(super) static OLD_BANS: Statement =
    Statement::new("SELECT seq FROM bans WHERE ends_at <= ? ORDER BY ends_at, seq LIMIT ? {skip_locked}");
static DELETE_BAN: Statement = Statement::new("DELETE FROM bans WHERE seq = ?");

impl Operation for PurgeBans {
    type Answer = u64;
    const NAME: &'static str = "remove old bans";
    const LANE: Lane = Lane::Purge;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<u64, SqlError> {
        let params = [self.ended_by.into(), self.batch.into()];
        let old = tx
            .link
            .query(&OLD_BANS, &params, |fields| fields.seq("seq"))
            .await?;
        let params: Vec<_> = old.iter().map(|seq| [(*seq).into()]).collect();
        tx.link.change_each(&DELETE_BAN, &params).await?;
        Ok(params.len() as u64)
    }
}

/// How many counters are kept: each name that is tried makes one, and anyone can try names. Beyond,
/// the longest idle are forgotten.
const ATTEMPTS_MAX: u64 = 1_000_000;

/// Removes counters that were last written at or before an instant, and those beyond the limit.
pub(crate) struct PurgeAttempts {
    /// The instant.
    pub(crate) idle_since: Timestamp,
    /// How many at the most.
    pub(crate) batch: u32,
}

static COUNT_ATTEMPTS: Statement = Statement::new("SELECT count(updated_at) FROM throttle");
pub(super) static IDLE_ATTEMPTS: Statement =
    Statement::new("SELECT throttle_key, updated_at FROM throttle ORDER BY updated_at LIMIT ? {skip_locked}");
static DELETE_ATTEMPTS: Statement = Statement::new("DELETE FROM throttle WHERE throttle_key = ?");

impl Operation for PurgeAttempts {
    type Answer = u64;
    const NAME: &'static str = "remove old counters of failed attempts";
    const LANE: Lane = Lane::Purge;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<u64, SqlError> {
        let count = tx
            .link
            .get(&COUNT_ATTEMPTS, &[], |fields| fields.count("count"))
            .await?;
        let beyond = count.saturating_sub(ATTEMPTS_MAX);
        let idle = tx
            .link
            .query(&IDLE_ATTEMPTS, &[self.batch.into()], read_attempts_place)
            .await?;
        let old = (0..)
            .zip(&idle)
            .take_while(|(before, (_, updated_at))| *updated_at <= self.idle_since || *before < beyond);
        let params: Vec<_> = old.map(|(_, (key, _))| [key.into()]).collect();
        tx.link.change_each(&DELETE_ATTEMPTS, &params).await?;
        Ok(params.len() as u64)
    }
}

fn read_attempts_place(fields: &mut Fields<'_>) -> Result<([u8; 16], Timestamp), SqlError> {
    Ok((fields.array("throttle_key")?, fields.instant("updated_at")?))
}
