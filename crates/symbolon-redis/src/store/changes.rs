//! What takes positions of the log, one group after the other.
//!
//! Rows are told to the log's sink in the order of their positions, after they are written and before whoever waits is
//! answered. So all such steps of this process go one way: what waits is sent at once, and the next group when all of it
//! is answered. Redis runs the scripts of a group one after the other, and writes its file once for all of them.
//!
//! A step that was taken is done and told even if nobody waits for it any more.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use symbolon_core::random::{Randomness, draw};
use symbolon_core::revocation::{LogRow, LogSink};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use super::fault::Fault;
use super::ground::Stand;
use super::identity;
use super::record::log::read_written;
use super::reply::{list, tuple};
use super::script::{Batch, Call};
use super::wire::Wire;

/// How long a change may take, from when it was asked for.
pub(super) const CHANGE_MAX: Duration = Duration::from_secs(2);

/// How many steps go together: enough to save round trips, and few enough that the last is not late for the first.
const GROUP_MAX: usize = 64;

/// How many may wait. Beyond, they would be late anyway.
const WAITING_MAX: usize = 4_096;

/// How many of those that wait are ends of something: such a one is still taken when there are too many others.
const ENDS_WAITING: usize = 1_024;

/// How often a step is sent at the most: a server that is started again meanwhile makes one more necessary.
const ROUNDS_MAX: usize = 3;

/// The way in.
#[derive(Clone)]
pub(super) struct Changes(mpsc::Sender<Job>);

/// A step that waits.
struct Job {
    call: Call,
    until: Instant,
    reply: oneshot::Sender<Result<Value, Fault>>,
}

/// What does them.
pub(super) struct Worker {
    pub(super) wire: Wire,
    pub(super) sink: Arc<dyn LogSink>,
    pub(super) randomness: Arc<dyn Randomness>,
}

impl Changes {
    /// The way in, and what is to be run at its end.
    pub(super) fn new(worker: Worker) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (jobs, waiting) = mpsc::channel(WAITING_MAX);
        (Self(jobs), worker.work(waiting))
    }

    /// Does a step whose script answers `{ answer, rows }`; gives the answer and the rows, which the sink has.
    pub(super) async fn ask(self, call: Call, ends: bool) -> Result<(Value, Vec<LogRow>), Fault> {
        let too_many = || Fault::Unavailable("too many changes wait".to_owned());
        if !ends && self.0.capacity() < ENDS_WAITING {
            return Err(too_many());
        }
        let until = Instant::now() + CHANGE_MAX;
        let (reply, answer) = oneshot::channel();
        let job = Job { call, until, reply };
        self.0.try_send(job).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => too_many(),
            mpsc::error::TrySendError::Closed(_) => closed(),
        })?;
        let late = |_| Fault::Unavailable(format!("it is not done in {} ms", CHANGE_MAX.as_millis()));
        let answer = timeout_at(until, answer).await.map_err(late)?;
        let answer = answer.map_err(|_| closed())??;
        let [answer, rows] = tuple(answer)?;
        let rows: Result<Vec<_>, _> = list(rows)?.into_iter().map(read_written).collect();
        Ok((answer, rows?))
    }
}

fn closed() -> Fault {
    Fault::Unavailable("the store was closed".to_owned())
}

impl Worker {
    async fn work(self, mut waiting: mpsc::Receiver<Job>) {
        let mut jobs = Vec::with_capacity(GROUP_MAX);
        while waiting.recv_many(&mut jobs, GROUP_MAX).await > 0 {
            self.do_group(std::mem::take(&mut jobs)).await;
        }
    }

    async fn do_group(&self, mut jobs: Vec<Job>) {
        for _ in 0..ROUNDS_MAX {
            jobs = self.send(jobs).await;
            if jobs.is_empty() {
                return;
            }
            // These found the server started again, and did nothing.
            if let Err(fault) = identity::jump(&self.wire, &*self.randomness, None).await {
                answer_all(jobs, &fault);
                return;
            }
        }
        answer_all(jobs, &Fault::Restarted);
    }

    /// Sends what is not too late; gives back what is to be repeated.
    async fn send(&self, jobs: Vec<Job>) -> Vec<Job> {
        let now = Instant::now();
        // Nobody waits for those any more, and they were not begun.
        let jobs: Vec<Job> = jobs.into_iter().filter(|job| now < job.until).collect();
        let answers = match self.batches(&jobs) {
            Ok(batches) => self.wire.ask_all(&batches, CHANGE_MAX).await,
            Err(fault) => Err(fault),
        };
        match answers {
            Ok(answers) => self.tell(jobs, answers),
            Err(fault) => {
                answer_all(jobs, &fault);
                Vec::new()
            }
        }
    }

    /// The runs of scripts that do them, in their order.
    fn batches<'j>(&self, jobs: &'j [Job]) -> Result<Vec<Batch<'j>>, Fault> {
        let together = jobs.chunk_by(|one, next| one.call.goes_with(&next.call));
        let drawn = together.filter_map(|jobs| {
            let (first, others) = jobs.split_first()?;
            let others = others.iter().map(|job| &job.call);
            Some(draw(&*self.randomness).map(|chance| Batch::new(&first.call, others, chance)))
        });
        let drawn: Result<_, _> = drawn.collect();
        drawn.map_err(|error| Fault::Unavailable(error.to_string()))
    }

    /// Tells the sink, then those who wait. Where another is the primary by now, whoever follows its log may have gone
    /// beyond these rows without them, and would not find that they are lost: they are in force here, and not done.
    fn tell(&self, jobs: Vec<Job>, (answers, stand): (Vec<Result<Value, Fault>>, Stand)) -> Vec<Job> {
        let mut rows: Vec<LogRow> = answers.iter().flatten().flat_map(rows_of).collect();
        // A script that Redis had forgotten ran after the others.
        rows.sort_by_key(|row| row.seq);
        if let Some(last) = rows.last() {
            self.wire.has_seen(last.seq);
            self.sink.committed(&rows);
        }
        // After the sink has them: who goes to the new primary from now on finds that it lacks them.
        let moved = self.wire.check(&stand).err();
        let mut again = Vec::new();
        for (job, answer) in jobs.into_iter().zip(answers) {
            let answer = answer.and_then(|answer| moved.clone().map_or(Ok(answer), Err));
            if answer == Err(Fault::Restarted) {
                again.push(job);
            } else {
                drop(job.reply.send(answer));
            }
        }
        again
    }
}

/// The rows that a step wrote. One that cannot be read is an error to whoever waits, and found in the log again.
fn rows_of(answer: &Value) -> Vec<LogRow> {
    match answer {
        Value::Array(parts) => match &parts[..] {
            [_, Value::Array(rows)] => rows
                .iter()
                .filter_map(|row| read_written(row.clone()).ok())
                .collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn answer_all(jobs: Vec<Job>, fault: &Fault) {
    for job in jobs {
        drop(job.reply.send(Err(fault.clone())));
    }
}
