//! API keys, signing keys and bans. The mirror has copies of all of them; while the store is away an API key can be
//! ended, and nothing else is changed.

use symbolon_core::api_key::{ApiKey, ApiKeyId};
use symbolon_core::audit::AuditEntry;
use symbolon_core::ban::Ban;
use symbolon_core::revocation::LogRow;
use symbolon_core::signing::{SigningKeyId, SigningKeyRecord};
use symbolon_core::store::{
    ApiKeyStore, BanStore, BanSubject, Banned, InsertSigningKey, ListBans, Mirror, Mirrored, SigningKeyStore,
    StoreError,
};
use symbolon_core::subject::{ClientId, SubjectId};

use super::Fallback;
use super::way::Way;

impl<P: Mirrored, M: Mirror> ApiKeyStore for Fallback<P, M> {
    async fn insert_api_key(&self, key: ApiKey, audit: AuditEntry) -> Result<bool, StoreError> {
        let (store, _pass) = self.only_home("add an API key").await?;
        let inserted = self.heed(store.insert_api_key(key, audit).await)?;
        self.copy_api_keys(store).await?;
        Ok(inserted)
    }

    async fn find_api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        match self.way("read an API key").await? {
            Way::Home(store) => self.heed(store.find_api_key(id).await),
            Way::Away(_pass) => self.inner.mirror.find_api_key(id).await,
        }
    }

    async fn list_api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        match self.way("list API keys").await? {
            Way::Home(store) => self.heed(store.list_api_keys().await),
            Way::Away(_pass) => self.inner.mirror.list_api_keys().await,
        }
    }

    async fn client_has_key(&self, client: ClientId) -> Result<bool, StoreError> {
        match self.way("look for the keys of a client").await? {
            Way::Home(store) => self.heed(store.client_has_key(client).await),
            Way::Away(_pass) => self.inner.mirror.client_has_key(client).await,
        }
    }

    async fn revoke_api_key(&self, id: ApiKeyId, audit: AuditEntry) -> Result<Option<LogRow>, StoreError> {
        let _pass = self.inner.gate.pass().await;
        if !self.inner.mode.is_home() {
            return self.inner.mirror.revoke_api_key(id, audit).await;
        }
        let store = self.home("end an API key")?;
        let row = self.heed(store.revoke_api_key(id, audit).await)?;
        self.copy_api_keys(store).await?;
        Ok(row)
    }
}

impl<P: Mirrored, M: Mirror> SigningKeyStore for Fallback<P, M> {
    async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        match self.way("list signing keys").await? {
            Way::Home(store) => self.heed(store.list_signing_keys().await),
            Way::Away(_pass) => self.inner.mirror.list_signing_keys().await,
        }
    }

    async fn insert_signing_key(&self, insert: InsertSigningKey) -> Result<Option<LogRow>, StoreError> {
        let (store, _pass) = self.only_home("add a signing key").await?;
        let row = self.heed(store.insert_signing_key(insert).await)?;
        self.copy_signing_keys(store).await?;
        Ok(row)
    }

    async fn remove_signing_keys(
        &self,
        ids: Vec<SigningKeyId>,
        audit: AuditEntry,
    ) -> Result<Option<LogRow>, StoreError> {
        let (store, _pass) = self.only_home("remove signing keys").await?;
        let row = self.heed(store.remove_signing_keys(ids, audit).await)?;
        self.copy_signing_keys(store).await?;
        Ok(row)
    }
}

impl<P: Mirrored, M: Mirror> BanStore for Fallback<P, M> {
    async fn ban_subject(&self, ban: BanSubject) -> Result<Banned, StoreError> {
        let (store, _pass) = self.only_home("ban a subject").await?;
        let banned = self.heed(store.ban_subject(ban).await);
        self.note_heard().await?;
        let banned = banned?;
        self.copy_bans(store).await?;
        Ok(banned)
    }

    async fn lift_ban(&self, subject: SubjectId, audit: AuditEntry) -> Result<bool, StoreError> {
        let (store, _pass) = self.only_home("lift a ban").await?;
        let lifted = self.heed(store.lift_ban(subject, audit).await)?;
        self.copy_bans(store).await?;
        Ok(lifted)
    }

    async fn list_bans(&self, list: ListBans) -> Result<Vec<Ban>, StoreError> {
        match self.way("list bans").await? {
            Way::Home(store) => self.heed(store.list_bans(list).await),
            Way::Away(_pass) => self.inner.mirror.list_bans(list).await,
        }
    }
}
