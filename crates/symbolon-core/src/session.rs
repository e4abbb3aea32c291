//! The session: one continuity of a subject on a device, from issue to end.

use std::fmt;
use std::time::Duration;

use crate::clock::Timestamp;
use crate::device::{Device, SeenFrom};
use crate::random::{Randomness, RandomnessUnavailable, draw};
use crate::revocation::{Cut, RevocationReason, RevocationSeq};
use crate::subject::{Claims, ClientId, SubjectId};
use crate::token::{Generation, KeyId, Pair, RotationNonce, TokenDigest};

/// The public name of a session, a UUIDv7 (RFC 9562, section 5.7). It may be logged and listed; it
/// is never a credential.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId([u8; 16]);

impl SessionId {
    /// Draws the id of a session that begins now.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn random(now: Timestamp, source: &dyn Randomness) -> Result<Self, RandomnessUnavailable> {
        let tail: [u8; 10] = draw(source)?;
        let millis = u64::try_from(now.0).unwrap_or(0);
        Ok(Self(
            *uuid::Builder::from_unix_timestamp_millis(millis, &tail)
                .as_uuid()
                .as_bytes(),
        ))
    }

    /// The id of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Reads the hyphenated form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let id = uuid::Uuid::try_parse(text).ok()?;
        (text.len() == 36).then(|| Self(*id.as_bytes()))
    }

    /// Its sixteen bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        uuid::Uuid::from_bytes(self.0).as_hyphenated().fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The position of the newest cut (of a subject or of everyone) that a session was issued under. A
/// newer one ends it.
pub type Epoch = RevocationSeq;

/// The stored state. *Expired* is derived from the instants, never stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SessionState {
    /// Not ended by anyone.
    Active,
    /// Ended.
    Revoked {
        /// When.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
        /// Where in the log.
        seq: RevocationSeq,
    },
}

/// The form of the access token.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TokenStyle {
    /// A reference, read by asking.
    #[default]
    Opaque,
    /// Signed claims (RFC 9068), verified by signature and by the session's state.
    Jwt,
    /// Signed claims as clients of older systems read them: HS256 and `user, sub, sid, jti, iat, exp`, whatever
    /// the deployment signs with otherwise. Verified in the same way.
    CompatJwt,
}

/// The lives of one session, fixed at issue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lives {
    /// The life of an access token.
    pub access_ttl: Duration,
    /// The life of a refresh token; `None`: the session has none.
    pub refresh_ttl: Option<Duration>,
    /// How long it lives without being used.
    pub idle_timeout: Duration,
    /// How long it lives at the most.
    pub absolute_timeout: Duration,
}

/// A secret's image and its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Credential {
    /// The image.
    pub digest: TokenDigest,
    /// It is good while `now < expires_at`.
    pub expires_at: Timestamp,
}

/// What a session's tokens are: the current pair and what the previous one left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenState {
    /// The key of the current pair.
    pub key_id: KeyId,
    /// The generation of the current pair.
    pub generation: Generation,
    /// Older generations than this are dead and no sign of theft: their pair was replaced on purpose.
    pub generation_floor: Generation,
    /// The current access token.
    pub access: Credential,
    /// The previous access token, good until its own end.
    pub previous_access: Option<Credential>,
    /// The current refresh token.
    pub refresh: Option<Credential>,
    /// The refresh token that the current pair was made from.
    pub previous_refresh: Option<TokenDigest>,
    /// What the current pair was made with; wiped once no repetition is allowed any more.
    pub nonce: Option<RotationNonce>,
    /// When the current pair was made (or renewed by a late repetition).
    pub rotated_at: Timestamp,
    /// When the current pair was first seen in use.
    pub successor_used_at: Option<Timestamp>,
}

/// A session as the store keeps it: one row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its public name.
    pub id: SessionId,
    /// Whose it is.
    pub subject: SubjectId,
    /// Which application holds its tokens.
    pub client_id: ClientId,
    /// The newest cut that it was issued under.
    pub epoch: Epoch,
    /// Whether someone ended it.
    pub state: SessionState,
    /// When it began.
    pub created_at: Timestamp,
    /// When the subject last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it was last used, as far as recorded.
    pub last_seen_at: Timestamp,
    /// Its absolute end; no refresh moves it.
    pub expires_at: Timestamp,
    /// Its end if it is not used again.
    pub idle_expires_at: Timestamp,
    /// The lives it was issued with.
    pub lives: Lives,
    /// The form of its access tokens.
    pub style: TokenStyle,
    /// What its owner recognises it by.
    pub device: Device,
    /// Where it was last seen.
    pub seen_from: SeenFrom,
    /// For whom its tokens are (RFC 7519 `aud`): names separated by one space.
    pub audience: Option<String>,
    /// What they allow (RFC 6749, section 3.3).
    pub scope: Option<String>,
    /// What the issuer says about the subject.
    pub claims: Claims,
    /// Its tokens.
    pub tokens: TokenState,
}

