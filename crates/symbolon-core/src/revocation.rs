//! Why sessions end, and the ordered log that every node follows.

use crate::api_key::ApiKeyId;
use crate::clock::Timestamp;
use crate::session::SessionId;
use crate::subject::SubjectId;

/// A position in the revocation log. Positions only grow, also across a restart of the store.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct RevocationSeq(pub u64);

impl RevocationSeq {
    /// Before the first row.
    pub const ZERO: Self = Self(0);
}

/// Why a session was ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum RevocationReason {
    /// Its owner logged out.
    Logout,
    /// An operator, or its owner from another device, ended it.
    Kicked,
    /// A newer session took its place.
    Replaced,
    /// Its subject was banned or its account disabled.
    Banned,
    /// The password changed.
    PasswordChanged,
    /// An old refresh token came back: one of two holders is a thief (RFC 9700, section 4.14).
    ReuseDetected,
    /// Ended for a reason given in words only, such as the end of everyone's sessions.
    Revoked,
}

impl RevocationReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Logout,
        Self::Kicked,
        Self::Replaced,
        Self::Banned,
        Self::PasswordChanged,
        Self::ReuseDetected,
        Self::Revoked,
    ];

    /// The word that stands in stores, answers and logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logged_out",
            Self::Kicked => "kicked",
            Self::Replaced => "replaced",
            Self::Banned => "banned",
            Self::PasswordChanged => "password_changed",
            Self::ReuseDetected => "reuse_detected",
            Self::Revoked => "revoked",
        }
    }

    /// The reason of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// The newest cut that concerns a subject: every session issued under an older one is dead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cut {
    /// Its position; zero: there was none.
    pub seq: RevocationSeq,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

impl Cut {
    /// No cut at all.
    pub const NONE: Self = Self {
        seq: RevocationSeq::ZERO,
        at: Timestamp(0),
        reason: RevocationReason::Revoked,
    };

    /// The newer of two.
    #[must_use]
    pub fn newer(self, other: Self) -> Self {
        if other.seq > self.seq { other } else { self }
    }
}

/// What a row of the log says has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LogKind {
    /// One session ended (`S`).
    Session(SessionId),
    /// Every older session of a subject ended, but for those kept (`U`).
    Subject {
        /// Whose.
        subject: SubjectId,
        /// Which go on, at the most [`KEEP_MAX`].
        keep: Vec<SessionId>,
    },
    /// Every older session ended (`G`).
    Everyone,
    /// What is cached of one session is stale (`A`).
    StaleSession(SessionId),
    /// What is cached of a subject is stale (`A`).
    StaleSubject(SubjectId),
    /// An API key ended or changed (`K`).
    ApiKey(ApiKeyId),
    /// The keys that sign access tokens are not as they were (`K` without an id).
    SigningKeys,
}

/// The most sessions that one cut of a subject may keep.
pub const KEEP_MAX: usize = 8;

/// One row of the revocation log, as committed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LogRow {
    /// Its position.
    pub seq: RevocationSeq,
    /// The position of the row before it: a follower that has not seen that one has a gap.
    pub prev_seq: RevocationSeq,
    /// Random: two rows of the same position from two histories of a store differ.
    pub id: [u8; 16],
    /// What changed.
    pub kind: LogKind,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

/// Takes each row that this process commits, after the commit and before the answer, in the order
/// of the positions. So nothing that was committed here can be forgotten here.
pub trait LogSink: Send + Sync {
    /// Applies the rows to what is kept in memory. Must not block.
    fn committed(&self, rows: &[LogRow]);
}
