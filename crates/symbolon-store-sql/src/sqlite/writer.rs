//! The one thread that writes, and its group commit.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode};
use symbolon_core::clock::Timestamp;
use symbolon_core::random::Randomness;
use symbolon_core::revocation::{LogRow, LogSink};

use super::checkpoint::{Wal, give_back};
use super::connection::{is_io_error, sql_error};
use super::health::{Life, Watch};
use super::job::Job;
use super::link::{SqliteLink, drive};
use super::lock_file::LockFile;
use super::queue::Queue;
use super::readers::Readers;
use crate::link::{Link as _, SqlError, Statement};
use crate::operation::{Lane, Tx};

/// How many operations share one commit at the most. Beyond some dozens a sync costs little per
/// operation, and each of a group waits for the whole of it.
const GROUP_MAX: usize = 256;

/// How long the writer waits for those whom it has just answered to ask again, so that they and those
/// who wait already share one commit and not two in turn. It is less than a sync takes.
const GATHER_MAX: Duration = Duration::from_micros(100);

/// How many operations may wait: at ten thousand a second, less than half a second of work, and so
/// less than anyone waits for an answer. Beyond, an operation is refused at once.
pub(super) const WAITING_MAX: usize = 4_096;

/// How many more may wait if they end something: log-outs and kicks still get through a flood of
/// log-ins.
pub(super) const WAITING_REVOKING_MAX: usize = 1_024;

static BEGIN: Statement = Statement::new("BEGIN IMMEDIATE");
static COMMIT: Statement = Statement::new("COMMIT");
static ROLLBACK: Statement = Statement::new("ROLLBACK");
static SAVEPOINT: Statement = Statement::new("SAVEPOINT operation");
static RELEASE: Statement = Statement::new("RELEASE operation");
static UNDO: Statement = Statement::new("ROLLBACK TO operation");
static MARK_TIME: Statement = Statement::new("UPDATE meta SET v = ? WHERE k = 'time_high_water'");

/// What the writing thread works with.
pub(super) struct Writer {
    /// Where operations wait.
    pub(super) queue: Arc<Queue>,
    /// The store's life.
    pub(super) life: Arc<Life>,
    /// Takes what was committed.
    pub(super) sink: Arc<dyn LogSink>,
    /// Chance.
    pub(super) randomness: Arc<dyn Randomness>,
    /// The newest instant that is durable.
    pub(super) high_water: Timestamp,
}

/// How an operation that fails is undone.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Undo {
    /// With its whole group, which is then begun again.
    Together,
    /// Alone, to its own savepoint.
    Alone,
}

/// Why a group did not get to its end.
enum Failure {
    /// One of its operations failed.
    Operation,
    /// It came to nothing.
    Group(Refused),
}

/// Why a group came to nothing.
struct Refused {
    error: SqlError,
    /// Nothing that this process writes can be trusted any more.
    deadly: bool,
    /// The file, or its disk, is full.
    full: bool,
}

impl<E: Into<Refused>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Group(error.into())
    }
}

impl From<SqlError> for Refused {
    fn from(error: SqlError) -> Self {
        Self {
            error,
            deadly: false,
            full: false,
        }
    }
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self {
            full: error.sqlite_error_code() == Some(ErrorCode::DiskFull),
            error: sql_error(&error),
            deadly: false,
        }
    }
}

impl Writer {
    /// Works until the queue is closed and empty, or the store dies; then frees the file.
    pub(super) fn run(
        mut self,
        mut connection: Connection,
        lock: Option<LockFile>,
        readers: Option<Readers>,
    ) {
        let watch = Watch::over(&self.queue, &self.life);
        let ended = self.serve(&mut connection);
        if let Err(detail) = &ended {
            tracing::error!(error = %detail, "the store stops: a commit is in doubt");
            self.life.die(detail);
        }
        self.queue.refuse_all();
        if let Some(readers) = readers {
            readers.stop();
        }
        match ended {
            Ok(()) => finish(&connection),
            Err(_) => leave(&connection),
        }
        drop(connection);
        drop(lock);
        watch.end();
        self.life.set_closed();
    }

    /// Commits group after group. The error says why the store died.
    fn serve(&mut self, connection: &mut Connection) -> Result<(), String> {
        let mut wal = Wal::watch(connection).map_err(|error| error.to_string())?;
        let connection = &*connection;
        let mut link = SqliteLink::new(connection);
        let mut group = Vec::with_capacity(GROUP_MAX);
        while self.queue.take(GROUP_MAX, &mut group) {
            let size = group.len();
            let purges = group.iter().any(|job| job.lane() == Lane::Purge);
            self.commit(&mut link, connection, &mut group)?;
            if purges {
                give_back(connection).map_err(|error| format!("giving back free pages: {error}"))?;
            }
            wal.checkpoint_if_due(connection)
                .map_err(|error| format!("moving the log into the file: {error}"))?;
            if size > 1 {
                self.queue.gather(size, GATHER_MAX);
            }
        }
        Ok(())
    }

