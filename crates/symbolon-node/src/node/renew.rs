//! Renewal of an access token near its end, for sessions without a refresh token: find, decide, compare-and-set.
//!
//! It comes after the verdict and never changes it: where the store does not answer in time, the token goes on as it is
//! and a later request asks again.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::device::SeenFrom;
use symbolon_core::renewal::{self, Presented, Renewal};
use symbolon_core::session::{Session, SessionId};
use symbolon_core::store::{FoundSession, RotateSession, Store, StoreError};
use symbolon_core::token::{Generation, Pair, RawToken, RotationNonce, SignedToken, TokenKind};
use symbolon_core::verdict::AccessFacts;

use super::refresh::damaged;
use super::{Issued, Node, Undecided};

/// How often a lost race is run again: whoever won it has made the token that the next look derives.
const ATTEMPTS_MAX: usize = 8;
/// How long a renewal may keep the answer of a verify waiting: gateways give up after one or two seconds.
const DEADLINE: Duration = Duration::from_millis(500);
/// How long nothing is renewed after one failed, so that a store that hangs delays few answers.
const PAUSE: Duration = Duration::from_secs(1);

/// How the holder of an access token near its end goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Due {
    /// Nothing is to be done yet, or nothing can be.
    Nothing,
    /// The refresh token is to be presented.
    Refresh,
    /// The next access token can be had: [`Node::renew`].
    Renewal,
}

/// Until when nothing is renewed.
#[derive(Default)]
pub(super) struct Pause(AtomicI64);

impl Pause {
    fn begin(&self, now: Timestamp) {
        self.0.store(now.after(PAUSE).0, Ordering::Relaxed);
    }

    fn holds(&self, now: Timestamp) -> bool {
        now.0 < self.0.load(Ordering::Relaxed)
    }
}

/// An access token that was verified just now.
#[derive(Clone, Copy)]
enum Verified<'t> {
    Raw(&'t RawToken),
    Signed(SignedToken),
}

/// One look at the store.
enum Step {
    Done(Option<Box<Issued>>),
    /// Someone else was faster: look again.
    Again,
}

impl<S: Store + Clone> Node<S> {
    /// What is to be done about a live token that ends at `expires_at`.
    #[inline]
    pub(super) fn due(&self, facts: &AccessFacts, expires_at: Timestamp, now: Timestamp) -> Due {
        let rule = self.policy.renewal();
        // A token that ends with its session has no successor.
        if rule.before.is_zero() || !rule.is_near(expires_at, now) || expires_at >= facts.expires_at {
            Due::Nothing
        } else if facts.has_refresh {
            Due::Refresh
        } else {
            Due::Renewal
        }
    }

    /// The next access token of a session without a refresh token, if the one presented is near its end; the same one
    /// for each request that asks at the same time. `None`: the token goes on as it is. The token must have been
    /// verified.
    ///
    /// # Errors
    /// When the store does not answer in time. The verdict on the token stays what it was.
    pub async fn renew(&self, token: &RawToken, origin: &Origin) -> Result<Option<Box<Issued>>, Undecided> {
        match token.kind() {
            TokenKind::Access => self.renew_in_time(Verified::Raw(token), origin).await,
            TokenKind::Refresh | TokenKind::ApiKey => Ok(None),
        }
    }

    /// The same for a signed access token: the session's next generation, which is signed as the same claims for each
    /// request that asks at the same time.
    ///
    /// # Errors
    /// See [`Node::renew`].
    pub async fn renew_signed(
        &self,
        token: SignedToken,
        origin: &Origin,
    ) -> Result<Option<Box<Issued>>, Undecided> {
        self.renew_in_time(Verified::Signed(token), origin).await
    }

    async fn renew_in_time(
        &self,
        token: Verified<'_>,
        origin: &Origin,
    ) -> Result<Option<Box<Issued>>, Undecided> {
        if self.policy.renew_before.is_zero() || self.renewals_paused.holds(origin.at) {
            return Ok(None);
        }
        let origin = &origin.by_holder_of(token.session_id());
        let renewed = tokio::time::timeout(DEADLINE, self.renew_until_decided(token, origin)).await;
        let renewed = renewed.unwrap_or_else(|_| Err(unavailable("no answer in time".to_owned())));
        if matches!(renewed, Err(Undecided::Store(_))) {
            self.renewals_paused.begin(origin.at);
        }
        renewed
    }

