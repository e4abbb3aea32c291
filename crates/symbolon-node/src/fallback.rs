//! Going on without the store: a store of its own, on this node's disk, for as long as the shared one is away.
//!
//! [`Fallback`] is a store itself, and stands between the node and the store that it shares. While that one answers,
//! every step goes there, and what log-in needs is copied into the mirror. When it is away, and this node was its only
//! member, steps go to the mirror: sessions begin there, are refreshed there and end there. When it is back, they come
//! home. The rules are in `docs/adr/0006-fallback.md`; the model that they come from is `models/src/fallback.rs`.
//!
//! 1. `standing` and `event`: what it says of itself. 2. `gate`: steps do not cross a change of where they go. 3. `way`: where a step
//!    goes. 4. `sessions`, `accounts`, `keys`, `members`, `upkeep`: each step. 5. `copies`: what the mirror is told.
//!    6. `keeper`: who notices that the store is away, or back. 7. `home`: the way back.

mod accounts;
mod copies;
mod event;
mod gate;
mod home;
mod keeper;
mod keys;
mod members;
mod sessions;
mod sink;
mod standing;
mod upkeep;
mod way;

use std::collections::{HashMap, HashSet, VecDeque};
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use symbolon_core::clock::Clock;
use symbolon_core::member::{Incarnation, Member};
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{Activity, MarkChange, Mirror, Mirrored, StoreError};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::tail::Tail;
pub use event::{FallbackEvent, FallbackEvents};
use gate::Gate;
pub use sink::HomeSink;
use standing::Mode;
pub use standing::{Apart, FallbackState, Reach, Standing};

/// How many uses of sessions of the store wait for it to be back: at 48 bytes each, some 5 MiB.
const USES_MAX: usize = 100_000;
/// How many ends of the mirror's own sessions are remembered as such.
const ENDS_MAX: usize = 10_000;

/// How often expired sessions are removed from the mirror, unless something else is said.
pub const CLEAN_EVERY: Duration = Duration::from_secs(5 * 60);

/// The store, as it is being opened.
pub type Opening<P> = Pin<Box<dyn Future<Output = Result<P, StoreError>> + Send>>;

/// Opens the store.
pub type Opener<P> = Box<dyn Fn() -> Opening<P> + Send + Sync>;

/// The store, or the way to it.
pub enum Primary<P> {
    /// It is open.
    Open(P),
    /// It is away, and is tried again.
    Away(Opener<P>),
}

/// What a fallback is made of.
pub struct FallbackParts<P, M> {
    /// The store that is shared.
    pub primary: Primary<P>,
    /// This node's own. Nothing else may use it.
    pub mirror: M,
    /// The tail that the mirror tells its commits.
    pub tail: Arc<Tail>,
    /// What the store tells them.
    pub sink: Arc<HomeSink>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Who hears what happens.
    pub events: Arc<dyn FallbackEvents>,
    /// How often expired sessions are removed from the mirror while the store is away.
    pub clean_every: Duration,
}

/// A store that goes on when the one that it stands for is away. Clones are the same.
pub struct Fallback<P, M> {
    inner: Arc<Inner<P, M>>,
}

impl<P, M> Clone for Fallback<P, M> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}

struct Inner<P, M> {
    primary: OnceLock<P>,
    opener: Option<Opener<P>>,
    mirror: M,
    tail: Arc<Tail>,
    sink: Arc<HomeSink>,
    clock: Arc<dyn Clock>,
    events: Arc<dyn FallbackEvents>,
    clean_every: Duration,
    mode: Mode,
    gate: Gate,
    /// A step found the store away.
    doubt: Notify,
    /// As the mirror's mark says.
    marked_alone: AtomicBool,
    /// The same, and the mirror has what the store has, but for what others changed of which nobody was told that this node
    /// knows it.
    alone: AtomicBool,
    /// As the mirror's mark says.
    position: AtomicU64,
    /// As the mirror's mark says.
    incarnations: Mutex<Vec<Incarnation>>,
    /// This node's row, as it joined last.
    own: Mutex<Option<Member>>,
    /// Sessions that are on their way home: the store has them or it has not.
    moving: Mutex<HashSet<SessionId>>,
    /// Uses of the store's sessions, until it is back.
    uses: Mutex<HashMap<SessionId, Activity>>,
    /// Where the mirror's own sessions have ended: no other node knows those.
    own_ends: Mutex<VecDeque<RevocationSeq>>,
    /// Where the store's log goes on after the mirror's; zero: it was never left.
    joint: AtomicU64,
    sessions: AtomicU64,
    /// On the way home, from when on what was ended here is ended in the store.
    pushed: AtomicBool,
}

