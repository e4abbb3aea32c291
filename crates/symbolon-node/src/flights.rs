//! Reads of the store, each made once for all who wait for it at the same time.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::SessionId;
use symbolon_core::store::{FoundSession, SessionStore, StoreError};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;

/// Reads of the store under way at the same time; the others wait.
const READS_MAX: usize = 64;
/// How long one read, waiting included, may take.
const READ_DEADLINE: Duration = Duration::from_millis(500);

/// What a read found, and the position of the log that was applied before it began.
#[derive(Clone, Debug)]
pub struct Read {
    /// The session, if there is one.
    pub found: Option<FoundSession>,
    /// What was known before the read.
    pub before: Before,
}

/// What of the log was known before a read began.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Before {
    /// Everything up to here.
    pub asof: RevocationSeq,
    /// The newest row that was heard of; rows before it may not have been.
    pub heard: RevocationSeq,
    /// How often memory had begun anew. What was read before it did proves nothing: rows since then may be missing.
    pub beginning: u64,
}

type Landing = watch::Receiver<Option<Result<Arc<Read>, StoreError>>>;

/// The reads under way.
pub struct Flights {
    under_way: Mutex<HashMap<SessionId, Landing>>,
    permits: Semaphore,
}

impl Default for Flights {
    fn default() -> Self {
        Self {
            under_way: Mutex::new(HashMap::new()),
            permits: Semaphore::new(READS_MAX),
        }
    }
}

impl Flights {
    /// Waits for a read of this session that is already under way. What it found can prove only a
    /// *yes*: it began before the caller did.
    pub async fn join(&self, id: SessionId) -> Option<Arc<Read>> {
        let mut landing = self.under_way.lock().get(&id).cloned()?;
        let landed = timeout(READ_DEADLINE, landing.wait_for(Option::is_some))
            .await
            .ok()?
            .ok()?;
        landed.as_ref()?.as_ref().ok().cloned()
    }

    /// Reads the session now, for the caller and for all who join meanwhile.
    ///
    /// # Errors
    /// When the store does not answer in time.
    pub async fn lead<S: SessionStore>(
        &self,
        store: &S,
        id: SessionId,
        before: Before,
    ) -> Result<Arc<Read>, StoreError> {
        let (sender, landing) = watch::channel(None);
        self.under_way.lock().insert(id, landing);
        let _clear = Clear { flights: self, id };
        let read = self.read(store, id, before).await.map(Arc::new);
        sender.send_replace(Some(read.clone()));
        read
    }

    async fn read<S: SessionStore>(
        &self,
        store: &S,
        id: SessionId,
        before: Before,
    ) -> Result<Read, StoreError> {
        let reading = async {
            let _permit = self.permits.acquire().await;
            store.find_session(id).await
        };
        match timeout(READ_DEADLINE, reading).await {
            Ok(found) => found.map(|found| Read { found, before }),
            Err(_) => Err(StoreError::Unavailable {
                operation: "read a session",
                detail: format!("no answer within {} ms", READ_DEADLINE.as_millis()),
            }),
        }
    }
}

/// Takes a flight off the list when it has landed or its leader went away.
struct Clear<'a> {
    flights: &'a Flights,
    id: SessionId,
}

impl Drop for Clear<'_> {
    fn drop(&mut self) {
        self.flights.under_way.lock().remove(&self.id);
    }
}
