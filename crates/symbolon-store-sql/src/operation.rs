//! What an operation is: one atomic step, written once over any link.

use std::sync::Arc;

use symbolon_core::clock::Timestamp;
use symbolon_core::random::{Randomness, draw};
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason, RevocationSeq};

use crate::link::{Fields, Link, SqlError, Statement, Value};
use crate::record::log::{KindColumns, columns};

/// Which way an operation goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lane {
    /// It changes nothing.
    Read,
    /// It changes something.
    Write,
    /// It ends something: it is still taken when there are too many other writes.
    Revoke,
    /// It removes what is old: there may be room to give back after it.
    Purge,
    /// It is a node's heartbeat, or changes who the members are.
    Member,
    /// It reads for the heartbeat.
    Follow,
}

impl Lane {
    /// Whether what goes this way changes nothing.
    pub(crate) fn reads(self) -> bool {
        matches!(self, Self::Read | Self::Follow)
    }

    /// Whether a server does it over the connection of the heartbeat.
    pub(crate) fn is_of_members(self) -> bool {
        matches!(self, Self::Member | Self::Follow)
    }
}

/// One atomic step of the store.
///
/// Either all of it becomes durable or nothing. Its answer is given after that, so an operation never
/// tells anyone anything itself.
pub(crate) trait Operation: Send + 'static {
    /// What it answers.
    type Answer: Send + 'static;
    /// What it does, as it stands in errors: "the store cannot … now".
    const NAME: &'static str;
    /// Which way it goes.
    const LANE: Lane;

    /// The newest instant that it writes: the clock never goes back behind it.
    fn instant(&self) -> Option<Timestamp> {
        None
    }

    /// Does it. Nothing is locked or written out of the order accounts, subjects, sessions (by id),
    /// head of the log.
    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Self::Answer, SqlError>;

    /// Whether several that wait for a server are done in one transaction.
    const TOGETHER: bool = false;

    /// Does several, with the same effects and answers as one after the other. `None`: that one is to be done alone.
    /// It waits for no row that another transaction holds, but for the head of the log: one that stands still must not
    /// hold up all.
    async fn run_together<L: Link>(
        group: &[&Self],
        tx: &mut Tx<'_, L>,
    ) -> Result<Vec<Option<Self::Answer>>, SqlError> {
        let _nothing = tx;
        Ok(group.iter().map(|_| None).collect())
    }
}

/// An operation's view of the transaction that it runs in.
pub(crate) struct Tx<'t, L> {
    /// The connection.
    pub(crate) link: &'t mut L,
    /// Chance, for the ids of rows of the log.
    chance: &'t Arc<dyn Randomness>,
    /// The rows of the log written so far.
    rows: Vec<LogRow>,
}

/// What a row of the log is to say.
pub(crate) struct Entry<'e> {
    /// What changed.
    pub(crate) kind: LogKind,
    /// When.
    pub(crate) at: Timestamp,
    /// Why.
    pub(crate) reason: RevocationReason,
    /// By whom.
    pub(crate) actor: &'e str,
}

static READ_HEAD: Statement =
    Statement::new("SELECT seq FROM rev_head WHERE one = 1 {same_boot} {for_update}");
static MOVE_HEAD: Statement = Statement::new("UPDATE rev_head SET seq = ?, id = ? WHERE one = 1 AND seq = ?");
static INSERT_LOG: Statement = Statement::new(
    "INSERT INTO rev_log (seq, prev_seq, id, kind, session_id, subject, keep, at, reason, actor) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
);

impl<'t, L: Link> Tx<'t, L> {
    /// A transaction without rows of the log yet.
    pub(crate) fn new(link: &'t mut L, chance: &'t Arc<dyn Randomness>) -> Self {
        Self {
            link,
            chance,
            rows: Vec::new(),
        }
    }

    /// Chance.
    pub(crate) fn chance(&self) -> &dyn Randomness {
        &**self.chance
    }

    /// The rows of the log that were written.
    pub(crate) fn into_rows(self) -> Vec<LogRow> {
        self.rows
    }

    /// Takes the head of the log: what is read from here on is as it will be when a row is appended.
    pub(crate) async fn lock_head(&mut self) -> Result<RevocationSeq, SqlError> {
        let head = self.link.find(&READ_HEAD, &[], read_seq).await?;
        head.ok_or(SqlError::NoHead)
    }

    /// Takes the head of the log and writes one row. From here to the end of the operation every
    /// other revocation waits, so it comes last: only what needs the row's position may follow.
    pub(crate) async fn append(&mut self, entry: Entry<'_>) -> Result<LogRow, SqlError> {
        let prev_seq = self.lock_head().await?;
        let row = self.row_after(prev_seq, &entry)?;
        self.write(&row, entry.actor).await?;
        self.rows.push(row.clone());
        Ok(row)
    }

    /// The same, for several rows.
    pub(crate) async fn append_all(&mut self, entries: &[Entry<'_>]) -> Result<Vec<LogRow>, SqlError> {
        let head = self.lock_head().await?;
        let mut prev_seq = head;
        let mut rows = Vec::with_capacity(entries.len());
        for entry in entries {
            let row = self.row_after(prev_seq, entry)?;
            prev_seq = row.seq;
            rows.push(row);
        }
        let Some(last) = rows.last() else {
            return Ok(rows);
        };
        let moved = [last.seq.into(), (&last.id).into(), head.into()];
        self.link.change_one(&MOVE_HEAD, &moved).await?;
        let kinds: Vec<_> = rows.iter().map(|row| columns(&row.kind)).collect();
        let written = rows.iter().zip(&kinds).zip(entries);
        let written: Vec<_> = written
            .map(|((row, kind), entry)| log_columns(row, kind, entry.actor))
            .collect();
        self.link.insert_all(&INSERT_LOG, &written).await?;
        self.rows.extend_from_slice(&rows);
        Ok(rows)
    }

    fn row_after(&self, prev_seq: RevocationSeq, entry: &Entry<'_>) -> Result<LogRow, SqlError> {
        Ok(LogRow {
            seq: RevocationSeq(prev_seq.0.saturating_add(1)),
            prev_seq,
            id: draw(&**self.chance).map_err(|error| SqlError::Unavailable(error.to_string()))?,
            kind: entry.kind.clone(),
            at: entry.at,
            reason: entry.reason,
        })
    }

    async fn write(&mut self, row: &LogRow, actor: &str) -> Result<(), SqlError> {
        let kind = columns(&row.kind);
        let head = [row.seq.into(), (&row.id).into(), row.prev_seq.into()];
        let log = log_columns(row, &kind, actor);
        self.link
            .change_all(&[(&MOVE_HEAD, &head), (&INSERT_LOG, &log)])
            .await
    }
}

fn log_columns<'v>(row: &'v LogRow, kind: &'v KindColumns<'_>, actor: &'v str) -> [Value<'v>; 10] {
    [
        row.seq.into(),
        row.prev_seq.into(),
        (&row.id).into(),
        kind.kind.into(),
        kind.session_id.into(),
        kind.subject.into(),
        kind.keep.as_deref().into(),
        row.at.into(),
        row.reason.as_str().into(),
        actor.into(),
    ]
}

fn read_seq(fields: &mut Fields<'_>) -> Result<RevocationSeq, SqlError> {
    fields.seq("seq")
}
