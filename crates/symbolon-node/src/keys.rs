//! API keys from memory.

use std::sync::Arc;

use symbolon_core::api_key::{ApiKey, ApiKeyId};
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{API_KEYS_MAX, ApiKeyStore, StoreError};
use symbolon_core::token::{RawToken, TokenKind};

use crate::tail::Tail;

/// The keys that were asked for, each stamped with the position of the log at which it was read.
#[derive(Default)]
pub struct KeyCache {
    known: papaya::HashMap<ApiKeyId, (Arc<ApiKey>, RevocationSeq)>,
}

impl KeyCache {
    /// The live key that `token` proves; `None`: none. The tag must have been checked before. `from_memory`: this
    /// process may answer from memory now.
    ///
    /// # Errors
    /// When the key is not in memory and the store does not answer.
    pub async fn prove<S: ApiKeyStore>(
        &self,
        store: &S,
        tail: &Tail,
        token: &RawToken,
        (from_memory, now): (bool, Timestamp),
    ) -> Result<Option<Arc<ApiKey>>, StoreError> {
        if token.kind() != TokenKind::ApiKey {
            return Ok(None);
        }
        let id = token.session_id();
        let known = self
            .known
            .pin()
            .get(&id)
            .filter(|(_, asof)| {
                from_memory && tail.key_changed_at(id) <= *asof && tail.overlay().low() <= *asof
            })
            .cloned();
        let key = match known {
            Some((key, _)) => key,
            None => match self.read(store, tail, id).await? {
                Some(key) => key,
                None => return Ok(None),
            },
        };
        Ok((key.digest == token.digest() && key.is_live(now)).then_some(key))
    }

    async fn read<S: ApiKeyStore>(
        &self,
        store: &S,
        tail: &Tail,
        id: ApiKeyId,
    ) -> Result<Option<Arc<ApiKey>>, StoreError> {
        let asof = tail.applied();
        let Some(key) = store.find_api_key(id).await? else {
            return Ok(None);
        };
        let key = Arc::new(key);
        let known = self.known.pin();
        if known.len() < API_KEYS_MAX as usize {
            known.insert(id, (Arc::clone(&key), asof));
        }
        Ok(Some(key))
    }
}
