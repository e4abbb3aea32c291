//! The write-ahead log's way into the file.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};

use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, ErrorCode, MAIN_DB};

use super::connection::is_io_error;

/// A checkpoint is made when the log has this many pages (16 MiB): the more there are, the more
/// changes of one page become one write, and the longer the writes behind a checkpoint wait.
///
/// It is made between two groups. A thread of its own was tried: it takes the disk from the syncs of
/// the commits, so that a quarter fewer of them were done and the slowest hundredth was no faster.
const FRAMES_MAX: i32 = 4_096;

/// The next try after one that could not finish, because a reader still needed the log.
const FRAMES_STEP: i32 = 1_024;

/// Free pages are given back to the file system once they are more than these (1 MiB) and a quarter
/// of the file; fewer are soon used again.
const FREE_PAGES_MIN: i64 = 256;

/// How many free pages are given back after one step of a purge: some milliseconds of writing, and
/// more than such a step frees.
const FREED_PAGES_MAX: i64 = 512;

/// Watches how long the log is.
pub(super) struct Wal {
    frames: Arc<AtomicI32>,
    before: i32,
    due: i32,
}

impl Wal {
    /// Watches the log of the connection that writes.
    pub(super) fn watch(connection: &mut Connection) -> rusqlite::Result<Self> {
        let frames = Arc::new(AtomicI32::new(0));
        let written = Arc::clone(&frames);
        connection.wal_hook(Some(move |_: &mut _, pages| {
            written.store(pages, Ordering::Relaxed);
            Ok(())
        }))?;
        Ok(Self {
            frames,
            before: 0,
            due: FRAMES_MAX,
        })
    }

    /// Moves the log into the file if it has grown long. Readers and their snapshots are not
    /// disturbed.
    ///
    /// # Errors
    /// Only when the file could not be written or synced: after that the log must not be used again,
    /// since a second sync would report success for pages that the system has dropped.
    pub(super) fn checkpoint_if_due(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let frames = self.frames.load(Ordering::Relaxed);
        if frames < self.before {
            // The log began anew.
            self.due = FRAMES_MAX;
        }
        self.before = frames;
        if frames < self.due {
            return Ok(());
        }
        self.due = frames.saturating_add(FRAMES_STEP);
        tolerate(checkpoint(connection, CheckpointMode::PASSIVE))
    }

    /// Moves what it can of the log into the file: when space is short, so that the log can be used
    /// from its beginning.
    pub(super) fn make_room(connection: &Connection) -> rusqlite::Result<()> {
        tolerate(checkpoint(connection, CheckpointMode::PASSIVE))
    }

    /// Moves the whole log into the file and empties it: at the end.
    pub(super) fn finish(connection: &Connection) -> rusqlite::Result<()> {
        checkpoint(connection, CheckpointMode::TRUNCATE)
    }
}

fn checkpoint(connection: &Connection, mode: CheckpointMode) -> rusqlite::Result<()> {
    connection.wal_checkpoint_v2(Some(MAIN_DB), mode).map(drop)
}

/// Gives pages back to the file system, if many are free.
///
/// # Errors
/// As [`Wal::checkpoint_if_due`].
pub(super) fn give_back(connection: &Connection) -> rusqlite::Result<()> {
    tolerate(count_free(connection).and_then(|(free, all)| {
        if free <= FREE_PAGES_MIN || free <= all / 4 {
            return Ok(());
        }
        free_pages(connection)
    }))
}

/// SQLite answers with one row for each page, and frees it when that row is asked for.
fn free_pages(connection: &Connection) -> rusqlite::Result<()> {
    let mut freeing = connection.prepare(&format!("PRAGMA incremental_vacuum({FREED_PAGES_MAX})"))?;
    let mut pages = freeing.query([])?;
    while pages.next()?.is_some() {}
    Ok(())
}

fn count_free(connection: &Connection) -> rusqlite::Result<(i64, i64)> {
    let free = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    let all = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
    Ok((free, all))
}

/// Passes on what a process cannot go on after; the rest is tried again later, and is told of when
/// it hinders a commit.
fn tolerate(outcome: rusqlite::Result<()>) -> rusqlite::Result<()> {
    match outcome {
        Err(error) if is_io_error(&error) => Err(error),
        Err(error) => {
            if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) {
                tracing::warn!(error = %error, "the store's file could not be tidied");
            }
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}
