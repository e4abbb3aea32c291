//! Who waits for a thread: first come, first served, and bounded.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use argon2::password_hash::phc::Output;
use parking_lot::{Condvar, Mutex};
use tokio::sync::oneshot;

use crate::password::Password;
use crate::password::phc::Recipe;

/// One computation that waits.
pub(super) struct Job {
    pub(super) password: Password,
    pub(super) recipe: Recipe,
    is_compare: bool,
    claim: Arc<Claim>,
    answer: oneshot::Sender<Output>,
}

/// The caller's side of a [`Job`]. Dropped before the job was begun, it is not computed.
pub(super) struct Turn {
    claim: Arc<Claim>,
    answer: oneshot::Receiver<Output>,
}

/// Whether a job was begun by a thread or given up by its caller, whichever is first.
#[derive(Default)]
struct Claim(AtomicU8);

const WAITING: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Claim {
    /// Whether this was the first claim. The order of other memory does not hang on it: the job
    /// itself goes through the queue's lock, the answer through its channel.
    fn take(&self, claim: u8) -> bool {
        self.0
            .compare_exchange(WAITING, claim, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    fn is_given_up(&self) -> bool {
        self.0.load(Ordering::Relaxed) == GIVEN_UP
    }
}

impl Job {
    /// A comparison: it is counted.
    pub(super) fn compare(password: Password, recipe: Recipe) -> (Self, Turn) {
        Self::new(password, recipe, true)
    }

    /// A new hash.
    pub(super) fn make(password: Password, recipe: Recipe) -> (Self, Turn) {
        Self::new(password, recipe, false)
    }

    fn new(password: Password, recipe: Recipe, is_compare: bool) -> (Self, Turn) {
        let (sender, receiver) = oneshot::channel();
        let claim = Arc::new(Claim::default());
        let turn = Turn {
            claim: Arc::clone(&claim),
            answer: receiver,
        };
        let job = Self {
            password,
            recipe,
            is_compare,
            claim,
            answer: sender,
        };
        (job, turn)
    }

    /// Gives the caller its answer. One that went away meanwhile does not miss it.
    pub(super) fn answer(self, output: Output) {
        let _gone = self.answer.send(output);
    }
}

impl Turn {
    /// Waits for the answer; `None`: the computation failed. Cancel safe: it can be called again.
    pub(super) async fn answer(&mut self) -> Option<Output> {
        (&mut self.answer).await.ok()
    }

    /// Leaves the queue; `false`: the computation was begun already.
    pub(super) fn give_up(&self) -> bool {
        self.claim.take(GIVEN_UP)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// There is no place left.
pub(super) struct Full;

/// The jobs that wait.
pub(super) struct Queue {
    state: Mutex<State>,
    /// Signalled when a job has come or the queue was closed.
    changed: Condvar,
    places: usize,
    compares: AtomicU64,
    memory_held: AtomicUsize,
}

/// What a thread does next.
pub(super) enum Next {
    /// This job, which is begun.
    Job(Job),
    /// Nothing came in the time that it would wait.
    Idle,
    /// The queue was closed.
    End,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    pub(super) fn new(places: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            places,
            compares: AtomicU64::new(0),
            memory_held: AtomicUsize::new(0),
        }
    }

    /// Puts a job at the end.
    pub(super) fn push(&self, job: Job) -> Result<(), Full> {
        let mut state = self.state.lock();
        if state.jobs.len() >= self.places {
            // Callers that went away must not keep others out.
            state.jobs.retain(|job| !job.claim.is_given_up());
        }
        if state.closed || state.jobs.len() >= self.places {
            return Err(Full);
        }
        state.jobs.push_back(job);
        drop(state);
        self.changed.notify_one();
        Ok(())
    }

    /// Begins the job that has waited longest, or waits for one: `patience` long, or for ever.
    pub(super) fn begin(&self, patience: Option<Duration>) -> Next {
        let mut state = self.state.lock();
        loop {
            if state.closed {
                return Next::End;
            }
            match state.jobs.pop_front() {
                Some(job) if job.claim.take(BEGUN) => {
                    if job.is_compare {
                        self.compares.fetch_add(1, Ordering::Relaxed);
                    }
                    return Next::Job(job);
                }
                Some(_given_up) => {}
                None => match patience {
                    None => self.changed.wait(&mut state),
                    // A wake without a job begins the time anew: then the memory is kept a little longer.
                    Some(patience) => {
                        if self.changed.wait_for(&mut state, patience).timed_out() && state.jobs.is_empty() {
                            return Next::Idle;
                        }
                    }
                },
            }
        }
    }

    /// Notes that one more thread holds memory, or one less.
    pub(super) fn holds_memory(&self, held: bool) {
        if held {
            self.memory_held.fetch_add(1, Ordering::Relaxed);
        } else {
            self.memory_held.fetch_sub(1, Ordering::Relaxed);
        }
    }

    pub(super) fn memory_held(&self) -> usize {
        self.memory_held.load(Ordering::Relaxed)
    }

    /// Ends the waiting of all: threads stop, jobs that were not begun fail.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.jobs.clear();
        drop(state);
        self.changed.notify_all();
    }

    pub(super) fn compares(&self) -> u64 {
        self.compares.load(Ordering::Relaxed)
    }

    pub(super) fn waiting(&self) -> usize {
        let state = self.state.lock();
        state.jobs.iter().filter(|job| !job.claim.is_given_up()).count()
    }
}
