//! The table itself: an index of small buckets over a slab of slots.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytemuck::allocation::zeroed_slice_box;
use parking_lot::Mutex;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::{Session, SessionId, idle_end, idle_slack};
use symbolon_core::verdict::AccessFacts;

use super::identity::{FullIdentity, Identity};
use super::slot::{self, Content, Copied, Slot, WORDS};

/// Entries of one bucket: the words of one cache line.
const WAYS: usize = 8;
/// Buckets are made for this many entries each, so that a full table overfills few of them.
const FILL: usize = 4;

/// A cached session, stamped with the position of the log at which it was read.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Which session.
    pub id: SessionId,
    /// What an access token is compared with.
    pub facts: AccessFacts,
    /// Everything up to this position of the log was known when it was read.
    pub asof: RevocationSeq,
    /// The cut that the session was issued under.
    pub epoch: RevocationSeq,
    /// When the subject last proved who they are.
    pub authenticated_at: Timestamp,
    /// How long it lives without being used.
    pub idle_timeout: Duration,
    /// Whose it is.
    pub identity: Identity,
}

impl Fact {
    /// The fact of a session that was read when the log stood at `asof`.
    #[must_use]
    pub fn of(session: &Session, asof: RevocationSeq) -> Self {
        Self {
            id: session.id,
            facts: AccessFacts::of(session),
            asof,
            epoch: session.epoch,
            authenticated_at: session.authenticated_at,
            idle_timeout: session.lives.idle_timeout,
            identity: Identity::of(session),
        }
    }
}

/// What noting a use of an entry asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Noted {
    /// The use is to be recorded: the last one noted is long enough ago.
    pub activity: bool,
    /// It is the first use of the current pair.
    pub first_use: bool,
}

/// A bounded cache of sessions.
pub struct NearCache {
    index: Box<[AtomicU64]>,
    slab: Box<[AtomicU64]>,
    /// Identities that do not fit into a slot.
    shared: papaya::HashMap<SessionId, Arc<FullIdentity>>,
    buckets: usize,
    capacity: u32,
    writer: Mutex<Writer>,
}

/// What only a writer touches.
struct Writer {
    /// How many slots were ever used: the slab's pages are touched in order.
    used: u32,
    free: Vec<u32>,
    /// Where the search for an entry to evict goes on (second chance).
    hand: u32,
}

impl NearCache {
    /// A cache of at most `capacity` sessions. Its memory is taken as it fills.
    #[must_use]
    pub fn with_capacity(capacity: u32) -> Self {
        let capacity = capacity.max(1);
        let buckets = (capacity as usize).div_ceil(FILL).next_power_of_two();
        Self {
            index: zeroed_slice_box(buckets * WAYS),
            slab: zeroed_slice_box(capacity as usize * WORDS),
            shared: papaya::HashMap::new(),
            buckets,
            capacity,
            writer: Mutex::new(Writer {
                used: 0,
                free: Vec::new(),
                hand: 0,
            }),
        }
    }

    /// Reads the entry of a session.
    #[must_use]
    pub fn find(&self, id: SessionId) -> Option<Hit<'_>> {
        let hash = hash(id);
        for entry in self.bucket(hash) {
            let entry = entry.load(Ordering::Acquire);
            if let Some(at) = slot_at(entry, hash) {
                let slot = self.slot(at);
                if let Some(copied) = slot::read(slot)
                    && copied.id() == id
                {
                    return Some(Hit {
                        cache: self,
                        slot,
                        copied,
                    });
                }
            }
        }
        None
    }

    /// Keeps a fact, if `admit` still says so under the lock that removals take too.
    pub fn insert(&self, fact: &Fact, seen_at: Timestamp, admit: impl FnOnce() -> bool) {
        let mut writer = self.writer.lock();
        if !admit() {
            return;
        }
        let hash = hash(fact.id);
        let known = self.position(fact.id, hash);
        let at = match known {
            Some((_, at)) => at,
            None => self.vacant(&mut writer),
        };
        let identity = match &fact.identity {
            Identity::Inline {
                bytes,
                subject_len,
                client_len,
            } => Some((*bytes, *subject_len, *client_len)),
            Identity::Full(full) => {
                self.shared.pin().insert(fact.id, Arc::clone(full));
                None
            }
        };
        if identity.is_some() && known.is_some() {
            self.shared.pin().remove(&fact.id);
        }
        let content = Content {
            id: fact.id,
            facts: fact.facts,
            asof: fact.asof.0,
            epoch: fact.epoch.0,
            authenticated_at: fact.authenticated_at,
            idle_timeout_ms: u64::try_from(fact.idle_timeout.as_millis()).unwrap_or(u64::MAX),
            noted_at: seen_at,
            use_noted: fact.facts.settled,
            identity,
        };
        slot::write(self.slot(at), Some(&content));
        if known.is_none() {
            self.link(&mut writer, hash, at);
        }
    }

    /// Forgets a session.
    pub fn remove(&self, id: SessionId) {
        let mut writer = self.writer.lock();
        if let Some((entry, at)) = self.position(id, hash(id)) {
            self.unlink(&mut writer, entry, at);
        }
    }

    /// How many sessions are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        let writer = self.writer.lock();
        writer.used as usize - writer.free.len()
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn bucket(&self, hash: u64) -> &[AtomicU64] {
        let bucket = (hash >> 32) as usize & (self.buckets - 1);
        &self.index[bucket * WAYS..(bucket + 1) * WAYS]
    }

    fn slot(&self, at: u32) -> &Slot {
        &self.slab[at as usize * WORDS..(at as usize + 1) * WORDS]
    }

    /// The index entry and the slot of a session, for the holder of the lock.
    fn position(&self, id: SessionId, hash: u64) -> Option<(&AtomicU64, u32)> {
        self.bucket(hash).iter().find_map(|entry| {
            let at = slot_at(entry.load(Ordering::Relaxed), hash)?;
            (slot::id_of(self.slot(at)) == id).then_some((entry, at))
        })
    }

    /// A slot to write into: a free one, the next untouched one, or one whose entry is evicted.
    fn vacant(&self, writer: &mut Writer) -> u32 {
        if let Some(at) = writer.free.pop() {
            return at;
        }
        if writer.used < self.capacity {
            writer.used += 1;
            return writer.used - 1;
        }
        // Two rounds at the most: the first clears every mark.
        for _ in 0..=2 * u64::from(self.capacity) {
            let at = writer.hand;
            writer.hand = (writer.hand + 1) % self.capacity;
            if !slot::take_referenced(self.slot(at)) {
                return self.evict(writer, at);
            }
        }
        self.evict(writer, writer.hand)
    }

    fn evict(&self, writer: &mut Writer, at: u32) -> u32 {
        let id = slot::id_of(self.slot(at));
        if let Some((entry, found)) = self.position(id, hash(id)) {
            self.unlink(writer, entry, found);
        }
        writer.free.retain(|free| *free != at);
        at
    }

    fn unlink(&self, writer: &mut Writer, entry: &AtomicU64, at: u32) {
        entry.store(0, Ordering::Release);
        let slot = self.slot(at);
        self.shared.pin().remove(&slot::id_of(slot));
        slot::write(slot, None);
        writer.free.push(at);
    }

    /// Makes a written slot findable. In a full bucket it takes the place of another entry.
    fn link(&self, writer: &mut Writer, hash: u64, at: u32) {
        let bucket = self.bucket(hash);
        let entry = u64::from(at + 1) | (hash << 32);
        if let Some(vacant) = bucket.iter().find(|entry| entry.load(Ordering::Relaxed) == 0) {
            vacant.store(entry, Ordering::Release);
            return;
        }
        let idle = bucket.iter().find(|entry| {
            slot_of(entry.load(Ordering::Relaxed)).is_none_or(|at| !slot::take_referenced(self.slot(at)))
        });
        let victim = idle.unwrap_or(&bucket[(hash >> 29) as usize % WAYS]);
        if let Some(old) = slot_of(victim.load(Ordering::Relaxed)) {
            self.unlink(writer, victim, old);
        }
        victim.store(entry, Ordering::Release);
    }
}

