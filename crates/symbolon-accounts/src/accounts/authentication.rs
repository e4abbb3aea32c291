//! Log-in, up to the session: protocol LOG-IN, steps 1 to 3.

use symbolon_core::account::{AccountName, AccountState, PasswordHash, Role};
use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::session::Epoch;
use symbolon_core::store::{AccountChange, AccountStore, FoundAccount, SessionStore};
use symbolon_core::subject::SubjectId;
use symbolon_core::throttle::ThrottleKey;

use super::throttle::{Admitted, Reservation, was_not_compared};
use super::{AccountError, Accounts};
use crate::name::account_name;
use crate::password::Password;
use crate::password::pool::Comparison;

/// What became of a name and a password.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// They belong together.
    Authenticated(Authenticated),
    /// No session may begin.
    Refused(Refusal),
}

/// Why no session may begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// No account of this name, or another password, or a password that is disabled: nothing tells
    /// which.
    InvalidCredentials,
    /// Too many failures under this name, whether or not it has an account. Nothing was compared.
    Throttled {
        /// When the next attempt is allowed.
        retry_at: Timestamp,
    },
    /// The password is right, and an operator has disabled the account.
    AccountDisabled,
}

/// An account whose password was right, as it was read before the compare.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Authenticated {
    /// Whose session may begin.
    pub subject: SubjectId,
    /// The account.
    pub name: AccountName,
    /// What it may do.
    pub role: Role,
    /// The newest cut as it was when the password's hash was read: to be given to
    /// [`InsertSession::credential_epoch`](symbolon_core::store::InsertSession), so that a password
    /// that was changed during the compare begins no session.
    pub epoch: Epoch,
    /// The counter to clear with the session's insertion, or by [`Accounts::clear_attempts`].
    pub throttle_key: ThrottleKey,
    /// The hash was made with another cost than new ones are.
    pub needs_rehash: bool,
    pub(super) compared: PasswordHash,
    pub(super) reserved: Reservation,
}

/// The words of an audit entry's detail.
const INVALID_CREDENTIALS: &str = "invalid_credentials";
const UNKNOWN_NAME: &str = "unknown_name";
const PASSWORD_DISABLED: &str = "password_disabled";
const ACCOUNT_DISABLED: &str = "account_disabled";

impl<S: AccountStore + SessionStore> Accounts<S> {
    /// Says whether `password` is that of the account that `name_text` means.
    ///
    /// The attempt is counted durably before the compare, so that of guesses made at the same time,
    /// on any node, no more are compared than are allowed (ThrottleRule). An unknown name has a
    /// counter like any other and costs the same compare, with a decoy. A refusal after a compare is
    /// audited; one without is not, since it costs its sender nothing and would fill the record. The
    /// text of an unknown name is not recorded: now and then it is somebody's password.
    ///
    /// After [`FAILURES_MAX`](symbolon_core::throttle::FAILURES_MAX) failures in a row the password is
    /// disabled (NIST SP 800-63B-4, section 3.2.2).
    ///
    /// # Errors
    /// When the store or the pool cannot answer: then nothing is known of the password. A place in
    /// the pool that was not found gives the attempt back.
    pub async fn authenticate(
        &self,
        name_text: &str,
        password: Password,
        origin: &Origin,
    ) -> Result<Outcome, AccountError> {
        let name = account_name(name_text).ok();
        let found = match name.clone() {
            Some(name) => self.store.find_account(name).await?,
            None => None,
        };
        let key = match &name {
            Some(name) => self.counters.of(name),
            None => self.counters.of_text(name_text),
        };
        let reserved = match self.reserve(key, origin.at).await? {
            Admitted::Yes(reserved) => reserved,
            Admitted::Wait(retry_at) => return Ok(Outcome::Refused(Refusal::Throttled { retry_at })),
            Admitted::Exhausted => {
                self.disable_password(key, found, origin).await?;
                return Ok(Outcome::Refused(Refusal::InvalidCredentials));
            }
        };
        let comparison = self.compare(found.as_ref(), password, reserved, origin).await?;
        self.conclude(found, comparison, reserved, origin).await
    }

