//! What is done with sessions.

use symbolon_core::audit::{Actor, AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::device::SeenFrom;
use symbolon_core::policy::SessionPolicy;
use symbolon_core::revocation::{LogRow, RevocationReason};
use symbolon_core::session::{Opening, SessionId, TokenStyle};
use symbolon_core::signing::SIGNED_TTL_MAX;
use symbolon_core::subject::SubjectId;
use symbolon_core::token::RawToken;
use symbolon_node::node::Tier;
use symbolon_node::{
    ChangeLives, Entry, Issue, IssueRefused, Issued, Receipt, Refreshed, RefreshedInBrowser, Undecided,
    Verdict,
};
use tokio::sync::broadcast;

use crate::{NewSession, Symbolon, Token};

impl Symbolon {
    /// The present, as this node counts it.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.inner.node.now()
    }

    /// Who asks, from where, now: every change wants to know.
    #[must_use]
    pub fn origin(&self, actor: Actor, seen_from: SeenFrom) -> Origin {
        Origin {
            at: self.now(),
            actor,
            seen_from,
        }
    }

    /// The program itself, now.
    #[must_use]
    pub fn origin_of_system(&self) -> Origin {
        self.inner.node.by_system()
    }

    /// What sessions are issued under.
    #[must_use]
    pub fn policy(&self) -> &SessionPolicy {
        self.inner.node.policy()
    }

    /// Begins a session. When this answers, it is durable.
    ///
    /// # Errors
    /// The outer error: it cannot be decided now. The inner one: it was refused.
    pub async fn issue(
        &self,
        session: NewSession,
        origin: &Origin,
    ) -> Result<Result<Issued, IssueRefused>, Undecided> {
        let opening = self.opening(session);
        if opening.style != TokenStyle::Opaque && opening.lives.access_ttl > SIGNED_TTL_MAX {
            return Ok(Err(IssueRefused::SignedLifeTooLong));
        }
        let issue = Issue {
            opening,
            credential_epoch: None,
            clear_attempts: None,
            replaces: None,
            event: AuditEvent::Issued,
            origin: origin.clone(),
        };
        self.begin(issue).await
    }

    /// What a session begins with, under the policy and with the defaults of this deployment.
    pub(crate) fn opening(&self, session: NewSession) -> Opening {
        let inner = &self.inner;
        let style = inner.signing.settings().style;
        session.opening(inner.node.policy(), style, inner.audience.as_deref())
    }

    /// Judges an access token by memory alone, without a wait; `None`: ask [`Symbolon::verify`].
    #[inline]
    #[must_use]
    pub fn verify_from_memory(&self, token: &Token) -> Option<Verdict> {
        match token {
            Token::Raw(token) => self.inner.node.verify_from_memory(token),
            Token::Signed(token) => self.inner.node.verify_signed_from_memory(token.0),
        }
    }

    /// Judges an access token.
    ///
    /// # Errors
    /// When neither memory nor the store can decide.
    pub async fn verify(&self, token: &Token) -> Result<Verdict, Undecided> {
        self.decide(token).await.map(|(verdict, _)| verdict)
    }

    /// The same, and where the answer came from.
    ///
    /// # Errors
    /// See [`Symbolon::verify`].
    pub async fn decide(&self, token: &Token) -> Result<(Verdict, Tier), Undecided> {
        match token {
            Token::Raw(token) => self.inner.node.decide(token).await,
            Token::Signed(token) => self.inner.node.decide_signed(token.0).await,
        }
    }

    /// Exchanges a refresh token for the next pair; repeated within the grace, for the same pair.
    ///
    /// # Errors
    /// When it cannot be decided now; the token stays usable.
    pub async fn refresh(&self, token: &RawToken, origin: &Origin) -> Result<Refreshed, Undecided> {
        self.inner.node.refresh(token, origin).await
    }

    /// The same for a browser whose tokens are in cookies: a pair that is only seconds old is kept, since a late answer
    /// to one tab would overwrite the newer cookies of another.
    ///
    /// # Errors
    /// See [`Symbolon::refresh`].
    pub async fn refresh_in_browser(
        &self,
        token: &RawToken,
        origin: &Origin,
    ) -> Result<RefreshedInBrowser, Undecided> {
        self.inner.node.refresh_in_browser(token, origin).await
    }

    /// The next access token of a session without a refresh token, if the one presented, which must have been verified,
    /// is near its end ([`SessionPolicy::renew_before`]): the same one for all who ask at the same time. `None`: the
    /// token goes on as it is. Its text is [`Symbolon::access_text`].
    ///
    /// # Errors
    /// When the store does not answer in time. The verdict on the token stays what it was.
    pub async fn renew(&self, token: &Token, origin: &Origin) -> Result<Option<Box<Issued>>, Undecided> {
        match token {
            Token::Raw(token) => self.inner.node.renew(token, origin).await,
            Token::Signed(token) => self.inner.node.renew_signed(token.0, origin).await,
        }
    }

    /// Ends the session of any genuine token of it, of any kind or age.
    ///
    /// # Errors
    /// When it is not known to be durable.
    pub async fn log_out(&self, token: &Token, origin: &Origin) -> Result<Receipt, Undecided> {
        match token {
            Token::Raw(token) => self.inner.node.log_out(token, origin).await,
            // Its signature is proof enough, as the tag of a reference is.
            Token::Signed(token) => self.inner.node.log_out_of(token.session_id(), origin).await,
        }
    }

    /// Ends one session.
    ///
    /// # Errors
    /// When it is not known to be durable.
    pub async fn revoke(
        &self,
        id: SessionId,
        reason: RevocationReason,
        origin: &Origin,
    ) -> Result<Receipt, Undecided> {
        self.inner.node.revoke(id, reason, origin).await
    }

    /// Ends a subject's sessions: all but those kept, or only those of one kind of device.
    ///
    /// # Errors
    /// When it is not known to be durable.
    pub async fn revoke_subject(
        &self,
        subject: &SubjectId,
        reason: RevocationReason,
        keep: Vec<SessionId>,
        device_kind: Option<String>,
        origin: &Origin,
    ) -> Result<Receipt, Undecided> {
        self.inner
            .node
            .revoke_subject(subject, reason, keep, device_kind, origin)
            .await
    }

    /// Ends everyone's sessions.
    ///
    /// # Errors
    /// When it is not known to be durable.
    pub async fn revoke_everyone(
        &self,
        reason: RevocationReason,
        origin: &Origin,
    ) -> Result<Receipt, Undecided> {
        self.inner.node.revoke_everyone(reason, origin).await
    }

    /// Reads one session.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn session(&self, id: SessionId) -> Result<Option<Entry>, Undecided> {
        self.inner.node.session(id).await
    }

    /// Reads a page of a subject's sessions, the newest first: those older than `before`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sessions_of(
        &self,
        subject: &SubjectId,
        only_live: bool,
        before: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<Entry>, Undecided> {
        self.inner
            .node
            .sessions_of(subject, only_live, before, limit)
            .await
    }

    /// Changes a live session; `None`: there is none of that id.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn change(
        &self,
        id: SessionId,
        change: ChangeLives,
        origin: &Origin,
    ) -> Result<Option<Entry>, Undecided> {
        self.inner.node.change(id, change, origin).await
    }

    /// Hears each row of the revocation log from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<LogRow> {
        self.inner.node.tail().listen()
    }

    /// How many sessions this process answers for from memory.
    #[must_use]
    pub fn near_len(&self) -> usize {
        self.inner.node.tail().near().len()
    }

    /// Whether this node may answer.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.inner.node.is_ready()
    }
}
