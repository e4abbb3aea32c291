//! Where a step goes.

use std::sync::atomic::Ordering;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{FoundSession, MarkChange, Mirror, Mirrored, StoreError};

use super::event::FallbackEvent;
use super::gate::Pass;
use super::standing::Standing;
use super::{ENDS_MAX, Fallback};

/// Where a step goes.
pub(super) enum Way<'f, P> {
    /// To the store.
    Home(&'f P),
    /// To the mirror, for as long as the pass is held.
    Away(Pass<'f>),
}

/// The store is away, and the mirror cannot do this step for it.
pub(super) fn away<T>(operation: &'static str) -> Result<T, StoreError> {
    Err(StoreError::Unavailable {
        operation,
        detail: "the store is away, and this node has not what it takes to go on without it".to_owned(),
    })
}

impl<P: Mirrored, M: Mirror> Fallback<P, M> {
    /// Where a step goes.
    pub(super) async fn way(&self, operation: &'static str) -> Result<Way<'_, P>, StoreError> {
        if self.inner.mode.is_home() {
            return self.home(operation).map(Way::Home);
        }
        let pass = self.inner.gate.pass().await;
        if self.inner.mode.is_home() {
            return self.home(operation).map(Way::Home);
        }
        Ok(Way::Away(pass))
    }

    /// The store.
    pub(super) fn home(&self, operation: &'static str) -> Result<&P, StoreError> {
        match self.inner.primary.get() {
            Some(store) => Ok(store),
            None => away(operation),
        }
    }

    /// The store, for a change that only it can make and that is copied into the mirror before it is answered: while the
    /// pass is held, no step crosses from one to the other.
    pub(super) async fn only_home(&self, operation: &'static str) -> Result<(&P, Pass<'_>), StoreError> {
        let pass = self.inner.gate.pass().await;
        if !self.inner.mode.is_home() {
            return away(operation);
        }
        Ok((self.home(operation)?, pass))
    }

    /// What the store answered. That it is away is looked into at once.
    pub(super) fn heed<T>(&self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(answer, Err(StoreError::Unavailable { .. })) {
            self.inner.doubt.notify_one();
        }
        answer
    }

    /// A session that was begun in the mirror and is not on its way home.
    pub(super) async fn find_own(&self, id: SessionId) -> Result<Option<FoundSession>, StoreError> {
        if self.inner.moving.lock().contains(&id) {
            return Ok(None);
        }
        self.inner.mirror.find_session(id).await
    }

    /// Notes that a session ended which no other node knows.
    pub(super) fn note_own_end(&self, seq: RevocationSeq) {
        let mut ends = self.inner.own_ends.lock();
        ends.push_back(seq);
        if ends.len() > ENDS_MAX {
            ends.pop_front();
        }
    }

    /// Sees to it that a cut that was made here is in the mirror's position before it is answered, or known not to be
    /// answered: a session that begins in the mirror later is not ended by it.
    pub(super) async fn note_heard(&self) -> Result<(), StoreError> {
        self.note_position(self.inner.tail.applied()).await
    }

    /// The same of cuts that were read.
    pub(super) async fn note_rows(&self, rows: &[LogRow]) -> Result<(), StoreError> {
        let cuts = rows
            .iter()
            .filter(|row| matches!(row.kind, LogKind::Subject { .. } | LogKind::Everyone));
        let Some(newest) = cuts.map(|row| row.seq).max() else {
            return Ok(());
        };
        self.note_position(newest).await
    }

    pub(super) async fn note_position(&self, seq: RevocationSeq) -> Result<(), StoreError> {
        let inner = &self.inner;
        if !inner.mode.is_home() || inner.position.load(Ordering::Acquire) >= seq.0 {
            return Ok(());
        }
        let change = MarkChange {
            position: Some(seq),
            ..MarkChange::default()
        };
        inner.mirror.change_mark(change).await?;
        inner.position.fetch_max(seq.0, Ordering::AcqRel);
        Ok(())
    }

    pub(super) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    pub(super) fn set_standing(&self, standing: Standing) {
        let inner = &self.inner;
        inner.pushed.store(false, Ordering::Release);
        inner.sink.set(standing);
        inner.mode.set(standing, self.now());
    }

    pub(super) fn say(&self, event: &FallbackEvent) {
        self.inner.events.happened(event);
    }
}
