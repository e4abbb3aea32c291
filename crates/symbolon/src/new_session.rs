//! A session to begin, as a program asks for one.

use std::time::Duration;

use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::policy::SessionPolicy;
use symbolon_core::session::{Lives, Opening, TokenStyle};
use symbolon_core::subject::{Claims, ClientId, SubjectId};

/// A session to begin. What is not given comes from the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSession {
    /// Whose it is.
    pub subject: SubjectId,
    /// Which application holds its tokens.
    pub client_id: ClientId,
    /// What its owner recognises it by.
    pub device: Device,
    /// Where it begins.
    pub seen_from: SeenFrom,
    /// For whom its tokens are: names separated by one space.
    pub audience: Option<String>,
    /// What they allow: words separated by one space.
    pub scope: Option<String>,
    /// What is said about the subject.
    pub claims: Claims,
    /// Whether it has the lives of a remembered session.
    pub remember: bool,
    /// The life of an access token.
    pub access_ttl: Option<Duration>,
    /// The life of a refresh token; zero: it has none.
    pub refresh_ttl: Option<Duration>,
    /// How long it lives without being used.
    pub idle_timeout: Option<Duration>,
    /// How long it lives at the most.
    pub absolute_timeout: Option<Duration>,
    /// The form of its access tokens; `None`: that of the deployment.
    pub style: Option<TokenStyle>,
}

impl NewSession {
    /// A session of `subject` under the policy.
    #[must_use]
    pub fn of(subject: SubjectId) -> Self {
        Self {
            subject,
            client_id: ClientId::default(),
            device: Device::default(),
            seen_from: SeenFrom::default(),
            audience: None,
            scope: None,
            claims: Claims::default(),
            remember: false,
            access_ttl: None,
            refresh_ttl: None,
            idle_timeout: None,
            absolute_timeout: None,
            style: None,
        }
    }

    /// What it begins with, under the policy and with the defaults of a deployment.
    pub(crate) fn opening(
        self,
        policy: &SessionPolicy,
        style: TokenStyle,
        audience: Option<&str>,
    ) -> Opening {
        let lives = self.lives(policy);
        Opening {
            subject: self.subject,
            client_id: self.client_id,
            lives,
            style: self.style.unwrap_or(style),
            device: self.device,
            seen_from: self.seen_from,
            audience: self.audience.or_else(|| audience.map(str::to_owned)),
            scope: self.scope,
            claims: self.claims,
        }
    }

    fn lives(&self, policy: &SessionPolicy) -> Lives {
        let class = if self.remember {
            policy.remembered
        } else {
            policy.standard
        };
        let refresh_ttl = match self.refresh_ttl {
            Some(Duration::ZERO) => None,
            Some(ttl) => Some(ttl),
            None => class.refresh_ttl,
        };
        Lives {
            access_ttl: self.access_ttl.unwrap_or(class.access_ttl),
            refresh_ttl,
            idle_timeout: self.idle_timeout.unwrap_or(class.idle_timeout),
            absolute_timeout: self.absolute_timeout.unwrap_or(class.absolute_timeout),
        }
    }
}