impl<P: Mirrored + Clone, M: Mirror> Fallback<P, M> {
    /// Begins where the mirror says that this node was.
    ///
    /// # Errors
    /// When the mirror cannot be read, or the store is away and this node was not its only member.
    pub async fn open(parts: FallbackParts<P, M>) -> Result<Self, StoreError> {
        let mark = parts.mirror.read_mark().await?;
        let moving = parts.mirror.list_moving().await?;
        let (primary, opener) = match parts.primary {
            Primary::Open(store) => (OnceLock::from(store), None),
            Primary::Away(opener) => (OnceLock::new(), Some(opener)),
        };
        let is_open = primary.get().is_some();
        if !is_open && !mark.alone {
            return Err(StoreError::Unavailable {
                operation: "go on without the store",
                detail: "it was not the only node of its store when it last ran, or has not run yet"
                    .to_owned(),
            });
        }
        let inner = Inner {
            primary,
            opener,
            mirror: parts.mirror,
            tail: parts.tail,
            sink: parts.sink,
            clock: parts.clock,
            events: parts.events,
            clean_every: parts.clean_every,
            mode: Mode::home(),
            gate: Gate::default(),
            doubt: Notify::new(),
            marked_alone: AtomicBool::new(mark.alone),
            alone: AtomicBool::new(mark.alone),
            position: AtomicU64::new(mark.position.0),
            incarnations: Mutex::new(mark.incarnations),
            own: Mutex::new(None),
            moving: Mutex::new(moving.into_iter().collect()),
            uses: Mutex::default(),
            own_ends: Mutex::default(),
            joint: AtomicU64::new(0),
            sessions: AtomicU64::new(0),
            pushed: AtomicBool::new(false),
        };
        let fallback = Self {
            inner: Arc::new(inner),
        };
        fallback.begin(mark.away).await?;
        Ok(fallback)
    }

    /// The first standing.
    async fn begin(&self, away: bool) -> Result<(), StoreError> {
        let inner = &self.inner;
        let is_open = inner.primary.get().is_some();
        let restores = is_open && !away && self.is_to_restore().await?;
        if is_open && !away && !restores {
            return Ok(());
        }
        for row in rows_from(&inner.mirror, 0).await? {
            inner.tail.apply_apart(&row);
        }
        if !away {
            let position = RevocationSeq(inner.position.load(Ordering::Acquire));
            inner.mirror.go_away(position, position).await?;
        }
        self.set_standing(Standing::Degraded);
        if !is_open {
            self.say(&FallbackEvent::StartedAway);
        }
        Ok(())
    }

    /// Watches the store, goes on without it when it is away, and comes home when it is back, until `cancel`.
    pub async fn keep(self, cancel: CancellationToken) {
        // What is under way is dropped: each step of it can be begun again.
        cancel.run_until_cancelled(self.keep_on()).await;
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> FallbackState {
        self.inner.state()
    }

    /// The same, for whoever needs no more.
    #[must_use]
    pub fn apart(&self) -> Arc<dyn Apart> {
        self.inner.clone()
    }

    /// The store, if it was ever open.
    #[must_use]
    pub fn primary(&self) -> Option<&P> {
        self.inner.primary.get()
    }

    /// The mirror.
    #[must_use]
    pub fn mirror(&self) -> &M {
        &self.inner.mirror
    }

    /// Notes which deployment the mirror is of.
    ///
    /// # Errors
    /// When the mirror does not take it.
    pub async fn note_cluster(&self, cluster_id: [u8; 16]) -> Result<(), StoreError> {
        let change = MarkChange {
            cluster_id: Some(cluster_id),
            ..MarkChange::default()
        };
        self.inner.mirror.change_mark(change).await
    }
}

/// The rows of the mirror's log at or after a position.
async fn rows_from<M: Mirror>(mirror: &M, first: u64) -> Result<Vec<LogRow>, StoreError> {
    const PAGE: u32 = 1_000;
    let mut rows: Vec<LogRow> = Vec::new();
    loop {
        let from = rows.last().map_or(first, |row| row.seq.0.saturating_add(1));
        let page = mirror.revocations_from(RevocationSeq(from), PAGE).await?;
        let is_last = page.len() < PAGE as usize;
        rows.extend(page);
        if is_last {
            return Ok(rows);
        }
    }
}
