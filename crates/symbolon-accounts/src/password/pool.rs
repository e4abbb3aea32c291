//! Argon2id on a few threads of its own.
//!
//! A hash takes tens of milliseconds and megabytes, and anyone may ask for one: so there are as many
//! threads as cores to spare, each with one block of memory that it keeps while there is work, and a
//! short queue before them. Whoever finds the queue full, or waits in it too long, is told to come again; nobody else
//! waits longer for it, and no other part of the server shares these threads.

mod queue;
mod worker;

use std::io;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use argon2::password_hash::phc::Output;
use symbolon_core::account::PasswordHash;
use symbolon_core::random::{Randomness, RandomnessUnavailable, draw};

pub use super::phc::HashFault;

use self::queue::{Full, Job, Queue};
use self::worker::Worker;
use super::Password;
use super::cost::Cost;
use super::phc::{Recipe, SALT_LEN};

/// How many may wait for each thread. With a hash of 25 ms the last of them waits 200 ms; more would
/// be waiting for nothing, since they would leave before their turn on a loaded machine.
pub const WAITING_PER_PERMIT_MAX: usize = 8;

/// How long one waits for its turn at the most.
pub const WAIT_MAX: Duration = Duration::from_secs(1);

/// How long a thread keeps its memory without work. Taking it anew costs a fraction of one hash; kept
/// for ever, the first log-in of a day would make the server larger for good.
pub const KEEP_IDLE: Duration = Duration::from_secs(10);

/// The most threads: each keeps its memory, and a machine with more cores has other work for them.
pub const PERMITS_MAX: usize = 256;

/// How a pool is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PoolSettings {
    /// How many hashes at a time, each on its own thread: 1 to [`PERMITS_MAX`].
    pub permits: usize,
    /// What a new hash costs.
    pub cost: Cost,
    /// How long one waits for its turn.
    pub wait_max: Duration,
    /// How long a thread keeps its memory without work.
    pub keep_idle: Duration,
}

impl Default for PoolSettings {
    /// A thread for each core but one, so that a flood of log-ins leaves room for verifying.
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            permits: cores.saturating_sub(1).clamp(1, PERMITS_MAX),
            cost: Cost::default(),
            wait_max: WAIT_MAX,
            keep_idle: KEEP_IDLE,
        }
    }
}

/// What a password is to a stored hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Comparison {
    /// It is the one.
    Right {
        /// The hash was made with another cost than new ones are.
        needs_rehash: bool,
    },
    /// It is not.
    Wrong,
}

