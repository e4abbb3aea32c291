//! The log as others follow it, and what keeps a store small. The mirror is cleaned by its keeper, since nothing of its
//! log may be removed before the store has it.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{
    Census, FoundSession, LogHead, Mirror, Mirrored, PurgeOrder, Purged, StoreError, Upkeep,
};

use super::Fallback;
use super::way::{Way, away};

impl<P: Mirrored, M: Mirror> Upkeep for Fallback<P, M> {
    async fn log_head(&self) -> Result<LogHead, StoreError> {
        match self.way("read the head of the log").await? {
            Way::Home(store) => self.heed(store.log_head().await),
            Way::Away(_pass) => self.inner.mirror.log_head().await,
        }
    }

    async fn revocations_from(&self, from: RevocationSeq, limit: u32) -> Result<Vec<LogRow>, StoreError> {
        match self.way("read the log").await? {
            Way::Home(store) => self.heed(store.revocations_from(from, limit).await),
            Way::Away(_pass) => self.inner.mirror.revocations_from(from, limit).await,
        }
    }

    async fn walk_sessions(
        &self,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<FoundSession>, StoreError> {
        let operation = "walk through the sessions";
        match self.way(operation).await? {
            Way::Home(store) => self.heed(store.walk_sessions(after, limit).await),
            Way::Away(_pass) => away(operation),
        }
    }

    async fn purge(&self, order: PurgeOrder) -> Result<Purged, StoreError> {
        match self.way("remove old rows").await? {
            Way::Home(store) => self.heed(store.purge(order).await),
            Way::Away(_pass) => Ok(Purged::default()),
        }
    }

    async fn ping(&self) -> Result<(), StoreError> {
        match self.way("write").await? {
            Way::Home(store) => self.heed(store.ping().await),
            Way::Away(_pass) => self.inner.mirror.ping().await,
        }
    }
}

impl<P: Mirrored + Census, M: Mirror> Census for Fallback<P, M> {
    async fn count_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        match self.way("count the sessions").await? {
            Way::Home(store) => self.heed(Census::count_sessions(store, now).await),
            // Those of the store are alive too, and nobody can count them: what is said is how many began here.
            Way::Away(_pass) => self.inner.mirror.count_sessions(now).await,
        }
    }
}
