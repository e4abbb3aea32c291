//! A person's own password.

use symbolon_accounts::accounts::{AccountError, Known, PasswordChange, Refusal};
use symbolon_core::audit::Origin;
use symbolon_core::clock::Timestamp;
use symbolon_core::device::SeenFrom;
use symbolon_core::refresh;
use symbolon_core::session::SessionId;
use symbolon_core::store::KeptSession;
use symbolon_core::token::Pair;
use symbolon_node::{Issued, Live, Receipt, Undecided};

use crate::{Password, Symbolon, Unavailable};

/// A change of one's own password.
pub struct ChangePassword {
    /// The session that asks.
    pub live: Live,
    /// The password until now.
    pub current: Password,
    /// The password from now on.
    pub new: Password,
    /// Whether the session that asks goes on, with a new pair; all others end.
    pub keep_current: bool,
    /// Where it comes from.
    pub seen_from: SeenFrom,
}

/// What became of a [`ChangePassword`].
pub enum PasswordChanged {
    /// It is changed and the other sessions are ended.
    Changed {
        /// The receipt of their end.
        receipt: Receipt,
        /// The session that goes on with its new pair; its old tokens are dead.
        kept: Option<Box<Issued>>,
    },
    /// The current password is wrong, or there is no account.
    InvalidCredentials,
    /// Not before this instant: too many wrong passwords.
    Throttled {
        /// When one more try is allowed.
        retry_at: Timestamp,
    },
    /// The new password is not one that is taken: why, and how to mend it.
    Refused(String),
}

impl Symbolon {
    /// Changes the password of the account that a session belongs to, and ends its other sessions.
    ///
    /// # Errors
    /// When it cannot be decided now; the password is as before.
    pub async fn change_password(&self, change: ChangePassword) -> Result<PasswordChanged, Unavailable> {
        let subject = change.live.identity.subject();
        let origin = self.origin(Self::actor_of(subject), change.seen_from);
        let Some(account) = self.account_of(subject).await? else {
            return Ok(PasswordChanged::InvalidCredentials);
        };
        let kept = if change.keep_current {
            self.keep(change.live.session_id, &origin).await?
        } else {
            None
        };
        let ask = symbolon_accounts::accounts::ChangePassword {
            name_text: account.name.as_str(),
            current: change.current,
            new: change.new,
            // Strangers who guess at the password do not keep its owner from changing it.
            known: Known::Session(change.live.session_id),
            keep: kept.as_ref().map(|(kept, _)| kept.clone()),
        };
        match self.inner.accounts.change_password(ask, &origin).await {
            Ok(PasswordChange::Done(done)) => {
                let kept = kept.map(|(kept, pair)| {
                    Box::new(Issued {
                        session: kept.session,
                        pair,
                    })
                });
                Ok(PasswordChanged::Changed {
                    receipt: Receipt::of_cut(&done),
                    kept,
                })
            }
            Ok(PasswordChange::Refused(Refusal::Throttled { retry_at, .. })) => {
                Ok(PasswordChanged::Throttled { retry_at })
            }
            Ok(PasswordChange::Refused(_)) => Ok(PasswordChanged::InvalidCredentials),
            Err(AccountError::Password(refused)) => Ok(PasswordChanged::Refused(refused.to_string())),
            // Another change of the same password was faster: the one given is no longer the current one.
            Err(AccountError::Conflict(_)) => Ok(PasswordChanged::InvalidCredentials),
            Err(other) => Err(other.into()),
        }
    }

    /// The session that goes on, with the fresh pair that it is to have.
    async fn keep(&self, id: SessionId, origin: &Origin) -> Result<Option<(KeptSession, Pair)>, Unavailable> {
        let node = &self.inner.node;
        let Some(entry) = node.session(id).await? else {
            return Ok(None);
        };
        let from = entry.session.tokens.generation;
        let pair = Pair::random(node.keys(), id, from.next(), node.randomness()).map_err(Undecided::from)?;
        let session = refresh::replaced(entry.session, &pair, origin.at);
        Ok(Some((KeptSession { session, from }, pair)))
    }
}
