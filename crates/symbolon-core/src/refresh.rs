//! What presenting a refresh token does (RFC 9700, section 4.14): a pure decision, then a pure
//! transition that the store commits by compare-and-set on the generation.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::device::SeenFrom;
use crate::revocation::Cut;
use crate::session::{Credential, Session, TokenState, idle_end};
use crate::token::{Generation, Pair, RotationNonce, TokenDigest};
use crate::verdict::Inactive;

/// A refresh token as far as the decision needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Presented {
    /// Its generation.
    pub generation: Generation,
    /// Its image.
    pub digest: TokenDigest,
    /// Whether its tag proves that we made it.
    pub genuine: bool,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rotation {
    /// Make the next pair.
    Rotate,
    /// Derive the same pair again: a second tab, or an answer that was lost.
    Replay {
        /// The pair lay unused for longer than the grace: its access token begins its life anew.
        renew: bool,
    },
    /// An old token after its successor was used: end the session.
    Reused,
    /// A token newer than the store knows: the store was restored from a copy. Nothing is ended.
    Lost,
    /// Not allowed, and no sign of theft.
    Inactive(Inactive),
}

/// Decides by the state of the session, the newest cut that concerns it, and the token.
#[must_use]
pub fn decide(session: &Session, cut: Cut, token: Presented, grace: Duration, now: Timestamp) -> Rotation {
    if let Some(ended) = session.ended(cut, now) {
        return Rotation::Inactive(ended.into());
    }
    let tokens = &session.tokens;
    let Some(current) = tokens.refresh else {
        return Rotation::Inactive(Inactive::Unknown);
    };
    if token.generation > tokens.generation {
        return if token.genuine {
            Rotation::Lost
        } else {
            Rotation::Inactive(Inactive::Unknown)
        };
    }
    if token.generation < tokens.generation_floor {
        return Rotation::Inactive(Inactive::Superseded);
    }
    if token.generation == tokens.generation {
        return decide_current(current, token, now);
    }
    decide_older(tokens, current, token, grace, now)
}

fn decide_current(current: Credential, token: Presented, now: Timestamp) -> Rotation {
    if current.digest != token.digest {
        Rotation::Inactive(Inactive::Unknown)
    } else if now >= current.expires_at {
        Rotation::Inactive(Inactive::Expired {
            at: current.expires_at,
        })
    } else {
        Rotation::Rotate
    }
}

fn decide_older(
    tokens: &TokenState,
    current: Credential,
    token: Presented,
    grace: Duration,
    now: Timestamp,
) -> Rotation {
    let is_previous =
        token.generation.next() == tokens.generation && tokens.previous_refresh == Some(token.digest);
    let in_grace = tokens
        .successor_used_at
        .is_none_or(|used| now < used.after(grace));
    if is_previous && in_grace && now >= current.expires_at {
        // The pair to be repeated is dead itself: to renew its access token would honour a refresh
        // token past its end.
        Rotation::Inactive(Inactive::Expired {
            at: current.expires_at,
        })
    } else if is_previous && in_grace {
        Rotation::Replay {
            renew: now >= tokens.rotated_at.after(grace),
        }
    } else if is_previous || token.genuine {
        Rotation::Reused
    } else {
        Rotation::Inactive(Inactive::Unknown)
    }
}

/// Whether a browser keeps its pair where [`decide`] says [`Rotation::Rotate`]: in the cookie form a
/// pair younger than twice the grace is answered as it is, with no write and no cookie.
///
/// The tabs of a browser share one jar, in which a late answer overwrites a newer token: without
/// this, such a token would come back after its successor was used, and look stolen. A pair whose
/// access token has ended is of no use to keep: where its life is that short, a new one comes first.
#[must_use]
pub fn keeps_cookies(session: &Session, grace: Duration, now: Timestamp) -> bool {
    let tokens = &session.tokens;
    now < tokens.rotated_at.after(grace.saturating_mul(2)) && now < tokens.access.expires_at
}

/// The session after a rotation to `pair`, which was made with `nonce`. A refresh is a use: the
/// idle life begins anew; the absolute end stays.
#[must_use]
pub fn rotated(
    session: Session,
    pair: &Pair,
    nonce: RotationNonce,
    seen: SeenFrom,
    now: Timestamp,
) -> Session {
    let (access, refresh) = pair.digests();
    let ends = |ttl| now.after(ttl).min(session.expires_at);
    let tokens = TokenState {
        key_id: pair.access.key_id(),
        generation: pair.access.generation(),
        generation_floor: session.tokens.generation_floor,
        access: Credential {
            digest: access,
            expires_at: ends(session.lives.access_ttl),
        },
        previous_access: Some(session.tokens.access),
        refresh: session.lives.refresh_ttl.map(|ttl| Credential {
            digest: refresh,
            expires_at: ends(ttl),
        }),
        previous_refresh: session.tokens.refresh.map(|old| old.digest),
        nonce: Some(nonce),
        rotated_at: now,
        successor_used_at: None,
    };
    let idle_expires_at = idle_end(now, session.lives.idle_timeout);
    Session {
        tokens,
        last_seen_at: now,
        idle_expires_at,
        seen_from: seen,
        ..session
    }
}

/// The session after a late repetition: the same pair, whose access token begins its life anew.
#[must_use]
pub fn renewed(mut session: Session, seen: SeenFrom, now: Timestamp) -> Session {
    session.tokens.rotated_at = now;
    session.tokens.access.expires_at = now.after(session.lives.access_ttl).min(session.expires_at);
    session.last_seen_at = now;
    session.idle_expires_at = idle_end(now, session.lives.idle_timeout);
    session.seen_from = seen;
    session
}

/// The session after its subject has proven once more who they are: [`replaced`], and used now.
#[must_use]
pub fn confirmed(session: Session, pair: &Pair, seen: SeenFrom, now: Timestamp) -> Session {
    let idle_expires_at = idle_end(now, session.lives.idle_timeout);
    Session {
        authenticated_at: now,
        last_seen_at: now,
        idle_expires_at,
        seen_from: seen,
        ..replaced(session, pair, now)
    }
}

/// The session with a pair that derives from nothing before it: every older token is dead, and none
/// of them is a sign of theft. `pair` must be of the generation after the session's.
#[must_use]
pub fn replaced(mut session: Session, pair: &Pair, now: Timestamp) -> Session {
    let (access, refresh) = pair.digests();
    let ends = |ttl| now.after(ttl).min(session.expires_at);
    session.tokens = TokenState {
        key_id: pair.access.key_id(),
        generation: pair.access.generation(),
        generation_floor: pair.access.generation(),
        access: Credential {
            digest: access,
            expires_at: ends(session.lives.access_ttl),
        },
        previous_access: None,
        refresh: session.lives.refresh_ttl.map(|ttl| Credential {
            digest: refresh,
            expires_at: ends(ttl),
        }),
        previous_refresh: None,
        nonce: None,
        rotated_at: now,
        successor_used_at: None,
    };
    session
}
