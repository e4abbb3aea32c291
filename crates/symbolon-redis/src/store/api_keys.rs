//! API keys.

use symbolon_core::api_key::{ApiKey, ApiKeyId};
use symbolon_core::audit::AuditEntry;
use symbolon_core::revocation::LogRow;
use symbolon_core::store::{API_KEYS_MAX, ApiKeyStore, StoreError};
use symbolon_core::subject::ClientId;

use super::handle::RedisStore;
use super::record::api_key::{add_api_key, read_api_key};
use super::record::audit::add_audit;
use super::reply::{flag, list, maybe};
use super::script::{Call, Script, script};

static INSERT: Script = script!("add an API key": "base" "audit" "api_keys" "insert_api_key");
static FIND: Script = script!("read an API key": "base" "api_keys" "find_api_key");
static LIST: Script = script!("list API keys": "base" "api_keys" "list_api_keys");
static OF_CLIENT: Script = script!("look for the keys of a client": "base" "api_keys" "client_has_key");
static REVOKE: Script = script!("end an API key": "base" "log" "audit" "api_keys" "revoke_api_key");

impl ApiKeyStore for RedisStore {
    async fn insert_api_key(&self, key: ApiKey, audit: AuditEntry) -> Result<bool, StoreError> {
        let mut call = Call::of(&INSERT);
        add_audit(&mut call, &audit);
        add_api_key(&mut call, &key, API_KEYS_MAX);
        let written = self.ask_at_length(&call).await?;
        flag(&written).map_err(|fault| fault.in_step(INSERT.does))
    }

    async fn find_api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let mut call = Call::of(&FIND);
        call.text(id);
        let found = self.ask(&call).await?;
        maybe(found, read_api_key).map_err(|fault| fault.in_step(FIND.does))
    }

    async fn list_api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let found = self.ask_at_length(&Call::of(&LIST)).await?;
        let read = list(found).and_then(|all| all.into_iter().map(read_api_key).collect());
        read.map_err(|fault| fault.in_step(LIST.does))
    }

    async fn client_has_key(&self, client: ClientId) -> Result<bool, StoreError> {
        let mut call = Call::of(&OF_CLIENT);
        call.arg(client.as_str());
        let found = self.ask(&call).await?;
        flag(&found).map_err(|fault| fault.in_step(OF_CLIENT.does))
    }

    async fn revoke_api_key(&self, id: ApiKeyId, audit: AuditEntry) -> Result<Option<LogRow>, StoreError> {
        let mut call = Call::of(&REVOKE);
        add_audit(&mut call, &audit);
        call.text(id);
        let (_, mut rows) = self.change(call).await?;
        Ok(rows.pop())
    }
}
