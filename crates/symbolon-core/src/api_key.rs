//! API keys: what services prove themselves with.

use crate::clock::Timestamp;
use crate::session::SessionId;
use crate::subject::ClientId;
use crate::token::TokenDigest;

/// The public name of an API key. It has the form of a session id, since a key's token has the
/// form of every token.
pub type ApiKeyId = SessionId;

/// One thing that a key allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Scope {
    /// Begin sessions.
    Issue,
    /// Ask about tokens and sessions.
    Verify,
    /// End sessions.
    Revoke,
    /// Read everything.
    AdminRead,
    /// Do everything.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 5] = [
        Self::Issue,
        Self::Verify,
        Self::Revoke,
        Self::AdminRead,
        Self::Admin,
    ];

    /// The word that stands in stores, answers and commands.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Verify => "verify",
            Self::Revoke => "revoke",
            Self::AdminRead => "admin:read",
            Self::Admin => "admin",
        }
    }

    /// The scope of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == word)
    }
}

/// What a key allows, as a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// The set of these.
    #[must_use]
    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |set, scope| set | 1 << *scope as u8))
    }

    /// Whether `scope` is allowed. `admin` allows everything, and so reading.
    #[must_use]
    pub fn allow(self, scope: Scope) -> bool {
        self.has(scope) || self.has(Scope::Admin)
    }

    fn has(self, scope: Scope) -> bool {
        self.0 & 1 << scope as u8 != 0
    }

    /// The scopes in the set.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.has(*scope))
    }

    /// Reads words separated by commas or spaces.
    ///
    /// # Errors
    /// The first word that is no scope.
    pub fn parse(words: &str) -> Result<Self, String> {
        let mut scopes = Vec::new();
        for word in words.split([',', ' ']).filter(|word| !word.is_empty()) {
            scopes.push(Scope::parse(word).ok_or_else(|| word.to_owned())?);
        }
        Ok(Self::of(&scopes))
    }

    /// The words, separated by commas.
    #[must_use]
    pub fn to_words(self) -> String {
        self.iter().map(Scope::as_str).collect::<Vec<_>>().join(",")
    }
}

/// The longest name of a key, in bytes.
pub const KEY_NAME_MAX: usize = 128;

/// An API key, as the store keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiKey {
    /// Its public name.
    pub id: ApiKeyId,
    /// What its owner calls it.
    pub name: String,
    /// The image of its secret.
    pub digest: TokenDigest,
    /// What it allows.
    pub scopes: Scopes,
    /// The OAuth client that it proves, if any.
    pub client_id: Option<ClientId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it still proves anything at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
