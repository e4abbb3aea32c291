//! Step-up: proving once more, in the middle of a session, who one is (RFC 9470).

use symbolon_accounts::accounts::{Known, Outcome, Refusal};
use symbolon_core::clock::Timestamp;
use symbolon_core::device::SeenFrom;
use symbolon_core::token::Generation;
use symbolon_core::verdict::Inactive;
use symbolon_node::{Confirm, Issued, Live};

use crate::{Password, Symbolon, Unavailable};

/// A password that is given in the middle of a session.
pub struct ConfirmPassword {
    /// The session that asks.
    pub live: Live,
    /// The generation of the token by which it asks ([`Token::generation`](crate::Token::generation)).
    pub presented: Generation,
    /// The password of its account.
    pub password: Password,
    /// Where it comes from.
    pub seen_from: SeenFrom,
}

/// What became of a [`ConfirmPassword`].
pub enum Confirmed {
    /// The session goes on with a new pair, authenticated now; its old tokens are dead.
    Confirmed(Box<Issued>),
    /// The password is wrong. The session goes on as it was.
    InvalidCredentials,
    /// Not before this instant: too many wrong passwords.
    Throttled {
        /// When one more try is allowed.
        retry_at: Timestamp,
    },
    /// The session has no account here, so there is no password to give: a service began it.
    NoAccount,
    /// The session has ended, or its pair was replaced on purpose, since its token was verified.
    Refused(Inactive),
}

impl Symbolon {
    /// Proves the password of the account that a session belongs to, under the same throttle as a log-in, and
    /// renews when its subject last proved who they are.
    ///
    /// # Errors
    /// When it cannot be decided now. If the answer alone was lost, the old tokens may be dead.
    pub async fn confirm(&self, confirm: ConfirmPassword) -> Result<Confirmed, Unavailable> {
        let node = &self.inner.node;
        let ConfirmPassword {
            live,
            presented,
            password,
            seen_from,
        } = confirm;
        let subject = live.identity.subject();
        let Some(account) = self.account_of(subject).await? else {
            return Ok(Confirmed::NoAccount);
        };
        let origin = self.origin(Self::actor_of(subject), seen_from);
        let name = account.name.as_str();
        // Strangers who guess at the password do not keep its owner from confirming it.
        let known = Known::Session(live.session_id);
        let accounts = &self.inner.accounts;
        let proof = match accounts.authenticate(name, password, known, &origin).await? {
            Outcome::Authenticated(proof) => proof,
            Outcome::Refused(Refusal::Throttled { retry_at, .. }) => {
                return Ok(Confirmed::Throttled { retry_at });
            }
            Outcome::Refused(Refusal::InvalidCredentials | Refusal::AccountDisabled) => {
                return Ok(Confirmed::InvalidCredentials);
            }
        };
        let confirm = Confirm {
            id: live.session_id,
            presented,
            clear_attempts: proof.throttle_key,
            origin: self.origin(origin.actor, origin.seen_from),
        };
        Ok(match node.confirm(confirm).await? {
            Ok(issued) => Confirmed::Confirmed(Box::new(issued)),
            // A right password that confirms nothing is no wrong one either: it leaves no failure behind.
            Err(inactive) => {
                accounts.clear_attempts(&proof, self.now()).await?;
                Confirmed::Refused(inactive)
            }
        })
    }
}