    fn commit(
        &mut self,
        link: &mut SqliteLink<'_>,
        connection: &Connection,
        group: &mut Vec<Box<dyn Job>>,
    ) -> Result<(), String> {
        let refused = match self.run_group(link, group) {
            Ok(rows) => {
                if !rows.is_empty() {
                    self.sink.committed(&rows);
                }
                for job in group.drain(..) {
                    job.answer(None);
                }
                return Ok(());
            }
            Err(refused) => refused,
        };
        if refused.deadly {
            // Before the answers: nobody who gets one finds a store that still serves.
            self.life.die(&refused.error.to_string());
        }
        let undone = link.is_idle() || link.control(&ROLLBACK).is_ok();
        for job in group.drain(..) {
            job.answer(Some(&refused.error));
        }
        if refused.deadly || !undone {
            return Err(refused.error.to_string());
        }
        if refused.full {
            Wal::make_room(connection).map_err(|error| error.to_string())?;
        }
        Ok(())
    }

    /// Runs a group in one transaction. What comes back is durable.
    ///
    /// Operations hardly ever fail, and a savepoint for each costs a fifth of all the work. So they
    /// are first run without; if one fails, all are undone and run again, each with its own.
    fn run_group(
        &mut self,
        link: &mut SqliteLink<'_>,
        group: &mut [Box<dyn Job>],
    ) -> Result<Vec<LogRow>, Refused> {
        match self.try_group(link, group, Undo::Together) {
            Ok(rows) => return Ok(rows),
            Err(Failure::Group(refused)) => return Err(refused),
            Err(Failure::Operation) => {}
        }
        if !link.is_idle() {
            link.control(&ROLLBACK)?;
        }
        self.try_group(link, group, Undo::Alone)
            .map_err(|failure| match failure {
                Failure::Group(refused) => refused,
                // SQLite has undone the whole transaction, and with it the operations before.
                Failure::Operation => Refused {
                    full: true,
                    ..SqlError::Unavailable("another operation of the same commit failed".to_owned()).into()
                },
            })
    }

    fn try_group(
        &mut self,
        link: &mut SqliteLink<'_>,
        group: &mut [Box<dyn Job>],
        undo: Undo,
    ) -> Result<Vec<LogRow>, Failure> {
        link.control(&BEGIN)?;
        let mut rows = Vec::new();
        for job in group.iter_mut() {
            self.run_one(link, &mut **job, undo, &mut rows)?;
        }
        let newest = group.iter().filter_map(|job| job.instant()).max();
        let newest = newest.filter(|instant| *instant > self.high_water);
        if let Some(instant) = newest {
            let text = instant.0.to_string();
            drive(link.change_one(&MARK_TIME, &[text.as_str().into()]))?;
        }
        link.control(&COMMIT).map_err(|error| Refused {
            // A sync that failed may have dropped pages that a later sync would report as written.
            deadly: is_io_error(&error),
            ..Refused::from(error)
        })?;
        self.high_water = newest.unwrap_or(self.high_water);
        Ok(rows)
    }

    fn run_one(
        &self,
        link: &mut SqliteLink<'_>,
        job: &mut dyn Job,
        undo: Undo,
        rows: &mut Vec<LogRow>,
    ) -> Result<(), Failure> {
        if undo == Undo::Alone {
            link.control(&SAVEPOINT)?;
        }
        let mut tx = Tx::new(link, &self.randomness);
        let done = job.run(&mut tx);
        let written = tx.into_rows();
        if done {
            rows.extend(written);
        } else if undo == Undo::Together || link.is_idle() {
            return Err(Failure::Operation);
        } else {
            link.control(&UNDO)?;
        }
        if undo == Undo::Alone {
            link.control(&RELEASE)?;
        }
        Ok(())
    }
}

fn finish(connection: &Connection) {
    if let Err(error) = Wal::finish(connection) {
        tracing::warn!(error = %error, "the store's log stays beside its file until the next start");
    }
}

/// Closing writes nothing more: what the next process finds in the log decides.
fn leave(connection: &Connection) {
    let set = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
    if let Err(error) = set {
        tracing::warn!(error = %error, "closing the store may write to its file");
    }
}
