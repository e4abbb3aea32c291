//! What the tests begin with.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogRow, LogSink};
use symbolon_core::session::Session;
use symbolon_core::store::{Inserted, SessionStore as _};
use symbolon_core::token::KeyCheck;
use symbolon_store_sql::{Durability, OpenError, OpenSqlite, Opened, Place, SqlStore};
use symbolon_testkit::contract::{Recorded, sample};
use symbolon_testkit::randomness::Seeded;
use tempfile::TempDir;

/// A folder with the path of a store in it.
pub(super) struct Folder {
    /// The folder, as long as this lives.
    pub(super) folder: TempDir,
}

impl Folder {
    pub(super) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
        }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path().join("symbolon.db")
    }

    /// How to open the store here, with a sink that only records.
    pub(super) fn options(&self) -> OpenSqlite {
        options(Place::File(self.path()), Arc::new(Recorded::default()))
    }

    pub(super) fn open(&self) -> (SqlStore, Opened) {
        SqlStore::open(self.options()).unwrap()
    }

    /// Why the store here is not opened.
    pub(super) fn refusal(&self) -> OpenError {
        refusal(self.options())
    }

    /// The database, for looking and for breaking it while no store has it.
    pub(super) fn look(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.path()).unwrap()
    }
}

pub(super) fn options(place: Place, sink: Arc<dyn LogSink>) -> OpenSqlite {
    OpenSqlite {
        place,
        key_check: KeyCheck([1; 32]),
        now: sample::BEGIN,
        sink,
        randomness: Arc::new(Seeded::new(1)),
        durability: Durability::Full,
        pages_max: None,
    }
}

pub(super) fn refusal(options: OpenSqlite) -> OpenError {
    match SqlStore::open(options) {
        Err(error) => error,
        Ok(_) => panic!("the store was opened"),
    }
}

/// The text of an error with its path, which differs from run to run, taken out.
pub(super) fn without_path(error: &OpenError, path: &Path) -> String {
    error.to_string().replace(path.to_str().unwrap(), "PATH")
}

pub(super) async fn begin(store: &SqlStore, session: &Session) {
    let inserted = store.insert_session(sample::insert(session.clone())).await;
    assert!(matches!(inserted, Ok(Inserted::Done { .. })), "{inserted:?}");
}

pub(super) const LATER: Timestamp = Timestamp(sample::BEGIN.0 + 86_400_000);

/// Asks once: the step is on its way. Gives the answer if it is there already.
pub(super) fn ask_once<T>(step: &mut Pin<Box<impl Future<Output = T>>>) -> Option<T> {
    match step.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

/// A sink that holds the writer while it is closed, so that what comes meanwhile is one group.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    closed: bool,
    held: bool,
    batches: Vec<Vec<LogRow>>,
}

impl Gate {
    /// The next rows are held.
    pub(super) fn close(&self) {
        self.state.lock().unwrap().closed = true;
    }

    /// Waits until the writer stands here.
    pub(super) fn wait_until_held(&self) {
        let state = self.state.lock().unwrap();
        drop(self.changed.wait_while(state, |state| !state.held).unwrap());
    }

    pub(super) fn open(&self) {
        self.state.lock().unwrap().closed = false;
        self.changed.notify_all();
    }

    /// What was given, call by call.
    pub(super) fn batches(&self) -> Vec<Vec<LogRow>> {
        self.state.lock().unwrap().batches.clone()
    }
}

impl LogSink for Gate {
    fn committed(&self, rows: &[LogRow]) {
        let mut state = self.state.lock().unwrap();
        state.batches.push(rows.to_vec());
        state.held = state.closed;
        self.changed.notify_all();
        let mut state = self.changed.wait_while(state, |state| state.closed).unwrap();
        state.held = false;
    }
}
