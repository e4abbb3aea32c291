//! Where this node stands in the revocation log, and what follows from each row.

use std::sync::atomic::{AtomicU64, Ordering};

use symbolon_core::api_key::ApiKeyId;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow, LogSink, RevocationSeq};
use tokio::sync::broadcast;

use crate::near::{Fact, NearCache};
use crate::overlay::{Overlay, Stamp};

/// How many rows a slow listener may lag behind before it is told that it missed some.
const LISTENERS_LAG_MAX: usize = 4096;

/// The tail of the log in this process: overlay, near cache, and the position up to which both know
/// everything.
pub struct Tail {
    overlay: Overlay,
    near: NearCache,
    keys: papaya::HashMap<ApiKeyId, RevocationSeq>,
    applied: AtomicU64,
    listeners: broadcast::Sender<LogRow>,
}

impl Tail {
    /// A tail that begins at `head` with an empty cache.
    #[must_use]
    pub fn new(near_capacity: u32) -> Self {
        Self {
            overlay: Overlay::from_head(RevocationSeq::ZERO),
            near: NearCache::with_capacity(near_capacity),
            keys: papaya::HashMap::new(),
            applied: AtomicU64::new(0),
            listeners: broadcast::channel(LISTENERS_LAG_MAX).0,
        }
    }

    /// Begins at `head`: nothing before it is cached here.
    pub fn begin_at(&self, head: RevocationSeq) {
        self.applied.fetch_max(head.0, Ordering::AcqRel);
    }

    /// The position up to which overlay and cache know everything. Load it before reading the store.
    #[must_use]
    pub fn applied(&self) -> RevocationSeq {
        RevocationSeq(self.applied.load(Ordering::Acquire))
    }

    /// The overlay.
    #[must_use]
    pub fn overlay(&self) -> &Overlay {
        &self.overlay
    }

    /// The cache.
    #[must_use]
    pub fn near(&self) -> &NearCache {
        &self.near
    }

    /// Keeps a fact unless something newer than it is known. The check and the write are one step
    /// against [`LogSink::committed`], which removes under the same lock.
    pub fn remember(&self, fact: &Fact, seen_at: Timestamp) {
        let subject = fact.identity.subject();
        let subject_cell = self.overlay.cell_of(subject);
        let stamp = Stamp {
            id: fact.id,
            subject_cell,
            asof: fact.asof,
            epoch: fact.epoch,
        };
        let admit = || self.overlay.objection(stamp, || subject).is_none();
        self.near.insert(fact, subject_cell, seen_at, admit);
    }

    /// The position of the newest change of an API key that came through the log.
    #[must_use]
    pub fn key_changed_at(&self, id: ApiKeyId) -> RevocationSeq {
        self.keys.pin().get(&id).copied().unwrap_or(RevocationSeq::ZERO)
    }

    /// Hears every row from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<LogRow> {
        self.listeners.subscribe()
    }
}

impl LogSink for Tail {
    fn committed(&self, rows: &[LogRow]) {
        for row in rows {
            // The overlay first: a fact that is inserted after the removal below finds it there.
            self.overlay.apply(row);
            match &row.kind {
                LogKind::Session(id) | LogKind::StaleSession(id) => self.near.remove(*id),
                LogKind::ApiKey(id) => {
                    self.keys.pin().insert(*id, row.seq);
                }
                LogKind::Subject { .. }
                | LogKind::StaleSubject(_)
                | LogKind::Everyone
                // Whoever keeps these keys in memory listens to the rows.
                | LogKind::SigningKeys => {}
            }
            self.applied.fetch_max(row.seq.0, Ordering::AcqRel);
            // Nobody listening is no fault.
            let _heard = self.listeners.send(row.clone());
        }
    }
}
