//! One operation in one transaction, and what a failure of it means.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use symbolon_core::random::Randomness;
use symbolon_core::revocation::{LogRow, RevocationSeq};
use tokio::time::{Instant, timeout, timeout_at};

use super::job::{Job, Together, Work};
use super::jump::jump_if_restarted;
use super::outbox::{Outbox, Ticket};
use super::pool::{Pool, REST};
use super::{Driver, STATEMENT_MAX, State, Uncommitted, Wire};
use crate::link::{Fields, Link, SqlError, Statement};
use crate::operation::Lane;

/// How often an operation is tried that was undone because it met another. Two that meet once seldom meet
/// again: who needs more than this stands in a storm, and is told so.
const TRIES_MAX: u32 = 4;

/// How long the answer to a COMMIT is waited for at the least, however late it was sent: giving up leaves
/// it unknown.
const COMMIT_PATIENCE: Duration = Duration::from_millis(500);

/// How long a ROLLBACK may take before the connection is closed in its place.
const ROLLBACK_MAX: Duration = Duration::from_millis(500);

/// How much longer than the server itself an answer is waited for: it ends a statement that takes too long in
/// order, and its connection stays.
const GRACE: Duration = Duration::from_millis(200);

/// How long a statement may take that nobody waits for longer than until then.
fn left(deadline: Instant) -> Duration {
    deadline
        .saturating_duration_since(Instant::now())
        .min(STATEMENT_MAX)
}

/// What the driving thread works with.
pub(super) struct Server<D: Driver> {
    /// The connections.
    pub(super) pool: Pool<D>,
    /// What was committed, on its way to the sink.
    pub(super) outbox: Outbox,
    /// Chance.
    pub(super) randomness: Arc<dyn Randomness>,
}

/// Why an operation has no answer.
enum Failure {
    /// Nothing of it was begun: there is no connection.
    Unreached(SqlError),
    /// Nothing of it was done.
    Refused(SqlError),
    /// Nobody knows whether it was done: the answer to its COMMIT is lost.
    Unknown(SqlError, Option<Doubt>),
}

/// What is left of operations that were begun together.
pub(super) struct Left<D: Driver> {
    /// To be done one by one.
    pub(super) jobs: Vec<Box<dyn Job<D::Wire>>>,
    /// To be found out.
    pub(super) doubt: Option<Doubt>,
}

/// Rows of the log of which nobody knows whether they are there.
pub(super) struct Doubt {
    ticket: Ticket,
    seq: RevocationSeq,
    id: [u8; 16],
}

impl From<SqlError> for Failure {
    fn from(error: SqlError) -> Self {
        Self::Refused(error)
    }
}

static LOCK_HEAD: Statement = Statement::new("SELECT seq FROM rev_head WHERE one = 1 {for_update}");
static FIND_ROW: Statement = Statement::new("SELECT id FROM rev_log WHERE seq = ?");

impl<D: Driver> Server<D> {
    /// Does an operation and answers it. Where its end is unknown and others wait for it to be told, finds
    /// out afterwards.
    pub(super) async fn serve(self: Rc<Self>, job: Box<dyn Job<D::Wire>>) {
        if let Some(doubt) = self.serve_one(job).await {
            self.find_out(doubt).await;
        }
    }

    /// Does an operation and answers it; gives what is to be found out.
    pub(super) async fn serve_one(&self, mut job: Box<dyn Job<D::Wire>>) -> Option<Doubt> {
        match self.carry_out(&mut *job).await {
            Ok(()) => job.answer(None),
            Err(Failure::Unreached(error) | Failure::Refused(error)) => job.answer(Some(error)),
            Err(Failure::Unknown(error, doubt)) => {
                tracing::warn!(error = %error, "an operation may have been done or not");
                job.answer(Some(error));
                return doubt;
            }
        }
        None
    }

