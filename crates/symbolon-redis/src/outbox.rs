//! What is written without waiting: bounded, dropped while Redis is away, sent many at a time.

use std::sync::Arc;

use redis::{Cmd, Pipeline};
use tokio::sync::mpsc;

use crate::figures::Counter;
use crate::shared::Shared;

/// How many facts may wait. A log-in flood beyond leaves sessions to be read from the store.
const FACTS_MAX: usize = 1_024;

/// How many signals may wait. Beyond, the others learn of it by reading the log.
const SIGNALS_MAX: usize = 256;

/// How many commands are sent at once: enough to save round trips, and few enough to be answered within the deadline.
const BATCH_MAX: usize = 64;

/// A queue of commands.
pub(crate) struct Outbox {
    queue: mpsc::Sender<Cmd>,
}

/// The other end of the queue.
pub(crate) struct Waiting(mpsc::Receiver<Cmd>);

impl Outbox {
    /// A queue of facts.
    pub(crate) fn for_facts() -> (Self, Waiting) {
        Self::bounded(FACTS_MAX)
    }

    /// A queue of signals: apart, so that no flood of facts delays one.
    pub(crate) fn for_signals() -> (Self, Waiting) {
        Self::bounded(SIGNALS_MAX)
    }

    fn bounded(max: usize) -> (Self, Waiting) {
        let (queue, waiting) = mpsc::channel(max);
        (Self { queue }, Waiting(waiting))
    }

    /// Has a command sent, if Redis is there and not too many wait.
    pub(crate) fn put(&self, shared: &Shared, command: Cmd) {
        if shared.gate.passage().is_none() || self.queue.try_send(command).is_err() {
            shared.counters.dropped.add(1);
        }
    }
}

/// Sends what waits until it is dropped.
pub(crate) async fn send(shared: Arc<Shared>, mut waiting: Waiting, sent: fn(&Shared) -> &Counter) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while waiting.0.recv_many(&mut batch, BATCH_MAX).await > 0 {
        let count = batch.len();
        let mut commands = Pipeline::with_capacity(count);
        for command in batch.drain(..) {
            commands.add_command(command);
        }
        let delivered = match shared.gate.passage() {
            Some(passage) => passage.ask_all(&commands).await.is_ok(),
            None => false,
        };
        if delivered {
            sent(&shared).add(count);
        } else {
            shared.counters.dropped.add(count);
        }
    }
}
