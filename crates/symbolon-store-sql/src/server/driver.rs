//! What a kind of server brings.

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::signal::{SignalSink, Signals};
use symbolon_core::token::SumKey;
use tokio::sync::watch;

use super::{Ground, OpenServerError};
use crate::link::{Link, SqlError};

/// How long a server works at one statement, or waits for one lock, or holds a transaction whose client says
/// nothing. A client that stands still while it holds the head of the log stops every revocation for so long.
pub(crate) const STATEMENT_MAX: Duration = Duration::from_secs(2);

/// A kind of server, and the way to one of it.
pub(crate) trait Driver: Sized + Send + Sync + 'static {
    /// What it is called, in messages.
    const NAME: &'static str;
    /// The name of the thread that drives its connections.
    const THREAD: &'static str;
    /// A connection to it.
    type Wire: Ground;

    /// Reads the address, and what is needed to go there.
    fn of(url: &str) -> Result<Self, OpenServerError>;

    /// Whether an address is understood, without a look at anything.
    fn check(url: &str) -> Result<(), OpenServerError>;

    /// Host, port and database, for messages.
    fn place(&self) -> &str;

    /// The way as the heartbeat goes it: a server that can tell connections apart by a name shows it.
    fn for_heartbeats(self) -> Self {
        self
    }

    /// Begins to tell the other nodes of revocations at once, and to hear them, if the server can pass that on.
    fn signals(&self, parts: SignalParts) -> Option<Arc<dyn Signals>> {
        drop(parts);
        None
    }

    /// Connects, and refuses a server that is not what it must be: it may be another one than before.
    async fn connect(&self) -> Result<Self::Wire, OpenServerError>;
}

/// What telling and hearing needs.
pub(crate) struct SignalParts {
    /// Whose nodes tell each other.
    pub(crate) cluster_id: [u8; 16],
    /// The key by which an acknowledgement is known.
    pub(crate) key: SumKey,
    /// Who hears the others.
    pub(crate) sink: Arc<dyn SignalSink>,
    /// Becomes true when the store closes.
    pub(crate) closing: watch::Receiver<bool>,
}

/// A connection: the link of an operation, and the transaction around it.
pub(crate) trait Wire: Link + 'static {
    /// What may still be done over it.
    fn state(&self) -> State;

    /// Something over it was given up half-way.
    fn give_up(&mut self);

    /// Begins a transaction. Where the server can tell, none of its statements takes longer than `limit`.
    async fn begin(&mut self, limit: Duration) -> Result<(), SqlError>;

    /// Commits it.
    async fn commit(&mut self) -> Result<(), Uncommitted>;

    /// Undoes it, if it is open. Afterwards everything may be done again, or the connection is lost.
    async fn roll_back(&mut self);

    /// Marks this run of the server with an id, where it has no mark of its own.
    async fn mark_boot(&mut self, id: &[u8; 16]) -> Result<(), SqlError>;
}

/// What may still be done over a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Everything.
    Sound,
    /// A statement has failed: a transaction that is open can only be rolled back.
    Failed,
    /// Nothing: it is lost, or was given up when no answer came, and others may be with it.
    Lost,
}

/// Why a commit was not answered with yes.
pub(crate) enum Uncommitted {
    /// The server refused it: nothing was done.
    Refused(SqlError),
    /// The answer was lost: nobody knows.
    Unknown(String),
}
