//! What can be wrong with the fallback: each rule of it taken away.

/// The rules, or the rules without one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    /// As they are. What A has in memory it goes on to answer for while it is in fallback, since nobody takes a node that
    /// may fall back as confirmed by time.
    Protocol,
    /// What A has in memory it answers for until its lease ends and no longer. Safe too, and of less use.
    HitsEndWithLease,
    /// A node that may fall back is taken as confirmed by time, as any other.
    ConfirmedByTime,
    /// A's row says that it may not fall back before A itself holds to that.
    RowBeforeMirror,
    /// That A is not alone any more is not in its mirror: started again, it falls back all the same.
    MirrorNotKept,
    /// What A has read of the log is acknowledged before it is in A's file: a crash forgets it.
    AckBeforeFile,
    /// A node that an operator has evicted is started again with its file, without its store.
    EvictedAndStartedAgain,
    /// An operator evicts a node that runs.
    EvictedWhileItRuns,
    /// Sessions are inserted before revocations are pushed.
    SessionsFirst,
    /// A session is inserted over what is there.
    InsertOverwrites,
    /// Revoked rows are purged before they expire.
    RevokedPurgedEarly,
    /// A session is inserted without a look at its subject's epoch.
    NoLookAtEpoch,
    /// A session born in Redis is refreshed in fallback.
    RefreshInFallback,
    /// A session that is not in Redis is refused, not undecided.
    UnknownIsRefused,
    /// A session that ended in the file is inserted as a live one.
    EndedInserted,
    /// A takes its lease before its revocations are pushed.
    LeaseBeforePush,
    /// A session is inserted without a durable mark that it is on its way.
    NoMovingMark,
    /// The end of a session that may be in Redis already is not pushed.
    EndOfLocalNotPushed,
}

impl Variant {
    /// Those that must be safe.
    pub const SAFE: [Self; 2] = [Self::Protocol, Self::HitsEndWithLease];

    /// Those that must be broken.
    pub const BROKEN: [Self; 16] = [
        Self::ConfirmedByTime,
        Self::RowBeforeMirror,
        Self::MirrorNotKept,
        Self::AckBeforeFile,
        Self::EvictedAndStartedAgain,
        Self::EvictedWhileItRuns,
        Self::SessionsFirst,
        Self::InsertOverwrites,
        Self::RevokedPurgedEarly,
        Self::NoLookAtEpoch,
        Self::RefreshInFallback,
        Self::UnknownIsRefused,
        Self::EndedInserted,
        Self::LeaseBeforePush,
        Self::NoMovingMark,
        Self::EndOfLocalNotPushed,
    ];
}
