//! Clients that ask at times of their own choice, whether or not answers come, and write down what they saw.
//!
//! In reading order: [`schedule`] says when, [`sessions`], [`families`] and [`subjects`] are the workloads, [`last`]
//! reads everything at the end. [`wire`] asks, [`pool`] knows the sessions, [`samples`] keeps what availability is made
//! of, [`witness`] when the machine itself was late.

mod families;
mod last;
mod pool;
mod samples;
mod schedule;
mod sessions;
mod subjects;
mod wire;
mod witness;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use symbolon_testkit::history::honesty::Head;
use symbolon_testkit::history::leaks::Secrets;
use symbolon_testkit::history::stops::Failure;
use symbolon_testkit::history::witness::Witness;
use symbolon_testkit::history::{History, Nanos, Op};
use symbolon_testkit::randomness::Seeded;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub(crate) use families::GRACE;
use pool::Pool;
pub(crate) use samples::{Kind, Sample};
pub(crate) use schedule::Rates;
use subjects::Account;
use wire::Side;

/// What a run is told.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// Where the nodes listen.
    pub(crate) nodes: Vec<SocketAddr>,
    /// An API key of all scopes.
    pub(crate) key: String,
    /// The begin of the name of every subject of this run.
    pub(crate) name: String,
    /// How much is asked.
    pub(crate) rates: Rates,
    /// A node goes on without its store.
    pub(crate) falls_back: bool,
    /// How long a node may be waited for by those that end something.
    pub(crate) lease: Duration,
    /// What the choices are made from.
    pub(crate) seed: u64,
}

/// A run against a cluster. Dropping it gives up what is under way.
pub(crate) struct Driver {
    shared: Arc<Shared>,
    schedule: JoinSet<()>,
}

/// What all clients share.
struct Shared {
    plan: Plan,
    clock: Instant,
    chance: Seeded,
    sides: Vec<Side>,
    pool: Pool,
    accounts: Vec<Account>,
    history: Mutex<History>,
    heads: Mutex<Vec<Head>>,
    failures: Mutex<Vec<Failure>>,
    samples: Mutex<Vec<Sample>>,
    witness: Mutex<Witness>,
    stopping: watch::Sender<bool>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn now(&self) -> Nanos {
        nanos(self.clock.elapsed())
    }

    fn note(&self, op: Op) {
        locked(&self.history).ops.push(op);
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Waits so long, or until nothing new is to begin.
    async fn rest(&self, time: Duration) {
        let mut stopping = self.stopping.subscribe();
        // An error of either means that it is time to go on.
        let _ended = timeout(time, stopping.wait_for(|stopping| *stopping))
            .await
            .is_ok();
    }

    fn any_node(&self) -> usize {
        self.below(self.sides.len())
    }

    fn below(&self, bound: usize) -> usize {
        usize::try_from(self.chance.below(bound.max(1) as u64)).unwrap_or(0)
    }

    /// Whether what happens once in so many times happens now.
    fn once_in(&self, count: u64) -> bool {
        self.chance.below(count) == 0
    }
}

/// A length of time on the driver's clock.
pub(crate) fn nanos(time: Duration) -> Nanos {
    u64::try_from(time.as_nanos()).unwrap_or(Nanos::MAX)
}

impl Driver {
    /// Makes the accounts of a run, and begins to ask.
    #[expect(clippy::disallowed_methods, reason = "the driver's one clock begins here")]
    pub(crate) async fn begin(plan: Plan) -> Self {
        let mut shared = Shared {
            clock: Instant::now(),
            chance: Seeded::new(plan.seed),
            sides: plan.nodes.iter().map(|address| Side::new(*address)).collect(),
            pool: Pool::default(),
            accounts: Vec::new(),
            history: Mutex::default(),
            heads: Mutex::default(),
            failures: Mutex::default(),
            samples: Mutex::default(),
            witness: Mutex::default(),
            stopping: watch::Sender::new(false),
            plan,
        };
        locked(&shared.history).more_nodes = u16::try_from(shared.sides.len() - 1).unwrap_or(u16::MAX);
        locked(&shared.history).ends_may_come_late = shared.plan.falls_back;
        shared.accounts = subjects::accounts(&shared).await;
        let shared = Arc::new(shared);
        let mut tasks = JoinSet::new();
        for node in 0..shared.sides.len() {
            tasks.spawn(wire::watch(Arc::clone(&shared), node));
        }
        tasks.spawn(witness::run(Arc::clone(&shared)));
        tasks.spawn(schedule::run(Arc::clone(&shared)));
        Self {
            shared,
            schedule: tasks,
        }
    }

    /// The driver's time.
    pub(crate) fn now(&self) -> Nanos {
        self.shared.now()
    }

    /// When each node was first ready at or after an instant, as far as it was seen.
    pub(crate) fn ready_since(&self, instant: Nanos) -> Vec<Option<Nanos>> {
        let sides = self.shared.sides.iter();
        sides.map(|side| side.ready_since(instant)).collect()
    }

    /// When each node became ready, and when it was no longer, in order.
    pub(crate) fn turns(&self) -> Vec<Vec<(Nanos, bool)>> {
        self.shared.sides.iter().map(Side::turns).collect()
    }

    /// Asks no more, and waits for all that was asked.
    pub(crate) async fn stop(&mut self) {
        self.shared.stopping.send_replace(true);
        while let Some(ended) = self.schedule.join_next().await {
            // One that stopped for a fault of its own has not asked what it was to ask.
            ended.unwrap();
        }
    }

    /// The last phase: repeats the ends that are not decided, and reads every session on every node. Nothing may be
    /// broken any more, and nothing else be under way.
    pub(crate) async fn read_everything(&self) {
        last::run(&self.shared).await;
    }

    /// What was seen.
    pub(crate) fn history(&self) -> History {
        locked(&self.shared.history).clone()
    }

    /// The answers that decided nothing.
    pub(crate) fn heads(&self) -> Vec<Head> {
        locked(&self.shared.heads).clone()
    }

    /// The requests that were not served.
    pub(crate) fn failures(&self) -> Vec<Failure> {
        locked(&self.shared.failures).clone()
    }

    /// What availability is made of.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        locked(&self.shared.samples).clone()
    }

    /// When the machine itself was late.
    pub(crate) fn witness(&self) -> Witness {
        locked(&self.shared.witness).clone()
    }

    /// Whether the session is one of this run.
    pub(crate) fn knows(&self, session: &str) -> bool {
        self.shared.pool.knows(session)
    }

    /// Every token and password of this run.
    pub(crate) fn secrets(&self) -> Secrets {
        let mut secrets = self.shared.pool.secrets();
        for account in &self.shared.accounts {
            for password in account.passwords() {
                secrets.add(&password);
            }
        }
        secrets
    }
}
