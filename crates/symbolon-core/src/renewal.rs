//! What presenting an access token near its end does for a session without a refresh token: a pure decision. The
//! transition is that of a refresh, committed by the same compare-and-set on the generation.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::revocation::Cut;
use crate::session::{Credential, Session};
use crate::token::{Generation, TokenDigest};

/// An access token as far as the decision needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Presented {
    /// Its generation.
    pub generation: Generation,
    /// Its image; `None`: its signature was proven instead.
    pub digest: Option<TokenDigest>,
}

/// When tokens are renewed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RenewalRule {
    /// With less than this left of the token; zero: never.
    pub before: Duration,
    /// How long a renewal may be repeated with the old token after the new one was seen in use.
    pub grace: Duration,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Renewal {
    /// Nothing. The token goes on as it is; that it is old or foreign ends no session.
    Keep,
    /// Make the next token.
    Renew,
    /// Give the same next token again: another request at the same time, or an answer that was lost.
    Repeat,
}

impl RenewalRule {
    /// Whether a token that ends at `expires_at` is near its end.
    #[inline]
    #[must_use]
    pub fn is_near(&self, expires_at: Timestamp, now: Timestamp) -> bool {
        expires_at.since(now) < self.before
    }
}

/// Decides by the state of the session, the newest cut that concerns it, and the token.
#[must_use]
pub fn decide(session: &Session, cut: Cut, token: Presented, rule: RenewalRule, now: Timestamp) -> Renewal {
    let tokens = &session.tokens;
    if rule.before.is_zero() || tokens.refresh.is_some() || session.ended(cut, now).is_some() {
        return Renewal::Keep;
    }
    if token.generation == tokens.generation {
        let next_end = now.after(session.lives.access_ttl).min(session.expires_at);
        let is_due = is_live(tokens.access, token, now) && rule.is_near(tokens.access.expires_at, now);
        // A new token that ends no later would be work for nothing, again at each request.
        return match is_due && tokens.access.expires_at < next_end {
            true => Renewal::Renew,
            false => Renewal::Keep,
        };
    }
    let is_previous = token.generation >= tokens.generation_floor
        && token.generation.next() == tokens.generation
        && tokens
            .previous_access
            .is_some_and(|previous| is_live(previous, token, now));
    let in_grace = tokens
        .successor_used_at
        .is_none_or(|used| now < used.after(rule.grace));
    // Without its nonce the next token cannot be derived; it is wiped once the grace is over.
    if is_previous && in_grace && tokens.nonce.is_some() && now < tokens.access.expires_at {
        Renewal::Repeat
    } else {
        Renewal::Keep
    }
}

fn is_live(credential: Credential, token: Presented, now: Timestamp) -> bool {
    token.digest.is_none_or(|digest| digest == credential.digest) && now < credential.expires_at
}
