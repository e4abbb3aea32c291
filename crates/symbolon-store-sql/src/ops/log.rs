//! The revocation log as others follow it, and the proof that the store can read and write.

use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::store::LogHead;

use crate::link::{Fields, Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};
use crate::record::log::read_log_row;

/// Reads the ends of the log.
pub(crate) struct ReadHead;

/// Reads rows of the log.
pub(crate) struct ReadLog {
    /// The position of the first.
    pub(crate) from: RevocationSeq,
    /// How many at the most.
    pub(crate) limit: u32,
}

/// Writes something that changes nothing.
pub(crate) struct Ping;

static READ_ENDS: Statement = Statement::new("SELECT seq, floor FROM rev_head WHERE one = 1");
static READ_LOG: Statement = Statement::new(
    "SELECT seq, prev_seq, id, kind, session_id, subject, keep, at, reason \
     FROM rev_log WHERE seq >= ? ORDER BY seq LIMIT ?",
);

impl Operation for ReadHead {
    type Answer = LogHead;
    const NAME: &'static str = "read the head of the log";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<LogHead, SqlError> {
        tx.link.get(&READ_ENDS, &[], read_ends).await
    }
}

fn read_ends(fields: &mut Fields<'_>) -> Result<LogHead, SqlError> {
    Ok(LogHead {
        seq: fields.seq("seq")?,
        floor: fields.seq("floor")?,
    })
}

impl Operation for ReadLog {
    type Answer = Vec<LogRow>;
    const NAME: &'static str = "read the log";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<LogRow>, SqlError> {
        let params = [self.from.into(), self.limit.into()];
        tx.link.query(&READ_LOG, &params, read_log_row).await
    }
}

static TOUCH: Statement = Statement::new("UPDATE meta SET v = v WHERE k = 'cluster_id'");

impl Operation for Ping {
    type Answer = ();
    const NAME: &'static str = "write";
    const LANE: Lane = Lane::Write;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        tx.link.execute(&TOUCH, &[]).await?;
        Ok(())
    }
}