    /// Does operations of one sort in one transaction, and answers those whose answer is known.
    pub(super) async fn serve_together(&self, jobs: Vec<Box<dyn Job<D::Wire>>>) -> Left<D> {
        let mut jobs = answer_late(jobs, &too_late::<D>());
        let Some(mut group) = Together::of(&mut jobs) else {
            return Left { jobs, doubt: None };
        };
        let outcome = self.carry_out(&mut group).await;
        let (done, left): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.is_done());
        let mut doubt = None;
        let jobs = match outcome {
            Ok(()) => {
                answer_all(done, None);
                left
            }
            Err(Failure::Unreached(error)) => {
                answer_all(done, Some(&error));
                answer_all(left, Some(&error));
                Vec::new()
            }
            // One of them may be the cause of it, and nobody knows which.
            Err(Failure::Refused(error)) => {
                tracing::debug!(error = %error, "operations that were begun together are done one by one");
                answer_late(done.into_iter().chain(left).collect(), &error)
            }
            Err(Failure::Unknown(error, unknown)) => {
                tracing::warn!(error = %error, operations = done.len(), "operations may have been done or not");
                answer_all(done, Some(&error));
                doubt = unknown;
                left
            }
        };
        Left { jobs, doubt }
    }

    async fn carry_out(&self, job: &mut dyn Work<D::Wire>) -> Result<(), Failure> {
        let (lane, deadline) = (job.lane(), job.deadline());
        let mut tries = 0;
        loop {
            tries += 1;
            let taken = self.pool.take(lane, deadline).await;
            let mut taken = taken.map_err(Failure::Unreached)?;
            let mut outcome = self.attempt(&mut taken.link, job).await;
            if let Err(Failure::Refused(SqlError::NoHead)) = outcome
                && let Err(error) = self.jump(&mut taken.link, deadline).await
            {
                outcome = Err(error.into());
            }
            taken.give_back();
            let again = matches!(
                outcome,
                Err(Failure::Refused(SqlError::Undone(_) | SqlError::NoHead))
            );
            if !again || tries == TRIES_MAX || Instant::now() >= deadline {
                return outcome;
            }
        }
    }

    async fn attempt(&self, link: &mut D::Wire, job: &mut dyn Work<D::Wire>) -> Result<(), Failure> {
        let (lane, deadline) = (job.lane(), job.deadline());
        // A read is a statement or two, each of which sees all that was committed before it.
        let reads = lane.reads();
        // Who came late to a connection still has a moment: giving up closes it, and in a crowd the next would come
        // later still.
        let soon = Instant::now() + GRACE;
        let limit = if reads {
            deadline.max(soon)
        } else {
            (deadline + GRACE).max(soon)
        };
        let done = timeout_at(limit, async {
            if !reads {
                link.begin(left(deadline)).await?;
            }
            job.run(link, &self.randomness).await
        });
        let Ok(done) = done.await else {
            link.give_up();
            return Err(too_late::<D>().into());
        };
        match done {
            Ok(_) if reads => Ok(()),
            Ok(rows) if link.state() == State::Sound => self.commit(link, rows, lane, deadline).await,
            undone => {
                // A server that does not even undo is left to find out by itself.
                if timeout(ROLLBACK_MAX, link.roll_back()).await.is_err() {
                    link.give_up();
                }
                let unsound = || SqlError::Undone("a statement of it failed".to_owned());
                Err(undone.err().unwrap_or_else(unsound).into())
            }
        }
    }

    async fn commit(
        &self,
        link: &mut D::Wire,
        rows: Vec<LogRow>,
        lane: Lane,
        deadline: Instant,
    ) -> Result<(), Failure> {
        let limit = deadline.max(Instant::now() + COMMIT_PATIENCE);
        let first = rows.first().map(|row| (row.seq, row.id));
        let doubt = first.map(|(seq, id)| Doubt {
            ticket: self.outbox.enter(rows),
            seq,
            id,
        });
        match timeout_at(limit, link.commit()).await {
            Ok(Ok(())) => {}
            Ok(Err(Uncommitted::Refused(error))) => {
                if let Some(doubt) = doubt {
                    self.outbox.void(doubt.ticket);
                }
                return Err(error.into());
            }
            Ok(Err(Uncommitted::Unknown(detail))) => {
                link.give_up();
                return Err(Failure::Unknown(unknown(&detail), doubt));
            }
            Err(_) => {
                link.give_up();
                return Err(Failure::Unknown(unknown("no answer in time"), doubt));
            }
        }
        let told = async {
            match doubt {
                Some(doubt) => {
                    self.outbox.committed(doubt.ticket);
                    self.outbox.told(doubt.ticket).await;
                }
                // It may answer with an end that another operation has made: that must be told before.
                None if lane == Lane::Revoke => self.outbox.cleared().await,
                None => {}
            }
        };
        let told = timeout_at(limit, told).await;
        told.map_err(|_| Failure::Unknown(unknown("an end before it is in doubt"), None))
    }

    /// The server was restarted since the head of the log last moved, or another connection has just seen to
    /// that.
    async fn jump(&self, link: &mut D::Wire, deadline: Instant) -> Result<(), SqlError> {
        let jumping = async {
            link.begin(left(deadline)).await?;
            let head = jump_if_restarted(link, &*self.randomness).await?;
            match link.commit().await {
                Ok(()) => {
                    tracing::warn!(
                        server = D::NAME,
                        head = head.0,
                        "the server was restarted: the head of the revocation log has moved on"
                    );
                    Ok(())
                }
                Err(Uncommitted::Refused(error)) => Err(error),
                Err(Uncommitted::Unknown(detail)) => {
                    link.give_up();
                    Err(SqlError::Undone(detail))
                }
            }
        };
        let Ok(jumped) = timeout_at(deadline, jumping).await else {
            link.give_up();
            return Err(too_late::<D>());
        };
        if jumped.is_err() && timeout(ROLLBACK_MAX, link.roll_back()).await.is_err() {
            link.give_up();
        }
        jumped
    }

    /// Tries until the server says whether the rows are there.
    pub(super) async fn find_out(&self, doubt: Doubt) {
        loop {
            match self.look(&doubt).await {
                Ok(true) => return self.outbox.committed(doubt.ticket),
                Ok(false) => return self.outbox.void(doubt.ticket),
                Err(error) => tracing::debug!(error = %error, "the end of an operation is still unknown"),
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// Whether the rows are there. Whoever wrote them holds the head of the log until that is decided, so
    /// the answer is final once the head is had.
    async fn look(&self, doubt: &Doubt) -> Result<bool, SqlError> {
        let deadline = Instant::now() + STATEMENT_MAX;
        let mut taken = self.pool.take(Lane::Revoke, deadline).await?;
        let link = &mut taken.link;
        let looked = timeout_at(deadline, async {
            link.begin(STATEMENT_MAX).await?;
            link.find(&LOCK_HEAD, &[], |fields| fields.seq("seq")).await?;
            let found = link.find(&FIND_ROW, &[doubt.seq.into()], read_id).await?;
            Ok(found == Some(doubt.id))
        });
        let looked = looked.await.unwrap_or_else(|_| Err(too_late::<D>()));
        if timeout(ROLLBACK_MAX, link.roll_back()).await.is_err() {
            link.give_up();
        }
        taken.give_back();
        looked
    }
}

/// Answers those that nobody waits for any more; gives the others.
fn answer_late<W: Wire>(jobs: Vec<Box<dyn Job<W>>>, why: &SqlError) -> Vec<Box<dyn Job<W>>> {
    let now = Instant::now();
    let (late, others) = jobs.into_iter().partition(|job| now >= job.deadline());
    answer_all(late, Some(why));
    others
}

fn answer_all<W: Wire>(jobs: Vec<Box<dyn Job<W>>>, refused: Option<&SqlError>) {
    for job in jobs {
        job.answer(refused.cloned());
    }
}

fn read_id(fields: &mut Fields<'_>) -> Result<[u8; 16], SqlError> {
    fields.array("id")
}

fn too_late<D: Driver>() -> SqlError {
    SqlError::Unavailable(format!("{} did not answer in time", D::NAME))
}

fn unknown(detail: &str) -> SqlError {
    SqlError::Unavailable(format!("it is not known whether it was done: {detail}"))
}
