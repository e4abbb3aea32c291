//! An operation on its way to a thread and its answer on its way back.

use symbolon_core::clock::Timestamp;
use symbolon_core::store::StoreError;
use tokio::sync::oneshot;

use super::link::{SqliteLink, drive};
use crate::link::SqlError;
use crate::operation::{Lane, Operation, Tx};

/// An operation of any kind, with the place where its answer is waited for.
pub(super) trait Job: Send {
    /// Which way it goes.
    fn lane(&self) -> Lane;

    /// The newest instant that it writes.
    fn instant(&self) -> Option<Timestamp>;

    /// Does it, and keeps what came of it; `false`: it failed, and what it did must be undone.
    fn run(&mut self, tx: &mut Tx<'_, SqliteLink<'_>>) -> bool;

    /// Gives the answer. `refused` says why the transaction that it was done in came to nothing, or
    /// that it was not begun. Whoever waited may be gone.
    fn answer(self: Box<Self>, refused: Option<&SqlError>);
}

/// A job for one operation.
pub(super) struct Pending<O: Operation> {
    operation: O,
    outcome: Option<Result<O::Answer, StoreError>>,
    reply: oneshot::Sender<Result<O::Answer, StoreError>>,
}

/// Where the answer of one operation arrives.
pub(super) type Reply<O> = oneshot::Receiver<Result<<O as Operation>::Answer, StoreError>>;

/// Packs an operation.
pub(super) fn pack<O: Operation>(operation: O) -> (Box<dyn Job>, Reply<O>) {
    let (reply, answer) = oneshot::channel();
    let job = Pending {
        operation,
        outcome: None,
        reply,
    };
    (Box::new(job), answer)
}

impl<O: Operation> Job for Pending<O> {
    fn lane(&self) -> Lane {
        O::LANE
    }

    fn instant(&self) -> Option<Timestamp> {
        self.operation.instant()
    }

    fn run(&mut self, tx: &mut Tx<'_, SqliteLink<'_>>) -> bool {
        let outcome = drive(self.operation.run(tx)).map_err(|error| error.in_operation(O::NAME));
        let done = outcome.is_ok();
        self.outcome = Some(outcome);
        done
    }

    fn answer(self: Box<Self>, refused: Option<&SqlError>) {
        let answer = match (self.outcome, refused) {
            // It failed by itself: that says more than what became of its group.
            (Some(Err(error)), _) => Err(error),
            (_, Some(refused)) => Err(refused.clone().in_operation(O::NAME)),
            (Some(Ok(value)), None) => Ok(value),
            (None, None) => Err(StoreError::Unavailable {
                operation: O::NAME,
                detail: "the operation was not run".to_owned(),
            }),
        };
        // Nobody waits any more: what was done is done all the same.
        drop(self.reply.send(answer));
    }
}
