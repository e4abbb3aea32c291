//! Refresh: find, decide, compare-and-set.

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::refresh::{self, Presented, Rotation};
use symbolon_core::revocation::{RevocationReason, RevocationSeq};
use symbolon_core::session::{Session, SessionId, SessionState};
use symbolon_core::store::{FoundSession, RotateSession, Store, StoreError};
use symbolon_core::token::{Pair, RawToken, RotationNonce, TokenKind};
use symbolon_core::verdict::Inactive;

use super::{Effective, Issued, Node, Receipt, Undecided, Wait};

/// How often a lost race is run again. Each time someone else has rotated or ended the session, so
/// the second look decides; more than a few mean that something is wrong.
const ATTEMPTS_MAX: usize = 8;

/// What became of a refresh.
pub enum Refreshed {
    /// The next pair, or the same one again.
    Pair(Box<Issued>),
    /// Refused, with proof.
    Refused(Inactive),
}

/// What became of a refresh by cookie.
pub enum RefreshedInBrowser {
    /// The pair is only seconds old: the browser keeps it, and nothing was written.
    Kept(Box<Session>),
    /// As any other refresh.
    Exchanged(Refreshed),
}

/// One look at the store.
enum Step {
    Done(Refreshed),
    /// Someone else was faster: look again.
    Again,
}

impl<S: Store + Clone> Node<S> {
    /// Exchanges a refresh token for the next pair.
    ///
    /// # Errors
    /// When the store does not answer. The token stays usable: presenting it again gives the pair
    /// that was made, if one was made.
    pub async fn refresh(&self, token: &RawToken, origin: &Origin) -> Result<Refreshed, Undecided> {
        if token.kind() != TokenKind::Refresh {
            return Ok(Refreshed::Refused(Inactive::Malformed));
        }
        let genuine = token.is_genuine(&self.keys);
        if !genuine {
            return Ok(Refreshed::Refused(Inactive::Malformed));
        }
        let origin = &origin.by_holder_of(token.session_id());
        let presented = Presented {
            generation: token.generation(),
            digest: token.digest(),
            genuine,
        };
        for _ in 0..ATTEMPTS_MAX {
            if let Step::Done(refreshed) = self.refresh_once(token, presented, origin).await? {
                return Ok(refreshed);
            }
        }
        Err(Undecided::Store(StoreError::Unavailable {
            operation: "rotate a session",
            detail: format!("it was changed by others {ATTEMPTS_MAX} times in a row"),
        }))
    }

    /// The same for a browser whose pair is in cookies.
    ///
    /// # Errors
    /// See [`Node::refresh`].
    pub async fn refresh_in_browser(
        &self,
        token: &RawToken,
        origin: &Origin,
    ) -> Result<RefreshedInBrowser, Undecided> {
        if let Some(session) = self.young(token, origin).await? {
            return Ok(RefreshedInBrowser::Kept(Box::new(session)));
        }
        // What another tab has done since that look, a refresh decides for itself.
        Ok(RefreshedInBrowser::Exchanged(self.refresh(token, origin).await?))
    }

    /// The session that a genuine refresh token says it is of, and what was presented.
    pub(super) async fn find_by_refresh(
        &self,
        token: &RawToken,
    ) -> Result<Option<(FoundSession, Presented)>, Undecided> {
        if token.kind() != TokenKind::Refresh || !token.is_genuine(&self.keys) {
            return Ok(None);
        }
        let found = self.look_at(token.session_id()).await?;
        let presented = Presented {
            generation: token.generation(),
            digest: token.digest(),
            genuine: true,
        };
        Ok(found.map(|found| (found, presented)))
    }

    /// The session, if the token is its current one and its pair is too young to be exchanged in a browser.
    async fn young(&self, token: &RawToken, origin: &Origin) -> Result<Option<Session>, Undecided> {
        let Some((found, presented)) = self.find_by_refresh(token).await? else {
            return Ok(None);
        };
        let (session, grace) = (found.session, self.policy.rotation_grace);
        let is_young = refresh::decide(&session, found.cut, presented, grace, origin.at) == Rotation::Rotate
            && refresh::keeps_cookies(&session, grace, origin.at);
        Ok(is_young.then_some(session))
    }

    async fn refresh_once(
        &self,
        token: &RawToken,
        presented: Presented,
        origin: &Origin,
    ) -> Result<Step, Undecided> {
        let asof = self.tail.applied();
        let Some(found) = self.look_at(token.session_id()).await? else {
            return Ok(Step::Done(Refreshed::Refused(Inactive::Unknown)));
        };
        let session = found.session;
        match refresh::decide(
            &session,
            found.cut,
            presented,
            self.policy.rotation_grace,
            origin.at,
        ) {
            Rotation::Rotate => self.rotate(token, session, asof, origin).await,
            Rotation::Replay { renew } => self.replay(token, session, renew, asof, origin).await,
            Rotation::Reused => self.end_reused(&session, origin).await,
            Rotation::Lost => {
                let entry = origin
                    .entry(AuditEvent::RotationLost)
                    .of(&session.subject)
                    .on(session.id);
                self.record(entry).await;
                Ok(Step::Done(Refreshed::Refused(Inactive::Unknown)))
            }
            Rotation::Inactive(reason) => self.refuse(&session, reason).await,
        }
    }

