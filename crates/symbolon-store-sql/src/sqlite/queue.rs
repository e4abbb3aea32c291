//! Jobs that wait for a thread, in the order of their coming.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::job::Job;
use crate::link::SqlError;
use crate::operation::Lane;

/// A bounded queue of jobs, drained by one or more threads.
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    ordinary_max: usize,
    revoking_max: usize,
}

struct Waiting {
    jobs: VecDeque<Box<dyn Job>>,
    /// How many threads wait for jobs.
    idle: usize,
    /// How many jobs there must be to wake one.
    wanted: usize,
    closed: bool,
}

/// Why a job was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Refused {
    /// As many wait as may wait.
    Full,
    /// The queue is closed.
    Closed,
}

impl Queue {
    /// A queue that holds `ordinary_max` jobs, and `reserved` more that end something.
    pub(super) fn new(ordinary_max: usize, reserved: usize) -> Self {
        Self {
            waiting: Mutex::new(Waiting {
                jobs: VecDeque::new(),
                idle: 0,
                wanted: 1,
                closed: false,
            }),
            arrived: Condvar::new(),
            ordinary_max,
            revoking_max: ordinary_max + reserved,
        }
    }

    /// Puts a job at the end, or refuses it at once.
    pub(super) fn push(&self, job: Box<dyn Job>) -> Result<(), Refused> {
        let max = match job.lane() {
            Lane::Revoke | Lane::Member => self.revoking_max,
            Lane::Read | Lane::Follow | Lane::Write | Lane::Purge => self.ordinary_max,
        };
        let mut waiting = self.lock();
        if waiting.closed {
            return Err(Refused::Closed);
        }
        if waiting.jobs.len() >= max {
            return Err(Refused::Full);
        }
        waiting.jobs.push_back(job);
        let wake = waiting.idle > 0 && waiting.jobs.len() >= waiting.wanted;
        drop(waiting);
        if wake {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Waits until as many wait as do now and `more`, but not longer than `patience`. Only for a queue
    /// that one thread drains.
    pub(super) fn gather(&self, more: usize, patience: Duration) {
        let mut waiting = self.lock();
        let wanted = waiting.jobs.len() + more;
        waiting.idle += 1;
        waiting.wanted = wanted;
        let short = |waiting: &mut Waiting| waiting.jobs.len() < wanted && !waiting.closed;
        let gathered = self.arrived.wait_timeout_while(waiting, patience, short);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        waiting.wanted = 1;
        waiting.idle -= 1;
    }

    /// Waits for jobs and moves up to `max` of them into `taken`; `false`: the queue is closed and
    /// empty.
    pub(super) fn take(&self, max: usize, taken: &mut Vec<Box<dyn Job>>) -> bool {
        let mut waiting = self.lock();
        while waiting.jobs.is_empty() {
            if waiting.closed {
                return false;
            }
            waiting.idle += 1;
            waiting = self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            waiting.idle -= 1;
        }
        let count = waiting.jobs.len().min(max);
        taken.extend(waiting.jobs.drain(..count));
        true
    }

    /// Takes no more jobs. Those that wait are still handed out.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_all();
    }

    /// Takes no more jobs, and refuses those that wait.
    pub(super) fn refuse_all(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        let jobs = std::mem::take(&mut waiting.jobs);
        drop(waiting);
        self.arrived.notify_all();
        let error = SqlError::Unavailable("the store stops".to_owned());
        for job in jobs {
            job.answer(Some(&error));
        }
    }

    /// A thread that dies with this lock has changed nothing half-way: every change is one step.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
