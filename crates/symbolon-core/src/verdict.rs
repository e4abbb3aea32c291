//! The answer of verify: active, or inactive and why. Inactivity is an answer, not an error.

use crate::clock::Timestamp;
use crate::revocation::RevocationReason;
use crate::session::{Credential, Ended, Session, TokenStyle};
use crate::token::{Generation, Malformed, SignedToken, TokenDigest};

/// Why a token proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inactive {
    /// There was no token.
    Absent,
    /// The text is not a token, or of the wrong kind, or its tag is not ours.
    Malformed,
    /// No such session, or not its token.
    Unknown,
    /// The token or its session has reached its end.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// The session was not used for too long.
    Idle {
        /// When it ended.
        at: Timestamp,
    },
    /// An access token more than one refresh old, or of a pair that was replaced on purpose.
    Superseded,
    /// The session was ended.
    Revoked {
        /// When.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
}

impl Inactive {
    /// The word of the answer.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Malformed => "malformed",
            Self::Unknown => "unknown",
            Self::Expired { .. } => "expired",
            Self::Idle { .. } => "idle",
            Self::Superseded => "superseded",
            Self::Revoked { reason, .. } => reason.as_str(),
        }
    }

    /// When it ended, where that is known.
    #[must_use]
    pub fn at(self) -> Option<Timestamp> {
        match self {
            Self::Expired { at } | Self::Idle { at } | Self::Revoked { at, .. } => Some(at),
            Self::Absent | Self::Malformed | Self::Unknown | Self::Superseded => None,
        }
    }
}

impl From<Ended> for Inactive {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Revoked { at, reason, .. } => Self::Revoked { at, reason },
            Ended::Expired { at } => Self::Expired { at },
            Ended::Idle { at } => Self::Idle { at },
        }
    }
}

impl From<Malformed> for Inactive {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// What verify compares an access token with: the part of a session that a cache keeps in its
/// fastest place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessFacts {
    /// The generation of the current pair.
    pub generation: Generation,
    /// Older generations than this were replaced on purpose.
    pub generation_floor: Generation,
    /// The current access token.
    pub current: Credential,
    /// The previous one.
    pub previous: Option<Credential>,
    /// The session's absolute end.
    pub expires_at: Timestamp,
    /// Its idle end, as far as known here.
    pub idle_expires_at: Timestamp,
    /// Whether the current token has been seen in use (or is the first): its end can then no longer
    /// be moved by a late repetition of the refresh.
    pub settled: bool,
    /// The form of its access tokens.
    pub style: TokenStyle,
    /// Whether the session has a refresh token: if not, an access token near its end may be renewed itself.
    pub has_refresh: bool,
}

/// How an access token compares with the facts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessCheck {
    /// It is the session's, and alive until the given instant.
    Good {
        /// The token's own end.
        expires_at: Timestamp,
    },
    /// Older than the facts allow, whatever its secret is.
    Superseded,
    /// Newer than the facts.
    Ahead,
    /// Not the token of its generation, or not of the session's style.
    WrongDigest,
    /// The token's own end has come.
    TokenExpired {
        /// When.
        at: Timestamp,
    },
    /// The session's absolute end has come.
    SessionExpired {
        /// When.
        at: Timestamp,
    },
    /// The session's idle end has come, as far as known here.
    SessionIdle {
        /// When.
        at: Timestamp,
    },
}

impl AccessFacts {
    /// The facts of a session.
    #[must_use]
    pub fn of(session: &Session) -> Self {
        let tokens = &session.tokens;
        Self {
            generation: tokens.generation,
            generation_floor: tokens.generation_floor,
            current: tokens.access,
            previous: tokens.previous_access,
            expires_at: session.expires_at,
            idle_expires_at: session.idle_expires_at,
            settled: tokens.generation == tokens.generation_floor || tokens.successor_used_at.is_some(),
            style: session.style,
            has_refresh: tokens.refresh.is_some(),
        }
    }

    /// Compares a token of `generation` whose image is `digest`.
    #[must_use]
    pub fn check(&self, generation: Generation, digest: TokenDigest, now: Timestamp) -> AccessCheck {
        match self.credential_of(generation) {
            Ok(credential) if credential.digest == digest => self.check_life(credential.expires_at, now),
            Ok(_) => AccessCheck::WrongDigest,
            Err(refused) => refused,
        }
    }

    /// Compares a signed token. It is good as long as both it and the state of its generation say so: what it
    /// says of itself cannot be taken back, so the state has the last word.
    #[must_use]
    pub fn check_signed(&self, token: SignedToken, now: Timestamp) -> AccessCheck {
        if token.style != self.style {
            return AccessCheck::WrongDigest;
        }
        match self.credential_of(token.generation) {
            // Made later than now: by a clock that is ahead of this one.
            Ok(_) if now < token.issued_at => AccessCheck::Ahead,
            Ok(credential) => self.check_life(credential.expires_at.min(token.expires_at), now),
            Err(refused) => refused,
        }
    }

    /// The credential of a generation, or why it has none.
    #[inline]
    fn credential_of(&self, generation: Generation) -> Result<Credential, AccessCheck> {
        if generation == self.generation {
            Ok(self.current)
        } else if generation > self.generation {
            Err(AccessCheck::Ahead)
        } else if generation < self.generation_floor || generation.next() < self.generation {
            Err(AccessCheck::Superseded)
        } else {
            self.previous.ok_or(AccessCheck::Superseded)
        }
    }

    fn check_life(&self, token_end: Timestamp, now: Timestamp) -> AccessCheck {
        if now >= self.expires_at {
            AccessCheck::SessionExpired { at: self.expires_at }
        } else if now >= self.idle_expires_at {
            AccessCheck::SessionIdle {
                at: self.idle_expires_at,
            }
        } else if now >= token_end {
            AccessCheck::TokenExpired { at: token_end }
        } else {
            AccessCheck::Good {
                expires_at: token_end,
            }
        }
    }
}
