//! The cache that nodes share: sessions as the store held them at a position of the log.
//!
//! It may be absent, slow, empty, old or forged, and only speed changes: what it gives is judged by the position that
//! it is stamped with, as any fact is, and proves a *yes* only.

use std::pin::Pin;

use crate::clock::Timestamp;
use crate::revocation::RevocationSeq;
use crate::session::SessionId;
use crate::store::FoundSession;

/// A session as a node read it from the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharedFact {
    /// The session, without the nonce of its rotation, and the cut that was read with it.
    pub found: FoundSession,
    /// Everything up to here was applied by the node before it read.
    pub asof: RevocationSeq,
}

/// A look-up that is under way.
pub type Finding<'c> = Pin<Box<dyn Future<Output = Option<SharedFact>> + Send + 'c>>;

/// A cache that nodes share.
pub trait SharedCache: Send + Sync + 'static {
    /// Looks a session up; `None`: it is not there, cannot be trusted, or the cache does not answer in time.
    fn find(&self, id: SessionId) -> Finding<'_>;

    /// Keeps a fact for as long as it may be of use, if that goes at once. Never waits.
    fn keep(&self, fact: SharedFact, now: Timestamp);

    /// Removes a session, if that goes at once. Never waits.
    fn forget(&self, id: SessionId);
}
