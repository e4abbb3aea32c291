//! Guesses, counted before they are made.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use symbolon_core::account::AccountName;
use symbolon_core::audit::Origin;
use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use symbolon_core::store::AccountStore;
use symbolon_core::throttle::{AddressPrefix, Admission, Attempts, FAILURES_MAX, ThrottleKey, ThrottledBy};
use zeroize::Zeroizing;

use super::addresses::Counted;
use super::known_device::DeviceId;
use super::{AccountError, Accounts};
use crate::name::{NAME_TEXT_MAX, fold};
use crate::password::pool::PoolError;

/// The key that names counters.
pub(super) struct CounterKey(Hmac<Sha256>);

/// HMAC-SHA-256 under a key, ready to take a message. A key shorter than a block is filled up with
/// zeros (RFC 2104, section 2): given as the whole block, it cannot be of a wrong length.
pub(super) fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; 64]);
    block[..32].copy_from_slice(key);
    Hmac::<Sha256>::new((&*block).into())
}

/// What the sums of other things than names begin with. No name does: these are no bytes of UTF-8.
const OF_DEVICE: u8 = 0xff;
const OF_SESSION: u8 = 0xfe;
const OF_PREFIX: u8 = 0xfd;

impl CounterKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(keyed(key))
    }

    /// The counter of an account.
    pub(super) fn of(&self, name: &AccountName) -> ThrottleKey {
        self.sum(&[name.as_str().as_bytes()])
    }

    /// The counter of a text that names no account and never will.
    pub(super) fn of_text(&self, text: &str) -> ThrottleKey {
        if text.len() > NAME_TEXT_MAX {
            self.sum(&[text.as_bytes()])
        } else {
            self.sum(&[fold(text).as_bytes()])
        }
    }

    /// The counter of an account on a device that it is known on.
    pub(super) fn of_device(&self, name: &AccountName, device: DeviceId) -> ThrottleKey {
        self.sum(&[&[OF_DEVICE], &device.0, name.as_str().as_bytes()])
    }

    /// The counter of an account in a session of its own.
    pub(super) fn of_session(&self, name: &AccountName, session: SessionId) -> ThrottleKey {
        self.sum(&[&[OF_SESSION], session.as_bytes(), name.as_str().as_bytes()])
    }

    /// Where the failures of a prefix stand.
    pub(super) fn of_prefix(&self, prefix: AddressPrefix) -> u64 {
        let octets: &[u8] = match &prefix {
            AddressPrefix::V4(octets) => octets,
            AddressPrefix::Net64(octets) => octets,
            AddressPrefix::Site48(octets) => octets,
        };
        let ThrottleKey([a, b, c, d, e, f, g, h, ..]) = self.sum(&[&[OF_PREFIX], octets]);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    fn sum(&self, parts: &[&[u8]]) -> ThrottleKey {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(part);
        }
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
    /// Where it is counted besides; `None`: it is of a known device, which counts for itself.
    address: Option<Counted>,
}

impl Reservation {
    /// Whether it was the last one that strangers have for the password.
    pub(super) fn is_strangers_last(&self) -> bool {
        self.is_strangers() && self.after.failures >= FAILURES_MAX
    }

    /// Whether nothing but the name was brought along.
    pub(super) fn is_strangers(&self) -> bool {
        self.address.is_some()
    }
}

/// Whether a compare may be made.
pub(super) enum Admitted {
    Yes(Reservation),
    Wait { until: Timestamp, by: ThrottledBy },
    Exhausted,
}

/// How often the counter may move between the look at it and the reservation. Each time somebody
/// else's attempt was counted, and after [`FAILURES_MAX`] of them in a row there is nothing left to
/// reserve; more only happens where successes clear the counter meanwhile.
const RACES_MAX: u32 = FAILURES_MAX + 28;

impl<S: AccountStore> Accounts<S> {
    /// Reserves one attempt: at the counter of a known device, or at those of the address and of the
    /// name.
    ///
    /// The address comes first. It is in memory, so whoever is stopped there costs no write; and what
    /// is stopped there does not count at the name, or one address could use up the guesses of every
    /// account. A known device whose counter is used up is treated like a stranger: it may do what
    /// anyone may.
    pub(super) async fn admit(
        &self,
        stranger: ThrottleKey,
        known: Option<ThrottleKey>,
        origin: &Origin,
    ) -> Result<Admitted, AccountError> {
        if let Some(key) = known {
            match self.reserve(key, None, origin.at).await? {
                Admitted::Exhausted => {}
                admitted => return Ok(admitted),
            }
        }
        let counted = self
            .addresses
            .count(origin.seen_from.ip, stranger, &self.counters, origin.at);
        let counted = match counted {
            Ok(counted) => counted,
            Err(until) => {
                return Ok(Admitted::Wait {
                    until,
                    by: ThrottledBy::Address,
                });
            }
        };
        let admitted = self.reserve(stranger, Some(counted), origin.at).await;
        // What is not compared is no failure of the address. A password that is disabled is refused
        // like a wrong one, so it counts like one.
        if matches!(admitted, Err(_) | Ok(Admitted::Wait { .. })) {
            self.addresses.take_back(counted, &self.counters);
        }
        admitted
    }

    /// Reserves one attempt at a counter, in a committed step of its own.
    async fn reserve(
        &self,
        key: ThrottleKey,
        address: Option<Counted>,
        now: Timestamp,
    ) -> Result<Admitted, AccountError> {
        for _ in 0..RACES_MAX {
            let before = self.store.find_attempts(key).await?;
            // A free failure asks nobody to wait. Of two attempts at the same time, one may have read
            // the clock first and be counted last: it does not wait for the other.
            let is_free = before.failures <= self.settings.throttle.free_failures;
            let now = if is_free { now.max(before.next_try_at) } else { now };
            let after = match self.settings.throttle.admit(before, now) {
                Admission::Reserve(after) => after,
                Admission::Wait(until) => {
                    return Ok(Admitted::Wait {
                        until,
                        by: ThrottledBy::Account,
                    });
                }
                Admission::Exhausted => return Ok(Admitted::Exhausted),
            };
            if self.store.reserve_attempt(key, before, after, now).await? {
                return Ok(Admitted::Yes(Reservation {
                    key,
                    before,
                    after,
                    address,
                }));
            }
        }
        Err(self.pool.busy().into())
    }

    /// Gives a reservation back of which no compare was made, so that a full queue does not lock
    /// anyone out. If others were counted meanwhile it stays: then it cannot be told apart from theirs.
    pub(super) async fn give_back(&self, reserved: Reservation, now: Timestamp) -> Result<(), AccountError> {
        self.forgive_address(reserved);
        let Reservation {
            key, before, after, ..
        } = reserved;
        self.store.reserve_attempt(key, after, before, now).await?;
        Ok(())
    }

    /// Takes the attempt back where it was counted for its address. The others of the address stay:
    /// one right password does not pay for wrong ones at other names.
    pub(super) fn forgive_address(&self, reserved: Reservation) {
        if let Some(counted) = reserved.address {
            self.addresses.take_back(counted, &self.counters);
        }
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
