//! Log-in by name and password.

use std::time::Duration;

use symbolon_accounts::accounts::{Authenticated, Known, KnownDevice, Outcome, Refusal};
use symbolon_core::audit::{Actor, AuditEvent};
use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::session::{Opening, TokenStyle};
use symbolon_core::signing::SIGNED_TTL_MAX;
use symbolon_core::subject::{ClientId, SubjectId};
use symbolon_core::throttle::ThrottledBy;
use symbolon_node::{Issue, IssueRefused, Issued};

use crate::{NewSession, Password, Symbolon, Token, Unavailable};

/// A log-in as it is asked for.
pub struct LogIn {
    /// The name as it was typed.
    pub username: String,
    /// The password as it was typed.
    pub password: Password,
    /// Which application will hold the tokens.
    pub client_id: ClientId,
    /// What its owner recognises the session by.
    pub device: Device,
    /// Where it comes from.
    pub seen_from: SeenFrom,
    /// Whether the session is to have the longer lives.
    pub remember: bool,
    /// The form of its access tokens; `None`: that of the deployment.
    pub style: Option<TokenStyle>,
    /// A token that came along: if it is live, its session ends in the same step, so that a session
    /// from before the log-in never becomes an authenticated one.
    pub presented: Option<Token>,
    /// The proof of a known device that an earlier log-in gave along: with it, the wrong passwords of
    /// strangers do not keep this log-in waiting. One that is not good is ignored.
    pub known_device: Option<String>,
}

/// What became of a log-in.
pub enum LoggedIn {
    /// A session began; it is durable.
    Issued {
        /// The session and its pair.
        issued: Box<Issued>,
        /// The proof of this device for its next log-in.
        known_device: Option<KnownDevice>,
    },
    /// Name or password is wrong. Nothing tells which.
    InvalidCredentials,
    /// Not before this instant: too many wrong passwords, at the name or from the address.
    Throttled {
        /// When one more try is allowed.
        retry_at: Timestamp,
        /// Whose failures they are: for those who watch the server, not for whoever asks.
        by: ThrottledBy,
    },
    /// The password is right, but the account is disabled or its subject banned.
    Banned {
        /// Until when; `None`: without end.
        until: Option<Timestamp>,
    },
    /// The password is right, but there are as many sessions as there may be.
    LimitReached,
}

impl Symbolon {
    /// Logs in by name and password.
    ///
    /// # Errors
    /// When it cannot be decided now; nothing follows about name or password.
    pub async fn log_in(&self, log_in: LogIn) -> Result<LoggedIn, Unavailable> {
        self.log_in_as(log_in, |session| session).await
    }

    /// Logs in to a session whose one token is signed as clients of older systems read it
    /// ([`TokenStyle::CompatJwt`]), without a refresh token. The session ends with its token, unless tokens are renewed
    /// ([`SessionPolicy::renew_before`](crate::policy::SessionPolicy::renew_before)).
    ///
    /// # Errors
    /// When it cannot be decided now; nothing follows about name or password.
    pub async fn log_in_compat(&self, log_in: LogIn) -> Result<LoggedIn, Unavailable> {
        let policy = *self.policy();
        let ends_with_token = policy
            .renew_before
            .is_zero()
            .then_some(policy.standard.access_ttl);
        let one_token = |session: NewSession| NewSession {
            style: Some(TokenStyle::CompatJwt),
            refresh_ttl: Some(Duration::ZERO),
            absolute_timeout: ends_with_token,
            ..session
        };
        self.log_in_as(log_in, one_token).await
    }

    async fn log_in_as(
        &self,
        log_in: LogIn,
        shape: impl FnOnce(NewSession) -> NewSession,
    ) -> Result<LoggedIn, Unavailable> {
        let origin = self.origin(Actor::System, log_in.seen_from.clone());
        let known = match &log_in.known_device {
            Some(text) => Known::Device(text),
            None => Known::Stranger,
        };
        let accounts = &self.inner.accounts;
        let proof = match accounts
            .authenticate(&log_in.username, log_in.password, known, &origin)
            .await?
        {
            Outcome::Authenticated(proof) => proof,
            Outcome::Refused(Refusal::InvalidCredentials) => return Ok(LoggedIn::InvalidCredentials),
            Outcome::Refused(Refusal::Throttled { retry_at, by }) => {
                return Ok(LoggedIn::Throttled { retry_at, by });
            }
            Outcome::Refused(Refusal::AccountDisabled) => return Ok(LoggedIn::Banned { until: None }),
        };
        let session = NewSession {
            client_id: log_in.client_id,
            device: log_in.device,
            seen_from: log_in.seen_from,
            remember: log_in.remember,
            style: log_in.style,
            ..NewSession::of(proof.subject.clone())
        };
        let issue = Issue {
            opening: self.opening_of_log_in(shape(session)),
            credential_epoch: Some(proof.epoch),
            clear_attempts: Some(proof.throttle_key),
            replaces: self.presented_session(log_in.presented.as_ref()),
            event: AuditEvent::LoggedIn,
            origin: self.origin(Actor::Subject(proof.subject.clone()), origin.seen_from),
        };
        Ok(match self.begin(issue).await? {
            Ok(issued) => LoggedIn::Issued {
                known_device: accounts.known_device(&proof, issued.session.created_at),
                issued: Box::new(issued),
            },
            Err(IssueRefused::LimitReached) => self.not_begun(&proof, LoggedIn::LimitReached).await?,
            Err(IssueRefused::Banned { until }) => self.not_begun(&proof, LoggedIn::Banned { until }).await?,
            // Someone changed the password, or ended this subject's sessions, while it was compared.
            Err(IssueRefused::CredentialStale) => LoggedIn::InvalidCredentials,
            // It was cut above; a refusal here would be ours to mend, not the person's.
            Err(refused @ IssueRefused::SignedLifeTooLong) => {
                return Err(Unavailable::Signing(refused.to_string()));
            }
        })
    }

    /// A right password that begins no session is no wrong one either: it leaves no failure behind.
    async fn not_begun(&self, proof: &Authenticated, refused: LoggedIn) -> Result<LoggedIn, Unavailable> {
        self.inner.accounts.clear_attempts(proof, self.now()).await?;
        Ok(refused)
    }

    /// As [`Symbolon::opening`]; a log-in chooses no life, so one that is too long for a signed token is cut.
    fn opening_of_log_in(&self, session: NewSession) -> Opening {
        let mut opening = self.opening(session);
        if opening.style != TokenStyle::Opaque {
            opening.lives.access_ttl = opening.lives.access_ttl.min(SIGNED_TTL_MAX);
        }
        opening
    }

    /// The session of a genuine token that came along with a log-in.
    fn presented_session(&self, token: Option<&Token>) -> Option<symbolon_core::session::SessionId> {
        let is_ours = |token: &&Token| match token {
            Token::Raw(token) => token.is_genuine(self.inner.node.keys()),
            Token::Signed(_) => true,
        };
        token.filter(is_ours).map(Token::session_id)
    }

    /// The actor of a subject's own request.
    #[must_use]
    pub fn actor_of(subject: &str) -> Actor {
        SubjectId::new(subject).map_or(Actor::System, Actor::Subject)
    }
}
