//! The lives and limits that a deployment chooses (OWASP's names).

use std::time::Duration;

use crate::renewal::RenewalRule;
use crate::session::Lives;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What happens when a subject has as many sessions as it may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnMax {
    /// The oldest is ended.
    #[default]
    ReplaceOldest,
    /// The new one is refused.
    Refuse,
}

/// The most sessions that `per_subject_max` may allow. Listing, counting and replacing read them all
/// in one step.
pub const PER_SUBJECT_LIMIT_MAX: u32 = 1_000_000;

/// What every session is issued under.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionPolicy {
    /// The lives of an ordinary session.
    pub standard: Lives,
    /// The lives of a session that its owner asked to be remembered.
    pub remembered: Lives,
    /// How long a refresh may be repeated after the next pair was seen in use.
    pub rotation_grace: Duration,
    /// With less than this left of its access token, a session without a refresh token gets the next one; zero: never.
    pub renew_before: Duration,
    /// How many live sessions a subject may have.
    pub per_subject_max: u32,
    /// What happens beyond.
    pub on_max: OnMax,
}

impl SessionPolicy {
    /// When tokens are renewed.
    #[must_use]
    pub fn renewal(&self) -> RenewalRule {
        RenewalRule {
            before: self.renew_before,
            grace: self.rotation_grace,
        }
    }
}

impl Default for SessionPolicy {
    fn default() -> Self {
        let standard = Lives {
            access_ttl: 30 * MINUTE,
            refresh_ttl: Some(30 * DAY),
            idle_timeout: 7 * DAY,
            absolute_timeout: 30 * DAY,
        };
        let remembered = Lives {
            refresh_ttl: Some(90 * DAY),
            idle_timeout: 30 * DAY,
            absolute_timeout: 90 * DAY,
            ..standard
        };
        Self {
            standard,
            remembered,
            rotation_grace: Duration::from_secs(10),
            renew_before: Duration::ZERO,
            per_subject_max: 50,
            on_max: OnMax::ReplaceOldest,
        }
    }
}
