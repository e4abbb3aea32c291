//! The log as others follow it, and what keeps the store small.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{Census, FoundSession, LogHead, LogPage, PurgeOrder, Purged, StoreError, Upkeep};

use super::handle::RedisStore;
use super::members::read_log_page;
use super::record::session::read_found;
use super::reply::{count, flag, list};
use super::script::{Call, Script, script};

static READ_LOG: Script = script!("read the log": "base" "read_log");
static WALK: Script = script!("walk through the sessions": "base" "sessions" "found" "walk_sessions");
static SWEEP: Script = script!("mark ended sessions": "base" "sessions" "alive" "sweep");
static PURGE_SESSIONS: Script = script!("remove old sessions": "base" "sessions" "alive" "purge_sessions");
static PURGE_LOG: Script = script!("remove old rows of the log": "base" "purge_log");
static PURGE_AUDIT: Script = script!("remove old audit entries": "base" "purge_audit");
static PURGE_BANS: Script = script!("remove old bans": "base" "bans" "purge_bans");
static PURGE_MEMBERS: Script = script!("remove evicted members": "base" "purge_members");
static PURGE_ATTEMPTS: Script = script!(
    "remove old counters of failed attempts": "base" "attempts" "purge_attempts"
);
static COUNT: Script = script!("count the sessions": "base" "sessions" "alive" "count_sessions");
static PING: Script = script!("write": "base" "ping");

/// How long a counter of failed attempts stays after its last attempt. A hundred failures in a row disable a password
/// (NIST SP 800-63B-4, section 3.2.2), and a guesser who waits does not begin anew. Counters of names without an account
/// stay as long: otherwise waiting would tell the two apart.
const KEEP_ATTEMPTS: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// How many counters are kept: each name that is tried makes one, and anyone can try names. Beyond, the longest idle are
/// forgotten.
const ATTEMPTS_MAX: u32 = 1_000_000;

/// How long a member that was evicted stays after its last heartbeat, for operators to see.
const KEEP_EVICTED: Duration = Duration::from_secs(24 * 60 * 60);

/// How many steps of marking ended sessions one purge makes at the most.
const SWEEP_STEPS_MAX: u32 = 4_000;

/// How many one script removes or marks at the most: Redis does nothing else meanwhile.
const PER_SCRIPT_MAX: u32 = 250;

impl Census for RedisStore {
    async fn count_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut call = Call::of(&COUNT);
        call.text(now.0);
        count(&self.ask(&call).await?).map_err(|fault| fault.in_step(COUNT.does))
    }
}

impl Upkeep for RedisStore {
    async fn log_head(&self) -> Result<LogHead, StoreError> {
        let page = self.page_of_log(RevocationSeq(u64::MAX), 1).await?;
        Ok(LogHead {
            seq: page.head,
            floor: page.floor,
        })
    }

    async fn revocations_from(&self, from: RevocationSeq, limit: u32) -> Result<Vec<LogRow>, StoreError> {
        Ok(self.page_of_log(from, limit).await?.rows)
    }

    async fn walk_sessions(
        &self,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<FoundSession>, StoreError> {
        let mut page: Vec<FoundSession> = Vec::new();
        while page.len() < limit as usize {
            let after = page.last().map(|found| found.session.id).or(after);
            let wanted = (limit as usize - page.len()).min(PER_SCRIPT_MAX as usize);
            let mut call = Call::of(&WALK);
            call.maybe_text(after).text(wanted);
            let found =
                list(self.ask(&call).await?).and_then(|all| all.into_iter().map(read_found).collect());
            let found: Vec<_> = found.map_err(|fault| fault.in_step(WALK.does))?;
            if found.is_empty() {
                break;
            }
            page.extend(found);
        }
        Ok(page)
    }

    async fn purge(&self, order: PurgeOrder) -> Result<Purged, StoreError> {
        self.sweep().await?;
        let now = order.now;
        let sessions = now.before(order.keep_ended);
        let log = now.before(order.keep_log);
        let audit = now.before(order.keep_audit);
        let batch = order.batch;
        let purged = Purged {
            sessions: self.purge_some(&PURGE_SESSIONS, sessions, batch, None).await?,
            log: self.purge_some(&PURGE_LOG, log, batch, None).await?,
            audit: self.purge_some(&PURGE_AUDIT, audit, batch, None).await?,
            // Who looks for a ban looks at its entries too: the one goes with the other.
            bans: self.purge_some(&PURGE_BANS, audit, batch, None).await?,
            attempts: self
                .purge_some(
                    &PURGE_ATTEMPTS,
                    now.before(KEEP_ATTEMPTS),
                    batch,
                    Some(ATTEMPTS_MAX),
                )
                .await?,
        };
        self.purge_some(&PURGE_MEMBERS, now.before(KEEP_EVICTED), batch, None)
            .await?;
        Ok(purged)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.ask(&Call::of(&PING)).await.map(drop)
    }
}

impl RedisStore {
    async fn page_of_log(&self, from: RevocationSeq, limit: u32) -> Result<LogPage, StoreError> {
        let mut call = Call::of(&READ_LOG);
        call.text(from.0).text(limit);
        let answer = self.ask(&call).await?;
        read_log_page(answer).map_err(|fault| fault.in_step(READ_LOG.does))
    }

    /// Marks the sessions that cuts have ended.
    async fn sweep(&self) -> Result<(), StoreError> {
        for _ in 0..SWEEP_STEPS_MAX {
            let mut call = Call::of(&SWEEP);
            call.text(PER_SCRIPT_MAX);
            let owed = flag(&self.ask_at_length(&call).await?);
            if !owed.map_err(|fault| fault.in_step(SWEEP.does))? {
                break;
            }
        }
        Ok(())
    }

    /// Removes what is as old as `by`, some in each script, `batch` at the most. `most`: how many of them may be kept.
    pub(super) async fn purge_some(
        &self,
        script: &'static Script,
        by: Timestamp,
        batch: u32,
        most: Option<u32>,
    ) -> Result<u64, StoreError> {
        let (mut removed, mut left) = (0, batch);
        while left > 0 {
            let wanted = left.min(PER_SCRIPT_MAX);
            let mut call = Call::of(script);
            call.text(by.0).text(wanted);
            if let Some(most) = most {
                call.text(most);
            }
            let count =
                count(&self.ask_at_length(&call).await?).map_err(|fault| fault.in_step(script.does))?;
            removed += count;
            left -= wanted;
            if count < u64::from(wanted) {
                break;
            }
        }
        Ok(removed)
    }
}
