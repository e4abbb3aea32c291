//! What a member counts.

use std::sync::atomic::{AtomicU64, Ordering};

/// The counters of a member.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) beats: AtomicU64,
    pub(crate) beats_failed: AtomicU64,
    pub(crate) incarnations: AtomicU64,
    pub(crate) evictions: AtomicU64,
    pub(crate) repairs: AtomicU64,
    pub(crate) rows_lost: AtomicU64,
    pub(crate) leases_lost: AtomicU64,
    pub(crate) clock_refused: AtomicU64,
    pub(crate) clock_freezes: AtomicU64,
    pub(crate) members: AtomicU64,
}

/// The figures of a member since its start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MemberFigures {
    /// Heartbeats that renewed the lease.
    pub beats: u64,
    /// Heartbeats that did not.
    pub beats_failed: u64,
    /// How often it has joined.
    pub incarnations: u64,
    /// Members that it has evicted.
    pub evictions: u64,
    /// How often the store had lost the end of its log, or the log was not the one that was followed.
    pub repairs: u64,
    /// Rows of the log that were lost, and written again by this node.
    pub rows_lost: u64,
    /// How often its lease has run out.
    pub leases_lost: u64,
    /// How often the store's clock had jumped.
    pub clock_refused: u64,
    /// How often more time had passed in the store than here.
    pub clock_freezes: u64,
    /// How many members it saw last, itself among them, without those that were evicted.
    pub members: u64,
}

/// Counts one more.
pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counts {
    /// What they say.
    pub(crate) fn figures(&self) -> MemberFigures {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        MemberFigures {
            beats: read(&self.beats),
            beats_failed: read(&self.beats_failed),
            incarnations: read(&self.incarnations),
            evictions: read(&self.evictions),
            repairs: read(&self.repairs),
            rows_lost: read(&self.rows_lost),
            leases_lost: read(&self.leases_lost),
            clock_refused: read(&self.clock_refused),
            clock_freezes: read(&self.clock_freezes),
            members: read(&self.members),
        }
    }
}
