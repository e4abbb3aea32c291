//! What can be wrong with the lease: each rule of it taken away, and what is as safe as the protocol.

/// The length of a lease, in ticks.
const LEASE: u8 = 2;

/// The protocol, or the protocol without one of its rules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    /// As it is.
    Protocol,
    /// The clock is read before the look-up, not after it. Safe too; the order is kept because it
    /// bounds the age of an answer under way.
    ClockReadBeforeLookUp,
    /// A retry elsewhere waits from the moment that node first saw the row, not from the retry.
    RetryWaitsFromFirstSight,
    /// A's clock runs at two thirds, and those who wait allow for it.
    SlowClockAllowedFor,
    /// The lease is read after the look-up.
    LeaseReadAfterLookUp,
    /// Facts have no stamp: a revocation only removes what is cached.
    FactsWithoutStamp,
    /// The lease is published before the overlay has the rows.
    LeaseBeforeOverlay,
    /// The lease counts from the answer of the store, not from before the question.
    LeaseFromReceipt,
    /// The wait counts from before the commit.
    WaitFromBeforeCommit,
    /// A repeated log-out is answered at once, since the session has ended already.
    RetryAnsweredAtOnce,
    /// An eviction does not compare the heartbeat that was watched.
    EvictionWithoutCompare,
    /// A renewal does not look whether its node was evicted.
    RenewalOfTheEvicted,
    /// A row is acknowledged when it is received, not when the overlay has it.
    AckBeforeOverlay,
    /// Whoever joins a read under way does not pass the gate.
    JoinWithoutGate,
    /// No lease and no acknowledgement: messages alone.
    MessagesAlone,
    /// The members are read before the commit.
    MembersBeforeCommit,
    /// A node's first read of the log comes before its registration.
    LogBeforeRegistration,
    /// A's clock runs at two thirds, and nobody allows for it.
    SlowClock,
    /// A's clock stands still now and then, as in a paused machine.
    FrozenClock,
    /// A's lease is longer than the one that B waits for.
    LongerLeaseThanWaitedFor,
}

impl Variant {
    /// Those that must be safe.
    pub const SAFE: [Self; 4] = [
        Self::Protocol,
        Self::ClockReadBeforeLookUp,
        Self::RetryWaitsFromFirstSight,
        Self::SlowClockAllowedFor,
    ];

    /// Those that must be broken.
    pub const BROKEN: [Self; 16] = [
        Self::LeaseReadAfterLookUp,
        Self::FactsWithoutStamp,
        Self::LeaseBeforeOverlay,
        Self::LeaseFromReceipt,
        Self::WaitFromBeforeCommit,
        Self::RetryAnsweredAtOnce,
        Self::EvictionWithoutCompare,
        Self::RenewalOfTheEvicted,
        Self::AckBeforeOverlay,
        Self::JoinWithoutGate,
        Self::MessagesAlone,
        Self::MembersBeforeCommit,
        Self::LogBeforeRegistration,
        Self::SlowClock,
        Self::FrozenClock,
        Self::LongerLeaseThanWaitedFor,
    ];

    /// How long a lease is, in A's ticks.
    pub(super) fn lease(self) -> u8 {
        LEASE + u8::from(self == Self::LongerLeaseThanWaitedFor)
    }

    /// How long those wait who have no word of A, in ticks.
    pub(super) fn wait(self) -> u8 {
        if self == Self::SlowClockAllowedFor {
            LEASE * 3 / 2 + 1
        } else {
            LEASE
        }
    }

    /// Whether A's memory is what was read into it, and not whatever was ever true.
    pub(super) fn fills_cache(self) -> bool {
        matches!(self, Self::FactsWithoutStamp | Self::JoinWithoutGate)
    }
}
