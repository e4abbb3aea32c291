//! What a fallback says of itself, to operators and to whoever writes receipts.

use std::sync::atomic::Ordering;

use parking_lot::Mutex;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{Mirror, Mirrored};

use super::Inner;

/// Where steps go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// To the store.
    Healthy,
    /// To the mirror: the store is away.
    Degraded,
    /// To the mirror, whose sessions are coming home to a store that is back.
    Returning,
}

/// How a fallback stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FallbackState {
    /// Where steps go.
    pub standing: Standing,
    /// Since when; `None`: since the start.
    pub since: Option<Timestamp>,
    /// How many live sessions are in the mirror, counted every few seconds.
    pub sessions: u64,
    /// Whether it would go on if the store were away now: it is the only member, and has copied what it needs.
    pub may_fall_back: bool,
}

/// How far a revocation reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// What it ends is known to this node alone: it is effective.
    Everywhere,
    /// This node, until the store is back.
    ThisNode,
    /// All members, as soon as they say so.
    Members,
}

/// What a fallback tells of revocations.
pub trait Apart: Send + Sync + 'static {
    /// How far the revocation at this position reaches.
    fn reach(&self, seq: RevocationSeq) -> Reach;

    /// How it stands.
    fn state(&self) -> FallbackState;
}

/// The standing, and since when.
pub(super) struct Mode(Mutex<(Standing, Option<Timestamp>)>);

impl Mode {
    pub(super) fn home() -> Self {
        Self(Mutex::new((Standing::Healthy, None)))
    }

    pub(super) fn standing(&self) -> Standing {
        self.0.lock().0
    }

    pub(super) fn is_home(&self) -> bool {
        self.standing() == Standing::Healthy
    }

    /// When the store went away, where that goes on.
    pub(super) fn since(&self) -> Option<Timestamp> {
        self.0.lock().1
    }

    /// Changes it. The way home is a part of the time away.
    pub(super) fn set(&self, standing: Standing, now: Timestamp) {
        let mut mode = self.0.lock();
        let goes_on = mode.0 != Standing::Healthy && standing != Standing::Healthy;
        *mode = (standing, if goes_on { mode.1 } else { Some(now) });
    }
}

impl<P: Mirrored, M: Mirror> Apart for Inner<P, M> {
    fn reach(&self, seq: RevocationSeq) -> Reach {
        if self.mode.is_home() {
            return Reach::Members;
        }
        if self.own_ends.lock().contains(&seq) {
            Reach::Everywhere
        } else {
            Reach::ThisNode
        }
    }

    fn state(&self) -> FallbackState {
        FallbackState {
            standing: self.mode.standing(),
            since: self.mode.since(),
            sessions: self.sessions.load(Ordering::Relaxed),
            may_fall_back: self.alone.load(Ordering::Acquire),
        }
    }
}
