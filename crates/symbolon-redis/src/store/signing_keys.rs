//! Keys that sign access tokens.

use symbolon_core::audit::AuditEntry;
use symbolon_core::revocation::LogRow;
use symbolon_core::signing::{SigningKeyId, SigningKeyRecord};
use symbolon_core::store::{InsertSigningKey, SigningKeyStore, StoreError};

use super::handle::RedisStore;
use super::record::audit::add_audit;
use super::record::signing_key::{add_signing_key, read_signing_key};
use super::reply::list;
use super::script::{Call, Script, script};

static LIST: Script = script!("list signing keys": "base" "signing_keys" "list_signing_keys");
static INSERT: Script = script!(
    "add a signing key": "base" "log" "audit" "signing_keys" "insert_signing_key"
);
static REMOVE: Script = script!(
    "remove signing keys": "base" "log" "audit" "signing_keys" "remove_signing_keys"
);

impl SigningKeyStore for RedisStore {
    async fn list_signing_keys(&self) -> Result<Vec<SigningKeyRecord>, StoreError> {
        let found = self.ask(&Call::of(&LIST)).await?;
        let read = list(found).and_then(|all| all.into_iter().map(read_signing_key).collect());
        read.map_err(|fault| fault.in_step(LIST.does))
    }

    async fn insert_signing_key(&self, insert: InsertSigningKey) -> Result<Option<LogRow>, StoreError> {
        let mut call = Call::of(&INSERT);
        add_audit(&mut call, &insert.audit);
        call.maybe(insert.follows.as_ref().map(SigningKeyId::as_str))
            .text(u8::from(insert.revokes_older));
        add_signing_key(&mut call, &insert.key);
        let (_, mut rows) = self.change(call).await?;
        Ok(rows.pop())
    }

    async fn remove_signing_keys(
        &self,
        ids: Vec<SigningKeyId>,
        audit: AuditEntry,
    ) -> Result<Option<LogRow>, StoreError> {
        let mut call = Call::of(&REMOVE);
        add_audit(&mut call, &audit);
        for id in &ids {
            call.arg(id.as_str());
        }
        let (_, mut rows) = self.change(call).await?;
        Ok(rows.pop())
    }
}
