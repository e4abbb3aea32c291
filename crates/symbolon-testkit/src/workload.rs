//! Clients that begin, verify, refresh and end sessions at once, and write down what they saw.
//!
//! ```text
//! let mut server = Start::binary(env!("CARGO_BIN_EXE_symbolon")).ready().await;
//! let key = server.api_key("workload", "issue,verify,revoke,admin");
//! let workload = Workload::new(server.address(), key, Plan::default());
//! for round in 0..50 {
//!     let round = workload.begin(round);
//!     round.until_answered(400).await;
//!     server.kill9().await;
//!     workload.process_ended();
//!     round.stop().await;
//!     server.restart().await;
//! }
//! workload.read_everything().await;
//! let findings = history::check(&workload.history());
//! assert_eq!(findings.violations, []);
//! ```

pub mod answers;
mod pool;
mod steps;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::history::leaks::Secrets;
use crate::history::{History, Nanos, Op};
use crate::http::Client;
use crate::randomness::Seeded;
use pool::Pool;

/// How much is done, and what.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How many clients work at once.
    pub clients: u32,
    /// How many sessions are begun at the most, over all rounds.
    pub sessions_max: u64,
    /// How many operations one round has at the most.
    pub ops_max: u64,
    /// How long one round takes at the most.
    pub time_max: Duration,
    /// An account whose log-ins are mixed in: name and password.
    pub account: Option<(String, String)>,
    /// How many log-ins of it there are at the most, over all rounds: they are slow.
    pub logins_max: u64,
    /// What the choices are made from.
    pub seed: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            clients: 8,
            sessions_max: 5_000,
            ops_max: 20_000,
            time_max: Duration::from_secs(60),
            account: None,
            logins_max: 20,
            seed: 1,
        }
    }
}

/// A workload against one server, over any number of rounds.
pub struct Workload(Arc<Shared>);

/// What the clients share.
struct Shared {
    address: SocketAddr,
    key: String,
    plan: Plan,
    epoch: Instant,
    pool: Pool,
    history: Mutex<History>,
    /// How many operations were answered or given up.
    done: AtomicU64,
    progress: Notify,
}

impl Shared {
    fn now(&self) -> Nanos {
        u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(Nanos::MAX)
    }

    fn note(&self, op: Op) {
        self.lock().ops.push(op);
        self.done.fetch_add(1, Ordering::Relaxed);
        self.progress.notify_waiters();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, History> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workload {
    /// Clients of the server at `address` that use an API key of all scopes.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the driver's one clock begins here")]
    pub fn new(address: SocketAddr, key: String, plan: Plan) -> Self {
        Self(Arc::new(Shared {
            address,
            key,
            plan,
            epoch: Instant::now(),
            pool: Pool::default(),
            history: Mutex::default(),
            done: AtomicU64::new(0),
            progress: Notify::new(),
        }))
    }

    /// Lets the clients work until the round has had its operations or its time, or is stopped.
    /// Rounds of different numbers make different choices.
    #[must_use]
    pub fn begin(&self, number: u64) -> Round {
        let stop = Arc::new(AtomicBool::new(false));
        let mut clients = JoinSet::new();
        let shared = &self.0;
        let first = shared.done.load(Ordering::Relaxed);
        for client in 0..shared.plan.clients {
            let seed = shared.plan.seed ^ (number << 32) ^ (u64::from(client) << 16);
            clients.spawn(work(Arc::clone(shared), Arc::clone(&stop), Seeded::new(seed)));
        }
        Round {
            shared: Arc::clone(shared),
            first,
            stop,
            clients,
        }
    }

    /// Says that the one process that was asked has been seen to have ended: what is not known of its
    /// operations can no longer happen.
    pub fn process_ended(&self) {
        let now = self.0.now();
        self.0.lock().deaths.push(now);
    }

    /// The last phase: verifies every session once, with the newest token that was answered, until
    /// there is an answer that decides.
    pub async fn read_everything(&self) {
        let now = self.0.now();
        self.0.lock().last_phase = Some(now);
        let mut client = Client::new(self.0.address);
        for held in self.0.pool.all() {
            for _ in 0..100 {
                if steps::read(&self.0, &mut client, &held).await {
                    break;
                }
            }
        }
    }

    /// How many operations were answered or given up so far.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.0.done.load(Ordering::Relaxed)
    }

    /// What was seen so far.
    #[must_use]
    pub fn history(&self) -> History {
        self.0.lock().clone()
    }

    /// Every token that was answered, to look for where none may be.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        for held in self.0.pool.all() {
            for pair in &held.pairs {
                secrets.add_token(&pair.access);
                secrets.add_token(&pair.refresh);
            }
        }
        secrets
    }
}

/// One client. It is never cut off within an operation: what was sent must be written down.
async fn work(shared: Arc<Shared>, stop: Arc<AtomicBool>, chance: Seeded) {
    let (first, begun) = (shared.done.load(Ordering::Relaxed), shared.now());
    let time_max = u64::try_from(shared.plan.time_max.as_nanos()).unwrap_or(Nanos::MAX);
    let goes_on = || {
        !stop.load(Ordering::Relaxed)
            && shared.done.load(Ordering::Relaxed) - first < shared.plan.ops_max
            && shared.now() - begun < time_max
    };
    let mut client = Client::new(shared.address);
    while goes_on() {
        steps::one(&shared, &mut client, &chance).await;
    }
}

/// One round that is under way.
pub struct Round {
    shared: Arc<Shared>,
    first: u64,
    stop: Arc<AtomicBool>,
    clients: JoinSet<()>,
}

impl Round {
    /// Waits until so many operations of this round were answered or given up, or it is over.
    pub async fn until_answered(&mut self, count: u64) {
        let shared = Arc::clone(&self.shared);
        let reached = async {
            loop {
                let progress = shared.progress.notified();
                if shared.done.load(Ordering::Relaxed) >= self.first + count {
                    break;
                }
                progress.await;
            }
        };
        drop(timeout(shared.plan.time_max, reached).await);
    }

    /// Lets every client finish the operation that it is at, and waits for that.
    pub async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.clients.join_all().await;
    }

    /// Waits until the round is over by itself.
    pub async fn finish(self) {
        self.clients.join_all().await;
    }
}
