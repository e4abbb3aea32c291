//! API keys.

use symbolon_core::api_key::{ApiKey, ApiKeyId};
use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason};
use symbolon_core::store::API_KEYS_MAX;
use symbolon_core::subject::ClientId;

use crate::link::{Link, SqlError, Statement};
use crate::operation::{Entry, Lane, Operation, Tx};
use crate::record::api_key::read_api_key;
use crate::record::audit::insert_audit;

/// Writes a new key.
pub(crate) struct InsertApiKey {
    /// The key.
    pub(crate) key: ApiKey,
    /// Its audit entry.
    pub(crate) audit: AuditEntry,
}

/// Reads one key.
pub(crate) struct FindApiKey(pub(crate) ApiKeyId);

/// Reads all keys.
pub(crate) struct ListApiKeys;

/// Says whether a client has a key.
pub(crate) struct ClientHasKey(pub(crate) ClientId);

/// Ends a key.
pub(crate) struct RevokeApiKey {
    /// Which.
    pub(crate) id: ApiKeyId,
    /// Its audit entry; its instant is the end's.
    pub(crate) audit: AuditEntry,
}

static COUNT_KEYS: Statement = Statement::new("SELECT count(api_key_id) FROM api_keys");
static INSERT_KEY: Statement = Statement::new(
    "INSERT INTO api_keys (api_key_id, name, digest, scopes, client_id, created_at, expires_at, revoked_at) \
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
);

impl Operation for InsertApiKey {
    type Answer = bool;
    const NAME: &'static str = "add an API key";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        let count = tx
            .link
            .get(&COUNT_KEYS, &[], |fields| fields.count("count"))
            .await?;
        if count >= u64::from(API_KEYS_MAX) {
            return Ok(false);
        }
        insert_api_key(tx.link, &self.key).await?;
        insert_audit(tx.link, &self.audit).await?;
        Ok(true)
    }
}

/// Writes a key.
pub(super) async fn insert_api_key<L: Link>(link: &mut L, key: &ApiKey) -> Result<(), SqlError> {
    let scopes = key.scopes.to_words();
    let params = [
        (&key.id).into(),
        key.name.as_str().into(),
        key.digest.as_bytes().into(),
        scopes.as_str().into(),
        key.client_id.as_ref().map(|client| client.as_str()).into(),
        key.created_at.into(),
        key.expires_at.into(),
        key.revoked_at.into(),
    ];
    link.change_one(&INSERT_KEY, &params).await
}

static FIND_KEY: Statement = Statement::new(
    "SELECT api_key_id, name, digest, scopes, client_id, created_at, expires_at, revoked_at \
     FROM api_keys WHERE api_key_id = ?",
);
static LIST_KEYS: Statement = Statement::new(
    "SELECT api_key_id, name, digest, scopes, client_id, created_at, expires_at, revoked_at \
     FROM api_keys ORDER BY created_at DESC, api_key_id DESC LIMIT ?",
);

impl Operation for FindApiKey {
    type Answer = Option<ApiKey>;
    const NAME: &'static str = "read an API key";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<ApiKey>, SqlError> {
        tx.link.find(&FIND_KEY, &[(&self.0).into()], read_api_key).await
    }
}

impl Operation for ListApiKeys {
    type Answer = Vec<ApiKey>;
    const NAME: &'static str = "list API keys";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<ApiKey>, SqlError> {
        tx.link
            .query(&LIST_KEYS, &[API_KEYS_MAX.into()], read_api_key)
            .await
    }
}

pub(super) static KEYS_OF_CLIENT: Statement =
    Statement::new("SELECT api_key_id FROM api_keys WHERE client_id = ? LIMIT 1");

impl Operation for ClientHasKey {
    type Answer = bool;
    const NAME: &'static str = "look for the keys of a client";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        let params = [self.0.as_str().into()];
        let found = tx
            .link
            .find(&KEYS_OF_CLIENT, &params, |fields| fields.session_id("api_key_id"));
        Ok(found.await?.is_some())
    }
}

// A key that ended keeps the instant of its first end.
static END_KEY: Statement =
    Statement::new("UPDATE api_keys SET revoked_at = coalesce(revoked_at, ?) WHERE api_key_id = ?");

pub(super) static END_KEY_ONCE: Statement =
    Statement::new("UPDATE api_keys SET revoked_at = ? WHERE api_key_id = ? AND revoked_at IS NULL");

impl Operation for RevokeApiKey {
    type Answer = Option<LogRow>;
    const NAME: &'static str = "end an API key";
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<LogRow>, SqlError> {
        let params = [self.audit.at.into(), (&self.id).into()];
        if tx.link.execute(&END_KEY, &params).await? == 0 {
            return Ok(None);
        }
        insert_audit(tx.link, &self.audit).await?;
        let row = tx
            .append(Entry {
                kind: LogKind::ApiKey(self.id),
                at: self.audit.at,
                reason: RevocationReason::Revoked,
                actor: &self.audit.actor.to_text(),
            })
            .await?;
        Ok(Some(row))
    }
}
