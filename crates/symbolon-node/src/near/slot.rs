//! One entry of the table: 32 words that are read without a lock.
//!
//! A sequence lock over atomics: the writer (there is one at a time) makes the version odd, writes,
//! and makes it even again; a reader copies, and believes its copy only if the version was even and
//! the same before and after. All words are atomics, so a torn copy is discarded, never undefined.

use std::sync::atomic::{AtomicU64, Ordering, fence};

use symbolon_core::clock::Timestamp;
use symbolon_core::session::{Credential, SessionId, TokenStyle};
use symbolon_core::token::{Generation, TokenDigest};
use symbolon_core::verdict::AccessFacts;

use super::identity::INLINE_MAX;

/// Four cache lines.
pub(super) const WORDS: usize = 32;
const IDENTITY_AT: usize = WORDS - INLINE_MAX / 8;

const VERSION: usize = 0;
/// When the entry's use was last noted, together with the low bits of the version: a compare-and-set
/// on it cannot hit an entry that took this one's place.
const NOTED: usize = 1;
const REFERENCED: usize = 2;
const ID: usize = 3;
const CURRENT: usize = 5;
const PREVIOUS: usize = 9;
const CURRENT_END: usize = 13;
const PREVIOUS_END: usize = 14;
const EXPIRES: usize = 15;
const IDLE: usize = 16;
const GENERATIONS: usize = 17;
const ASOF: usize = 18;
const EPOCH: usize = 19;
const AUTHENTICATED: usize = 20;
const IDLE_TIMEOUT: usize = 21;
const FLAGS: usize = 22;
const SUBJECT_CELL: usize = 23;

const HAS_PREVIOUS: u64 = 1;
const SETTLED: u64 = 2;
const SHARED_IDENTITY: u64 = 4;
const JWT: u64 = 8;
const COMPAT_JWT: u64 = 16;
const HAS_REFRESH: u64 = 32;

/// `NOTED` holds: version 20 bits, use noted 1 bit, milliseconds 43 bits (until the year 2248).
const NOTED_MILLIS: u64 = (1 << 43) - 1;
const NOTED_USE: u64 = 1 << 43;
const NOTED_VERSION_SHIFT: u32 = 44;

/// The words of one slot.
pub(super) type Slot = [AtomicU64];

/// A consistent copy of a slot.
#[derive(Clone, Copy)]
pub(super) struct Copied {
    words: [u64; WORDS],
}

/// Copies the slot of a session, or nothing if it is another's or a writer is at it.
#[inline]
pub(super) fn read(slot: &Slot, id: SessionId) -> Option<Copied> {
    let slot: &[AtomicU64; WORDS] = slot.try_into().ok()?;
    let before = slot[VERSION].load(Ordering::Acquire);
    let words = std::array::from_fn(|at| slot[at].load(Ordering::Relaxed));
    fence(Ordering::Acquire);
    let after = slot[VERSION].load(Ordering::Relaxed);
    let copied = Copied { words };
    (before & 1 == 0 && before == after && copied.id() == id).then_some(copied)
}

/// Writes a slot; `None` empties it. Only the holder of the table's lock may call this.
pub(super) fn write(slot: &Slot, content: Option<&Content>) {
    let version = slot[VERSION].load(Ordering::Relaxed);
    slot[VERSION].store(version.wrapping_add(1), Ordering::Relaxed);
    fence(Ordering::Release);
    let words = content.map_or([0; WORDS], Content::words);
    for (shared, word) in slot.iter().zip(words).skip(NOTED) {
        shared.store(word, Ordering::Relaxed);
    }
    let version = version.wrapping_add(2);
    if let Some(content) = content {
        slot[NOTED].store(
            noted_word(version, content.noted_at, content.use_noted),
            Ordering::Relaxed,
        );
    }
    slot[VERSION].store(version, Ordering::Release);
}