    async fn refuse(&self, session: &Session, refused: Inactive) -> Result<Step, Undecided> {
        // Who asks again after the first refusal was withheld must not hear earlier than that one would have been said.
        if let SessionState::Revoked {
            seq,
            reason: RevocationReason::ReuseDetected,
            ..
        } = session.state
        {
            self.everywhere(Receipt::repeated(seq)).await?;
        }
        Ok(Step::Done(Refreshed::Refused(refused)))
    }

    async fn rotate(
        &self,
        token: &RawToken,
        session: Session,
        asof: RevocationSeq,
        origin: &Origin,
    ) -> Result<Step, Undecided> {
        let nonce = RotationNonce::random(self.randomness())?;
        let pair = Pair::following(&self.keys, token, nonce);
        let from = session.tokens.generation;
        let session = refresh::rotated(session, &pair, nonce, origin.seen_from.clone(), origin.at);
        let audit = origin
            .entry(AuditEvent::Refreshed)
            .of(&session.subject)
            .on(session.id);
        self.commit(session, pair, RotateArgs { from, asof, audit }, origin)
            .await
    }

    async fn replay(
        &self,
        token: &RawToken,
        session: Session,
        renew: bool,
        asof: RevocationSeq,
        origin: &Origin,
    ) -> Result<Step, Undecided> {
        let pair = self.same_pair(token, &session)?;
        let audit = origin
            .entry(AuditEvent::RefreshReplayed)
            .of(&session.subject)
            .on(session.id)
            .saying(
                session
                    .seen_from
                    .ip
                    .map_or_else(String::new, |ip| format!("rotated from {ip}")),
            );
        if !renew {
            self.record(audit).await;
            return Ok(Step::Done(Refreshed::Pair(Box::new(Issued { session, pair }))));
        }
        let from = session.tokens.generation;
        let session = refresh::renewed(session, origin.seen_from.clone(), origin.at);
        self.commit(session, pair, RotateArgs { from, asof, audit }, origin)
            .await
    }

    /// Derives the pair that the store holds the images of.
    fn same_pair(&self, token: &RawToken, session: &Session) -> Result<Pair, Undecided> {
        let damaged = || damaged(session.id);
        let nonce = session.tokens.nonce.ok_or_else(damaged)?;
        let pair = Pair::following(&self.keys, token, nonce);
        let (access, refresh) = pair.digests();
        let same = access == session.tokens.access.digest
            && session
                .tokens
                .refresh
                .is_some_and(|stored| stored.digest == refresh);
        if same { Ok(pair) } else { Err(damaged()) }
    }

    async fn commit(
        &self,
        session: Session,
        pair: Pair,
        args: RotateArgs,
        origin: &Origin,
    ) -> Result<Step, Undecided> {
        let rotate = RotateSession {
            session: session.clone(),
            from: args.from,
            audit: args.audit,
        };
        if !self.store.commit_rotation(rotate).await? {
            return Ok(Step::Again);
        }
        self.keep_written(&session, args.asof, origin.at);
        Ok(Step::Done(Refreshed::Pair(Box::new(Issued { session, pair }))))
    }

    async fn end_reused(&self, session: &Session, origin: &Origin) -> Result<Step, Undecided> {
        let reason = RevocationReason::ReuseDetected;
        let receipt = self.revoke(session.id, reason, origin).await?;
        if receipt.already {
            // Someone else has ended it meanwhile, perhaps for another reason.
            return Ok(Step::Again);
        }
        tracing::warn!(session.id = %session.id, subject.id = %session.subject, "an old refresh token came back; the session is ended");
        self.everywhere(receipt).await?;
        Ok(Step::Done(Refreshed::Refused(Inactive::Revoked {
            at: origin.at,
            reason,
        })))
    }

    /// Waits until an end is in force on every node: a refusal that says that the session is dead must be true of all.
    async fn everywhere(&self, receipt: Receipt) -> Result<(), Undecided> {
        match self.settle(receipt, Wait::Short).await.effective {
            Effective::Now => Ok(()),
            Effective::Within { .. } | Effective::ThisNode => Err(Undecided::NotYetEffective),
        }
    }
}

/// What a commit needs besides the session.
struct RotateArgs {
    from: symbolon_core::token::Generation,
    asof: RevocationSeq,
    audit: symbolon_core::audit::AuditEntry,
}

pub(super) fn damaged(id: SessionId) -> Undecided {
    tracing::error!(session.id = %id, "the stored nonce does not derive the stored digests; the refresh is refused until an operator has looked");
    Undecided::RotationDamaged(id)
}
