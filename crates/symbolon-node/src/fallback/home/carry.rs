//! The mirror's sessions go over to the store.

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::revocation::{RevocationReason, RevocationSeq};
use symbolon_core::session::{Session, SessionId};
use symbolon_core::store::{
    AdoptSession, Adopted, FoundSession, Mirror, Mirrored, RevokeSession, StoreError,
};
use tokio::task::JoinSet;

use super::{Fallback, Trip, in_time};
use crate::fallback::event::FallbackEvent;

/// How many sessions go over at a time. While they are on their way they are refreshed nowhere.
const BATCH: u32 = 256;
/// How many of them the store is asked for at the same time.
const TOGETHER: usize = 16;

impl<P: Mirrored + Clone, M: Mirror> Fallback<P, M> {
    /// Carries some sessions over; `false`: hardly any are left.
    pub(super) async fn carry(&self, store: &P, trip: &mut Trip) -> Result<bool, StoreError> {
        let closed = self.inner.gate.close().await;
        let batch = self.set_out().await?;
        drop(closed);
        let is_full = batch.len() >= BATCH as usize;
        self.carry_over(store, trip, &batch).await?;
        let closed = self.inner.gate.close().await;
        self.forget(&batch).await?;
        drop(closed);
        Ok(is_full)
    }

    /// The same, where the gate is closed already; `false`: none is left.
    pub(super) async fn carry_behind_the_gate(&self, store: &P, trip: &mut Trip) -> Result<bool, StoreError> {
        let batch = self.set_out().await?;
        if batch.is_empty() {
            return Ok(false);
        }
        self.carry_over(store, trip, &batch).await?;
        self.forget(&batch).await?;
        Ok(true)
    }

    /// Marks the next sessions as being on their way, with no step under way: what is read of them then does not change
    /// here any more.
    async fn set_out(&self) -> Result<Vec<FoundSession>, StoreError> {
        let inner = &self.inner;
        let batch = inner.mirror.walk_sessions(None, BATCH).await?;
        let ids: Vec<SessionId> = batch.iter().map(|found| found.session.id).collect();
        inner.mirror.mark_moving(ids.clone()).await?;
        inner.moving.lock().extend(ids);
        Ok(batch)
    }

    async fn forget(&self, batch: &[FoundSession]) -> Result<(), StoreError> {
        let ids: Vec<SessionId> = batch.iter().map(|found| found.session.id).collect();
        self.inner.mirror.forget_sessions(ids.clone()).await?;
        let mut moving = self.inner.moving.lock();
        for id in ids {
            moving.remove(&id);
        }
        Ok(())
    }

    async fn carry_over(&self, store: &P, trip: &mut Trip, batch: &[FoundSession]) -> Result<(), StoreError> {
        // A cut that was made here before they set out, and that some of them began after, comes before them.
        self.push(store, trip).await?;
        // What is known now has spared them, and what comes later ends them.
        let known = self.catch_up(store, trip).await?;
        let now = self.now();
        for some in batch.chunks(TOGETHER) {
            let mut under_way = JoinSet::new();
            for found in some {
                if found.session.ended(found.cut, now).is_some() {
                    continue;
                }
                // Ended while it was on its way, now or on an earlier try.
                let has_ended = self.inner.tail.overlay().find_end(found.session.id).is_some();
                let (store, session) = (store.clone(), found.session.clone());
                under_way.spawn(adopt(store, session, known, has_ended));
            }
            while let Some(done) = under_way.join_next().await {
                let (id, adopted) = done.map_err(|error| StoreError::Damaged {
                    operation: "take a session home",
                    detail: error.to_string(),
                })??;
                match adopted {
                    Adopted::There(_) => trip.sessions += 1,
                    Adopted::Ended(_) => {}
                    // The store's own stays as it is.
                    Adopted::OtherIsThere => self.say(&FallbackEvent::OtherIsThere(id)),
                }
            }
        }
        Ok(())
    }
}

/// Writes one session into the store. One that was ended here while it was on its way is written too, and ended: an
/// earlier try to write it may still arrive, and must find it there.
async fn adopt<P: Mirrored>(
    store: P,
    session: Session,
    known: RevocationSeq,
    has_ended: bool,
) -> Result<(SessionId, Adopted), StoreError> {
    let id = session.id;
    let origin = Origin {
        seen_from: session.seen_from.clone(),
        ..Origin::system(session.created_at)
    };
    let audit = origin.entry(AuditEvent::Issued).of(&session.subject).on(id);
    let adopt = AdoptSession {
        session,
        known,
        audit: audit.saying("begun while the store was away"),
    };
    let adopted = in_time(store.adopt_session(adopt)).await?;
    if has_ended {
        let reason = RevocationReason::Revoked;
        let audit = origin.entry(AuditEvent::Revoked).on(id).saying(reason.as_str());
        in_time(store.revoke_session(RevokeSession { id, reason, audit })).await?;
    }
    Ok((id, adopted))
}
