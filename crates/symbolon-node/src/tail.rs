//! Where this node stands in the revocation log, and what follows from each row.

mod acknowledged;
mod known;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;
use symbolon_core::api_key::ApiKeyId;
use symbolon_core::clock::Timestamp;
use symbolon_core::member::Incarnation;
use symbolon_core::revocation::{LogKind, LogRow, LogSink, RevocationReason, RevocationSeq};
use symbolon_core::session::Session;
use symbolon_core::signal::{Acknowledgement, Signal, SignalSink, Signals};
use symbolon_core::store::LogPage;
use tokio::sync::{Notify, broadcast};

use crate::bug::{self, Bug};
use crate::chain::{Place, Repair};
use crate::clock::boottime_nanos;
use crate::flights::Before;
use crate::near::{Fact, NearCache};
use crate::overlay::{MARKS_MAX, Objection, Overlay, Stamp};
use crate::published::Published as _;
use acknowledged::Acknowledged;
use known::KnownLog;
pub(crate) use known::{Read, Vouch};

/// How many rows a slow listener may lag behind before it is told that it missed some.
const LISTENERS_LAG_MAX: usize = 4096;

/// The tail of the log in this process: overlay, near cache, and the position up to which both know
/// everything.
///
/// On a node that is alone every row comes from this process, so the position moves with each. A member follows the
/// log: what it hears is in force at once, but the position moves on only as far as no row is missing.
pub struct Tail {
    overlay: Overlay,
    near: NearCache,
    keys: papaya::HashMap<ApiKeyId, RevocationSeq>,
    applied: AtomicU64,
    /// How often it has begun anew, or gone back.
    beginnings: AtomicU64,
    listeners: broadcast::Sender<LogRow>,
    follows: AtomicBool,
    log: Mutex<KnownLog>,
    acknowledged: Acknowledged,
    voice: Mutex<Option<Voice>>,
    bell: Notify,
}

/// Where this node's own word goes, and under which name.
#[derive(Clone)]
struct Voice {
    signals: Arc<dyn Signals>,
    incarnation: Incarnation,
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
            beginnings: AtomicU64::new(0),
            listeners: broadcast::channel(LISTENERS_LAG_MAX).0,
            follows: AtomicBool::new(false),
            log: Mutex::default(),
            acknowledged: Acknowledged::default(),
            voice: Mutex::new(None),
            bell: Notify::new(),
        }
    }

    /// Begins at `head`: nothing before it is cached here.
    pub fn begin_at(&self, head: RevocationSeq) {
        self.applied.raise(head.0);
    }

    /// The position up to which overlay and cache know everything. Load it before reading the store.
    #[must_use]
    pub fn applied(&self) -> RevocationSeq {
        RevocationSeq(self.applied.read())
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
        let stamp = self.stamp(fact, fact.asof);
        let admit = || {
            let quiet = self.overlay.objection(stamp, || subject).is_none();
            quiet && self.overlay.find_end(fact.id).is_none()
        };
        self.near.insert(fact, stamp.subject_cell, seen_at, admit);
    }

    /// What of the log is known. Load it before reading the store.
    #[must_use]
    pub fn before(&self) -> Before {
        Before {
            asof: self.applied(),
            heard: self.overlay.heard(),
            beginning: self.beginnings.read(),
        }
    }

    /// What speaks against a session that another node has read.
    pub(crate) fn objection_to_shared(&self, fact: &Fact) -> Option<Objection> {
        let subject = fact.identity.subject();
        let objection = self.overlay.objection(self.stamp(fact, fact.asof), || subject);
        objection.or_else(|| self.overlay.find_end(fact.id).map(Objection::from))
    }

    /// What speaks against a session that was read from the store after `before`. A row that was heard of by then was
    /// committed, so what it says was read.
    pub(crate) fn objection_to_read(&self, session: &Session, before: Before) -> Option<Objection> {
        let subject = session.subject.as_str();
        let stamp = Stamp {
            id: session.id,
            subject_cell: self.overlay.cell_of(subject),
            asof: before.heard,
            epoch: session.epoch,
        };
        let objection = self.overlay.objection_to_read(stamp, subject);
        // Looked at after the overlay, which may miss rows from the beginning on.
        let stale = self.beginnings.read() != before.beginning;
        objection.or(stale.then_some(Objection::Stale))
    }

    fn stamp(&self, fact: &Fact, asof: RevocationSeq) -> Stamp {
        Stamp {
            id: fact.id,
            subject_cell: self.overlay.cell_of(fact.identity.subject()),
            asof,
            epoch: fact.epoch,
        }
    }

    /// The position of the newest change of an API key that came through the log.
    #[must_use]
    pub fn key_changed_at(&self, id: ApiKeyId) -> RevocationSeq {
        self.keys.pin().get(&id).copied().unwrap_or(RevocationSeq::ZERO)
    }

    /// Hears every row from now on, each once. On a member a row may come later than its commit, and after rows were
    /// missed there comes one that says that everything may have changed: what it concerns is to be looked at.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<LogRow> {
        self.listeners.subscribe()
    }

    /// Forgets rows before `horizon`.
    pub(crate) fn forget_before(&self, horizon: Timestamp) {
        self.overlay.forget_before(horizon);
        self.overlay.forget_beyond(MARKS_MAX);
        self.log.lock().forget_before(horizon);
    }

    /// What follows from a row, wherever it was heard. Repeating it is safe.
    fn apply(&self, row: &LogRow) {
        // The overlay first: a fact that is inserted after the removal below finds it there.
        self.overlay.apply(row);
        match &row.kind {
            LogKind::Session(id) | LogKind::StaleSession(id) => self.near.remove(*id),
            LogKind::ApiKey(id) => {
                let newest = |old: &RevocationSeq| (*old).max(row.seq);
                self.keys.pin().update_or_insert(*id, newest, row.seq);
            }
            LogKind::Subject { .. }
            | LogKind::StaleSubject(_)
            | LogKind::Everyone
            // Whoever keeps these keys in memory listens to the rows.
            | LogKind::SigningKeys => {}
        }
    }

    /// From now on another log is followed: rows that were heard before those that come before them stay in force, and are
    /// expected of it no more.
    pub(crate) fn leave_log(&self) {
        self.log.lock().forget_pending();
    }

    /// What follows from a row that does not belong to the log that is followed here: the position does not move.
    pub(crate) fn apply_apart(&self, row: &LogRow) {
        self.apply(row);
        self.announce(row.clone());
    }

    fn announce(&self, row: LogRow) {
        // Nobody listening is no fault.
        let _heard = self.listeners.send(row);
    }
}