    async fn renew_until_decided(
        &self,
        token: Verified<'_>,
        origin: &Origin,
    ) -> Result<Option<Box<Issued>>, Undecided> {
        for _ in 0..ATTEMPTS_MAX {
            if let Step::Done(renewed) = self.renew_once(token, origin).await? {
                return Ok(renewed);
            }
        }
        Err(unavailable(format!(
            "it was changed by others {ATTEMPTS_MAX} times in a row"
        )))
    }

    async fn renew_once(&self, token: Verified<'_>, origin: &Origin) -> Result<Step, Undecided> {
        let asof = self.tail.applied();
        let Some(FoundSession { session, cut }) = self.look_at(token.session_id()).await? else {
            return Ok(Step::Done(None));
        };
        match renewal::decide(&session, cut, token.presented(), self.policy.renewal(), origin.at) {
            Renewal::Keep => Ok(Step::Done(None)),
            Renewal::Repeat => {
                let pair = self.repeated(token, &session)?;
                Ok(Step::Done(Some(Box::new(Issued { session, pair }))))
            }
            Renewal::Renew => {
                let nonce = RotationNonce::random(self.randomness())?;
                let pair = match token {
                    Verified::Raw(token) => Pair::renewing(&self.keys, token, nonce),
                    Verified::Signed(token) => self.fresh_pair(token.session_id, token.generation.next())?,
                };
                let next = (pair, nonce, asof);
                self.commit_renewal(session, next, origin).await
            }
        }
    }

    async fn commit_renewal(
        &self,
        session: Session,
        (pair, nonce, asof): (Pair, RotationNonce, symbolon_core::revocation::RevocationSeq),
        origin: &Origin,
    ) -> Result<Step, Undecided> {
        let from = session.tokens.generation;
        let audit = origin
            .entry(AuditEvent::Renewed)
            .of(&session.subject)
            .on(session.id);
        // A gateway asks for others: it does not say where they are.
        let seen = match origin.seen_from == SeenFrom::default() {
            true => session.seen_from.clone(),
            false => origin.seen_from.clone(),
        };
        let session = symbolon_core::refresh::rotated(session, &pair, nonce, seen, origin.at);
        let rotate = RotateSession {
            session: session.clone(),
            from,
            audit,
        };
        if !self.store.commit_rotation(rotate).await? {
            return Ok(Step::Again);
        }
        self.keep_written(&session, asof, origin.at);
        Ok(Step::Done(Some(Box::new(Issued { session, pair }))))
    }

    /// The pair that the session has already. A signed token is made of the session alone, so nothing of it has to be
    /// derived.
    fn repeated(&self, token: Verified<'_>, session: &Session) -> Result<Pair, Undecided> {
        let token = match token {
            Verified::Raw(token) => token,
            Verified::Signed(token) => return self.fresh_pair(token.session_id, session.tokens.generation),
        };
        let nonce = session.tokens.nonce.ok_or_else(|| damaged(session.id))?;
        let pair = Pair::renewing(&self.keys, token, nonce);
        match pair.access.digest() == session.tokens.access.digest {
            true => Ok(pair),
            false => Err(damaged(session.id)),
        }
    }
}

impl Verified<'_> {
    fn session_id(self) -> SessionId {
        match self {
            Self::Raw(token) => token.session_id(),
            Self::Signed(token) => token.session_id,
        }
    }

    fn generation(self) -> Generation {
        match self {
            Self::Raw(token) => token.generation(),
            Self::Signed(token) => token.generation,
        }
    }

    fn presented(self) -> Presented {
        let digest = match self {
            Self::Raw(token) => Some(token.digest()),
            Self::Signed(_) => None,
        };
        Presented {
            generation: self.generation(),
            digest,
        }
    }
}

fn unavailable(detail: String) -> Undecided {
    Undecided::Store(StoreError::Unavailable {
        operation: "renew an access token",
        detail,
    })
}
