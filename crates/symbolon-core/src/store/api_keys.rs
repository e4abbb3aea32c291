//! API keys.

use std::future::Future;

use super::StoreError;
use crate::api_key::{ApiKey, ApiKeyId};
use crate::audit::AuditEntry;
use crate::revocation::LogRow;
use crate::subject::ClientId;

/// The most API keys a deployment may have: they are listed in one answer and kept in memory.
pub const API_KEYS_MAX: u32 = 10_000;

/// API keys, as the store keeps them.
pub trait ApiKeyStore: Send + Sync + 'static {
    /// Writes a new key; `false`: there are [`API_KEYS_MAX`] of them.
    fn insert_api_key(
        &self,
        key: ApiKey,
        audit: AuditEntry,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Reads one key.
    fn find_api_key(&self, id: ApiKeyId) -> impl Future<Output = Result<Option<ApiKey>, StoreError>> + Send;

    /// Reads all keys, the newest first, also those that ended and are still kept.
    fn list_api_keys(&self) -> impl Future<Output = Result<Vec<ApiKey>, StoreError>> + Send;

    /// Says whether an OAuth client has a key, also one that has ended and is still kept.
    fn client_has_key(&self, client: ClientId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Ends a key and says so in the log; repeated, the row's position of the first time is not
    /// known any more and a new row is written. `None`: no such key.
    fn revoke_api_key(
        &self,
        id: ApiKeyId,
        audit: AuditEntry,
    ) -> impl Future<Output = Result<Option<LogRow>, StoreError>> + Send;
}
