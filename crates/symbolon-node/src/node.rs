//! The use cases on one node.

mod change;
mod confirm;
mod inspect;
mod issue;
mod list;
mod look;
mod member;
mod refresh;
mod renew;
mod revoke;
mod settle;
mod shared;
mod verify;

use std::sync::Arc;

use symbolon_core::audit::{AuditEntry, Origin};
use symbolon_core::clock::{Clock, Timestamp};
use symbolon_core::policy::SessionPolicy;
use symbolon_core::random::{Randomness, RandomnessUnavailable};
use symbolon_core::store::{Store, StoreError};
use symbolon_core::token::{Pair, TokenKeys};
use tokio_util::sync::DropGuard;

use crate::clock::SteadyClock;
use crate::flights::Flights;
use crate::keys::KeyCache;
use crate::lease::Lease;
use crate::member::Membership;
use crate::purge::{self, PurgePlan};
use crate::recorder::Recorder;
use crate::tail::Tail;
use crate::tasks::Tasks;

pub use change::ChangeLives;
pub use confirm::Confirm;
pub use issue::{Issue, IssueRefused, Issued};
pub use list::Entry;
pub use member::{LeaseState, SeenMember};
pub use refresh::{Refreshed, RefreshedInBrowser};
pub use renew::Due;
pub use revoke::Receipt;
pub use settle::{Effective, Wait};
pub use verify::{Live, Tier, Verdict};

/// The node cannot decide: a store is away or slow. It is no answer about any token; the caller
/// tries again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Undecided {
    /// The store did not do its step.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lease has run out and could not be renewed.
    #[error("this node may not answer from memory now: its lease has run out")]
    LeaseLost,
    /// A newer state was asked for than this node knows.
    #[error("this node has not read the revocation log up to {} yet", .0.0)]
    Behind(symbolon_core::revocation::RevocationSeq),
    /// A revocation is durable, and other nodes may not know of it yet.
    #[error("the session is revoked, but not yet on every node")]
    NotYetEffective,
    /// Nothing can be issued.
    #[error("nothing can be issued: the operating system gave no randomness")]
    Randomness,
    /// The store's rotation state does not derive the pair whose images it holds.
    #[error("the stored rotation state of session {0} does not match its digests; see the log")]
    RotationDamaged(symbolon_core::session::SessionId),
}

impl From<RandomnessUnavailable> for Undecided {
    fn from(_: RandomnessUnavailable) -> Self {
        Self::Randomness
    }
}

/// What a node is made of.
pub struct NodeParts<S> {
    /// The authoritative memory.
    pub store: S,
    /// The tail that the store tells its commits.
    pub tail: Arc<Tail>,
    /// The keys of tokens.
    pub keys: Arc<TokenKeys>,
    /// What every session is issued under.
    pub policy: SessionPolicy,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub randomness: Arc<dyn Randomness>,
}

/// One node: everything that is done with sessions goes through it.
pub struct Node<S> {
    store: S,
    tail: Arc<Tail>,
    keys: Arc<TokenKeys>,
    policy: SessionPolicy,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    lease: Arc<Lease>,
    membership: Option<Arc<Membership>>,
    flights: Flights,
    key_cache: KeyCache,
    recorder: Arc<Recorder>,
    renewals_paused: renew::Pause,
    tasks: Tasks,
    /// What runs beside ends with the node, also where nobody has stopped it.
    _ends_tasks: DropGuard,
}

impl<S: Store + Clone> Node<S> {
    /// A node over a store that no other process shares.
    #[must_use]
    pub fn alone(parts: NodeParts<S>) -> Self {
        let tasks = Tasks::default();
        Self {
            store: parts.store,
            tail: parts.tail,
            keys: parts.keys,
            policy: parts.policy,
            clock: parts.clock,
            randomness: parts.randomness,
            lease: Arc::new(Lease::unlimited()),
            membership: None,
            flights: Flights::default(),
            key_cache: KeyCache::default(),
            recorder: Arc::default(),
            renewals_paused: renew::Pause::default(),
            _ends_tasks: tasks.end_on_drop(),
            tasks,
        }
    }

    /// Starts what runs beside: the recorder of uses, the purge, and a member's heartbeat. Needs a runtime.
    pub fn start(&self, clock: &Arc<SteadyClock>, plan: PurgePlan) {
        self.start_heart(clock);
        let (recorder, store) = (Arc::clone(&self.recorder), self.store.clone());
        let (time, grace) = (Arc::clone(&self.clock), self.policy.rotation_grace);
        self.tasks
            .required("recorder", |cancel| recorder.run(store, time, grace, cancel));
        let (store, tail, clock) = (self.store.clone(), Arc::clone(&self.tail), Arc::clone(clock));
        self.tasks
            .required("purge", |cancel| purge::run(store, tail, clock, plan, cancel));
    }

    /// Ends what runs beside, after the last uses were recorded. A member leaves: nobody waits for it any more.
    pub async fn stop(&self) {
        self.tasks.stop().await;
        self.lease.drop_now();
    }

    /// The background tasks.
    #[must_use]
    pub fn tasks(&self) -> &Tasks {
        &self.tasks
    }

    /// The store below.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The log's tail in this process.
    #[must_use]
    pub fn tail(&self) -> &Arc<Tail> {
        &self.tail
    }

    /// What sessions are issued under.
    #[must_use]
    pub fn policy(&self) -> &SessionPolicy {
        &self.policy
    }

    /// The keys of tokens.
    #[must_use]
    pub fn keys(&self) -> &TokenKeys {
        &self.keys
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The source of chance.
    #[must_use]
    pub fn randomness(&self) -> &dyn Randomness {
        &*self.randomness
    }

    /// Whether requests should come here: its lease holds, and will for a while.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.lease.load().holds() && self.lease_state().is_ready()
    }

    /// A pair that derives from nothing before it.
    fn fresh_pair(
        &self,
        id: symbolon_core::session::SessionId,
        generation: symbolon_core::token::Generation,
    ) -> Result<Pair, Undecided> {
        Ok(Pair::random(&self.keys, id, generation, self.randomness())?)
    }

    /// Writes entries that belong to no change. A failure is logged, since nothing depends on it.
    async fn record(&self, entry: AuditEntry) {
        if let Err(error) = self.store.record_audit(vec![entry]).await {
            tracing::warn!(%error, "an audit entry of a refusal or a repetition could not be written");
        }
    }

    /// The server itself, now.
    #[must_use]
    pub fn by_system(&self) -> Origin {
        Origin::system(self.now())
    }
}
