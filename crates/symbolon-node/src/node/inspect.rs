//! Looking at tokens, keys and clients without using or ending anything.

use symbolon_core::refresh::{self, Rotation};
use symbolon_core::store::Store;
use symbolon_core::subject::ClientId;
use symbolon_core::token::RawToken;

use super::{Entry, Node, Undecided};

impl<S: Store + Clone> Node<S> {
    /// Reads the session of a token of ours, of any kind or age; `None`: it is not ours, or it has no
    /// session any more.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn session_of(&self, token: &RawToken) -> Result<Option<Entry>, Undecided> {
        if !token.is_genuine(&self.keys) {
            return Ok(None);
        }
        self.session(token.session_id()).await
    }

    /// Reads the session of a refresh token that would be honoured now; `None`: it would be refused.
    /// A token that would be taken as stolen ends nothing here: only who presents it to get a pair
    /// has shown that it is in use.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn inspect_refresh(&self, token: &RawToken) -> Result<Option<Entry>, Undecided> {
        let Some((found, presented)) = self.find_by_refresh(token).await? else {
            return Ok(None);
        };
        let grace = self.policy.rotation_grace;
        let decided = refresh::decide(&found.session, found.cut, presented, grace, self.now());
        let is_honoured = matches!(decided, Rotation::Rotate | Rotation::Replay { .. });
        Ok(is_honoured.then_some(Entry {
            session: found.session,
            ended: None,
        }))
    }

    /// Whether an OAuth client has a key, also one that has ended: then it is confidential (RFC 6749,
    /// section 2.1). One indexed look into the store.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn client_has_key(&self, client: &ClientId) -> Result<bool, Undecided> {
        Ok(self.store.client_has_key(client.clone()).await?)
    }
}
