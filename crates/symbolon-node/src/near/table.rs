//! The table itself: linear hashing over buckets of slots, with two buckets to choose from.
//!
//! A bucket is sixteen slots — one page — and sixteen one-byte tags, which stand apart so that all
//! tags of a million sessions stay in a core's cache: a look-up costs one access to main memory. An
//! entry goes into the emptier of its two buckets, so that hardly one is ever full. The table grows
//! by one bucket at a time, which splits one that is there. A reader that looks while an entry moves,
//! or while its slot is written, misses; a miss is always safe, since the store is asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytemuck::allocation::zeroed_slice_box;
use parking_lot::Mutex;
use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;

use super::fact::{Fact, Hit};
use super::identity::{FullIdentity, Identity};
use super::slot::{self, Content, Slot, WORDS};
use super::words::Words;

/// Slots of one bucket.
const WAYS: usize = 16;
/// How full buckets are on average before one more is made: 343 bytes for each session.
const FILL: usize = 12;
/// Words of tags of one bucket.
const TAG_WORDS: usize = WAYS / 8;
/// What a table begins with: a quarter of a megabyte.
const BUCKETS_MIN: usize = 64;
/// Words of a cache line; slots begin at one.
const LINE_WORDS: usize = 8;

/// A bounded cache of sessions.
pub struct NearCache {
    /// One byte per slot; zero: empty.
    tags: Box<[AtomicU64]>,
    slots: Words,
    /// Where the first cache line begins in `slots`.
    first: usize,
    /// How many buckets are in use.
    buckets: AtomicU64,
    buckets_max: usize,
    capacity: usize,
    /// Identities that do not fit into a slot.
    shared: papaya::HashMap<SessionId, Arc<FullIdentity>>,
    writer: Mutex<Writer>,
}

/// What only a writer touches.
struct Writer {
    len: usize,
    /// Where the search for a bucket with something to evict goes on.
    hand: usize,
}

impl NearCache {
    /// A cache of at most `capacity` sessions. Its memory is taken as it fills.
    #[must_use]
    pub fn with_capacity(capacity: u32) -> Self {
        let capacity = capacity.max(1) as usize;
        let buckets_max = capacity.div_ceil(FILL).max(1);
        let slots = Words::zeroed(buckets_max * WAYS * WORDS + LINE_WORDS);
        let first = slots
            .as_ptr()
            .align_offset(LINE_WORDS * size_of::<u64>())
            .min(LINE_WORDS);
        Self {
            tags: zeroed_slice_box(buckets_max * TAG_WORDS),
            slots,
            first,
            buckets: AtomicU64::new(BUCKETS_MIN.min(buckets_max) as u64),
            buckets_max,
            capacity,
            shared: papaya::HashMap::new(),
            writer: Mutex::new(Writer { len: 0, hand: 0 }),
        }
    }