    /// Clears the counter of a right password that begins no session, such as a confirmation.
    /// Attempts that were counted meanwhile stay counted.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn clear_attempts(&self, proven: &Authenticated, now: Timestamp) -> Result<(), AccountError> {
        self.clear(proven.reserved, now).await
    }

    /// One compare, whatever was found: with the account's hash where its password may be accepted,
    /// else with the decoy.
    async fn compare(
        &self,
        found: Option<&FoundAccount>,
        password: Password,
        reserved: Reservation,
        origin: &Origin,
    ) -> Result<Comparison, AccountError> {
        let stored = match found {
            Some(found) if found.account.state != AccountState::PasswordDisabled => &found.account.password,
            _ => self.pool.decoy(),
        };
        match self.pool.verify(password, stored).await {
            Ok(comparison) => Ok(comparison),
            Err(error) => {
                if was_not_compared(&error) {
                    self.give_back(reserved, origin.at).await?;
                }
                Err(error.into())
            }
        }
    }

    async fn conclude(
        &self,
        found: Option<FoundAccount>,
        comparison: Comparison,
        reserved: Reservation,
        origin: &Origin,
    ) -> Result<Outcome, AccountError> {
        let (refusal, detail) = match (&found, comparison) {
            (None, _) => (Refusal::InvalidCredentials, UNKNOWN_NAME),
            (Some(found), comparison) => match (found.account.state, comparison) {
                (AccountState::PasswordDisabled, _) => (Refusal::InvalidCredentials, PASSWORD_DISABLED),
                (_, Comparison::Wrong) => (Refusal::InvalidCredentials, INVALID_CREDENTIALS),
                (AccountState::Disabled, Comparison::Right { .. }) => {
                    (Refusal::AccountDisabled, ACCOUNT_DISABLED)
                }
                (AccountState::Enabled, Comparison::Right { needs_rehash }) => {
                    return Ok(Outcome::Authenticated(authenticated(
                        found,
                        needs_rehash,
                        reserved,
                    )));
                }
            },
        };
        let entry = origin.entry(AuditEvent::LoginRefused).saying(detail);
        let entry = match &found {
            Some(found) => entry.of(&found.account.subject),
            None => entry,
        };
        self.store.record_audit(vec![entry]).await?;
        if reserved.is_last() {
            self.disable_password(reserved.key, found, origin).await?;
        }
        Ok(Outcome::Refused(refusal))
    }

    /// Makes the end of a counter the account's own state, since counters are forgotten after a
    /// time. It is done again with each attempt until it has succeeded. The counter is looked at
    /// once more: a password that was set since then starts anew.
    async fn disable_password(
        &self,
        key: ThrottleKey,
        found: Option<FoundAccount>,
        origin: &Origin,
    ) -> Result<(), AccountError> {
        let Some(FoundAccount { account, .. }) = found else {
            return Ok(());
        };
        if account.state != AccountState::Enabled || !self.is_exhausted(key).await? {
            return Ok(());
        }
        let audit = origin.entry(AuditEvent::AccountChanged);
        let change = AccountChange {
            name: account.name,
            role: None,
            state: Some(AccountState::PasswordDisabled),
            audit: audit.of(&account.subject).saying(PASSWORD_DISABLED),
        };
        self.store.change_account(change).await?;
        Ok(())
    }
}

fn authenticated(found: &FoundAccount, needs_rehash: bool, reserved: Reservation) -> Authenticated {
    let account = &found.account;
    Authenticated {
        subject: account.subject.clone(),
        name: account.name.clone(),
        role: account.role,
        epoch: found.epoch,
        throttle_key: reserved.key,
        needs_rehash,
        compared: account.password.clone(),
        reserved,
    }
}
