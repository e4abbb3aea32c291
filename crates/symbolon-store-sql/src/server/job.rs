//! An operation on its way to the driving thread and its answer on its way back.

use std::any::{Any, TypeId};
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

/// What is done in one transaction.
pub(super) trait Work<W: Wire> {
    /// Which way it goes.
    fn lane(&self) -> Lane;

    /// When nobody waits for it any more.
    fn deadline(&self) -> Instant;

    /// Does it, in the transaction that the link is in, and keeps what came of it. After a failure it may
    /// be done again.
    fn run<'r>(&'r mut self, link: &'r mut W, chance: &'r Arc<dyn Randomness>) -> Running<'r>;
}

/// An operation of any kind, with the place where its answer is waited for.
pub(super) trait Job<W: Wire>: Work<W> + Any + Send {
    /// With which others it may be done in one transaction, and how; `None`: with none.
    fn sort(&self) -> Option<Sort<W>>;

    /// Whether it was done with others, and has a value to answer.
    fn is_done(&self) -> bool;

    /// Gives the answer. `refused` says why nothing came of it, or that this is not known. Whoever waited
    /// may be gone.
    fn answer(self: Box<Self>, refused: Option<SqlError>);
}

/// Jobs that may be done in one transaction.
pub(super) struct Sort<W: Wire> {
    /// The same for all of them.
    pub(super) kind: TypeId,
    /// Does those of the slice, which are all of this sort, and leaves some of them undone.
    pub(super) run: RunTogether<W>,
}

/// Jobs of one sort as one work.
pub(super) struct Together<'j, W: Wire> {
    jobs: &'j mut [Box<dyn Job<W>>],
    lane: Lane,
    deadline: Instant,
    run: RunTogether<W>,
}

impl<'j, W: Wire> Together<'j, W> {
    /// All of these, which are of one sort; `None`: there are none.
    pub(super) fn of(jobs: &'j mut [Box<dyn Job<W>>]) -> Option<Self> {
        let first = jobs.first()?;
        let (lane, run) = (first.lane(), first.sort()?.run);
        // Nobody waits longer than the last.
        let deadline = jobs.iter().map(|job| job.deadline()).max()?;
        Some(Self {
            jobs,
            lane,
            deadline,
            run,
        })
    }
}

impl<W: Wire> Work<W> for Together<'_, W> {
    fn lane(&self) -> Lane {
        self.lane
    }

    fn deadline(&self) -> Instant {
        self.deadline
    }

    fn run<'r>(&'r mut self, link: &'r mut W, chance: &'r Arc<dyn Randomness>) -> Running<'r> {
        (self.run)(self.jobs, link, chance)
    }
}

/// See [`Sort::run`].
pub(super) type RunTogether<W> =
    for<'r> fn(&'r mut [Box<dyn Job<W>>], &'r mut W, &'r Arc<dyn Randomness>) -> Running<'r>;

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

impl<W: Wire, O: Operation> Work<W> for Pending<O> {
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
}

fn run_together<'r, W: Wire, O: Operation>(
    jobs: &'r mut [Box<dyn Job<W>>],
    link: &'r mut W,
    chance: &'r Arc<dyn Randomness>,
) -> Running<'r> {
    Box::pin(async move {
        let pending = jobs.iter_mut().filter_map(|job| {
            let job: &mut dyn Any = &mut **job;
            job.downcast_mut::<Pending<O>>()
        });
        let mut pending: Vec<_> = pending.collect();
        let group: Vec<_> = pending.iter().map(|job| &job.operation).collect();
        let mut tx = Tx::new(link, chance);
        let values = O::run_together(&group, &mut tx).await?;
        let rows = tx.into_rows();
        for (job, value) in pending.iter_mut().zip(values) {
            job.value = value;
        }
        Ok(rows)
    })
}

impl<W: Wire, O: Operation> Job<W> for Pending<O> {
    fn sort(&self) -> Option<Sort<W>> {
        O::TOGETHER.then(|| Sort {
            kind: TypeId::of::<O>(),
            run: run_together::<W, O>,
        })
    }

    fn is_done(&self) -> bool {
        self.value.is_some()
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
