//! What happens to a fallback, for whoever says it.

use symbolon_core::session::SessionId;

/// What happened, for whoever says it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FallbackEvent {
    /// The store is away: this node goes on from its mirror.
    WentAway {
        /// What the store said last.
        detail: String,
    },
    /// The store was away at the start: this node goes on from its mirror.
    StartedAway,
    /// The store is away and this node may not go on without it: it answers what memory knows, until its lease ends.
    MayNot {
        /// What the store said last.
        detail: String,
    },
    /// The store is away and the mirror cannot be used: the same.
    NoMirror {
        /// What the mirror said.
        detail: String,
    },
    /// From now on this node would go on without the store.
    Prepared,
    /// Other nodes share the store: this one would not go on without it.
    NotAlone,
    /// The store is back, and this node brings its sessions home.
    Returning,
    /// That was interrupted, and begins anew.
    Interrupted {
        /// By what.
        detail: String,
    },
    /// The store is back and has lost everything that it had; it was made anew.
    MadeAnew,
    /// The store is back, and empty: it gets what the mirror has.
    Restored {
        /// How many accounts.
        accounts: u64,
        /// How many API keys.
        api_keys: u64,
        /// How many keys that sign.
        signing_keys: u64,
        /// How many bans.
        bans: u64,
    },
    /// The store is back without the end of its log.
    LostRows {
        /// How many of its rows this node remembers, which were written again.
        again: u64,
        /// There may be others, which nobody remembers.
        beyond_memory: bool,
    },
    /// The store has another session under this id. It is not overwritten; the mirror's ends.
    OtherIsThere(SessionId),
    /// Everything is home.
    CameHome {
        /// How many sessions.
        sessions: u64,
        /// How many ends.
        ends: u64,
        /// For how many milliseconds the store was away.
        away_ms: u64,
    },
    /// Expired sessions were removed from the mirror.
    Cleaned {
        /// How many.
        sessions: u64,
    },
}

/// Who hears what happens.
pub trait FallbackEvents: Send + Sync + 'static {
    /// Hears it. Must not block.
    fn happened(&self, event: &FallbackEvent);
}
