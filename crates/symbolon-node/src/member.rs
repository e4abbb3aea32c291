//! Being one of many nodes that share a store.
//!
//! 1. `wait` and `watch`: for how long others are waited for, and who may be evicted; no clock, no I/O. 2. `roll`: the
//!    members, read once for many. 3. `follow`: the log, read to its head, and mended where it has lost rows. 4. `heart`:
//!    the heartbeat, which renews the lease. 5. `figures`: what is counted.

mod figures;
mod follow;
mod heart;
mod rhythm;
mod roll;
mod wait;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use symbolon_core::member::{Incarnation, NodeName};
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::shared::SharedCache;
use symbolon_core::signal::Signals;
use tokio::sync::{Notify, Semaphore, watch as channel};
use tokio::time::timeout;

use crate::fallback::{Apart, Reach};
use crate::lease::Lease;
pub(crate) use figures::Counts;
pub use figures::MemberFigures;
pub(crate) use heart::{Heart, HeartParts};
pub(crate) use roll::Roll;
pub use wait::{LEASE_MAX, LEASE_MIN};
pub(crate) use wait::{Standing, standing, wait_for};

/// How many revocations may wait until they are effective at the same time; one more answers when it will be.
const FULL_WAITS_MAX: usize = 1_000;
/// How long a request waits for a lease that is over to be renewed.
const RENEWAL_DEADLINE: Duration = Duration::from_millis(300);

/// What a node needs besides to be one of many. The others' signals are heard by its
/// [`Tail`](crate::tail::Tail).
#[derive(Clone)]
pub struct MemberParts {
    /// What operators call it.
    pub name: NodeName,
    /// How long it may answer from memory after a heartbeat, between [`LEASE_MIN`] and [`LEASE_MAX`]: for so long it
    /// survives the store's absence, and for so long and a quarter more a revocation waits for it when it hangs.
    pub lease: Duration,
    /// How long a revocation waits for the other nodes before it answers when it will be effective.
    pub revoke_wait: Duration,
    /// Where it listens, for operators.
    pub addr: Option<String>,
    /// Where its signals go; `None`: the others learn everything from the store.
    pub signals: Option<Arc<dyn Signals>>,
    /// The cache that it shares with the others.
    pub shared: Option<Arc<dyn SharedCache>>,
    /// What says how far a revocation reaches, where the node goes on without its store; `None`: it does not.
    pub apart: Option<Arc<dyn Apart>>,
}

/// What a node and its heartbeat share.
pub(crate) struct Membership {
    pub(crate) parts: MemberParts,
    pub(crate) roll: Roll,
    pub(crate) counts: Counts,
    pub(crate) full_waits: Semaphore,
    own: Mutex<Option<Incarnation>>,
    attempts: channel::Sender<Attempts>,
    wish: Notify,
}

/// How many heartbeats were begun, and how many of these are over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Attempts {
    begun: u64,
    over: u64,
}

impl Membership {
    pub(crate) fn new(parts: MemberParts) -> Self {
        let parts = MemberParts {
            lease: parts.lease.clamp(LEASE_MIN, LEASE_MAX),
            ..parts
        };
        Self {
            parts,
            roll: Roll::default(),
            counts: Counts::default(),
            full_waits: Semaphore::new(FULL_WAITS_MAX),
            own: Mutex::new(None),
            attempts: channel::channel(Attempts::default()).0,
            wish: Notify::new(),
        }
    }

    /// Its incarnation; `None`: it has not joined.
    pub(crate) fn own(&self) -> Option<Incarnation> {
        *self.own.lock()
    }

    /// How far a revocation reaches as things stand.
    pub(crate) fn reach(&self, seq: RevocationSeq) -> Reach {
        self.parts
            .apart
            .as_ref()
            .map_or(Reach::Members, |apart| apart.reach(seq))
    }

    fn set_own(&self, own: Option<Incarnation>) {
        *self.own.lock() = own;
    }

    fn attempt_begins(&self) {
        self.attempts.send_modify(|attempts| attempts.begun += 1);
    }

    fn attempt_is_over(&self) {
        self.attempts
            .send_modify(|attempts| attempts.over = attempts.begun);
    }

    /// Asks for a heartbeat now and waits for it, together with all who ask meanwhile; `false`: the lease is still over.
    pub(crate) async fn renew(&self, lease: &Lease) -> bool {
        self.until_leased(lease, RENEWAL_DEADLINE, true).await
    }

    /// Waits for the lease; with `give_up` until a heartbeat that was begun from now on has failed, else as long as may be.
    pub(crate) async fn until_leased(&self, lease: &Lease, within: Duration, give_up: bool) -> bool {
        let mut attempts = self.attempts.subscribe();
        let before = attempts.borrow_and_update().begun;
        self.wish.notify_one();
        let held = attempts.wait_for(|attempts| lease.load().holds() || (give_up && attempts.over > before));
        // Time may pass; then what holds now counts.
        let _waited = timeout(within, held).await;
        lease.load().holds()
    }
}
