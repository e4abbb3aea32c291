//! Issue: a session begins.

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::session::{Epoch, Opening, Session, SessionId};
use symbolon_core::store::{InsertSession, Inserted, Store};
use symbolon_core::throttle::ThrottleKey;
use symbolon_core::token::{Generation, Pair};

use super::{Node, Undecided};

/// A session to begin.
#[derive(Clone, Debug)]
pub struct Issue {
    /// What it begins with.
    pub opening: Opening,
    /// The newest cut as it was when the password was read; `None`: no password was.
    pub credential_epoch: Option<Epoch>,
    /// The throttle's counter to clear.
    pub clear_attempts: Option<ThrottleKey>,
    /// The session whose token was presented: it ends in the same step.
    pub replaces: Option<SessionId>,
    /// How it came about.
    pub event: AuditEvent,
    /// Who asks, from where and when.
    pub origin: Origin,
}

/// A session and its tokens in the clear: for one answer.
pub struct Issued {
    /// The session.
    pub session: Session,
    /// Its tokens.
    pub pair: Pair,
}

/// Why no session began.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum IssueRefused {
    /// The subject has as many sessions as it may have.
    #[error("the subject has as many sessions as it may have")]
    LimitReached,
    /// The subject is banned.
    #[error("the subject is banned")]
    Banned {
        /// Until when; `None`: without end.
        until: Option<Timestamp>,
    },
    /// The credentials were changed while they were compared.
    #[error("the credentials were changed while they were compared")]
    CredentialStale,
    /// A signed access token would live for longer than one may.
    #[error("access_ttl: a signed token lives for 90 days at the most")]
    SignedLifeTooLong,
}

impl<S: Store + Clone> Node<S> {
    /// Begins a session. When this answers, it is durable.
    ///
    /// # Errors
    /// When the store does not answer, or there is no randomness.
    pub async fn issue(&self, issue: Issue) -> Result<Result<Issued, IssueRefused>, Undecided> {
        let now = issue.origin.at;
        let id = SessionId::random(now, self.randomness())?;
        let pair = self.fresh_pair(id, Generation(0))?;
        let mut session = Session::begin(id, issue.opening, Epoch::ZERO, &pair, now);
        let audit = issue.origin.entry(issue.event).of(&session.subject).on(id);
        let insert = InsertSession {
            session: session.clone(),
            per_subject_max: self.policy.per_subject_max,
            on_max: self.policy.on_max,
            credential_epoch: issue.credential_epoch,
            clear_attempts: issue.clear_attempts,
            replaces: issue.replaces,
            audit,
        };
        let asof = self.tail.applied();
        match self.store.insert_session(insert).await? {
            Inserted::Done { epoch, .. } => {
                session.epoch = epoch;
                self.keep_written(&session, asof, now);
                Ok(Ok(Issued { session, pair }))
            }
            Inserted::LimitReached => Ok(Err(IssueRefused::LimitReached)),
            Inserted::Banned { until } => Ok(Err(IssueRefused::Banned { until })),
            Inserted::CredentialStale => Ok(Err(IssueRefused::CredentialStale)),
        }
    }
}