/// Copies an entry into an empty slot. Only the holder of the table's lock may call this.
pub(super) fn copy(from: &Slot, to: &Slot) {
    let version = to[VERSION].load(Ordering::Relaxed);
    to[VERSION].store(version.wrapping_add(1), Ordering::Relaxed);
    fence(Ordering::Release);
    for (target, source) in to.iter().zip(from).skip(NOTED) {
        target.store(source.load(Ordering::Relaxed), Ordering::Relaxed);
    }
    let version = version.wrapping_add(2);
    // The note is bound to the slot's version: it is carried over under the new one.
    let noted = to[NOTED].load(Ordering::Relaxed);
    to[NOTED].store(
        version << NOTED_VERSION_SHIFT | noted & (NOTED_USE | NOTED_MILLIS),
        Ordering::Relaxed,
    );
    to[VERSION].store(version, Ordering::Release);
}

/// Whether the entry was used since it was written or this was last asked. Asking clears the mark.
pub(super) fn take_referenced(slot: &Slot) -> bool {
    slot[REFERENCED].swap(0, Ordering::Relaxed) != 0
}

/// Marks the entry as used. It is read first, so that a hot entry's line stays shared.
#[inline]
pub(super) fn reference(slot: &Slot) {
    if slot[REFERENCED].load(Ordering::Relaxed) == 0 {
        slot[REFERENCED].store(1, Ordering::Relaxed);
    }
}

/// The session in a slot, as the holder of the table's lock sees it.
pub(super) fn id_of(slot: &Slot) -> SessionId {
    id_from([
        slot[ID].load(Ordering::Relaxed),
        slot[ID + 1].load(Ordering::Relaxed),
    ])
}

/// Notes a use in a slot from which `copied` was read; `false`: the slot has changed since.
pub(super) fn note(slot: &Slot, copied: &Copied, at: Timestamp, use_noted: bool) -> bool {
    let next = noted_word(copied.words[VERSION], at, use_noted || copied.use_noted());
    slot[NOTED]
        .compare_exchange(copied.words[NOTED], next, Ordering::Relaxed, Ordering::Relaxed)
        .is_ok()
}

fn noted_word(version: u64, at: Timestamp, use_noted: bool) -> u64 {
    let millis = u64::try_from(at.0).unwrap_or(0) & NOTED_MILLIS;
    (version << NOTED_VERSION_SHIFT) | if use_noted { NOTED_USE } else { 0 } | millis
}

impl Copied {
    /// The session in the slot.
    #[inline]
    pub(super) fn id(&self) -> SessionId {
        id_from([self.words[ID], self.words[ID + 1]])
    }

    #[inline]
    pub(super) fn asof(&self) -> u64 {
        self.words[ASOF]
    }

    #[inline]
    pub(super) fn epoch(&self) -> u64 {
        self.words[EPOCH]
    }

    #[inline]
    pub(super) fn subject_cell(&self) -> u16 {
        let bytes = self.words[SUBJECT_CELL].to_le_bytes();
        u16::from_le_bytes([bytes[0], bytes[1]])
    }

    #[inline]
    pub(super) fn authenticated_at(&self) -> Timestamp {
        instant(self.words[AUTHENTICATED])
    }

    #[inline]
    pub(super) fn idle_timeout_ms(&self) -> u64 {
        self.words[IDLE_TIMEOUT]
    }

    #[inline]
    pub(super) fn has_shared_identity(&self) -> bool {
        self.words[FLAGS] & SHARED_IDENTITY != 0
    }

    /// When a use was last noted.
    #[inline]
    pub(super) fn noted_at(&self) -> Timestamp {
        instant(self.words[NOTED] & NOTED_MILLIS)
    }

    /// Whether the first use of the current pair was noted.
    #[inline]
    pub(super) fn use_noted(&self) -> bool {
        self.words[NOTED] & NOTED_USE != 0
    }

    /// Subject and client, with their lengths.
    #[inline]
    pub(super) fn identity(&self) -> ([u8; INLINE_MAX], u8, u8) {
        let mut bytes = [0; INLINE_MAX];
        for (part, word) in bytes.chunks_exact_mut(8).zip(&self.words[IDENTITY_AT..]) {
            part.copy_from_slice(&word.to_le_bytes());
        }
        let lens = self.words[FLAGS].to_le_bytes();
        (bytes, lens[1], lens[2])
    }

