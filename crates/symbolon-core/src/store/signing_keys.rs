//! Keys that sign access tokens.

use std::future::Future;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::revocation::LogRow;
use crate::signing::{SigningKeyId, SigningKeyRecord};

/// A signing key to write.
#[derive(Clone, Debug)]
pub struct InsertSigningKey {
    /// The key.
    pub key: SigningKeyRecord,
    /// The newest key of its way to sign, as it was read; `None`: there was none. Of several nodes that make a key at
    /// the same time one does, and the others take that one.
    pub follows: Option<SigningKeyId>,
    /// Whether what the older keys of its way to sign have signed is refused from now on.
    pub revokes_older: bool,
    /// Its audit entry; its instant is the revocation's.
    pub audit: AuditEntry,
}

/// Signing keys, as the store keeps them: sealed.
pub trait SigningKeyStore: Send + Sync + 'static {
    /// Reads all keys, the oldest first, also those that were replaced or revoked and are still kept.
    fn list_signing_keys(&self) -> impl Future<Output = Result<Vec<SigningKeyRecord>, StoreError>> + Send;

    /// Writes a key and says so in the log; `None`: the newest of its way to sign is another than the one
    /// that it is to follow, and nothing was written.
    fn insert_signing_key(
        &self,
        insert: InsertSigningKey,
    ) -> impl Future<Output = Result<Option<LogRow>, StoreError>> + Send;

    /// Removes keys and says so in the log; `None`: there is none of them.
    fn remove_signing_keys(
        &self,
        ids: Vec<SigningKeyId>,
        audit: AuditEntry,
    ) -> impl Future<Output = Result<Option<LogRow>, StoreError>> + Send;
}
