//! Guesses, counted before they are made.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use symbolon_core::account::AccountName;
use symbolon_core::clock::Timestamp;
use symbolon_core::store::AccountStore;
use symbolon_core::throttle::{Admission, Attempts, FAILURES_MAX, ThrottleKey};
use zeroize::Zeroizing;

use super::{AccountError, Accounts};
use crate::name::{NAME_TEXT_MAX, fold};
use crate::password::pool::PoolError;

/// The key that names counters.
pub(super) struct CounterKey(Hmac<Sha256>);

impl CounterKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        // A key shorter than a block is filled up with zeros (RFC 2104, section 2): given as the
        // whole block, it cannot be of a wrong length.
        let mut block = Zeroizing::new([0; 64]);
        block[..32].copy_from_slice(key);
        Self(Hmac::<Sha256>::new((&*block).into()))
    }

    /// The counter of an account.
    pub(super) fn of(&self, name: &AccountName) -> ThrottleKey {
        self.sum(name.as_str())
    }

    /// The counter of a text that names no account and never will.
    pub(super) fn of_text(&self, text: &str) -> ThrottleKey {
        if text.len() > NAME_TEXT_MAX {
            self.sum(text)
        } else {
            self.sum(&fold(text))
        }
    }

    fn sum(&self, text: &str) -> ThrottleKey {
        let mut mac = self.0.clone();
        mac.update(text.as_bytes());
        let whole: [u8; 32] = mac.finalize().into_bytes().into();
        let mut key = [0; 16];
        key.copy_from_slice(&whole[..16]);
        ThrottleKey(key)
    }
}

/// An attempt that is counted as a failure until a success clears its counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reservation {
    pub(super) key: ThrottleKey,
    before: Attempts,
    after: Attempts,
}

impl Reservation {
    /// Whether it was the last one that the password has.
    pub(super) fn is_last(&self) -> bool {
        self.after.failures >= FAILURES_MAX
    }
}

/// Whether a compare may be made.
pub(super) enum Admitted {
    Yes(Reservation),
    Wait(Timestamp),
    Exhausted,
}

/// How often the counter may move between the look at it and the reservation. Each time somebody
/// else's attempt was counted, and after [`FAILURES_MAX`] of them in a row there is nothing left to
/// reserve; more only happens where successes clear the counter meanwhile.
const RACES_MAX: u32 = FAILURES_MAX + 28;

impl<S: AccountStore> Accounts<S> {
    /// Reserves one attempt, in a committed step of its own.
    pub(super) async fn reserve(&self, key: ThrottleKey, now: Timestamp) -> Result<Admitted, AccountError> {
        for _ in 0..RACES_MAX {
            let before = self.store.find_attempts(key).await?;
            // A free failure asks nobody to wait. Of two attempts at the same time, one may have read
            // the clock first and be counted last: it does not wait for the other.
            let is_free = before.failures <= self.settings.throttle.free_failures;
            let now = if is_free { now.max(before.next_try_at) } else { now };
            let after = match self.settings.throttle.admit(before, now) {
                Admission::Reserve(after) => after,
                Admission::Wait(until) => return Ok(Admitted::Wait(until)),
                Admission::Exhausted => return Ok(Admitted::Exhausted),
            };
            if self.store.reserve_attempt(key, before, after, now).await? {
                return Ok(Admitted::Yes(Reservation { key, before, after }));
            }
        }
        Err(self.pool.busy().into())
    }

    /// Gives a reservation back of which no compare was made, so that a full queue does not lock
    /// anyone out. If others were counted meanwhile it stays: then it cannot be told apart from theirs.
    pub(super) async fn give_back(&self, reserved: Reservation, now: Timestamp) -> Result<(), AccountError> {
        let Reservation { key, before, after } = reserved;
        self.store.reserve_attempt(key, after, before, now).await?;
        Ok(())
    }

    /// Clears the counter of a reservation whose password was right.
    pub(super) async fn clear(&self, reserved: Reservation, now: Timestamp) -> Result<(), AccountError> {
        let Reservation { key, after, .. } = reserved;
        self.store
            .reserve_attempt(key, after, Attempts::default(), now)
            .await?;
        Ok(())
    }

    /// Whether nothing is left of a counter.
    pub(super) async fn is_exhausted(&self, key: ThrottleKey) -> Result<bool, AccountError> {
        Ok(self.store.find_attempts(key).await?.failures >= FAILURES_MAX)
    }
}

/// Whether no compare was made where the pool answered so.
pub(super) fn was_not_compared(error: &PoolError) -> bool {
    matches!(error, PoolError::Busy { .. } | PoolError::Damaged(_))
}
