//! The way home, begun again at its first step after any interruption:
//!
//! 1. A store that is empty gets what the mirror has. 2. `catch_up`: its log is read from where it was left, and what was
//!    ended there is ended here. 3. `push`: what was ended here is ended there. 4. `carry`: sessions go over, each with a
//!    durable mark before. 5. With no step under way, what came in between follows, the mirror is emptied, and steps go to
//!    the store again. The first heartbeat there joins anew, and only that gives a lease under the store's log.

mod carry;
mod catch_up;
mod push;
mod restore;

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow, RevocationSeq};
use symbolon_core::store::{Mirror, MirrorMark, Mirrored, StoreError};
use tokio::time::timeout;

use super::event::FallbackEvent;
use super::standing::Standing;
use super::{Fallback, rows_from};
use crate::chain::RowName;

/// How far the store's log jumps beyond the mirror's: so far that rows which the mirror still takes on the way do not
/// come near.
const JUMP: u64 = 1 << 21;
/// How long one step of the store may take. It gives up by itself before that.
const STEP_DEADLINE: Duration = Duration::from_secs(5);
/// How many uses are written at once.
const USES_BATCH: usize = 500;

/// One try to come home.
struct Trip {
    /// The rows of the mirror's log.
    owed: Vec<LogRow>,
    /// The newest row of the store's log that was seen before.
    anchor: Option<RowName>,
    /// Up to here they are in the store.
    pushed: RevocationSeq,
    /// Rows in the store's log that this node has written on this trip.
    own: HashSet<[u8; 16]>,
    /// How many sessions and ends went over.
    sessions: u64,
    ends: u64,
}

impl From<&MirrorMark> for Trip {
    fn from(mark: &MirrorMark) -> Self {
        Self {
            owed: Vec::new(),
            anchor: mark.anchor,
            pushed: mark.pushed,
            own: HashSet::new(),
            sessions: 0,
            ends: 0,
        }
    }
}

impl Trip {
    /// Whether a row of the store's log is one of the mirror's, written there by an earlier try.
    fn find_owed(&self, row: &LogRow) -> Option<RevocationSeq> {
        let same = |kind: &LogKind| match (kind, &row.kind) {
            (LogKind::Subject { subject: one, .. }, LogKind::Subject { subject: other, .. }) => one == other,
            (LogKind::Everyone, LogKind::Everyone) => true,
            _ => false,
        };
        let owed = self
            .owed
            .iter()
            .find(|owed| same(&owed.kind) && owed.at == row.at && owed.reason == row.reason)?;
        Some(owed.seq)
    }
}

impl<P: Mirrored + Clone, M: Mirror> Fallback<P, M> {
    /// Brings everything home.
    pub(super) async fn come_home(&self) -> Result<(), StoreError> {
        let inner = &self.inner;
        let store = self.home("come home")?;
        let away_since = inner.mode.since();
        self.set_standing(Standing::Returning);
        self.say(&FallbackEvent::Returning);
        if self.is_to_restore().await? {
            self.restore(store).await?;
        }
        let mark = inner.mirror.read_mark().await?;
        let mut trip = Trip {
            owed: rows_from(&inner.mirror, 0).await?,
            ..Trip::from(&mark)
        };
        self.look_for_lost_rows(store, &mut trip).await?;
        self.catch_up(store, &mut trip).await?;
        self.push(store, &mut trip).await?;
        inner.pushed.store(true, Ordering::Release);
        self.carry_uses(store).await?;
        while self.carry(store, &mut trip).await? {}
        self.arrive(store, &mut trip, away_since).await
    }

    /// The last of it, with no step under way.
    async fn arrive(
        &self,
        store: &P,
        trip: &mut Trip,
        away_since: Option<Timestamp>,
    ) -> Result<(), StoreError> {
        let inner = &self.inner;
        let _closed = inner.gate.close().await;
        self.push(store, trip).await?;
        while self.carry_behind_the_gate(store, trip).await? {}
        self.push(store, trip).await?;
        self.carry_uses(store).await?;
        // The store's positions are the greater ones from here on, whatever was cut meanwhile.
        let mut position = self.catch_up(store, trip).await?;
        while !self.is_above(position).await? {
            self.lift(store).await?;
            position = self.catch_up(store, trip).await?;
        }
        let page = in_time(store.read_log(position, 1)).await?;
        let newest = page.rows.into_iter().find(|row| row.seq == position);
        inner.mirror.come_home(position).await?;
        inner.position.fetch_max(position.0, Ordering::AcqRel);
        inner.moving.lock().clear();
        inner.own_ends.lock().clear();
        inner.sessions.store(0, Ordering::Relaxed);
        // What memory has of before is read again: its epochs are of the mirror. What was ended stays ended.
        inner.tail.begin_anew(position, newest.as_ref());
        inner.joint.store(position.0, Ordering::Release);
        let now = self.now();
        self.set_standing(Standing::Healthy);
        inner.tail.ring();
        let away = now.since(away_since.unwrap_or(now));
        self.say(&FallbackEvent::CameHome {
            sessions: trip.sessions,
            ends: trip.ends,
            away_ms: u64::try_from(away.as_millis()).unwrap_or(u64::MAX),
        });
        Ok(())
    }

    /// Lets the store's log jump beyond the mirror's, if it is not there: a cut that is pushed must be newer than it is here.
    async fn lift(&self, store: &P) -> Result<(), StoreError> {
        let head = self.inner.mirror.log_head().await?.seq;
        let beyond = RevocationSeq(head.0.saturating_add(JUMP));
        in_time(store.jump_beyond(beyond)).await.map(drop)
    }

    /// Whether a position of the store's log is beyond the mirror's, by a jump.
    async fn is_above(&self, position: RevocationSeq) -> Result<bool, StoreError> {
        let head = self.inner.mirror.log_head().await?.seq;
        Ok(position.0 > head.0.saturating_add(JUMP))
    }

    /// Tells the store that its sessions were in use.
    async fn carry_uses(&self, store: &P) -> Result<(), StoreError> {
        loop {
            let batch: Vec<_> = {
                let uses = self.inner.uses.lock();
                uses.values().take(USES_BATCH).copied().collect()
            };
            if batch.is_empty() {
                return Ok(());
            }
            in_time(store.record_activity(batch.clone())).await?;
            let mut uses = self.inner.uses.lock();
            for used in batch {
                if uses.get(&used.session_id) == Some(&used) {
                    uses.remove(&used.session_id);
                }
            }
        }
    }
}

/// A step of the store, for as long as one may take.
async fn in_time<T>(step: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    match timeout(STEP_DEADLINE, step).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::Unavailable {
            operation: "come home",
            detail: format!("no answer within {} s", STEP_DEADLINE.as_secs()),
        }),
    }
}
