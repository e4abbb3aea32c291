//! The circuit breaker: while it is open nobody waits for Redis.
//!
//! Closed, there is a connection that all commands share, each with a deadline. Five faults in a row open it, as does
//! the end of the connection; the keeper alone then tries, and closes it with a new connection that has answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::figures::Counters;
use crate::line::Line;

/// How long a command may take. Whoever waits reads the store next, within the time of the same request.
pub(crate) const COMMAND_MAX: Duration = Duration::from_millis(50);

/// How many faults in a row open the breaker.
const FAULTS_MAX: u32 = 5;

/// More faults than there can be: this connection is over.
const OVER: u32 = u32::MAX;

/// Holds the connection while the breaker is closed.
#[derive(Default)]
pub(crate) struct Gate {
    passage: ArcSwapOption<Passage>,
}

impl Gate {
    /// The connection, if the breaker is closed.
    pub(crate) fn passage(&self) -> Option<Arc<Passage>> {
        self.passage.load_full().filter(|passage| passage.is_open())
    }

    /// Closes the breaker with a connection that has answered.
    pub(crate) fn set(&self, passage: Arc<Passage>) {
        self.passage.store(Some(passage));
    }

    /// Lets go of a connection that is over.
    pub(crate) fn clear(&self) {
        self.passage.store(None);
    }
}

/// A connection, and how many faults it has had in a row.
pub(crate) struct Passage {
    line: Line,
    faults: AtomicU32,
    over: CancellationToken,
    counters: Arc<Counters>,
}

/// Why a command has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// It took too long.
    #[error("it does not answer in {} ms", COMMAND_MAX.as_millis())]
    Late,
    /// Redis refused it, or the connection broke.
    #[error("{0}")]
    Said(#[from] RedisError),
}

impl Passage {
    pub(crate) fn new(line: Line, counters: Arc<Counters>) -> Self {
        Self {
            line,
            faults: AtomicU32::new(0),
            over: CancellationToken::new(),
            counters,
        }
    }

    /// Asks within the deadline. It may be given up at any time: the answer is then nobody's.
    pub(crate) async fn ask(&self, command: &Cmd) -> Result<Value, Trouble> {
        let answer = timeout(COMMAND_MAX, self.line.call(command)).await;
        self.judge(answer.map_or(Err(Trouble::Late), |answer| answer.map_err(Trouble::Said)))
    }

    /// Asks several things within the deadline of one; gives for each that was refused its number and why.
    pub(crate) async fn ask_all(&self, commands: &Pipeline) -> Result<Vec<(usize, RedisError)>, Trouble> {
        let answers = timeout(COMMAND_MAX, self.line.call_all(commands)).await;
        let answers = answers.map_or(Err(Trouble::Late), |answers| answers.map_err(Trouble::Said));
        let mut refusals = Vec::new();
        for (number, answer) in self.judge(answers)?.into_iter().enumerate() {
            if let Err(error) = answer.extract_error() {
                // It was answered, so this is no fault of the connection.
                self.refused(&error);
                refusals.push((number, error));
            }
        }
        Ok(refusals)
    }

    /// What was heard cannot be true: the connection may be out of step.
    pub(crate) fn abandon(&self) {
        self.faults.store(OVER, Ordering::Release);
        self.over.cancel();
    }

    /// Waits until nothing may be asked here any more; gives whether that was for its faults.
    pub(crate) async fn over(&self) -> bool {
        // Both may be given up.
        tokio::select! {
            () = self.over.cancelled() => {}
            () = self.line.ended() => self.abandon(),
        }
        self.faults.load(Ordering::Acquire) != OVER
    }

    pub(crate) fn is_open(&self) -> bool {
        self.faults.load(Ordering::Acquire) < FAULTS_MAX
    }

    fn judge<T>(&self, answer: Result<T, Trouble>) -> Result<T, Trouble> {
        match &answer {
            Ok(_) => self.well(),
            Err(Trouble::Late) => {
                self.counters.late.add(1);
                self.fault();
            }
            Err(Trouble::Said(error)) => self.refused(error),
        }
        answer
    }

    fn refused(&self, error: &RedisError) {
        // In a cluster this is how one learns who has a key.
        if error.kind() == ErrorKind::Server(ServerErrorKind::Moved) {
            return self.well();
        }
        self.counters.errors.add(1);
        match error.kind() {
            // A primary that became a replica: the new one is elsewhere.
            ErrorKind::Server(ServerErrorKind::ReadOnly) => self.abandon(),
            // It is there, and of no use for some time.
            ErrorKind::Server(
                ServerErrorKind::BusyLoading | ServerErrorKind::MasterDown | ServerErrorKind::ClusterDown,
            ) => self.fault(),
            // It answers: not enough memory, or not allowed.
            ErrorKind::Server(_) | ErrorKind::Extension => self.well(),
            _ => self.abandon(),
        }
    }

    fn well(&self) {
        // The usual case writes nothing. One that has reached the limit is over for good.
        if self.faults.load(Ordering::Relaxed) != 0 {
            let reset = |faults: u32| (faults < FAULTS_MAX).then_some(0);
            let _: Result<u32, u32> = self
                .faults
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, reset);
        }
    }

    fn fault(&self) {
        let count = |faults: u32| (faults < FAULTS_MAX).then_some(faults + 1);
        let before = self
            .faults
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, count);
        if before == Ok(FAULTS_MAX - 1) {
            self.counters.opened.add(1);
            self.over.cancel();
        }
    }
}
