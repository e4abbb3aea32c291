//! The revocation log as others follow it, and the proof that the store can read and write.

use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::store::{LogHead, LogPage};

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

/// Reads rows of the log and its ends, as they were at one instant.
pub(crate) struct ReadPage {
    /// The position of the first row.
    pub(crate) from: RevocationSeq,
    /// How many at the most.
    pub(crate) limit: u32,
}

// One statement has one snapshot. Whoever commits a row commits the head with it: so whoever sees the head sees the
// rows up to it.
pub(super) static READ_PAGE: Statement = Statement::new(
    "SELECT h.seq, h.id, h.floor, tail.seq, tail.seq, tail.prev_seq, tail.id, tail.kind, tail.session_id, tail.subject, tail.keep, tail.at, tail.reason \
     FROM rev_head AS h LEFT JOIN (SELECT seq, prev_seq, id, kind, session_id, subject, keep, at, reason \
     FROM rev_log WHERE seq >= ? ORDER BY seq LIMIT ?) AS tail ON 1 = 1 WHERE h.one = 1 ORDER BY tail.seq",
);

impl Operation for ReadPage {
    type Answer = LogPage;
    const NAME: &'static str = "follow the log";
    const LANE: Lane = Lane::Follow;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<LogPage, SqlError> {
        let params = [self.from.into(), self.limit.into()];
        let read = tx.link.query(&READ_PAGE, &params, read_line).await?;
        let mut lines = read.into_iter();
        let (mut page, row) = lines.next().ok_or(SqlError::NoHead)?;
        page.rows = row.into_iter().chain(lines.filter_map(|(_, row)| row)).collect();
        Ok(page)
    }
}

/// Reads the ends, and a row if there is any.
fn read_line(fields: &mut Fields<'_>) -> Result<(LogPage, Option<LogRow>), SqlError> {
    let page = LogPage {
        head: fields.seq("seq")?,
        head_id: fields.array("id")?,
        floor: fields.seq("floor")?,
        rows: Vec::new(),
    };
    let row = match fields.maybe_int("seq")? {
        Some(_) => Some(read_log_row(fields)?),
        None => None,
    };
    Ok((page, row))
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
