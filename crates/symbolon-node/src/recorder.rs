//! Records uses beside the verify path: verify puts a note into a bounded queue, one task writes
//! the notes in batches.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_queue::ArrayQueue;
use symbolon_core::clock::{Clock, Timestamp};
use symbolon_core::session::{SessionId, idle_end};
use symbolon_core::store::{Activity, SessionStore, StoreError, SuccessorUse};
use symbolon_core::token::Generation;
use tokio_util::sync::CancellationToken;

/// How many notes may wait: at 56 bytes each, less than 4 MiB. A note that finds no place is made
/// again by the session's next use.
const NOTES_MAX: usize = 65_536;
/// How often notes are written: with the step of noting, well within the idle slack.
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// How many notes one write takes.
const BATCH_MAX: usize = 1_000;
/// How many pairs wait for the end of their repetitions. One beyond keeps its nonce until its next
/// rotation, which makes it useless.
const WIPES_MAX: usize = 1_000_000;

/// A use of a session.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// Which session.
    pub session_id: SessionId,
    /// When.
    pub at: Timestamp,
    /// Its idle time-out, where the idle life is to begin anew.
    pub slides: Option<Duration>,
    /// The generation whose first use this is.
    pub first_use_of: Option<Generation>,
}

/// Where uses wait to be written.
pub struct Recorder {
    notes: ArrayQueue<Use>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            notes: ArrayQueue::new(NOTES_MAX),
        }
    }
}

impl Recorder {
    /// Hands a use over; `false`: there is no place, and the caller must not count it as noted.
    #[inline]
    pub fn note(&self, note: Use) -> bool {
        self.notes.push(note).is_ok()
    }

    /// Writes notes until `cancel`, and what is left then.
    pub async fn run<S: SessionStore>(
        self: Arc<Self>,
        store: S,
        clock: Arc<dyn Clock>,
        grace: Duration,
        cancel: CancellationToken,
    ) {
        let mut wipes = VecDeque::new();
        loop {
            // Cancel-safe: neither branch holds anything across the wait.
            let stopping = tokio::select! {
                () = cancel.cancelled() => true,
                () = tokio::time::sleep(FLUSH_EVERY) => false,
            };
            if let Err(error) = self.flush(&store, &mut wipes, clock.now(), grace).await {
                tracing::warn!(%error, "uses of sessions could not be recorded; they are kept for the next try");
            }
            if stopping {
                return;
            }
        }
    }

    async fn flush<S: SessionStore>(
        &self,
        store: &S,
        wipes: &mut VecDeque<SuccessorUse>,
        now: Timestamp,
        grace: Duration,
    ) -> Result<(), StoreError> {
        for _ in 0..self.notes.len().div_ceil(BATCH_MAX) {
            let batch: Vec<Use> = std::iter::from_fn(|| self.notes.pop()).take(BATCH_MAX).collect();
            if let Err(error) = write(store, &batch, wipes).await {
                // Back into the queue; one that finds no place there is made again by the next use.
                for note in batch {
                    let _kept = self.note(note);
                }
                return Err(error);
            }
        }
        let due = wipes
            .iter()
            .take(BATCH_MAX)
            .take_while(|wipe| now >= wipe.used_at.after(grace))
            .count();
        let due: Vec<_> = wipes.drain(..due).collect();
        if due.is_empty() {
            Ok(())
        } else {
            store.wipe_nonces(due).await
        }
    }
}

async fn write<S: SessionStore>(
    store: &S,
    batch: &[Use],
    wipes: &mut VecDeque<SuccessorUse>,
) -> Result<(), StoreError> {
    let mut newest = BTreeMap::new();
    let mut successors = Vec::new();
    for note in batch {
        if let Some(idle) = note.slides {
            let idle_expires_at = idle_end(note.at, idle);
            let activity = Activity {
                session_id: note.session_id,
                seen_at: note.at,
                idle_expires_at,
            };
            let kept = newest.entry(note.session_id).or_insert(activity);
            if activity.seen_at > kept.seen_at {
                *kept = activity;
            }
        }
        if let Some(generation) = note.first_use_of {
            successors.push(SuccessorUse {
                session_id: note.session_id,
                generation,
                used_at: note.at,
            });
        }
    }
    if !newest.is_empty() {
        store.record_activity(newest.into_values().collect()).await?;
    }
    if !successors.is_empty() {
        store.mark_successors_used(successors.clone()).await?;
        wipes.extend(successors.into_iter().take(WIPES_MAX.saturating_sub(wipes.len())));
    }
    Ok(())
}
