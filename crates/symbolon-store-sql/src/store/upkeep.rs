//! The log as others follow it, and what keeps the store small.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{Census, FoundSession, LogHead, PurgeOrder, Purged, StoreError, Upkeep};

use super::SqlStore;
use crate::ops::census::CountSessions;
use crate::ops::log::{Ping, ReadHead, ReadLog};
use crate::ops::members::PurgeMembers;
use crate::ops::purge::{PurgeAttempts, PurgeAudit, PurgeBans, PurgeLog, PurgeSessions};
use crate::ops::sweep::Sweep;
use crate::ops::walk::WalkSessions;

/// How long a counter of failed attempts stays after its last attempt. A hundred failures in a row disable a password
/// (NIST SP 800-63B-4, section 3.2.2), and a guesser who waits does not begin anew. Counters of names without an account
/// stay as long: otherwise waiting would tell the two apart.
const KEEP_ATTEMPTS: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// How long a member that was evicted stays after its last heartbeat, for operators to see.
const KEEP_EVICTED: Duration = Duration::from_secs(24 * 60 * 60);

/// How many steps of marking ended sessions one purge makes at the most.
const SWEEP_STEPS_MAX: u32 = 1_000;

impl Census for SqlStore {
    async fn count_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.ask(CountSessions { now }).await
    }
}

impl Upkeep for SqlStore {
    async fn log_head(&self) -> Result<LogHead, StoreError> {
        self.ask(ReadHead).await
    }

    async fn revocations_from(&self, from: RevocationSeq, limit: u32) -> Result<Vec<LogRow>, StoreError> {
        self.ask(ReadLog { from, limit }).await
    }

    async fn walk_sessions(
        &self,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<FoundSession>, StoreError> {
        self.ask(WalkSessions { after, limit }).await
    }

    async fn purge(&self, order: PurgeOrder) -> Result<Purged, StoreError> {
        let PurgeOrder { now, batch, .. } = order;
        for _ in 0..SWEEP_STEPS_MAX {
            if !self.ask(Sweep { now, batch }).await? {
                break;
            }
        }
        let ended_by = now.before(order.keep_ended);
        let sessions = self.ask(PurgeSessions { ended_by, batch }).await?;
        let written_by = now.before(order.keep_log);
        let log = self.ask(PurgeLog { written_by, batch }).await?;
        let written_by = now.before(order.keep_audit);
        let audit = self.ask(PurgeAudit { written_by, batch }).await?;
        // Who looks for a ban looks at its entries too: the one goes with the other.
        let ended_by = now.before(order.keep_audit);
        let bans = self.ask(PurgeBans { ended_by, batch }).await?;
        let seen_by = now.before(KEEP_EVICTED);
        self.ask(PurgeMembers { seen_by, batch }).await?;
        let idle_since = now.before(KEEP_ATTEMPTS);
        let attempts = self.ask(PurgeAttempts { idle_since, batch }).await?;
        Ok(Purged {
            sessions,
            log,
            audit,
            bans,
            attempts,
        })
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.still_ours()?;
        self.ask(Ping).await
    }
}
