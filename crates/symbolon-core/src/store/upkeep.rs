//! The log as others follow it, and what keeps a store small.

use std::future::Future;
use std::time::Duration;

use super::{FoundSession, StoreError};
use crate::clock::Timestamp;
use crate::revocation::{LogRow, RevocationSeq};
use crate::session::SessionId;

/// The ends of the revocation log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogHead {
    /// The newest position.
    pub seq: RevocationSeq,
    /// Rows at or before this position may have been removed.
    pub floor: RevocationSeq,
}

/// What may be removed, in one bounded step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PurgeOrder {
    /// The present.
    pub now: Timestamp,
    /// How long an ended session stays.
    pub keep_ended: Duration,
    /// How long a row of the log stays.
    pub keep_log: Duration,
    /// How long an audit entry stays, and a ban after its end.
    pub keep_audit: Duration,
    /// How many rows of each kind one step removes at the most.
    pub batch: u32,
}

/// What a step removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Purged {
    /// Sessions.
    pub sessions: u64,
    /// Rows of the log.
    pub log: u64,
    /// Audit entries.
    pub audit: u64,
    /// Bans.
    pub bans: u64,
    /// Counters of the throttle.
    pub attempts: u64,
}

impl Purged {
    /// Whether a further step may find more.
    #[must_use]
    pub fn reached(self, batch: u32) -> bool {
        let batch = u64::from(batch);
        [self.sessions, self.log, self.audit, self.bans, self.attempts]
            .into_iter()
            .any(|count| count >= batch)
    }
}

/// What the node needs of a store besides sessions.
pub trait Upkeep: Send + Sync + 'static {
    /// Reads the ends of the log.
    fn log_head(&self) -> impl Future<Output = Result<LogHead, StoreError>> + Send;

    /// Reads the rows at or after `from`, in order, at the most `limit`.
    fn revocations_from(
        &self,
        from: RevocationSeq,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<LogRow>, StoreError>> + Send;

    /// Reads the sessions after one, in the order of their ids, at the most `limit`: also those that have ended and
    /// are still kept. None: the end.
    fn walk_sessions(
        &self,
        after: Option<SessionId>,
        limit: u32,
    ) -> impl Future<Output = Result<Vec<FoundSession>, StoreError>> + Send;

    /// Removes what is old, a bounded number of rows.
    fn purge(&self, order: PurgeOrder) -> impl Future<Output = Result<Purged, StoreError>> + Send;

    /// Answers whether it can read and write.
    fn ping(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}
