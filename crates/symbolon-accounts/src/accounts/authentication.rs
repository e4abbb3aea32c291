//! Log-in, up to the session: protocol LOG-IN, steps 1 to 3.

use symbolon_core::account::{Account, AccountName, AccountState, PasswordHash, Role};
use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::random::draw;
use symbolon_core::session::Epoch;
use symbolon_core::store::{AccountChange, AccountStore, FoundAccount, SessionStore};
use symbolon_core::subject::SubjectId;
use symbolon_core::throttle::{ThrottleKey, ThrottledBy};

use super::known_device::{DeviceId, Known, KnownDevice};
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
    /// Too many failures under this name, whether or not it has an account, or from this address.
    /// Nothing was compared.
    Throttled {
        /// When the next attempt is allowed.
        retry_at: Timestamp,
        /// Whose failures they are: for those who watch the server, not for whoever asks.
        by: ThrottledBy,
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
    device: Option<Box<(DeviceId, Account)>>,
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
    /// on any node, no more are compared than are allowed (ThrottleRule); and in this process for its
    /// address (AddressRule). An unknown name has a counter like any other and costs the same compare,
    /// with a decoy. A refusal after a compare is audited; one without is not, since it costs its
    /// sender nothing and would fill the record. The text of an unknown name is not recorded: now and
    /// then it is somebody's password.
    ///
    /// Whoever is `known` for this account has a counter of their own in place of both.
    ///
    /// After [`FAILURES_MAX`](symbolon_core::throttle::FAILURES_MAX) failures of strangers in a row the
    /// password is disabled (NIST SP 800-63B-4, section 3.2.2). It is so for strangers: one who could
    /// take it from its owner's own devices too would need nothing but the name to lock them out. A
    /// device has as many tries of its own, then it is a stranger.
    ///
    /// # Errors
    /// When the store or the pool cannot answer: then nothing is known of the password. A place in
    /// the pool that was not found gives the attempt back.
    pub async fn authenticate(
        &self,
        name_text: &str,
        password: Password,
        known: Known<'_>,
        origin: &Origin,
    ) -> Result<Outcome, AccountError> {
        let name = account_name(name_text).ok();
        let found = match name.clone() {
            Some(name) => self.store.find_account(name).await?,
            None => None,
        };
        let stranger = match &name {
            Some(name) => self.counters.of(name),
            None => self.counters.of_text(name_text),
        };
        let known = found
            .as_ref()
            .and_then(|found| self.recognise(known, &found.account, origin));
        let reserved = match self
            .admit(stranger, known.map(|known| known.counter), origin)
            .await?
        {
            Admitted::Yes(reserved) => reserved,
            Admitted::Wait { until, by } => {
                return Ok(Outcome::Refused(Refusal::Throttled { retry_at: until, by }));
            }
            Admitted::Exhausted => {
                self.disable_password(stranger, found, origin).await?;
                return Ok(Outcome::Refused(Refusal::InvalidCredentials));
            }
        };
        let comparison = self.compare(found.as_ref(), password, reserved, origin).await?;
        let device = known.and_then(|known| known.device);
        self.conclude(found, comparison, reserved, device, origin).await
    }

    /// The proof of the device that this log-in was made on, for the next one; `None`: there is no
    /// randomness to name it by.
    #[must_use]
    pub fn known_device(&self, proven: &Authenticated, now: Timestamp) -> Option<KnownDevice> {
        let (device, account) = &**proven.device.as_ref()?;
        Some(self.devices.prove(account, *device, now))
    }

    /// What `known` is worth for this account.
    fn recognise(&self, known: Known<'_>, account: &Account, origin: &Origin) -> Option<Recognised> {
        match known {
            Known::Stranger => None,
            Known::Device(text) => {
                let device = self.devices.device(text, account, origin.at)?;
                Some(Recognised {
                    counter: self.counters.of_device(&account.name, device),
                    device: Some(device),
                })
            }
            Known::Session(session) => Some(Recognised {
                counter: self.counters.of_session(&account.name, session),
                device: None,
            }),
        }
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
        let (stored, again) = match found {
            Some(found) if may_be_right(found, reserved) => {
                let stored = &found.account.password;
                // Held only where it will be needed once more.
                let again = self.pool.is_outdated(stored).then(|| password.again());
                (stored, again.map(|again| (found, again)))
            }
            _ => (self.pool.decoy(), None),
        };
        match self.pool.verify(password, stored).await {
            Ok(comparison) => {
                if let (Comparison::Right { .. }, Some((found, again))) = (comparison, again) {
                    self.rehashes.offer(&found.account, again, origin);
                }
                Ok(comparison)
            }
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
        device: Option<DeviceId>,
        origin: &Origin,
    ) -> Result<Outcome, AccountError> {
        let (refusal, detail) = match (&found, comparison) {
            (None, _) => (Refusal::InvalidCredentials, UNKNOWN_NAME),
            (Some(found), _) if !may_be_right(found, reserved) => {
                (Refusal::InvalidCredentials, PASSWORD_DISABLED)
            }
            (Some(_), Comparison::Wrong) => (Refusal::InvalidCredentials, INVALID_CREDENTIALS),
            (Some(found), Comparison::Right { needs_rehash }) => {
                self.forgive_address(reserved);
                if found.account.state != AccountState::Disabled {
                    let device = device.or_else(|| draw(&*self.random).ok().map(DeviceId));
                    let proven = authenticated(found, needs_rehash, reserved, device);
                    return Ok(Outcome::Authenticated(proven));
                }
                (Refusal::AccountDisabled, ACCOUNT_DISABLED)
            }
        };
        let entry = origin.entry(AuditEvent::LoginRefused).saying(detail);
        let entry = match &found {
            Some(found) => entry.of(&found.account.subject),
            None => entry,
        };
        self.store.record_audit(vec![entry]).await?;
        if reserved.is_strangers_last() {
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

/// An account's own counter in place of a stranger's.
#[derive(Clone, Copy)]
struct Recognised {
    counter: ThrottleKey,
    device: Option<DeviceId>,
}

/// Whether the account's password may prove anything to whoever made this reservation: one that is
/// disabled does so for known devices alone.
fn may_be_right(found: &FoundAccount, reserved: Reservation) -> bool {
    found.account.state != AccountState::PasswordDisabled || !reserved.is_strangers()
}

fn authenticated(
    found: &FoundAccount,
    needs_rehash: bool,
    reserved: Reservation,
    device: Option<DeviceId>,
) -> Authenticated {
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
        device: device.map(|device| Box::new((device, account.clone()))),
    }
}
