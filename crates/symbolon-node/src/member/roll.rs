//! The members, read from the store once for all who ask at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use symbolon_core::member::{Incarnation, Member};
use symbolon_core::store::{MemberStore, StoreError};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::watch::{Listing, Silent, Watch};
use crate::bug::{self, Bug};
use crate::clock::boottime_nanos;

/// How long a reading may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// How much older than was asked for a listing is in a wrong variant, in nanoseconds: as if a commit took so long.
const LISTED_BEFORE: i64 = 3_000_000_000;

/// The newest listing, and what was seen of each member.
pub(crate) struct Roll {
    newest: Mutex<Option<Arc<Listing>>>,
    /// One reads at a time; who waits for it takes what it has read, if that was asked for late enough.
    turn: Semaphore,
    watch: Mutex<Watch>,
}

impl Default for Roll {
    fn default() -> Self {
        Self {
            newest: Mutex::new(None),
            turn: Semaphore::new(1),
            watch: Mutex::default(),
        }
    }
}

impl Roll {
    /// The members as the store had them at some moment after `after`, in nanoseconds of the steady clock.
    ///
    /// # Errors
    /// When the store does not answer in time.
    pub(crate) async fn list<S: MemberStore>(
        &self,
        store: &S,
        after: i64,
    ) -> Result<Arc<Listing>, StoreError> {
        if let Some(fresh) = self.asked_after(after) {
            return Ok(fresh);
        }
        let _turn = self.turn.acquire().await;
        if let Some(fresh) = self.asked_after(after) {
            return Ok(fresh);
        }
        let asked = boottime_nanos();
        let members = match timeout(DEADLINE, store.list_members()).await {
            Ok(members) => members?,
            Err(_) => return Err(no_answer()),
        };
        let listing = Arc::new(Listing {
            asked,
            answered: boottime_nanos(),
            members,
        });
        *self.newest.lock() = Some(Arc::clone(&listing));
        Ok(listing)
    }

    fn asked_after(&self, after: i64) -> Option<Arc<Listing>> {
        let after = if bug::is(Bug::MembersBeforeCommit) {
            after.saturating_sub(LISTED_BEFORE)
        } else {
            after
        };
        self.newest.lock().clone().filter(|listing| listing.asked > after)
    }

    /// Takes a listing into what is seen of the members; gives those who may be evicted.
    pub(super) fn look(&self, listing: &Listing, own: Option<Incarnation>, gap_max: Duration) -> Vec<Silent> {
        let mut watch = self.watch.lock();
        let silent = watch.look(listing, own, gap_max);
        watch.take_awaited().iter().for_each(say_awaited);
        silent
    }

    /// For how long a member has made no heartbeat, as seen from here.
    pub(crate) fn silence(&self, member: &Member) -> Option<Duration> {
        self.watch.lock().silence(member, boottime_nanos())
    }
}

/// It may be gone for good with its folder, or answer from it behind a network that is cut: only an operator can know.
fn say_awaited(one: &Silent) {
    tracing::warn!(
        alarm = "node_awaited",
        node = one.member.node.as_str(),
        incarnation = %one.member.incarnation,
        silent_ms = one.silent.as_millis(),
        "a member that may go on without the store makes no heartbeats: until it is back, what is ended is effective on this \
         node alone; start it again with its data folder, or, if it does not run and that folder is never used again, run: \
         symbolon node evict INCARNATION --i-checked"
    );
}

/// Sets a gauge to how many members there are.
pub(super) fn count_members(gauge: &AtomicU64, members: &[Member]) {
    let there = members.iter().filter(|member| !member.evicted).count();
    gauge.store(there as u64, Ordering::Relaxed);
}

fn no_answer() -> StoreError {
    StoreError::Unavailable {
        operation: "list the members",
        detail: format!("no answer within {} s", DEADLINE.as_secs()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use symbolon_core::clock::Timestamp;
    use symbolon_core::token::MasterKey;
    use symbolon_store_sql::{Durability, OpenSqlite, Place, SqlStore};
    use symbolon_testkit::randomness::Seeded;

    use super::Roll;
    use crate::clock::boottime_nanos;
    use crate::tail::Tail;

    /// A member may have joined between the listing and the commit, so an older one proves nothing.
    #[tokio::test]
    async fn a_listing_that_was_asked_for_before_is_never_used() {
        let (store, _) = SqlStore::open(OpenSqlite {
            place: Place::Memory,
            key_check: MasterKey::from_bytes([7; 32]).check(),
            now: Timestamp(0),
            sink: Arc::new(Tail::new(1)),
            randomness: Arc::new(Seeded::new(1)),
            durability: Durability::Full,
            pages_max: None,
        })
        .unwrap();
        let roll = Roll::default();
        let begun = boottime_nanos();
        let first = roll.list(&store, begun).await.unwrap();
        assert!(first.asked > begun && first.answered >= first.asked);
        // Asked for after that moment, so it serves who asks for no later one.
        let same = roll.list(&store, begun).await.unwrap();
        assert_eq!(same.asked, first.asked);
        let later = roll.list(&store, first.asked).await.unwrap();
        assert!(later.asked > first.asked);
    }
}