    /// What an access token is compared with.
    #[inline]
    pub(super) fn facts(&self) -> AccessFacts {
        let words = &self.words;
        let [generation, floor] = halves(words[GENERATIONS]);
        let previous = (words[FLAGS] & HAS_PREVIOUS != 0).then(|| self.credential(PREVIOUS, PREVIOUS_END));
        AccessFacts {
            generation: Generation(generation),
            generation_floor: Generation(floor),
            current: self.credential(CURRENT, CURRENT_END),
            previous,
            expires_at: instant(words[EXPIRES]),
            idle_expires_at: instant(words[IDLE]),
            settled: words[FLAGS] & SETTLED != 0,
            style: style(words[FLAGS]),
            has_refresh: words[FLAGS] & HAS_REFRESH != 0,
        }
    }

    #[inline]
    fn credential(&self, digest_at: usize, end_at: usize) -> Credential {
        let mut digest = [0; 32];
        for (part, word) in digest
            .chunks_exact_mut(8)
            .zip(&self.words[digest_at..digest_at + 4])
        {
            part.copy_from_slice(&word.to_le_bytes());
        }
        Credential {
            digest: TokenDigest::from_bytes(digest),
            expires_at: instant(self.words[end_at]),
        }
    }
}

/// What is written into a slot.
pub(super) struct Content {
    pub(super) id: SessionId,
    pub(super) facts: AccessFacts,
    pub(super) asof: u64,
    pub(super) epoch: u64,
    pub(super) subject_cell: u16,
    pub(super) authenticated_at: Timestamp,
    pub(super) idle_timeout_ms: u64,
    pub(super) noted_at: Timestamp,
    pub(super) use_noted: bool,
    /// Subject and client with their lengths; `None`: the identity is kept beside the table.
    pub(super) identity: Option<([u8; INLINE_MAX], u8, u8)>,
}

impl Content {
    fn words(&self) -> [u64; WORDS] {
        let mut words = [0; WORDS];
        put(&mut words[ID..], self.id.as_bytes());
        put(&mut words[CURRENT..], self.facts.current.digest.as_bytes());
        words[CURRENT_END] = word(self.facts.current.expires_at);
        let mut flags = if self.facts.settled { SETTLED } else { 0 };
        if self.facts.has_refresh {
            flags |= HAS_REFRESH;
        }
        flags |= match self.facts.style {
            TokenStyle::Opaque => 0,
            TokenStyle::Jwt => JWT,
            TokenStyle::CompatJwt => COMPAT_JWT,
        };
        if let Some(previous) = self.facts.previous {
            put(&mut words[PREVIOUS..], previous.digest.as_bytes());
            words[PREVIOUS_END] = word(previous.expires_at);
            flags |= HAS_PREVIOUS;
        }
        words[EXPIRES] = word(self.facts.expires_at);
        words[IDLE] = word(self.facts.idle_expires_at);
        words[GENERATIONS] =
            u64::from(self.facts.generation.0) | u64::from(self.facts.generation_floor.0) << 32;
        words[ASOF] = self.asof;
        words[EPOCH] = self.epoch;
        words[SUBJECT_CELL] = u64::from(self.subject_cell);
        words[AUTHENTICATED] = word(self.authenticated_at);
        words[IDLE_TIMEOUT] = self.idle_timeout_ms;
        match &self.identity {
            Some((bytes, subject_len, client_len)) => {
                put(&mut words[IDENTITY_AT..], bytes);
                flags |= u64::from(*subject_len) << 8 | u64::from(*client_len) << 16;
            }
            None => flags |= SHARED_IDENTITY,
        }
        words[FLAGS] = flags;
        words
    }
}

#[inline]
fn style(flags: u64) -> TokenStyle {
    if flags & (JWT | COMPAT_JWT) == 0 {
        TokenStyle::Opaque
    } else if flags & JWT != 0 {
        TokenStyle::Jwt
    } else {
        TokenStyle::CompatJwt
    }
}

#[inline]
fn id_from(words: [u64; 2]) -> SessionId {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&words[0].to_le_bytes());
    bytes[8..].copy_from_slice(&words[1].to_le_bytes());
    SessionId::from_bytes(bytes)
}

fn put(words: &mut [u64], bytes: &[u8]) {
    for (word, part) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*part);
    }
}

#[inline]
fn halves(word: u64) -> [u32; 2] {
    let bytes = word.to_le_bytes();
    [
        u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
    ]
}

fn word(at: Timestamp) -> u64 {
    at.0.cast_unsigned()
}

#[inline]
fn instant(word: u64) -> Timestamp {
    Timestamp(word.cast_signed())
}
