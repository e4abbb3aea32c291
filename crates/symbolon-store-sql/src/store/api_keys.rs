//! API keys.

use symbolon_core::api_key::{ApiKey, ApiKeyId};
use symbolon_core::audit::AuditEntry;
use symbolon_core::revocation::LogRow;
use symbolon_core::store::{ApiKeyStore, StoreError};
use symbolon_core::subject::ClientId;

use super::SqlStore;
use crate::ops::api_keys::{ClientHasKey, FindApiKey, InsertApiKey, ListApiKeys, RevokeApiKey};

impl ApiKeyStore for SqlStore {
    async fn insert_api_key(&self, key: ApiKey, audit: AuditEntry) -> Result<bool, StoreError> {
        self.ask(InsertApiKey { key, audit }).await
    }

    async fn find_api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        self.ask(FindApiKey(id)).await
    }

    async fn list_api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        self.ask(ListApiKeys).await
    }

    async fn client_has_key(&self, client: ClientId) -> Result<bool, StoreError> {
        self.ask(ClientHasKey(client)).await
    }

    async fn revoke_api_key(&self, id: ApiKeyId, audit: AuditEntry) -> Result<Option<LogRow>, StoreError> {
        self.ask(RevokeApiKey { id, audit }).await
    }
}