/// A pool could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No thread.
    #[error("starting a thread for passwords: {0}")]
    Thread(#[from] io::Error),
    /// No randomness.
    #[error("making the decoy of a password: {0}")]
    Randomness(RandomnessUnavailable),
    /// A cost that Argon2 does not take.
    #[error("making the decoy of a password: {0}")]
    Cost(#[from] HashFault),
}

/// A hash could not be made or compared with.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// Too many wait already, or the turn did not come in time. Nothing was computed.
    #[error("too many passwords are waiting to be compared")]
    Busy {
        /// When to come again: whole seconds from 1 to 3, different for each, so that those who
        /// are turned away together do not come back together.
        retry_after: Duration,
    },
    /// The stored hash cannot be used. An operator must set a new password.
    #[error("a stored password hash is damaged: {0}")]
    Damaged(#[from] HashFault),
    /// No randomness for a salt.
    #[error("making a salt: {0}")]
    Randomness(RandomnessUnavailable),
    /// The computation failed, for example for want of memory.
    #[error("computing a password hash failed")]
    Failed,
}

/// The threads and their queue. Dropping it ends the threads, and waits for the hashes that they are
/// at: tens of milliseconds.
pub struct Pool {
    queue: Arc<Queue>,
    threads: Vec<JoinHandle<()>>,
    settings: PoolSettings,
    random: Arc<dyn Randomness>,
    decoy: PasswordHash,
}

impl Pool {
    /// Starts the threads. Each takes its memory with its first hash.
    ///
    /// # Errors
    /// When a thread cannot be started or there is no randomness.
    pub fn start(settings: PoolSettings, random: Arc<dyn Randomness>) -> Result<Self, StartError> {
        let decoy = decoy(settings.cost, &*random)?;
        let permits = settings.permits.clamp(1, PERMITS_MAX);
        let mut pool = Self {
            queue: Arc::new(Queue::new(permits * WAITING_PER_PERMIT_MAX)),
            threads: Vec::with_capacity(permits),
            settings,
            random,
            decoy,
        };
        for number in 0..permits {
            let worker = Worker::new(Arc::clone(&pool.queue), settings.cost, settings.keep_idle);
            let thread = std::thread::Builder::new().name(format!("password-{number}"));
            pool.threads.push(thread.spawn(move || worker.run())?);
        }
        Ok(pool)
    }

    /// Compares a password with a stored hash, by the parameters of that hash. Needs a runtime of
    /// tokio with its timer. A caller that goes away before its turn costs nothing.
    ///
    /// # Errors
    /// When there was no turn, the stored hash is damaged, or the computation failed.
    pub async fn verify(&self, password: Password, stored: &PasswordHash) -> Result<Comparison, PoolError> {
        let (recipe, expected) = Recipe::parse(stored)?;
        let needs_rehash = !recipe.is_of(self.settings.cost);
        let output = self.turn(Job::compare(password, recipe)).await?;
        // In constant time, by `Output`'s own equality.
        Ok(if output == expected {
            Comparison::Right { needs_rehash }
        } else {
            Comparison::Wrong
        })
    }

    /// Makes the hash of a new password.
    ///
    /// # Errors
    /// When there was no turn, no randomness, or the computation failed.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, PoolError> {
        let salt: [u8; SALT_LEN] = draw(&*self.random).map_err(PoolError::Randomness)?;
        let recipe = Recipe::new(self.settings.cost, &salt)?;
        let output = self.turn(Job::make(password, recipe.clone())).await?;
        Ok(recipe.to_hash(output)?)
    }

    /// Makes the hash of a new password unless somebody waits for a thread; `None`: somebody does.
    ///
    /// # Errors
    /// When there was no turn, no randomness, or the computation failed.
    pub async fn hash_if_idle(&self, password: Password) -> Result<Option<PasswordHash>, PoolError> {
        if self.queue.waiting() > 0 {
            return Ok(None);
        }
        self.hash(password).await.map(Some)
    }

    /// Whether a stored hash was made with another cost than new ones are. One that is damaged is not:
    /// no password proves it.
    #[must_use]
    pub fn is_outdated(&self, stored: &PasswordHash) -> bool {
        Recipe::parse(stored).is_ok_and(|(recipe, _)| !recipe.is_of(self.settings.cost))
    }

    /// A hash that no password has, of the cost that new ones have: to compare with where there is
    /// no account, so that the answer takes as much work as where there is one.
    #[must_use]
    pub fn decoy(&self) -> &PasswordHash {
        &self.decoy
    }

    /// How many passwords were compared since the start, with real hashes or with the decoy.
    #[must_use]
    pub fn compares(&self) -> u64 {
        self.queue.compares()
    }

    /// How many threads hold memory now.
    #[must_use]
    pub fn memory_held(&self) -> usize {
        self.queue.memory_held()
    }

    /// How many wait for their turn now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.waiting()
    }

    async fn turn(&self, (job, mut turn): (Job, queue::Turn)) -> Result<Output, PoolError> {
        self.queue.push(job).map_err(|Full| self.busy())?;
        tokio::select! {
            // An answer that is there counts, also when the time is over. Both branches may be
            // dropped at any point: a turn that is dropped before it began is given up.
            biased;
            answer = turn.answer() => answer,
            () = tokio::time::sleep(self.settings.wait_max) => {
                if turn.give_up() {
                    return Err(self.busy());
                }
                turn.answer().await
            }
        }
        .ok_or(PoolError::Failed)
    }

    pub(crate) fn busy(&self) -> PoolError {
        // Where there is no randomness, the middle is as good.
        let spread = draw::<1>(&*self.random).map_or(1, |[byte]| u64::from(byte) % 3);
        PoolError::Busy {
            retry_after: Duration::from_secs(1 + spread),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            // A thread that panicked has nothing left to end.
            let _ended = thread.join();
        }
    }
}

fn decoy(cost: Cost, random: &dyn Randomness) -> Result<PasswordHash, StartError> {
    let salt: [u8; SALT_LEN] = draw(random).map_err(StartError::Randomness)?;
    let image: [u8; 32] = draw(random).map_err(StartError::Randomness)?;
    let output = Output::new(&image).map_err(|_| HashFault::Incomplete)?;
    Ok(Recipe::new(cost, &salt)?.to_hash(output)?)
}
