//! How fast passwords may be guessed: at one account, and from one address.

mod address;

use std::time::Duration;

use crate::clock::Timestamp;

pub use address::{AddressPrefix, AddressRule, Failures, NameMark};

/// Which counter an attempt belongs to: a keyed sum of the account's folded name, so that known
/// and unknown names look alike in the store and no list of names can be read from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ThrottleKey(pub [u8; 16]);

/// The failures of one counter since its last success.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Attempts {
    /// How many in a row.
    pub failures: u32,
    /// No compare before this instant.
    pub next_try_at: Timestamp,
}

/// The policy of the counter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThrottleRule {
    /// How many failures cost no waiting.
    pub free_failures: u32,
}

/// The longest wait between two guesses.
const WAIT_MAX: Duration = Duration::from_secs(300);

/// After this many failures in a row the password is no longer accepted
/// (NIST SP 800-63B-4, section 3.2.2: at most 100).
pub const FAILURES_MAX: u32 = 100;

/// Whose failures a log-in waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ThrottledBy {
    /// Those of the name, from wherever they came.
    Account,
    /// Those of the address, whatever the names were.
    Address,
}

/// Whether one more compare is allowed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Admission {
    /// Yes, if these counts can be written before the compare (a compare-and-set).
    Reserve(Attempts),
    /// Not before this instant.
    Wait(Timestamp),
    /// Never again with this password.
    Exhausted,
}

impl ThrottleRule {
    /// Decides one attempt at `now`. The attempt counts as a failure until a success clears it, so
    /// that guesses made at the same time cannot all see the same count.
    #[must_use]
    pub fn admit(self, seen: Attempts, now: Timestamp) -> Admission {
        if seen.failures >= FAILURES_MAX {
            return Admission::Exhausted;
        }
        if now < seen.next_try_at {
            return Admission::Wait(seen.next_try_at);
        }
        let failures = seen.failures + 1;
        Admission::Reserve(Attempts {
            failures,
            next_try_at: now.after(self.wait(failures)),
        })
    }

    /// 0 while free, then 1, 2, 4 … 300 seconds.
    fn wait(self, failures: u32) -> Duration {
        match failures.checked_sub(self.free_failures) {
            None | Some(0) => Duration::ZERO,
            Some(beyond) => Duration::from_secs(1 << (beyond - 1).min(16)).min(WAIT_MAX),
        }
    }
}