/// A member's tail: what its heartbeat does with the log.
impl Tail {
    /// From now on the log is followed.
    pub(crate) fn follow_log(&self) {
        self.follows.store(true, Ordering::Release);
    }

    /// Where it stands; `None`: it has not begun.
    pub(crate) fn place(&self) -> Option<Place> {
        self.log.lock().place()
    }

    /// Begins where the log stands, or begins anew because rows were removed before they were read: nothing
    /// that was cached before is believed.
    pub(crate) fn begin_anew(&self, head: RevocationSeq, newest: Option<&LogRow>) {
        let mut log = self.log.lock();
        self.overlay.raise_low(head);
        self.beginnings.fetch_add(1, Ordering::AcqRel);
        log.begin(head, newest, boottime_nanos());
        self.publish(&log);
        drop(log);
        self.near.clear_all();
        self.announce_missed(head);
    }

    /// Takes a page that was read after `then` was the place.
    pub(crate) fn read(&self, then: Place, page: &LogPage, limit: u32) -> Read {
        if bug::is(Bug::AckBeforeApply) {
            self.say_applied(page.head, page.head_id);
        }
        bug::pause(Bug::AckBeforeApply);
        let mut log = self.log.lock();
        // Before the position says so.
        let news = page.rows.iter().filter(|row| row.seq > then.applied);
        news.for_each(|row| self.apply(row));
        let read = log.read(then, page, limit, boottime_nanos());
        self.publish(&log);
        if let Read::On { news, .. } = &read {
            news.iter().for_each(|row| self.announce(row.clone()));
        }
        read
    }

    /// Every row that is known, in order.
    pub(crate) fn known_rows(&self) -> Vec<LogRow> {
        self.log.lock().rows()
    }

