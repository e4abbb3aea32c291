//! A session as the store says it is, and as this node knows better.

use symbolon_core::session::{SessionId, SessionState};
use symbolon_core::store::{FoundSession, Store, StoreError};

use super::{Node, Undecided};
use crate::overlay::Objection;

/// How often a session is read that is changed by others meanwhile, or without a lease at the end.
const LOOKS_MAX: usize = 3;

impl<S: Store + Clone> Node<S> {
    /// Reads the session that is to go on. That it may is said under the same rules as by a verify that asks the store: with a
    /// lease that holds from before the look to its end, and not against an end that was heard here. A store that has
    /// lost what it acknowledged would let it live again; here it is ended, as it was.
    pub(super) async fn look_at(&self, id: SessionId) -> Result<Option<FoundSession>, Undecided> {
        for _ in 0..LOOKS_MAX {
            let lease = self.leased().await?;
            let before = self.tail.before();
            let Some(mut found) = self.store.find_session(id).await? else {
                return Ok(None);
            };
            match self.tail.objection_to_read(&found.session, before) {
                None if lease.holds() => return Ok(Some(found)),
                None | Some(Objection::Stale) => {}
                Some(Objection::Ended(cut)) => {
                    if found.session.revoked(found.cut).is_none() {
                        found.session.state = SessionState::Revoked {
                            at: cut.at,
                            reason: cut.reason,
                            seq: cut.seq,
                        };
                    }
                    return Ok(Some(found));
                }
            }
        }
        Err(Undecided::Store(StoreError::Unavailable {
            operation: "read a session",
            detail: format!("it was changed by others, or the lease ran out, {LOOKS_MAX} times in a row"),
        }))
    }
}
