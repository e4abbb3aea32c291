//! Threads that read beside the writer.

use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use symbolon_core::random::Randomness;

use super::connection::{open_reader, sql_error};
use super::health::{Life, Watch};
use super::job::Job;
use super::link::SqliteLink;
use super::queue::Queue;
use crate::link::Statement;
use crate::operation::Tx;

/// How many threads read: enough that one slow read, such as a page of an old list that must come
/// from the disk, does not hold up the others.
pub(super) const READERS: usize = 4;

/// How many reads may wait: some tens of milliseconds of work. Beyond, a read is refused at once.
pub(super) const WAITING_MAX: usize = 4_096;

/// How many reads share one snapshot at the most: taking one costs as much as a read does, and so
/// does waking a thread.
const GROUP_MAX: usize = 32;

static BEGIN: Statement = Statement::new("BEGIN");
static COMMIT: Statement = Statement::new("COMMIT");
static ROLLBACK: Statement = Statement::new("ROLLBACK");

/// Opens the connections of the readers.
pub(super) fn open(path: &Path) -> rusqlite::Result<Vec<Connection>> {
    (0..READERS).map(|_| open_reader(path)).collect()
}

/// The threads that read.
pub(super) struct Readers {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts one thread for each connection.
    pub(super) fn start(
        connections: Vec<Connection>,
        queue: &Arc<Queue>,
        life: &Arc<Life>,
        randomness: &Arc<dyn Randomness>,
    ) -> std::io::Result<Self> {
        let mut threads = Vec::with_capacity(connections.len());
        for connection in connections {
            let waiting = Arc::clone(queue);
            let randomness = Arc::clone(randomness);
            let watch = Watch::over(queue, life);
            let thread = thread::Builder::new().name("symbolon-read".to_owned());
            threads.push(thread.spawn(move || {
                serve(&connection, &waiting, &randomness);
                watch.end();
            })?);
        }
        Ok(Self {
            queue: Arc::clone(queue),
            threads,
        })
    }

    /// Lets the threads do what waits, and waits for their end.
    pub(super) fn stop(self) {
        self.queue.close();
        for thread in self.threads {
            // One that panicked has been watched, and has said so.
            drop(thread.join());
        }
    }
}

fn serve(connection: &Connection, queue: &Queue, randomness: &Arc<dyn Randomness>) {
    let mut link = SqliteLink::new(connection);
    let mut group = Vec::with_capacity(GROUP_MAX);
    while queue.take(GROUP_MAX, &mut group) {
        read(&mut link, &mut group, randomness);
    }
}

/// Does a group of reads over one snapshot. It is taken after each of them was asked for, so each
/// sees every commit that was answered before.
fn read(link: &mut SqliteLink<'_>, group: &mut Vec<Box<dyn Job>>, randomness: &Arc<dyn Randomness>) {
    if let Err(error) = link.control(&BEGIN) {
        let error = sql_error(&error);
        for job in group.drain(..) {
            job.answer(Some(&error));
        }
        return;
    }
    for mut job in group.drain(..) {
        job.run(&mut Tx::new(link, randomness));
        job.answer(None);
    }
    // Nothing was written: what matters is only that the snapshot is given back.
    if link.control(&COMMIT).is_err()
        && !link.is_idle()
        && let Err(error) = link.control(&ROLLBACK)
    {
        tracing::warn!(error = %error, "a reader holds on to its snapshot");
    }
}
