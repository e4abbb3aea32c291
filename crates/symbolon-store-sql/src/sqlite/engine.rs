//! The handle that holds all of a store in SQLite.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use symbolon_core::store::StoreError;

use super::connection::{check_version, open_error, open_writer, set_writing};
use super::health::Life;
use super::identity::{establish, recognise, shown};
use super::job::pack;
use super::lock_file::LockFile;
use super::own_file::{OwnFile, make_private, resolve};
use super::queue::{Queue, Refused};
use super::readers::{self, Readers};
use super::writer::{self, Writer};
use super::{OpenError, OpenSqlite, Opened, Place};
use crate::operation::Operation;

/// A store in SQLite that is open.
pub(crate) struct Engine {
    writer: Arc<Queue>,
    /// None where the store is in memory: only its one connection sees it, so the writer reads too.
    readers: Option<Arc<Queue>>,
    life: Arc<Life>,
    file: Option<OwnFile>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Engine {
    /// Opens a store, or makes it, and starts its threads.
    pub(crate) fn open(mut options: OpenSqlite) -> Result<(Self, Opened), OpenError> {
        check_version()?;
        if let Place::File(path) = &mut options.place {
            *path = resolve(path)?;
        }
        let lock = match &options.place {
            Place::File(path) => Some(LockFile::take(path)?),
            Place::Memory => None,
        };
        let (connection, opened) = open_connection(&options)?;
        let (reading, file) = match &options.place {
            Place::File(path) => (open_readers(path)?, Some(OwnFile::of(path)?)),
            Place::Memory => (Vec::new(), None),
        };
        let readers = file
            .is_some()
            .then(|| Arc::new(Queue::new(readers::WAITING_MAX, 0)));
        let mut engine = Self {
            writer: Arc::new(Queue::new(writer::WAITING_MAX, writer::WAITING_REVOKING_MAX)),
            readers,
            life: Arc::new(Life::new()),
            file,
            thread: Mutex::new(None),
        };
        let thread = engine.start(connection, reading, lock, options, opened);
        let thread = thread.map_err(|error| OpenError::NoResources {
            detail: error.to_string(),
        })?;
        engine.thread = Mutex::new(Some(thread));
        Ok((engine, opened))
    }

    fn start(
        &self,
        connection: Connection,
        reading: Vec<Connection>,
        lock: Option<LockFile>,
        options: OpenSqlite,
        opened: Opened,
    ) -> io::Result<JoinHandle<()>> {
        let readers = match &self.readers {
            Some(queue) => Some(Readers::start(reading, queue, &self.life, &options.randomness)?),
            None => None,
        };
        let writer = Writer {
            queue: Arc::clone(&self.writer),
            life: Arc::clone(&self.life),
            sink: options.sink,
            randomness: options.randomness,
            high_water: opened.high_water,
        };
        thread::Builder::new()
            .name("symbolon-write".to_owned())
            .spawn(move || writer.run(connection, lock, readers))
    }

    /// Has an operation done by the thread that it is for. Once it was taken it is done, whether or
    /// not anyone still waits.
    pub(crate) async fn ask<O: Operation>(&self, operation: O) -> Result<O::Answer, StoreError> {
        if let Some(refusal) = self.life.refusal() {
            return Err(unavailable(O::NAME, &refusal));
        }
        let queue = match (O::LANE, &self.readers) {
            (lane, Some(readers)) if lane.reads() => readers,
            _ => &self.writer,
        };
        let (job, answer) = pack(operation);
        match queue.push(job) {
            Ok(()) => {}
            Err(Refused::Full) => return Err(unavailable(O::NAME, "too many operations wait")),
            Err(Refused::Closed) => return Err(unavailable(O::NAME, "the store stops")),
        }
        match answer.await {
            Ok(answer) => answer,
            Err(_) => Err(unavailable(O::NAME, "the thread that did it is gone")),
        }
    }

    /// Checks that the file at the store's path is still the one that was opened. While it is not,
    /// every operation is refused: what is committed to a removed file is lost.
    pub(crate) fn still_ours(&self) -> Result<(), StoreError> {
        let Some(file) = &self.file else {
            return Ok(());
        };
        match file.find_difference() {
            None => {
                self.life.set_lost(None);
                Ok(())
            }
            Some(detail) => {
                tracing::error!(path = %file.path().display(), "{detail}");
                self.life.set_lost(Some(&detail));
                Err(unavailable("trust its file", &detail))
            }
        }
    }

    /// Waits until the store dies, and says why.
    pub(crate) async fn died(&self) -> Arc<str> {
        self.life.died().await
    }

    /// Takes no more operations, does those that wait, and frees the file.
    pub(crate) async fn close(&self) {
        self.stop();
        self.life.ended().await;
    }

    fn stop(&self) {
        self.writer.close();
        if let Some(readers) = &self.readers {
            readers.close();
        }
    }
}

impl Drop for Engine {
    /// As `close`, but waits for it in this thread.
    fn drop(&mut self) {
        self.stop();
        let thread = self
            .thread
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        // The last handle may be part of the log's sink, which the writer drops at its end.
        let own = |thread: &JoinHandle<()>| thread.thread().id() == thread::current().id();
        if let Some(thread) = thread.filter(|thread| !own(thread)) {
            // One that panicked has said so already.
            drop(thread.join());
        }
    }
}

fn unavailable(operation: &'static str, detail: &str) -> StoreError {
    StoreError::Unavailable {
        operation,
        detail: detail.to_owned(),
    }
}

fn open_connection(options: &OpenSqlite) -> Result<(Connection, Opened), OpenError> {
    let fault = |error| open_error(shown(&options.place), &error);
    if let Place::File(path) = &options.place {
        make_private(path)?;
    }
    let mut connection = open_writer(&options.place).map_err(fault)?;
    let recognised = recognise(&connection, options)?;
    set_writing(&connection, options).map_err(fault)?;
    let opened = establish(&mut connection, options, &recognised)?;
    Ok((connection, opened))
}

fn open_readers(path: &Path) -> Result<Vec<Connection>, OpenError> {
    readers::open(path).map_err(|error| open_error(path, &error))
}