impl Session {
    /// Whether, and how, it has ended at `now`, given the newest cut that concerns its subject.
    #[must_use]
    pub fn ended(&self, cut: Cut, now: Timestamp) -> Option<Ended> {
        if let Some(revoked) = self.revoked(cut) {
            return Some(revoked);
        }
        if now >= self.expires_at {
            return Some(Ended::Expired { at: self.expires_at });
        }
        if now >= self.idle_expires_at {
            return Some(Ended::Idle {
                at: self.idle_expires_at,
            });
        }
        None
    }

    /// Whether someone ended it: by itself, or by a cut newer than its issue.
    #[must_use]
    pub fn revoked(&self, cut: Cut) -> Option<Ended> {
        if let SessionState::Revoked { at, reason, seq } = self.state {
            return Some(Ended::Revoked { at, reason, seq });
        }
        (cut.seq > self.epoch).then_some(Ended::Revoked {
            at: cut.at,
            reason: cut.reason,
            seq: cut.seq,
        })
    }

    /// The instant from which it is dead if nothing happens: its absolute or its idle end.
    #[must_use]
    pub fn live_until(&self) -> Timestamp {
        self.expires_at.min(self.idle_expires_at)
    }
}

/// What a session begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// Whose it is.
    pub subject: SubjectId,
    /// Which application holds its tokens.
    pub client_id: ClientId,
    /// Its lives.
    pub lives: Lives,
    /// The form of its access tokens.
    pub style: TokenStyle,
    /// What its owner recognises it by.
    pub device: Device,
    /// Where it begins.
    pub seen_from: SeenFrom,
    /// For whom its tokens are.
    pub audience: Option<String>,
    /// What they allow.
    pub scope: Option<String>,
    /// What the issuer says about the subject.
    pub claims: Claims,
}

impl Session {
    /// A session that begins at `now` under the cut `epoch` with its first pair.
    #[must_use]
    pub fn begin(id: SessionId, opening: Opening, epoch: Epoch, pair: &Pair, now: Timestamp) -> Self {
        let lives = opening.lives;
        let expires_at = now.after(lives.absolute_timeout);
        let (access, refresh) = pair.digests();
        let tokens = TokenState {
            key_id: pair.access.key_id(),
            generation: pair.access.generation(),
            generation_floor: pair.access.generation(),
            access: Credential {
                digest: access,
                expires_at: now.after(lives.access_ttl).min(expires_at),
            },
            previous_access: None,
            refresh: lives.refresh_ttl.map(|ttl| Credential {
                digest: refresh,
                expires_at: now.after(ttl).min(expires_at),
            }),
            previous_refresh: None,
            nonce: None,
            rotated_at: now,
            successor_used_at: None,
        };
        Self {
            id,
            subject: opening.subject,
            client_id: opening.client_id,
            epoch,
            state: SessionState::Active,
            created_at: now,
            authenticated_at: now,
            last_seen_at: now,
            expires_at,
            idle_expires_at: idle_end(now, lives.idle_timeout),
            lives,
            style: opening.style,
            device: opening.device,
            seen_from: opening.seen_from,
            audience: opening.audience,
            scope: opening.scope,
            claims: opening.claims,
            tokens,
        }
    }
}

/// How a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Someone ended it.
    Revoked {
        /// When.
        at: Timestamp,
        /// Why.
        reason: RevocationReason,
        /// Where in the log.
        seq: RevocationSeq,
    },
    /// Its absolute end has come.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// It was not used for too long.
    Idle {
        /// When.
        at: Timestamp,
    },
}

/// How much longer than promised an idle session lives: activity is recorded in steps, and a step
/// not yet written must not end a session that was used in time.
///
/// The smaller of one minute and a tenth of the idle time-out.
#[must_use]
pub fn idle_slack(idle_timeout: Duration) -> Duration {
    Duration::from_secs(60).min(idle_timeout / 10)
}

/// The idle end of a session last seen at `seen_at`.
#[must_use]
pub fn idle_end(seen_at: Timestamp, idle_timeout: Duration) -> Timestamp {
    seen_at.after(idle_timeout.saturating_add(idle_slack(idle_timeout)))
}
