//! What is kept of each change: written in the transaction of the change itself.

use crate::clock::Timestamp;
use crate::device::SeenFrom;
use crate::session::SessionId;
use crate::subject::SubjectId;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum AuditEvent {
    /// A session began by name and password.
    LoggedIn,
    /// A log-in was refused.
    LoginRefused,
    /// A service began a session.
    Issued,
    /// A pair was replaced by the next.
    Refreshed,
    /// A refresh was repeated and answered with the same pair.
    RefreshReplayed,
    /// An access token near its end was replaced by the next, for a session without a refresh token.
    Renewed,
    /// A refresh token newer than the store knows: the store was restored from a copy.
    RotationLost,
    /// A session ended.
    Revoked,
    /// A subject's sessions ended.
    SubjectRevoked,
    /// Everyone's sessions ended.
    EveryoneRevoked,
    /// The subject of a session has proven once more who they are.
    Confirmed,
    /// A session's lives or claims changed.
    SessionChanged,
    /// An account was made.
    AccountAdded,
    /// An account's role or state changed.
    AccountChanged,
    /// An account was removed.
    AccountRemoved,
    /// A password was set.
    PasswordSet,
    /// A password's image was made anew with another cost.
    PasswordRehashed,
    /// A subject was banned, or its ban was changed.
    Banned,
    /// A ban was ended before its time.
    BanLifted,
    /// An API key was made.
    KeyAdded,
    /// An API key was ended.
    KeyRevoked,
    /// A key that signs access tokens was made.
    SigningKeyAdded,
    /// Keys whose signatures are all past were removed.
    SigningKeysRemoved,
}

impl AuditEvent {
    /// The word that stands in stores and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoggedIn => "logged_in",
            Self::LoginRefused => "login_refused",
            Self::Issued => "issued",
            Self::Refreshed => "refreshed",
            Self::RefreshReplayed => "refresh_replayed",
            Self::Renewed => "renewed",
            Self::RotationLost => "rotation_lost",
            Self::Revoked => "revoked",
            Self::SubjectRevoked => "subject_revoked",
            Self::EveryoneRevoked => "everyone_revoked",
            Self::Confirmed => "confirmed",
            Self::SessionChanged => "session_changed",
            Self::AccountAdded => "account_added",
            Self::AccountChanged => "account_changed",
            Self::AccountRemoved => "account_removed",
            Self::PasswordSet => "password_set",
            Self::PasswordRehashed => "password_rehashed",
            Self::Banned => "banned",
            Self::BanLifted => "ban_lifted",
            Self::KeyAdded => "key_added",
            Self::KeyRevoked => "key_revoked",
            Self::SigningKeyAdded => "signing_key_added",
            Self::SigningKeysRemoved => "signing_keys_removed",
        }
    }
}

/// Who did it: a subject by their session, a service by its key, an operator at the console.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Actor {
    /// The server by itself.
    #[default]
    System,
    /// The subject of the session.
    Subject(SubjectId),
    /// Whoever holds a token of this session, where nobody looked up whose it is.
    Holder(SessionId),
    /// A service, by the name of its key.
    Service(String),
    /// Whoever may open the server's socket or its files.
    Operator,
}

impl Actor {
    /// One text that names the kind and the who.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            Self::System => "system".to_owned(),
            Self::Subject(subject) => format!("subject:{subject}"),
            Self::Holder(session) => format!("session:{session}"),
            Self::Service(name) => format!("key:{name}"),
            Self::Operator => "operator".to_owned(),
        }
    }
}

/// One entry of the audit record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: AuditEvent,
    /// By whom.
    pub actor: Actor,
    /// From where.
    pub seen_from: SeenFrom,
    /// Whose session or account it concerns.
    pub subject: Option<SubjectId>,
    /// Which session, or which API key.
    pub session_id: Option<SessionId>,
    /// Why, or what exactly: a reason's word, a role, a count. Never a secret.
    pub detail: Option<String>,
}

/// Who asks, from where and when: what every change needs to know for its audit entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// From where.
    pub seen_from: SeenFrom,
}

impl Origin {
    /// The server itself, at `at`.
    #[must_use]
    pub fn system(at: Timestamp) -> Self {
        Self {
            at,
            actor: Actor::System,
            seen_from: SeenFrom::default(),
        }
    }

    /// The same, done by whoever holds a token of `session`, unless it is known who did it.
    #[must_use]
    pub fn by_holder_of(&self, session: SessionId) -> Self {
        let actor = match &self.actor {
            Actor::System => Actor::Holder(session),
            known => known.clone(),
        };
        Self {
            actor,
            ..self.clone()
        }
    }

    /// An entry for `event` from here.
    #[must_use]
    pub fn entry(&self, event: AuditEvent) -> AuditEntry {
        AuditEntry {
            at: self.at,
            event,
            actor: self.actor.clone(),
            seen_from: self.seen_from.clone(),
            subject: None,
            session_id: None,
            detail: None,
        }
    }
}

impl AuditEntry {
    /// Names whose it is.
    #[must_use]
    pub fn of(mut self, subject: &SubjectId) -> Self {
        self.subject = Some(subject.clone());
        self
    }

    /// Names the session or key.
    #[must_use]
    pub fn on(mut self, id: SessionId) -> Self {
        self.session_id = Some(id);
        self
    }

    /// Says why or what exactly.
    #[must_use]
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}
