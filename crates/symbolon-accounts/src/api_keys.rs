//! API keys: made once, listed, ended. Who looks a key up on each request keeps it in memory; this is
//! not done here.

use std::sync::Arc;

use symbolon_core::api_key::{ApiKey, ApiKeyId, KEY_NAME_MAX, Scopes};
use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::random::{Randomness, RandomnessUnavailable};
use symbolon_core::revocation::LogRow;
use symbolon_core::store::{API_KEYS_MAX, ApiKeyStore, StoreError};
use symbolon_core::subject::{ClientId, NameError};
use symbolon_core::token::{RawToken, TokenKeys};

/// API keys over a store.
pub struct ApiKeys<S> {
    store: Arc<S>,
    keys: Arc<TokenKeys>,
    random: Arc<dyn Randomness>,
}

/// A key to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewApiKey {
    /// What its owner calls it: 1 to [`KEY_NAME_MAX`] bytes without control characters.
    pub name: String,
    /// What it allows: at least one thing.
    pub scopes: Scopes,
    /// The OAuth client that it proves, if any.
    pub client_id: Option<ClientId>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A key just made. The token is here and nowhere else.
pub struct CreatedApiKey {
    /// As it is stored.
    pub key: ApiKey,
    /// What its owner presents (`syk_…`), to be shown once.
    pub token: RawToken,
}

/// An operation on API keys could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The text cannot be a name.
    #[error("this cannot be a key's name: {0}")]
    Name(#[from] NameError),
    /// A key that allows nothing.
    #[error("a key needs at least one scope")]
    NoScope,
    /// A key that has ended before it began.
    #[error("a key must end in the future")]
    EndsInThePast,
    /// There are as many as there may be.
    #[error("there are {API_KEYS_MAX} api keys already: remove some first")]
    LimitReached,
    /// There is no such key.
    #[error("there is no api key of this id")]
    Unknown,
    /// Nothing may be made without randomness.
    #[error("making an api key: {0}")]
    Randomness(RandomnessUnavailable),
}

impl<S: ApiKeyStore> ApiKeys<S> {
    /// Keys in `store`, whose tokens carry the tag of `keys`.
    #[must_use]
    pub fn new(store: Arc<S>, keys: Arc<TokenKeys>, random: Arc<dyn Randomness>) -> Self {
        Self { store, keys, random }
    }

    /// Makes a key. Its token is in the answer and cannot be had again.
    ///
    /// # Errors
    /// When the key cannot be as asked, there are too many, there is no randomness, or the store
    /// cannot answer.
    pub async fn create(&self, new: NewApiKey, origin: &Origin) -> Result<CreatedApiKey, ApiKeyError> {
        check(&new, origin.at)?;
        let id = ApiKeyId::random(origin.at, &*self.random).map_err(ApiKeyError::Randomness)?;
        let token = RawToken::api_key(&self.keys, id, &*self.random).map_err(ApiKeyError::Randomness)?;
        let audit = origin.entry(AuditEvent::KeyAdded).on(id);
        let audit = audit.saying(format!("{}: {}", new.name, new.scopes.to_words()));
        let key = ApiKey {
            id,
            name: new.name,
            digest: token.digest(),
            scopes: new.scopes,
            client_id: new.client_id,
            created_at: origin.at,
            expires_at: new.expires_at,
            revoked_at: None,
        };
        if !self.store.insert_api_key(key.clone(), audit).await? {
            return Err(ApiKeyError::LimitReached);
        }
        Ok(CreatedApiKey { key, token })
    }

    /// Lists all keys, the newest first, also those that ended and are still kept.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn list(&self) -> Result<Vec<ApiKey>, ApiKeyError> {
        Ok(self.store.list_api_keys().await?)
    }

    /// Ends a key. The row of the log is what the others must have before it is effective there; a
    /// repetition gives a new row.
    ///
    /// # Errors
    /// When there is no such key, or the store cannot answer.
    pub async fn revoke(&self, id: ApiKeyId, origin: &Origin) -> Result<LogRow, ApiKeyError> {
        let audit = origin.entry(AuditEvent::KeyRevoked).on(id);
        let row = self.store.revoke_api_key(id, audit).await?;
        row.ok_or(ApiKeyError::Unknown)
    }
}

fn check(new: &NewApiKey, now: Timestamp) -> Result<(), ApiKeyError> {
    if new.name.trim().is_empty() {
        return Err(NameError::Empty.into());
    }
    if new.name.len() > KEY_NAME_MAX {
        return Err(NameError::TooLong { max: KEY_NAME_MAX }.into());
    }
    if new.name.chars().any(char::is_control) {
        return Err(NameError::Control.into());
    }
    if new.scopes.iter().next().is_none() {
        return Err(ApiKeyError::NoScope);
    }
    if new.expires_at.is_some_and(|end| end <= now) {
        return Err(ApiKeyError::EndsInThePast);
    }
    Ok(())
}