    /// Reads the entry of a session.
    #[inline]
    #[must_use]
    pub fn find(&self, id: SessionId) -> Option<Hit<'_>> {
        let hash = hash(id);
        let [first, second] = buckets_of(hash, self.in_use());
        // All tags are compared before anything is decided: no branch to mispredict, so that the
        // slot is asked for while other work goes on.
        let tag = tag_of(hash);
        let mut ways = self.matching(first, tag) | self.matching(second, tag) << WAYS;
        while ways != 0 {
            let place = ways.trailing_zeros() as usize;
            let slot = self.slot(if place < WAYS { first } else { second }, place % WAYS);
            if let Some(copied) = slot::read(slot, id) {
                return Some(Hit {
                    cache: self,
                    slot,
                    copied,
                });
            }
            ways &= ways - 1;
        }
        None
    }

    /// Keeps a fact, if `admit` still says so under the lock that removals take too. `subject_cell` is
    /// kept with it.
    pub fn insert(&self, fact: &Fact, subject_cell: u16, seen_at: Timestamp, admit: impl FnOnce() -> bool) {
        let mut writer = self.writer.lock();
        if !admit() {
            return;
        }
        let hash = hash(fact.id);
        let (bucket, way) = match self.position(fact.id, hash) {
            Some(place) => place,
            None => self.vacate(&mut writer, hash),
        };
        let identity = self.place_identity(fact);
        let content = Content {
            id: fact.id,
            facts: fact.facts,
            asof: fact.asof.0,
            epoch: fact.epoch.0,
            subject_cell,
            authenticated_at: fact.authenticated_at,
            idle_timeout_ms: u64::try_from(fact.idle_timeout.as_millis()).unwrap_or(u64::MAX),
            noted_at: seen_at,
            use_noted: fact.facts.settled,
            identity,
        };
        slot::write(self.slot(bucket, way), Some(&content));
        self.set_tag(bucket, way, tag_of(hash));
    }

    /// Forgets a session.
    pub fn remove(&self, id: SessionId) {
        let mut writer = self.writer.lock();
        if let Some((bucket, way)) = self.position(id, hash(id)) {
            self.clear(&mut writer, bucket, way);
        }
    }

    /// Forgets every session. With a full table of a million this keeps writers out for some tens of milliseconds, and
    /// readers never.
    pub fn clear_all(&self) {
        let mut writer = self.writer.lock();
        for bucket in 0..self.in_use() {
            for way in (0..WAYS).filter(|way| self.tag(bucket, *way) != 0) {
                self.clear(&mut writer, bucket, way);
            }
        }
    }

    /// How many sessions are kept.
    #[must_use]
    pub fn len(&self) -> usize {
        self.writer.lock().len
    }

    /// Whether nothing is kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn shared_identity(&self, id: SessionId) -> Option<Arc<FullIdentity>> {
        self.shared.pin().get(&id).cloned()
    }

    /// Keeps a long identity beside the table; a short one goes into the slot.
    fn place_identity(&self, fact: &Fact) -> Option<([u8; super::identity::INLINE_MAX], u8, u8)> {
        match &fact.identity {
            Identity::Inline {
                bytes,
                subject_len,
                client_len,
            } => {
                self.shared.pin().remove(&fact.id);
                Some((*bytes, *subject_len, *client_len))
            }
            Identity::Full(full) => {
                self.shared.pin().insert(fact.id, Arc::clone(full));
                None
            }
        }
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "at most `buckets_max`, which is a usize"
    )]
    fn in_use(&self) -> usize {
        self.buckets.load(Ordering::Acquire) as usize
    }

    #[inline]
    fn slot(&self, bucket: usize, way: usize) -> &Slot {
        let start = self.first + (bucket * WAYS + way) * WORDS;
        &self.slots[start..start + WORDS]
    }

    /// The ways of a bucket whose tag is `tag`, as a bit set.
    #[inline]
    fn matching(&self, bucket: usize, tag: u8) -> u32 {
        let [low, high] = [self.tag_word(bucket, 0), self.tag_word(bucket, 1)];
        equal_bytes(low, tag) | equal_bytes(high, tag) << 8
    }

    #[inline]
    fn tag_word(&self, bucket: usize, half: usize) -> u64 {
        self.tags[bucket * TAG_WORDS + half].load(Ordering::Acquire)
    }

    fn set_tag(&self, bucket: usize, way: usize, tag: u8) {
        let word = &self.tags[bucket * TAG_WORDS + way / 8];
        let shift = way % 8 * 8;
        let others = word.load(Ordering::Relaxed) & !(0xFF << shift);
        word.store(others | u64::from(tag) << shift, Ordering::Release);
    }

    fn tag(&self, bucket: usize, way: usize) -> u8 {
        self.tag_word(bucket, way / 8).to_le_bytes()[way % 8]
    }

    /// Where a session is, for the holder of the lock.
    fn position(&self, id: SessionId, hash: u64) -> Option<(usize, usize)> {
        buckets_of(hash, self.in_use()).into_iter().find_map(|bucket| {
            let ways = self.matching(bucket, tag_of(hash));
            let way =
                (0..WAYS).find(|way| ways & 1 << way != 0 && slot::id_of(self.slot(bucket, *way)) == id)?;
            Some((bucket, way))
        })
    }

    /// Finds a place for one more entry: grows the table, or evicts another entry.
    fn vacate(&self, writer: &mut Writer, hash: u64) -> (usize, usize) {
        let in_use = self.in_use();
        if writer.len >= in_use * FILL && in_use < self.buckets_max {
            self.split(in_use);
        }
        let [first, second] = buckets_of(hash, self.in_use());
        let bucket = if self.free_ways(second) > self.free_ways(first) {
            second
        } else {
            first
        };
        if writer.len >= self.capacity {
            self.evict_one(writer, bucket);
        }
        let way = match self.free_way(bucket).or_else(|| self.move_one_out(bucket)) {
            Some(way) => way,
            None => self.evict_from(writer, bucket),
        };
        writer.len += 1;
        (bucket, way)
    }

    fn free_way(&self, bucket: usize) -> Option<usize> {
        (0..WAYS).find(|way| self.tag(bucket, *way) == 0)
    }

    /// Moves one entry of a full bucket to its other bucket, if one has room there, and gives its
    /// place. Without this one entry in sixty would be evicted while the table grows.
    fn move_one_out(&self, bucket: usize) -> Option<usize> {
        let in_use = self.in_use();
        (0..WAYS).find(|way| {
            let hash = hash(slot::id_of(self.slot(bucket, *way)));
            let other = buckets_of(hash, in_use)
                .into_iter()
                .find(|other| *other != bucket);
            let target = other.and_then(|other| self.free_way(other).map(|free| (other, free)));
            target
                .map(|target| self.move_entry((bucket, *way), target))
                .is_some()
        })
    }

    /// Moves an entry. It is in the new place before it leaves the old one.
    fn move_entry(&self, from: (usize, usize), to: (usize, usize)) {
        slot::copy(self.slot(from.0, from.1), self.slot(to.0, to.1));
        self.set_tag(to.0, to.1, self.tag(from.0, from.1));
        self.set_tag(from.0, from.1, 0);
        slot::write(self.slot(from.0, from.1), None);
    }

    fn free_ways(&self, bucket: usize) -> u32 {
        self.matching(bucket, 0).count_ones()
    }

    /// Makes room for one entry: in its own bucket, or in the next one that has any.
    fn evict_one(&self, writer: &mut Writer, bucket: usize) {
        let is_empty = |bucket| self.tag_word(bucket, 0) == 0 && self.tag_word(bucket, 1) == 0;
        let mut victim = bucket;
        while is_empty(victim) {
            writer.hand = (writer.hand + 1) % self.in_use();
            victim = writer.hand;
        }
        self.evict_from(writer, victim);
    }

    /// Evicts an entry of a bucket that has one: one that was not used since this was last asked,
    /// or the first where all were.
    fn evict_from(&self, writer: &mut Writer, bucket: usize) -> usize {
        let full = |way: &usize| self.tag(bucket, *way) != 0;
        let unused = |way: &usize| !slot::take_referenced(self.slot(bucket, *way));
        let way = (0..WAYS)
            .filter(full)
            .find(unused)
            .or_else(|| (0..WAYS).find(full))
            .unwrap_or(0);
        self.clear(writer, bucket, way);
        way
    }

    fn clear(&self, writer: &mut Writer, bucket: usize, way: usize) {
        let slot = self.slot(bucket, way);
        self.set_tag(bucket, way, 0);
        self.shared.pin().remove(&slot::id_of(slot));
        slot::write(slot, None);
        writer.len -= 1;
    }

    /// Adds the bucket `new` by splitting the one whose entries may belong there. An entry is in the
    /// new place before it leaves the old one.
    fn split(&self, new: usize) {
        let old = new ^ (1 << new.ilog2());
        let belongs_elsewhere = |way: &usize| {
            let hash = hash(slot::id_of(self.slot(old, *way)));
            self.tag(old, *way) != 0 && !buckets_of(hash, new + 1).contains(&old)
        };
        let moving: Vec<usize> = (0..WAYS).filter(belongs_elsewhere).collect();
        for way in &moving {
            slot::copy(self.slot(old, *way), self.slot(new, *way));
            self.set_tag(new, *way, self.tag(old, *way));
        }
        self.buckets.store(new as u64 + 1, Ordering::Release);
        for way in moving {
            self.set_tag(old, way, 0);
            slot::write(self.slot(old, way), None);
        }
    }
}

