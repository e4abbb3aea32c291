//! Accounts: log-in by name and password, changes of the password, and what an operator does.
//!
//! [`Accounts`] is the one place where a password meets an account. Each compare was counted before
//! it was made, durably, whatever its name: see [`Accounts::authenticate`].

mod addresses;
mod administration;
mod authentication;
mod first;
mod known_device;
mod passwords;
mod rehash;
mod throttle;

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::random::{Randomness, RandomnessUnavailable};
use symbolon_core::store::StoreError;
use symbolon_core::subject::NameError;
use symbolon_core::throttle::{AddressRule, ThrottleRule};
use tokio::sync::Semaphore;

pub use administration::{ACCOUNTS_PAGE_MAX, Change, NewAccount};
pub use authentication::{Authenticated, Outcome, Refusal};
pub use first::FirstAdministrator;
pub use known_device::{KNOWN_DEVICE_TTL, Known, KnownDevice};
pub use passwords::{ChangePassword, PasswordChange};
pub use rehash::Rehasher;

use crate::password::pool::{Pool, PoolError};
use crate::password::rules::{Refused, Rules};

/// How accounts are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountSettings {
    /// How fast the password of one account may be guessed.
    pub throttle: ThrottleRule,
    /// How fast passwords of any accounts may be guessed from one address.
    pub addresses: AddressRule,
    /// Which new passwords are taken.
    pub rules: Rules,
}

/// How many failures cost no waiting, where a deployment says nothing.
pub const FREE_FAILURES_DEFAULT: u32 = 5;

impl Default for AccountSettings {
    fn default() -> Self {
        Self {
            throttle: ThrottleRule {
                free_failures: FREE_FAILURES_DEFAULT,
            },
            addresses: AddressRule::DEFAULT,
            rules: Rules::default(),
        }
    }
}

/// The keys that accounts need besides: every node of a store needs the same.
#[derive(Clone, Copy)]
pub struct AccountKeys<'a> {
    /// The purpose key [`Throttle`](symbolon_core::token::Purpose::Throttle).
    pub throttle: &'a [u8; 32],
    /// The purpose key [`KnownDevice`](symbolon_core::token::Purpose::KnownDevice).
    pub known_device: &'a [u8; 32],
}

/// Accounts over a store.
pub struct Accounts<S> {
    store: Arc<S>,
    pool: Arc<Pool>,
    counters: throttle::CounterKey,
    addresses: addresses::Addresses,
    devices: known_device::DeviceKey,
    rehashes: rehash::Rehashes,
    settings: AccountSettings,
    random: Arc<dyn Randomness>,
    /// One permit: whoever takes an administrator's power away looks for another one first, and no
    /// second one may do the same between the look and the change.
    administrators: Semaphore,
}

impl<S> Accounts<S> {
    /// Accounts in `store`, hashed by `pool`.
    #[must_use]
    pub fn new(
        store: Arc<S>,
        pool: Arc<Pool>,
        keys: AccountKeys<'_>,
        settings: AccountSettings,
        random: Arc<dyn Randomness>,
    ) -> Self {
        Self {
            store,
            pool,
            counters: throttle::CounterKey::new(keys.throttle),
            addresses: addresses::Addresses::new(settings.addresses),
            devices: known_device::DeviceKey::new(keys.known_device),
            rehashes: rehash::Rehashes::new(),
            settings,
            random,
            administrators: Semaphore::new(1),
        }
    }

    /// The pool that hashes, to measure it.
    #[must_use]
    pub fn pool(&self) -> &Pool {
        &self.pool
    }

    /// How many addresses and networks have failures that are remembered.
    #[must_use]
    pub fn addresses_len(&self) -> usize {
        self.addresses.len()
    }

    /// Which new passwords are taken.
    #[must_use]
    pub fn rules(&self) -> Rules {
        self.settings.rules
    }
}

/// An operation on accounts could not be done. A refused log-in is no error, but an [`Outcome`].
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The pool failed or is busy.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// There is no such account.
    #[error("there is no account of this name")]
    Unknown,
    /// The text cannot be a name.
    #[error("this cannot be an account's name: {0}")]
    Name(#[from] NameError),
    /// The password is not taken.
    #[error(transparent)]
    Password(#[from] Refused),
    /// The change does not fit what is there.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// Nothing may be made without randomness.
    #[error("making a password: {0}")]
    Randomness(RandomnessUnavailable),
}

impl AccountError {
    /// When to come again, where the pool was busy.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Pool(PoolError::Busy { retry_after }) => Some(*retry_after),
            _ => None,
        }
    }
}

/// A change does not fit what is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Conflict {
    /// The name has an account already, or the subject has one under another name.
    #[error("the name or its subject has an account already")]
    Taken,
    /// Nobody could administer the server any more.
    #[error("this is the last account that can administer the server: make another administrator first")]
    LastAdministrator,
    /// A password was guessed at too often: enabling the account would let the guessing go on.
    #[error("the account's password is disabled after too many wrong ones: set a new password instead")]
    PasswordDisabled,
    /// Another change of the same password was faster.
    #[error("the password was changed meanwhile")]
    PasswordChanged,
}
