//! A node that may go on without its store, over a real server that can be cut off.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use symbolon_core::audit::Origin;
use symbolon_core::member::NodeName;
use symbolon_core::random::Randomness;
use symbolon_core::revocation::{LogSink, RevocationReason};
use symbolon_core::store::{FoundSession, Mirror as _, SessionStore as _, StoreError, Upkeep as _};
use symbolon_core::token::{MasterKey, RawToken};
use symbolon_node::clock::{SteadyClock, wall_clock};
use symbolon_node::fallback::{
    CLEAN_EVERY, Fallback, FallbackEvent, FallbackEvents, FallbackParts, HomeSink, Opener, Primary, Standing,
};
use symbolon_node::tail::Tail;
use symbolon_node::{Issued, MemberParts, Node, Receipt, Refreshed, Undecided, Wait};
use symbolon_store_sql::{Durability, OpenServer, OpenSqlite, Place, SqlStore};
use symbolon_testkit::faulty::{Fault, Faults, Faulty};
use symbolon_testkit::halts::{Halts, Whose, watched};
use symbolon_testkit::randomness::Seeded;
use symbolon_testkit::servers::Postgres;
use tempfile::TempDir;

use super::cluster::{LEASE, LONG, REVOKE_WAIT, eventually, plan};
use super::given::{issue, opening, parts, word};

/// The store that is shared, behind what fails.
pub(crate) type Shared = Faulty<SqlStore>;

/// No two starts draw the same.
static STARTS: AtomicU64 = AtomicU64::new(1);

/// A folder with a mirror, and the store that it is of.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    pub(crate) url: String,
}

/// A node, and what is to fail below it.
pub(crate) struct Alone {
    pub(crate) node: Node<Fallback<Shared, Shared>>,
    pub(crate) faults: Faults,
    /// Of its mirror.
    pub(crate) mirror_faults: Faults,
    /// What the keeper calls of both while the store is away, and what it has others do.
    pub(crate) halts: Halts,
    pub(crate) heard: Arc<Heard>,
}

/// What was said.
#[derive(Default)]
pub(crate) struct Heard(pub(crate) Mutex<Vec<FallbackEvent>>);

