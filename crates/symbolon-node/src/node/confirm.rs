//! Step-up: a password was proven, so its session goes on with a new proof and a new pair.

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::refresh;
use symbolon_core::session::SessionId;
use symbolon_core::store::{ConfirmSession, Store, StoreError};
use symbolon_core::throttle::ThrottleKey;
use symbolon_core::token::Generation;
use symbolon_core::verdict::Inactive;

use super::{Issued, Node, Receipt, Undecided, Wait};

/// How often a lost race is run again: each time the session was rotated by a refresh.
const ATTEMPTS_MAX: usize = 8;

/// A session whose subject has just proven who they are.
pub struct Confirm {
    /// Which.
    pub id: SessionId,
    /// The generation of the token that asked. If the session's pair was replaced on purpose since that token was
    /// verified, because the password was changed or proven by someone else in the meantime, the token is dead, and
    /// a proof made with it gives nothing.
    pub presented: Generation,
    /// The throttle's counter to clear.
    pub clear_attempts: ThrottleKey,
    /// Who asks, from where, and when the password was found right.
    pub origin: Origin,
}

impl<S: Store + Clone> Node<S> {
    /// Gives a session a new proof and a pair that derives from nothing before it. All older tokens are
    /// dead when this answers; with other nodes, one that hangs may honour them until its lease is over. The inner error:
    /// the session cannot go on.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn confirm(&self, confirm: Confirm) -> Result<Result<Issued, Inactive>, Undecided> {
        for _ in 0..ATTEMPTS_MAX {
            if let Some(done) = self.confirm_once(&confirm).await? {
                return Ok(done);
            }
        }
        Err(Undecided::Store(StoreError::Unavailable {
            operation: "confirm a session",
            detail: format!("it was changed by others {ATTEMPTS_MAX} times in a row"),
        }))
    }

    /// One look and one try; `None`: someone else was faster.
    async fn confirm_once(&self, confirm: &Confirm) -> Result<Option<Result<Issued, Inactive>>, Undecided> {
        let origin = &confirm.origin;
        let Some(found) = self.look_at(confirm.id).await? else {
            return Ok(Some(Err(Inactive::Unknown)));
        };
        let session = found.session;
        if let Some(ended) = session.ended(found.cut, origin.at) {
            return Ok(Some(Err(ended.into())));
        }
        if confirm.presented < session.tokens.generation_floor {
            return Ok(Some(Err(Inactive::Superseded)));
        }
        let from = session.tokens.generation;
        let pair = self.fresh_pair(session.id, from.next())?;
        let session = refresh::confirmed(session, &pair, origin.seen_from.clone(), origin.at);
        let audit = origin.entry(AuditEvent::Confirmed);
        let step = ConfirmSession {
            session: session.clone(),
            from,
            clear_attempts: confirm.clear_attempts,
            audit: audit.of(&session.subject).on(session.id),
        };
        let Some(row) = self.store.confirm_session(step).await? else {
            return Ok(None);
        };
        // The pair is there whatever the others do: who has it must get it.
        self.settle(Receipt::of_row(&row), Wait::Short).await;
        Ok(Some(Ok(Issued { session, pair })))
    }
}
