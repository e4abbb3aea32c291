//! Changing a live session: its lives, its claims.

use std::time::Duration;

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::session::{Session, SessionId, idle_end};
use symbolon_core::store::{ChangeSession, Store};
use symbolon_core::subject::Claims;

use super::{Entry, Node, Undecided};

/// What is to be different. `None` leaves a thing as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ChangeLives {
    /// How long it lives without being used, counted from its last use.
    pub idle_timeout: Option<Duration>,
    /// How long it lives at the most, counted from its beginning.
    pub absolute_timeout: Option<Duration>,
    /// What the issuer says about the subject.
    pub claims: Option<Claims>,
}

impl<S: Store + Clone> Node<S> {
    /// Changes a live session; `None`: there is none of that id.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn change(
        &self,
        id: SessionId,
        change: ChangeLives,
        origin: &Origin,
    ) -> Result<Option<Entry>, Undecided> {
        let Some(Entry { session, ended: None }) = self.session(id).await? else {
            return Ok(None);
        };
        let session = changed(session, change);
        let audit = origin
            .entry(AuditEvent::SessionChanged)
            .of(&session.subject)
            .on(id);
        let written = self
            .store
            .change_session(ChangeSession {
                session: session.clone(),
                audit,
            })
            .await?;
        Ok(written.map(|_row| Entry { session, ended: None }))
    }
}

/// Without a refresh token the access token is all that a client has of its session: where the
/// session's end moves, the token's end moves with it.
fn changed(mut session: Session, change: ChangeLives) -> Session {
    if let Some(idle) = change.idle_timeout {
        session.lives.idle_timeout = idle;
        session.idle_expires_at = idle_end(session.last_seen_at, idle);
    }
    if let Some(absolute) = change.absolute_timeout {
        session.lives.absolute_timeout = absolute;
        session.expires_at = session.created_at.after(absolute);
        let access = &mut session.tokens.access;
        let end = if session.tokens.refresh.is_none() {
            session.expires_at
        } else {
            access.expires_at
        };
        access.expires_at = end.min(session.expires_at);
    }
    if let Some(claims) = change.claims {
        session.claims = claims;
    }
    session
}
