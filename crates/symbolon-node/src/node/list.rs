//! Reading sessions: one, or a subject's.

use std::sync::Arc;

use symbolon_core::api_key::ApiKey;
use symbolon_core::session::{Ended, Session, SessionId};
use symbolon_core::store::{ListSessions, Store};
use symbolon_core::subject::SubjectId;
use symbolon_core::token::RawToken;

use super::{Node, Undecided};

/// A session as a list shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The session.
    pub session: Session,
    /// How it ended, if it has.
    pub ended: Option<Ended>,
}

impl<S: Store + Clone> Node<S> {
    /// Reads one session, from the store.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn session(&self, id: SessionId) -> Result<Option<Entry>, Undecided> {
        let now = self.now();
        let found = self.store.find_session(id).await?;
        Ok(found.map(|found| Entry {
            ended: found.session.ended(found.cut, now),
            session: found.session,
        }))
    }

    /// Reads a page of a subject's sessions, the newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn sessions_of(
        &self,
        subject: &SubjectId,
        only_live: bool,
        before: Option<SessionId>,
        limit: u32,
    ) -> Result<Vec<Entry>, Undecided> {
        let now = self.now();
        let live_at = only_live.then_some(now);
        let list = ListSessions {
            subject: subject.clone(),
            live_at,
            before,
            limit,
        };
        let found = self.store.list_sessions(list).await?;
        Ok(found
            .into_iter()
            .map(|found| Entry {
                ended: found.session.ended(found.cut, now),
                session: found.session,
            })
            .collect())
    }

    /// The live API key that a token proves; `None`: none.
    ///
    /// # Errors
    /// When the key is not in memory and the store does not answer.
    pub async fn api_key(&self, token: &RawToken) -> Result<Option<Arc<ApiKey>>, Undecided> {
        if !token.is_genuine(&self.keys) {
            return Ok(None);
        }
        // Loaded before the look-up, and still held after it: as for a session.
        let lease = self.lease.load();
        let look = (lease.holds(), self.now());
        let key = self.key_cache.prove(&self.store, &self.tail, token, look).await?;
        if look.0 && !lease.holds() {
            let look = (false, look.1);
            return Ok(self.key_cache.prove(&self.store, &self.tail, token, look).await?);
        }
        Ok(key)
    }
}
