//! An operation on its way to the driving thread and its answer on its way back.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use symbolon_core::random::Randomness;
use symbolon_core::revocation::LogRow;
use symbolon_core::store::StoreError;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::Wire;
use crate::link::SqlError;
use crate::operation::{Lane, Operation, Tx};

/// How long an operation may take from its asking to its answer: a read, a change, and a removal of many
/// old rows, which nobody waits for.
const READ_MAX: Duration = Duration::from_millis(500);
const WRITE_MAX: Duration = Duration::from_secs(2);
const PURGE_MAX: Duration = Duration::from_secs(10);

/// The rows that an operation wrote, once it is done.
pub(super) type Running<'r> = Pin<Box<dyn Future<Output = Result<Vec<LogRow>, SqlError>> + 'r>>;

/// An operation of any kind, with the place where its answer is waited for.
pub(super) trait Job<W: Wire>: Send {
    /// Which way it goes.
    fn lane(&self) -> Lane;

    /// When nobody waits for it any more.
    fn deadline(&self) -> Instant;

    /// Does it, in the transaction that the link is in, and keeps what came of it. After a failure it may
    /// be done again.
    fn run<'r>(&'r mut self, link: &'r mut W, chance: &'r Arc<dyn Randomness>) -> Running<'r>;

    /// Gives the answer. `refused` says why nothing came of it, or that this is not known. Whoever waited
    /// may be gone.
    fn answer(self: Box<Self>, refused: Option<SqlError>);
}

struct Pending<O: Operation> {
    operation: O,
    deadline: Instant,
    value: Option<O::Answer>,
    reply: oneshot::Sender<Result<O::Answer, StoreError>>,
}

/// Where the answer of one operation arrives.
pub(super) type Reply<O> = oneshot::Receiver<Result<<O as Operation>::Answer, StoreError>>;

/// Packs an operation.
pub(super) fn pack<W: Wire, O: Operation>(operation: O) -> (Box<dyn Job<W>>, Reply<O>) {
    let (reply, answer) = oneshot::channel();
    let patience = match O::LANE {
        Lane::Read | Lane::Follow => READ_MAX,
        Lane::Purge => PURGE_MAX,
        _ => WRITE_MAX,
    };
    let job = Pending {
        operation,
        deadline: Instant::now() + patience,
        value: None,
        reply,
    };
    (Box::new(job), answer)
}

impl<W: Wire, O: Operation> Job<W> for Pending<O> {
    fn lane(&self) -> Lane {
        O::LANE
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn run<'r>(&'r mut self, link: &'r mut W, chance: &'r Arc<dyn Randomness>) -> Running<'r> {
        Box::pin(async move {
            let mut tx = Tx::new(link, chance);
            let value = self.operation.run(&mut tx).await?;
            let rows = tx.into_rows();
            self.value = Some(value);
            Ok(rows)
        })
    }

    fn answer(self: Box<Self>, refused: Option<SqlError>) {
        let answer = match (self.value, refused) {
            (_, Some(refused)) => Err(refused.in_operation(O::NAME)),
            (Some(value), None) => Ok(value),
            (None, None) => Err(StoreError::Unavailable {
                operation: O::NAME,
                detail: "the operation was not run".to_owned(),
            }),
        };
        // Nobody waits any more: what was done is done all the same.
        drop(self.reply.send(answer));
    }
}
