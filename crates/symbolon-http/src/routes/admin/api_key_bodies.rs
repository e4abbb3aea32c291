//! API keys as operators send and read them.

use serde::{Deserialize, Serialize};
use symbolon::api_key::{ApiKey, Scope, Scopes};

use crate::bodies::instant::Rfc3339;

/// An API key. Never its secret, which is shown once, when it is made.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct ApiKeyBody {
    /// Its id: public, not a credential.
    #[schema(format = Uuid, example = "019a6b2e-4d80-7c3a-9f51-2b7e60d1c8aa")]
    id: String,
    /// What its owner calls it.
    #[schema(example = "shop")]
    name: String,
    /// What it allows.
    scopes: Vec<ScopeWord>,
    /// The OAuth client that it proves.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "shop-web")]
    client_id: Option<String>,
    /// When it was made.
    created_at: Rfc3339,
    /// When it ends by itself; left out where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Rfc3339>,
    /// When it was revoked; left out where it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Rfc3339>,
}

/// Some API keys of the list.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ApiKeyPage)]
pub(super) struct ApiKeyPage {
    /// The keys, the newest first; also those that ended and are still kept.
    pub(super) items: Vec<ApiKeyBody>,
    /// The `cursor` of the next page, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

/// An API key to make.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewApiKey)]
pub(super) struct NewApiKeyBody {
    /// What its owner calls it.
    #[schema(min_length = 1, max_length = 128, example = "shop")]
    pub(super) name: String,
    /// What it allows, at least one thing.
    #[schema(min_items = 1, example = json!(["issue", "verify"]))]
    pub(super) scopes: Vec<ScopeWord>,
    /// The OAuth client that it proves.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 128, example = "shop-web")]
    pub(super) client_id: Option<String>,
    /// When it ends by itself; never if left out.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime, example = "2030-01-01T00:00:00.000Z")]
    pub(super) expires_at: Option<Rfc3339>,
}

/// One thing that a key allows.
#[derive(Serialize, Deserialize, Clone, Copy, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = Scope)]
pub(crate) enum ScopeWord {
    /// Begin sessions.
    Issue,
    /// Ask about tokens and sessions.
    Verify,
    /// End sessions.
    Revoke,
    /// Read everything.
    #[serde(rename = "admin:read")]
    AdminRead,
    /// Do everything.
    Admin,
}

impl NewApiKeyBody {
    /// What it is to allow, as a set.
    pub(super) fn scopes(&self) -> Scopes {
        let scopes: Vec<Scope> = self.scopes.iter().map(|word| Scope::from(*word)).collect();
        Scopes::of(&scopes)
    }
}

impl From<ApiKey> for ApiKeyBody {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            scopes: key.scopes.iter().map(ScopeWord::from).collect(),
            client_id: key.client_id.map(|client| client.as_str().to_owned()),
            created_at: Rfc3339(key.created_at),
            expires_at: key.expires_at.map(Rfc3339),
            revoked_at: key.revoked_at.map(Rfc3339),
        }
    }
}

impl From<ScopeWord> for Scope {
    fn from(word: ScopeWord) -> Self {
        match word {
            ScopeWord::Issue => Self::Issue,
            ScopeWord::Verify => Self::Verify,
            ScopeWord::Revoke => Self::Revoke,
            ScopeWord::AdminRead => Self::AdminRead,
            ScopeWord::Admin => Self::Admin,
        }
    }
}

impl From<Scope> for ScopeWord {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Issue => Self::Issue,
            Scope::Verify => Self::Verify,
            Scope::Revoke => Self::Revoke,
            Scope::AdminRead => Self::AdminRead,
            Scope::Admin => Self::Admin,
        }
    }
}