impl FallbackEvents for Heard {
    fn happened(&self, event: &FallbackEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Heard {
    pub(crate) fn has(&self, is: impl Fn(&FallbackEvent) -> bool) -> bool {
        self.0.lock().unwrap().iter().any(is)
    }
}

fn randomness() -> Arc<dyn Randomness> {
    Arc::new(Seeded::new(STARTS.fetch_add(1, Ordering::Relaxed) * 7_919))
}

fn open_server(url: String, tail: Arc<dyn LogSink>) -> SqlStore {
    let (store, _) = SqlStore::open_server(OpenServer {
        url,
        key_check: MasterKey::from_bytes([7; 32]).check(),
        now: wall_clock(),
        sink: tail,
        randomness: randomness(),
        connections_max: 4,
    })
    .unwrap();
    store
}

/// Who calls it while the node goes on without it is the keeper, and whom it has called.
fn shared(store: SqlStore, faults: &Faults, halts: &Halts) -> Shared {
    Faulty::new(store, faults.clone()).halting(halts.clone(), Whose::OfAll)
}

impl Home {
    pub(crate) fn new() -> Self {
        let server = Postgres::shared();
        Self {
            folder: TempDir::new().unwrap(),
            url: server.url_of(&server.schema()),
        }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("mirror.db")
    }

    fn mirror(&self, tail: Arc<Tail>) -> SqlStore {
        let (mirror, _) = SqlStore::open(OpenSqlite {
            place: Place::File(self.file()),
            key_check: MasterKey::from_bytes([7; 32]).check(),
            now: wall_clock(),
            sink: tail,
            randomness: randomness(),
            durability: Durability::Full,
            pages_max: None,
        })
        .unwrap();
        mirror
    }

    /// Starts the node while its store is there, and waits until it would go on without it.
    pub(crate) async fn start(&self) -> Alone {
        let alone = self.start_with(Faults::default(), false).await.unwrap();
        alone.until_prepared().await;
        alone
    }

    /// Starts the node; `away`: its store does not answer until the faults are healed.
    pub(crate) async fn start_with(&self, faults: Faults, away: bool) -> Result<Alone, StoreError> {
        let tail = Arc::new(Tail::new(65_536));
        let (halts, mirror_faults) = (Halts::default(), Faults::default());
        let mirror = Faulty::new(self.mirror(tail.clone()), mirror_faults.clone());
        let mirror = mirror.halting(halts.clone(), Whose::OfWatched);
        let sink = Arc::new(HomeSink::new(tail.clone()));
        let primary = if away {
            faults.cut_off(Fault::Before);
            Primary::Away(self.opener(faults.clone(), halts.clone(), sink.clone()))
        } else {
            let store = open_server(self.url.clone(), sink.clone());
            Primary::Open(shared(store, &faults, &halts))
        };
        let clock = Arc::new(SteadyClock::begin(wall_clock(), wall_clock()));
        let heard = Arc::new(Heard::default());
        let name = NodeName::new("alone").unwrap();
        let fallback = Fallback::open(FallbackParts {
            primary,
            mirror,
            tail: tail.clone(),
            sink,
            clock: clock.clone(),
            events: heard.clone(),
            clean_every: CLEAN_EVERY,
        })
        .await?;
        let parts = parts(fallback.clone(), tail, clock.clone(), randomness());
        let member = MemberParts {
            name,
            lease: LEASE,
            revoke_wait: REVOKE_WAIT,
            addr: None,
            signals: None,
            shared: None,
            apart: Some(fallback.apart()),
        };
        let node = Node::member(parts, member);
        node.start(&clock, plan());
        node.tasks()
            .required("fallback", |cancel| watched(fallback.keep(cancel)));
        node.until_leased(LONG).await.unwrap();
        Ok(Alone {
            node,
            faults,
            mirror_faults,
            halts,
            heard,
        })
    }

    fn opener(&self, faults: Faults, halts: Halts, tail: Arc<dyn LogSink>) -> Opener<Shared> {
        let url = self.url.clone();
        Box::new(move || {
            let (url, faults, halts, tail) = (url.clone(), faults.clone(), halts.clone(), tail.clone());
            Box::pin(async move {
                if !faults.are_over() {
                    return Err(StoreError::Unavailable {
                        operation: "open the store",
                        detail: "connection refused".to_owned(),
                    });
                }
                let store = tokio::task::spawn_blocking(move || open_server(url, tail));
                Ok(shared(store.await.unwrap(), &faults, &halts))
            })
        })
    }

    /// The store, as another process sees it.
    pub(crate) fn look(&self) -> SqlStore {
        open_server(self.url.clone(), Arc::new(Tail::new(16)))
    }
}

impl Alone {
    pub(crate) fn fallback(&self) -> &Fallback<Shared, Shared> {
        self.node.store()
    }

    pub(crate) fn standing(&self) -> Standing {
        self.fallback().state().standing
    }

    pub(crate) async fn until_prepared(&self) {
        eventually(LONG, async || self.fallback().state().may_fall_back).await;
    }

    /// Cuts the store off, and waits until the node goes on without it.
    pub(crate) async fn cut_off(&self) {
        self.faults.cut_off(Fault::Before);
        eventually(LONG, async || self.standing() == Standing::Degraded).await;
    }

    /// Lets the store be back, and waits until everything is home.
    pub(crate) async fn comes_home(&self) {
        self.faults.heal();
        eventually(LONG, async || self.standing() == Standing::Healthy).await;
    }

    /// As a kill ends it: nothing is said to anyone, and the mirror is as it is.
    pub(crate) async fn end_now(self) {
        let mirror = self.fallback().mirror().inside().clone();
        let store = self.fallback().primary().cloned();
        self.node.stop().await;
        mirror.close().await;
        drop(store);
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin::system(self.node.now())
    }

    pub(crate) async fn try_issue(&self, subject: &str) -> Result<Issued, Undecided> {
        let issue = issue(opening(subject), self.origin());
        Ok(self.node.issue(issue).await?.unwrap())
    }

    pub(crate) async fn issue(&self, subject: &str) -> Issued {
        self.try_issue(subject).await.unwrap()
    }

    /// What verify says, as one word.
    pub(crate) async fn says(&self, token: &RawToken) -> &'static str {
        word(self.node.verify(token).await)
    }

    /// What a refresh says, as one word.
    pub(crate) async fn refresh(&self, token: &RawToken) -> Result<Box<Issued>, &'static str> {
        match self.node.refresh(token, &self.origin()).await {
            Ok(Refreshed::Pair(issued)) => Ok(issued),
            Ok(Refreshed::Refused(reason)) => Err(reason.as_str()),
            Err(_) => Err("undecided"),
        }
    }

    pub(crate) async fn try_revoke(&self, issued: &Issued) -> Result<Receipt, Undecided> {
        let kicked = RevocationReason::Kicked;
        let receipt = self
            .node
            .revoke(issued.session.id, kicked, &self.origin())
            .await?;
        Ok(self.node.settle(receipt, Wait::Short).await)
    }

    pub(crate) async fn revoke(&self, issued: &Issued) -> Receipt {
        self.try_revoke(issued).await.unwrap()
    }

    pub(crate) async fn kick(&self, subject: &str) -> Receipt {
        self.try_kick(subject).await.unwrap()
    }

    pub(crate) async fn try_kick(&self, subject: &str) -> Result<Receipt, Undecided> {
        let subject = symbolon_core::subject::SubjectId::new(subject).unwrap();
        let kicked = RevocationReason::Kicked;
        let origin = self.origin();
        let receipt = self
            .node
            .revoke_subject(&subject, kicked, Vec::new(), None, &origin);
        Ok(self.node.settle(receipt.await?, Wait::Short).await)
    }

    /// What the mirror has besides copies.
    pub(crate) async fn left_in_mirror(&self) -> (usize, usize) {
        let mirror = self.fallback().mirror();
        let sessions = mirror.walk_sessions(None, 1_000).await.unwrap();
        let rows = mirror
            .revocations_from(symbolon_core::revocation::RevocationSeq(0), 1_000)
            .await
            .unwrap();
        assert!(mirror.list_moving().await.unwrap().is_empty());
        (sessions.len(), rows.len())
    }
}

/// A session as the store has it, and whether it is alive there.
pub(crate) async fn there(store: &SqlStore, issued: &Issued) -> Option<(FoundSession, bool)> {
    let found = store.find_session(issued.session.id).await.unwrap()?;
    let lives = found.session.ended(found.cut, wall_clock()).is_none();
    Some((found, lives))
}