/// An entry as it was read.
pub struct Hit<'a> {
    cache: &'a NearCache,
    slot: &'a Slot,
    copied: Copied,
}

impl Hit<'_> {
    /// What an access token is compared with. The idle end counts from the last use noted here.
    #[inline]
    #[must_use]
    pub fn facts(&self) -> AccessFacts {
        let facts = self.copied.facts();
        let noted_end = idle_end(self.copied.noted_at(), self.idle_timeout());
        AccessFacts {
            idle_expires_at: facts.idle_expires_at.max(noted_end),
            ..facts
        }
    }

    /// Everything up to this position of the log was known when it was read.
    #[must_use]
    pub fn asof(&self) -> RevocationSeq {
        RevocationSeq(self.copied.asof())
    }

    /// The cut that the session was issued under.
    #[must_use]
    pub fn epoch(&self) -> RevocationSeq {
        RevocationSeq(self.copied.epoch())
    }

    /// When the subject last proved who they are.
    #[must_use]
    pub fn authenticated_at(&self) -> Timestamp {
        self.copied.authenticated_at()
    }

    /// How long it lives without being used.
    #[must_use]
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.copied.idle_timeout_ms())
    }

    /// Whose it is; `None`: it was removed meanwhile.
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        if self.copied.has_shared_identity() {
            return self
                .cache
                .shared
                .pin()
                .get(&self.copied.id())
                .cloned()
                .map(Identity::Full);
        }
        let (bytes, subject_len, client_len) = self.copied.identity();
        Some(Identity::Inline {
            bytes,
            subject_len,
            client_len,
        })
    }

    /// Marks the entry as used, so that it is not the next to be evicted.
    #[inline]
    pub fn reference(&self) {
        slot::reference(self.slot);
    }

    /// What a use at `now` by a token of the current (`by_current`) or the previous pair asks for.
    #[inline]
    #[must_use]
    pub fn due(&self, now: Timestamp, by_current: bool) -> Noted {
        let step = idle_slack(self.idle_timeout()) / 2;
        Noted {
            activity: now >= self.copied.noted_at().after(step),
            first_use: by_current && !self.copied.use_noted(),
        }
    }

    /// Notes that a use was handed over for recording. Does nothing if the entry has changed.
    pub fn note(&self, now: Timestamp, noted: Noted) {
        let at = if noted.activity {
            now
        } else {
            self.copied.noted_at()
        };
        slot::note(self.slot, &self.copied, at, noted.first_use);
    }
}

/// The last eight bytes of a UUIDv7 are random but for two bits; the multiplication spreads them.
#[inline]
fn hash(id: SessionId) -> u64 {
    let bytes = id.as_bytes();
    let tail = [
        bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15],
    ];
    u64::from_le_bytes(tail).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// An index entry holds the low half of the hash above the number of the slot plus one.
#[inline]
fn slot_at(entry: u64, hash: u64) -> Option<u32> {
    if entry >> 32 == hash & 0xFFFF_FFFF {
        slot_of(entry)
    } else {
        None
    }
}

#[inline]
fn slot_of(entry: u64) -> Option<u32> {
    u32::try_from(entry & 0xFFFF_FFFF).ok()?.checked_sub(1)
}
