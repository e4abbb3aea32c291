//! Keys that sign access tokens.

use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason};
use symbolon_core::signing::{SigningKeyId, SigningKeyRecord};
use symbolon_core::store::InsertSigningKey;

use super::accounts::lock_deployment;
use crate::link::{Link, SqlError, Statement};
use crate::operation::{Entry, Lane, Operation, Tx};
use crate::record::audit::insert_audit;
use crate::record::signing_key::{read_signing_key, read_signing_key_id};

/// Reads all keys.
pub(crate) struct ListSigningKeys;

/// Removes keys.
pub(crate) struct RemoveSigningKeys {
    /// Which.
    pub(crate) ids: Vec<SigningKeyId>,
    /// Its audit entry.
    pub(crate) audit: AuditEntry,
}

static LIST: Statement = Statement::new(
    "SELECT signing_key_id, alg, sealed, created_at, active_from, revoked_at \
     FROM signing_keys ORDER BY created_at, signing_key_id",
);

impl Operation for ListSigningKeys {
    type Answer = Vec<SigningKeyRecord>;
    const NAME: &'static str = "list signing keys";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<SigningKeyRecord>, SqlError> {
        tx.link.query(&LIST, &[], read_signing_key).await
    }
}

static NEWEST: Statement = Statement::new(
    "SELECT signing_key_id FROM signing_keys WHERE alg = ? \
     ORDER BY created_at DESC, signing_key_id DESC LIMIT 1",
);
// A key that was revoked keeps the instant of its first revocation.
static REVOKE_ALL: Statement =
    Statement::new("UPDATE signing_keys SET revoked_at = ? WHERE alg = ? AND revoked_at IS NULL");
static INSERT: Statement = Statement::new(
    "INSERT INTO signing_keys (signing_key_id, alg, sealed, created_at, active_from, revoked_at) \
     VALUES (?, ?, ?, ?, ?, ?)",
);

impl Operation for InsertSigningKey {
    type Answer = Option<LogRow>;
    const NAME: &'static str = "add a signing key";
    // Where it revokes others it must be taken like every revocation.
    const LANE: Lane = Lane::Revoke;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<LogRow>, SqlError> {
        let key = &self.key;
        let alg = key.alg.as_str();
        // Before the look: two nodes that make the next key at once must not both follow the same one.
        lock_deployment(tx.link).await?;
        let newest = tx.link.find(&NEWEST, &[alg.into()], read_signing_key_id).await?;
        if newest != self.follows {
            return Ok(None);
        }
        if self.revokes_older {
            tx.link
                .execute(&REVOKE_ALL, &[self.audit.at.into(), alg.into()])
                .await?;
        }
        insert_signing_key(tx.link, key).await?;
        insert_audit(tx.link, &self.audit).await?;
        say(tx, &self.audit).await.map(Some)
    }
}

/// Writes a key.
pub(super) async fn insert_signing_key<L: Link>(
    link: &mut L,
    key: &SigningKeyRecord,
) -> Result<(), SqlError> {
    let params = [
        key.id.as_str().into(),
        key.alg.as_str().into(),
        key.sealed.as_slice().into(),
        key.created_at.into(),
        key.active_from.into(),
        key.revoked_at.into(),
    ];
    link.change_one(&INSERT, &params).await
}

static REMOVE: Statement = Statement::new("DELETE FROM signing_keys WHERE signing_key_id = ?");

impl Operation for RemoveSigningKeys {
    type Answer = Option<LogRow>;
    const NAME: &'static str = "remove signing keys";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<LogRow>, SqlError> {
        let mut removed = 0;
        for id in &self.ids {
            removed += tx.link.execute(&REMOVE, &[id.as_str().into()]).await?;
        }
        if removed == 0 {
            return Ok(None);
        }
        insert_audit(tx.link, &self.audit).await?;
        say(tx, &self.audit).await.map(Some)
    }
}

/// Says in the log that the keys are not as they were.
async fn say<L: Link>(tx: &mut Tx<'_, L>, audit: &AuditEntry) -> Result<LogRow, SqlError> {
    tx.append(Entry {
        kind: LogKind::SigningKeys,
        at: audit.at,
        reason: RevocationReason::Revoked,
        actor: &audit.actor.to_text(),
    })
    .await
}
