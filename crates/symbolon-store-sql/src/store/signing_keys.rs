//! Keys that sign access tokens.

use symbolon_core::audit::AuditEntry;
use symbolon_core::revocation::LogRow;
use symbolon_core::signing::{SigningKeyId, SigningKeyRecord};
use symbolon_core::store::{InsertSigningKey, SigningKeyStore, StoreError};

use super::SqlStore;
use crate::ops::signing_keys::{ListSigningKeys, RemoveSigningKeys};

impl SigningKeyStore for SqlStore {
    async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        self.ask(ListSigningKeys).await
    }

    async fn insert_signing_key(&self, insert: InsertSigningKey) -> Result<Option<LogRow>, StoreError> {
        self.ask(insert).await
    }

    async fn remove_signing_keys(
        &self,
        ids: Vec<SigningKeyId>,
        audit: AuditEntry,
    ) -> Result<Option<LogRow>, StoreError> {
        self.ask(RemoveSigningKeys { ids, audit }).await
    }
}