    /// Goes back to where the log and what was known are the same. What the overlay knows stays in force.
    pub(crate) fn go_back(&self, repair: &Repair) {
        let mut log = self.log.lock();
        log.go_back(repair.common, &repair.lost);
        self.beginnings.fetch_add(1, Ordering::AcqRel);
        self.publish(&log);
        drop(log);
        self.near.clear_all();
    }

    /// Notes that lost rows were written again.
    pub(crate) fn replaced(&self, lost: &[LogRow], again: &[LogRow]) {
        let mut log = self.log.lock();
        for row in lost {
            if let Some(by) = again.iter().find(|by| by.kind == row.kind) {
                log.replace(row.seq, by.seq);
            }
        }
    }

    /// When a row was first heard of here, in nanoseconds of the steady clock.
    pub(crate) fn heard_at(&self, seq: RevocationSeq) -> Option<i64> {
        self.log.lock().heard_at(seq)
    }

    /// Whether a member that has applied everything up to `applied`, where the row is `id`, has applied `seq`.
    pub(crate) fn vouch(&self, seq: RevocationSeq, applied: RevocationSeq, id: Option<[u8; 16]>) -> Vouch {
        self.log.lock().vouch(seq, applied, id)
    }

    /// What the other members say.
    pub(crate) fn acknowledged(&self) -> &Acknowledged {
        &self.acknowledged
    }

    /// Speaks under this name from now on.
    pub(crate) fn speak_as(&self, signals: Arc<dyn Signals>, incarnation: Incarnation) {
        *self.voice.lock() = Some(Voice { signals, incarnation });
    }

    /// Says nothing any more.
    pub(crate) fn fall_silent(&self) {
        *self.voice.lock() = None;
    }

    /// Tells the others how far this node is. It is read after the rows were applied.
    pub(crate) fn acknowledge(&self) {
        if let Some(Place {
            anchor: Some((seq, id)),
            ..
        }) = self.place()
        {
            self.say_applied(seq, id);
        }
    }

    fn say_applied(&self, seq: RevocationSeq, id: [u8; 16]) {
        let Some(voice) = self.voice.lock().clone() else {
            return;
        };
        voice.signals.send(Signal::Applied(Acknowledgement {
            incarnation: voice.incarnation,
            seq,
            id,
        }));
    }

    /// Waits until it was heard that the log has grown.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Asks for the log to be read now.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    fn publish(&self, log: &KnownLog) {
        if let Some(place) = log.place() {
            self.applied.publish(place.applied.0);
        }
    }

    /// Takes rows before the log was read up to them: they are in force from now on. Where one before them is missing the
    /// log is asked for it.
    fn hear_all(&self, rows: &[LogRow]) {
        let before = self.applied();
        let mut log = self.log.lock();
        for row in rows {
            self.apply(row);
            if log.take(row, boottime_nanos()) {
                self.announce(row.clone());
            }
        }
        self.publish(&log);
        drop(log);
        let applied = self.applied();
        if applied > before {
            self.acknowledge();
        }
        if rows.iter().any(|row| row.seq > applied) {
            self.ring();
        }
    }

    /// Rows went by unheard: whoever listens is to look at everything.
    fn announce_missed(&self, head: RevocationSeq) {
        for kind in [LogKind::SigningKeys, LogKind::Everyone] {
            self.announce(LogRow {
                seq: head,
                prev_seq: head,
                id: [0; 16],
                kind,
                at: Timestamp(0),
                reason: RevocationReason::Revoked,
            });
        }
    }
}

impl LogSink for Tail {
    fn committed(&self, rows: &[LogRow]) {
        if self.follows.load(Ordering::Acquire) {
            self.hear_all(rows);
            if let Some(voice) = self.voice.lock().clone() {
                voice.signals.send(Signal::Rows(rows.to_vec()));
            }
            return;
        }
        for row in rows {
            self.apply(row);
            self.applied.raise(row.seq.0);
            self.announce(row.clone());
        }
    }
}

impl SignalSink for Tail {
    fn heard(&self, signal: Signal) {
        if !self.follows.load(Ordering::Acquire) {
            return;
        }
        match signal {
            Signal::Rows(rows) => self.hear_all(&rows),
            Signal::Missed => self.ring(),
            Signal::Grown(seq) if seq > self.applied() => self.ring(),
            Signal::Grown(_) => {}
            Signal::Applied(word) => self.acknowledged.take(word),
        }
    }
}

#[cfg(test)]
mod tests;
