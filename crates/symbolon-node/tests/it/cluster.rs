//! Several nodes over one store on a real server, in one process.

use std::str::FromStr as _;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use croner::Cron;
use symbolon_core::audit::Origin;
use symbolon_core::member::NodeName;
use symbolon_core::random::Randomness;
use symbolon_core::revocation::RevocationReason;
use symbolon_core::shared::SharedCache;
use symbolon_core::signal::{Signal, SignalSink as _, Signals};
use symbolon_core::token::{MasterKey, RawToken};
use symbolon_node::clock::{SteadyClock, wall_clock};
use symbolon_node::node::Tier;
use symbolon_node::purge::PurgePlan;
use symbolon_node::tail::Tail;
use symbolon_node::{Issued, MemberFigures, MemberParts, Node, Receipt, Verdict, Wait};
use symbolon_store_sql::{OpenServer, SqlStore};
use symbolon_testkit::faulty::{Fault, Faults, Faulty};
use symbolon_testkit::randomness::Seeded;
use symbolon_testkit::servers::Postgres;

use super::given::{issue, opening, parts, word};

/// The lease of a node of a test: as short as it may be, so that its end can be waited for.
pub(crate) const LEASE: Duration = Duration::from_secs(2);
/// How long others wait for such a node.
pub(crate) const WAIT: Duration = Duration::from_millis(2_600);
/// How long a revocation waits for the others.
pub(crate) const REVOKE_WAIT: Duration = Duration::from_millis(400);

/// A store on a server, for several nodes.
pub(crate) struct Place {
    url: String,
    wire: Option<Arc<Wire>>,
    shared: Option<Arc<dyn SharedCache>>,
}

/// Carries signals from each node to the others at once.
#[derive(Default)]
struct Wire(Mutex<Vec<Weak<Tail>>>);

struct OwnEnd {
    wire: Arc<Wire>,
    own: Weak<Tail>,
}

impl Signals for OwnEnd {
    fn send(&self, signal: Signal) {
        let ends = self.wire.0.lock().unwrap().clone();
        let others = ends.iter().filter(|end| !end.ptr_eq(&self.own));
        for other in others.filter_map(Weak::upgrade) {
            other.heard(signal.clone());
        }
    }
}

/// A node, and what is to fail below it.
pub(crate) struct One {
    pub(crate) node: Node<Faulty<SqlStore>>,
    pub(crate) faults: Faults,
}

impl Place {
    /// An empty one in the server that all tests share, whose nodes learn everything from the store.
    pub(crate) fn new() -> Self {
        let server = Postgres::shared();
        Self::at(server.url_of(&server.schema()))
    }

    /// The same, whose nodes also hear each other.
    pub(crate) fn with_signals() -> Self {
        Self {
            wire: Some(Arc::default()),
            ..Self::new()
        }
    }

    /// The same, whose nodes share a cache.
    pub(crate) fn with_cache(cache: Arc<dyn SharedCache>) -> Self {
        Self {
            shared: Some(cache),
            ..Self::new()
        }
    }

    pub(crate) fn at(url: String) -> Self {
        Self {
            url,
            wire: None,
            shared: None,
        }
    }

    /// Starts a node, and waits for its first lease.
    pub(crate) async fn node(&self, name: &str) -> One {
        let one = self.started(name);
        one.node.until_leased(Duration::from_secs(10)).await.unwrap();
        one
    }

    /// Starts a node.
    pub(crate) fn started(&self, name: &str) -> One {
        let tail = Arc::new(Tail::new(1024));
        let seed = name.bytes().map(u64::from).sum();
        let randomness: Arc<dyn Randomness> = Arc::new(Seeded::new(seed));
        let master = MasterKey::from_bytes([7; 32]);
        let (store, opened) = SqlStore::open_server(OpenServer {
            url: self.url.clone(),
            key_check: master.check(),
            now: wall_clock(),
            sink: tail.clone(),
            randomness: randomness.clone(),
            connections_max: 2,
        })
        .unwrap();
        let clock = Arc::new(SteadyClock::begin(wall_clock(), opened.high_water));
        let faults = Faults::default();
        let signals = self.wire.as_ref().map(|wire| self.end(wire, &tail));
        let parts = parts(
            Faulty::new(store, faults.clone()),
            tail,
            clock.clone(),
            randomness,
        );
        let member = MemberParts {
            name: NodeName::new(name).unwrap(),
            lease: LEASE,
            revoke_wait: REVOKE_WAIT,
            addr: None,
            signals,
            shared: self.shared.clone(),
            apart: None,
        };
        let node = Node::member(parts, member);
        node.start(&clock, plan());
        One { node, faults }
    }

    fn end(&self, wire: &Arc<Wire>, tail: &Arc<Tail>) -> Arc<dyn Signals> {
        wire.0.lock().unwrap().push(Arc::downgrade(tail));
        Arc::new(OwnEnd {
            wire: Arc::clone(wire),
            own: Arc::downgrade(tail),
        })
    }
}

impl One {
    pub(crate) fn origin(&self) -> Origin {
        Origin::system(self.node.now())
    }

    pub(crate) async fn issue(&self, subject: &str) -> Issued {
        let issue = issue(opening(subject), self.origin());
        self.node.issue(issue).await.unwrap().unwrap()
    }

    /// What verify says, as one word.
    pub(crate) async fn says(&self, token: &RawToken) -> &'static str {
        word(self.node.verify(token).await)
    }

    /// What memory alone says, as one word.
    pub(crate) fn memory_says(&self, token: &RawToken) -> &'static str {
        match self.node.verify_from_memory(token) {
            None => "ask the store",
            Some(Verdict::Active(_)) => "active",
            Some(Verdict::Inactive(reason)) => reason.as_str(),
        }
    }

    /// Ends a session, and waits for the others.
    pub(crate) async fn revoke(&self, issued: &Issued, wait: Wait) -> Receipt {
        let kicked = RevocationReason::Kicked;
        let receipt = self
            .node
            .revoke(issued.session.id, kicked, &self.origin())
            .await
            .unwrap();
        self.node.settle(receipt, wait).await
    }

    /// Where an answer comes from.
    pub(crate) async fn tier(&self, token: &RawToken) -> Option<Tier> {
        match self.node.verify(token).await {
            Ok(Verdict::Active(live)) => Some(live.tier),
            _ => None,
        }
    }

    /// Waits until a token is said to be something.
    pub(crate) async fn comes_to_say(&self, token: &RawToken, word: &str) {
        eventually(LONG, async || self.says(token).await == word).await;
    }

    /// Cuts its heartbeat off from the store, as a node is that hangs: it hears nothing and renews nothing.
    pub(crate) fn freeze(&self) {
        for step in ["heartbeat", "read_log", "join", "list_members", "evict"] {
            self.faults.fail_always(step, Fault::Before);
        }
    }

    pub(crate) fn figures(&self) -> MemberFigures {
        self.node.member_figures().unwrap()
    }
}

pub(crate) fn plan() -> PurgePlan {
    PurgePlan {
        schedule: Cron::from_str("0 3 * * *").unwrap(),
        keep_ended: Duration::from_secs(86_400),
        keep_log: Duration::from_secs(3_600),
        keep_audit: Duration::from_secs(86_400),
    }
}

/// Looks again until it is so.
pub(crate) async fn eventually(within: Duration, mut look: impl AsyncFnMut() -> bool) {
    let begun = now();
    while !look().await {
        assert!(begun.elapsed() < within, "it did not come about in {within:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "tests measure how long things take")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// A time that no test waits for.
pub(crate) const LONG: Duration = Duration::from_secs(20);