/// The two buckets of a hash among `in_use`; they may be the same.
#[inline]
fn buckets_of(hash: u64, in_use: usize) -> [usize; 2] {
    let other = hash.rotate_left(32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    [bucket_of(hash, in_use), bucket_of(other ^ (other >> 32), in_use)]
}

/// A bucket of a hash among `in_use` (linear hashing): the low bits, one fewer where that many
/// buckets are not there yet.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the mask is that of a usize")]
fn bucket_of(hash: u64, in_use: usize) -> usize {
    let mask = usize::MAX.checked_shr((in_use - 1).leading_zeros()).unwrap_or(0);
    let bucket = hash as usize & mask;
    if bucket < in_use {
        bucket
    } else {
        bucket & (mask >> 1)
    }
}

/// The high byte of a hash; never zero, which marks an empty slot.
#[inline]
fn tag_of(hash: u64) -> u8 {
    hash.to_be_bytes()[0].max(1)
}

/// Which of the eight bytes equal `byte`, as a bit set.
#[inline]
fn equal_bytes(word: u64, byte: u8) -> u32 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOWS: u64 = 0x7F7F_7F7F_7F7F_7F7F;
    let differs = word ^ (ONES * u64::from(byte));
    // The high bit of each byte that is zero: no carry leaves its byte.
    let equal = !(((differs & LOWS) + LOWS) | differs | LOWS);
    // Gathers them into one byte.
    ((equal >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

/// The last eight bytes of a UUIDv7 are random but for two bits; the multiplications spread them.
#[inline]
fn hash(id: SessionId) -> u64 {
    let bytes = id.as_bytes();
    let tail = [
        bytes[8], bytes[9], bytes[10], bytes[11], bytes[12], bytes[13], bytes[14], bytes[15],
    ];
    let spread = u64::from_le_bytes(tail).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    spread ^ (spread >> 32)
}
