//! Who calls the API.

use std::sync::Arc;

use symbolon_core::account::Role;
use symbolon_core::api_key::{ApiKey, Scope};
use symbolon_core::audit::Actor;
use symbolon_core::store::AccountStore as _;
use symbolon_core::subject::{ClientId, SubjectId};
use symbolon_core::token::TokenKind;
use symbolon_core::verdict::Inactive;
use symbolon_node::{Live, Undecided, Verdict};

use crate::{Symbolon, Token};

/// The caller of the API, proven.
#[derive(Clone, Debug)]
pub enum Principal {
    /// A service, by its key.
    Service(Arc<ApiKey>),
    /// A person, by the access token of their session.
    Person {
        /// Their session.
        live: Live,
        /// What their account may do; `User` where there is no account.
        role: Role,
    },
    /// Whoever may open the server's socket or its files.
    Operator,
}

impl Principal {
    /// The client that a service's key is of, if it is of one.
    #[must_use]
    pub fn client(&self) -> Option<&ClientId> {
        match self {
            Self::Service(key) => key.client_id.as_ref(),
            Self::Person { .. } | Self::Operator => None,
        }
    }

    /// Whether the caller may do what `scope` allows. Persons are allowed by their role: an admin
    /// what `admin` allows, a viewer what `admin:read` allows.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        match self {
            Self::Service(key) => key.scopes.allow(scope),
            Self::Person {
                role: Role::Admin, ..
            }
            | Self::Operator => true,
            Self::Person {
                role: Role::Viewer, ..
            } => scope == Scope::AdminRead,
            Self::Person { role: Role::User, .. } => false,
        }
    }

    /// The caller as the audit record names it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Service(key) => Actor::Service(key.name.clone()),
            Self::Person { live, .. } => Symbolon::actor_of(live.identity.subject()),
            Self::Operator => Actor::Operator,
        }
    }
}

impl Symbolon {
    /// Proves the caller of the API by an API key or an access token.
    ///
    /// # Errors
    /// The outer error: it cannot be decided now. The inner one: the token proves nothing.
    pub async fn principal(&self, token: &Token) -> Result<Result<Principal, Inactive>, Undecided> {
        if let Token::Raw(raw) = token {
            match raw.kind() {
                TokenKind::ApiKey => {
                    let key = self.inner.node.api_key(raw).await?;
                    return Ok(key.map(Principal::Service).ok_or(Inactive::Unknown));
                }
                TokenKind::Refresh => return Ok(Err(Inactive::Malformed)),
                TokenKind::Access => {}
            }
        }
        match self.verify(token).await? {
            Verdict::Inactive(reason) => Ok(Err(reason)),
            Verdict::Active(live) => {
                let role = self.role_of(live.identity.subject()).await?;
                Ok(Ok(Principal::Person { live, role }))
            }
        }
    }

    async fn role_of(&self, subject: &str) -> Result<Role, Undecided> {
        let Ok(subject) = SubjectId::new(subject) else {
            return Ok(Role::User);
        };
        let found = self.inner.node.store().find_account_of(subject).await?;
        Ok(found.map_or(Role::User, |found| found.account.role))
    }
}
