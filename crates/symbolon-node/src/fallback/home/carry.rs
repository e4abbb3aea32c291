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

/// Sessions that set out together.
struct Batch {
    sessions: Vec<FoundSession>,
    /// Up to here the store's log has spared them.
    known: RevocationSeq,
}

impl<P: Mirrored + Clone, M: Mirror> Fallback<P, M> {
    /// Carries some sessions over; `false`: hardly any are left.
    pub(super) async fn carry(&self, store: &P, trip: &mut Trip) -> Result<bool, StoreError> {
        // As much as can be while steps go on.
        self.push(store, trip).await?;
        self.catch_up(store, trip).await?;
        let closed = self.inner.gate.close().await;
        let batch = self.set_out(store, trip).await?;
        drop(closed);
        let is_full = batch.sessions.len() >= BATCH as usize;
        let newest = self.carry_over(store, trip, &batch).await?;
        let closed = self.inner.gate.close().await;
        self.settle_in(store, trip, &batch, newest).await?;
        drop(closed);
        Ok(is_full)
    }

    /// The same, where the gate is closed already; `false`: none is left.
    pub(super) async fn carry_behind_the_gate(&self, store: &P, trip: &mut Trip) -> Result<bool, StoreError> {
        let batch = self.set_out(store, trip).await?;
        if batch.sessions.is_empty() {
            return Ok(false);
        }
        let newest = self.carry_over(store, trip, &batch).await?;
        self.settle_in(store, trip, &batch, newest).await?;
        Ok(true)
    }

    /// Marks the next sessions as being on their way, with no step under way: what is read of them then does not change
    /// here any more. A cut that was made here before, and that some of them began after, is in the store before them; one
    /// that is made after this comes after them.
    async fn set_out(&self, store: &P, trip: &mut Trip) -> Result<Batch, StoreError> {
        let inner = &self.inner;
        self.push(store, trip).await?;
        let known = self.catch_up(store, trip).await?;
        let sessions = inner.mirror.walk_sessions(None, BATCH).await?;
        let ids: Vec<SessionId> = sessions.iter().map(|found| found.session.id).collect();
        inner.mirror.mark_moving(ids.clone()).await?;
        inner.moving.lock().extend(ids);
        Ok(Batch { sessions, known })
    }

    /// Those that are in the store are read there from here on, with no step under way. What was cut here while they were on
    /// their way has ended them there; what is cut here from now on has a position beyond the cut that they are under there,
    /// and so ends them here at once.
    async fn settle_in(
        &self,
        store: &P,
        trip: &mut Trip,
        batch: &Batch,
        newest: RevocationSeq,
    ) -> Result<(), StoreError> {
        self.push(store, trip).await?;
        self.inner.mirror.jump_mirror_beyond(newest).await?;
        self.forget(&batch.sessions).await
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

    /// Writes them into the store; answers the newest cut that one of them is under there.
    async fn carry_over(
        &self,
        store: &P,
        trip: &mut Trip,
        batch: &Batch,
    ) -> Result<RevocationSeq, StoreError> {
        let mut newest = RevocationSeq::ZERO;
        let now = self.now();
        for some in batch.sessions.chunks(TOGETHER) {
            let mut under_way = JoinSet::new();
            for found in some {
                if found.session.ended(found.cut, now).is_some() {
                    continue;
                }
                // Ended while it was on its way, now or on an earlier try.
                let has_ended = self.inner.tail.overlay().find_end(found.session.id).is_some();
                let (store, session) = (store.clone(), found.session.clone());
                under_way.spawn(adopt(store, session, batch.known, has_ended));
            }
            while let Some(done) = under_way.join_next().await {
                let (id, adopted) = done.map_err(|error| StoreError::Damaged {
                    operation: "take a session home",
                    detail: error.to_string(),
                })??;
                match adopted {
                    Adopted::There(epoch) => {
                        trip.sessions += 1;
                        newest = newest.max(epoch);
                    }
                    Adopted::Ended(_) => {}
                    // The store's own stays as it is.
                    Adopted::OtherIsThere => self.say(&FallbackEvent::OtherIsThere(id)),
                }
            }
        }
        Ok(newest)
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
