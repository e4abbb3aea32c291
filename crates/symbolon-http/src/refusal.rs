//! From what the domain says to the problem that a client reads. [`crate::problem`] gives it its status.

pub(crate) mod lines;

use std::time::Duration;

use symbolon::clock::Timestamp;
use symbolon::subject::NameError;
use symbolon::verdict::Inactive;
use symbolon::{IssueRefused, Unavailable};

use crate::app::{App, Reasons};
use crate::problem::Problem;

/// The word for a refused token, and its instant, as far as a deployment says them.
///
/// Coarse: `absent` stays, since the client knows that it sent nothing; what time has ended is `expired`, and all
/// else is `revoked`, so that nobody learns whether a token was ever a token.
pub(crate) fn told(reasons: Reasons, inactive: Inactive) -> (&'static str, Option<Timestamp>) {
    match (reasons, inactive) {
        (Reasons::Full, _) | (Reasons::Coarse, Inactive::Absent) => (inactive.as_str(), inactive.at()),
        (Reasons::Coarse, Inactive::Expired { .. } | Inactive::Idle { .. }) => ("expired", None),
        (Reasons::Coarse, _) => ("revoked", None),
    }
}

impl App {
    /// 401 for a token that proves nothing.
    pub(crate) fn refuse(&self, inactive: Inactive) -> Problem {
        if matches!(inactive, Inactive::Absent) {
            return Problem::token_absent();
        }
        let (reason, at) = told(self.settings().reasons, inactive);
        let problem = Problem::invalid_token(reason);
        at.map_or(problem.clone(), |at| problem.at(at.0))
    }

    /// 503 for what cannot be decided now. Logged here, since this is where it is handled.
    pub(crate) fn undecided(&self, error: impl Into<Unavailable>) -> Problem {
        let error = error.into();
        if let Some(withheld) = self.undecided_lines().pass(self.symbolon().now()) {
            let withheld = (withheld > 0).then_some(withheld);
            tracing::warn!(%error, withheld, "the answer cannot be given now");
        }
        let spread = match error {
            // The pool has spread its own.
            Unavailable::Busy { .. } => 0,
            Unavailable::Undecided(_) | Unavailable::Password(_) | Unavailable::Signing(_) => self.spread(),
        };
        Problem::unavailable(seconds(error.retry_after()).saturating_add(spread))
    }

    /// 429 until `retry_at`.
    pub(crate) fn throttled(&self, retry_at: Timestamp) -> Problem {
        let wait = seconds(retry_at.since(self.symbolon().now()));
        Problem::throttled(wait, "too many wrong passwords; wait before the next try")
    }
}

/// Whole seconds, rounded up: a client that comes back on the second is not too early. At least one.
fn seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_millis().div_ceil(1000))
        .unwrap_or(u32::MAX)
        .max(1)
}

/// The problem of a session that was not begun.
pub(crate) fn not_issued(refused: IssueRefused) -> Problem {
    match refused {
        IssueRefused::LimitReached => limit_reached(),
        IssueRefused::Banned { .. } => Problem::account_banned(),
        IssueRefused::SignedLifeTooLong => Problem::invalid_request(refused.to_string()),
        IssueRefused::CredentialStale => {
            Problem::conflict("the subject's sessions were ended meanwhile; try again")
        }
    }
}

/// 409: no room for one more session.
pub(crate) fn limit_reached() -> Problem {
    Problem::limit_reached("the subject has as many sessions as it may have; end one first")
}

/// 400 for a text that is no name: which field, and why.
pub(crate) fn bad_name(field: &'static str, error: NameError) -> Problem {
    Problem::invalid_request(format!("{field}: {error}"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use symbolon::clock::Timestamp;
    use symbolon::revocation::RevocationReason;
    use symbolon::verdict::Inactive;

    use super::{seconds, told};
    use crate::app::Reasons;

    const AT: Timestamp = Timestamp(1_000);

    #[test]
    fn full_reasons_are_the_domain_s_own() {
        let kicked = Inactive::Revoked {
            at: AT,
            reason: RevocationReason::Kicked,
        };
        assert_eq!(told(Reasons::Full, kicked), ("kicked", Some(AT)));
        assert_eq!(told(Reasons::Full, Inactive::Idle { at: AT }), ("idle", Some(AT)));
        assert_eq!(told(Reasons::Full, Inactive::Superseded), ("superseded", None));
    }

    #[test]
    fn coarse_reasons_are_expired_or_revoked_without_an_instant() {
        let coarse = |inactive| told(Reasons::Coarse, inactive);
        assert_eq!(coarse(Inactive::Expired { at: AT }), ("expired", None));
        assert_eq!(coarse(Inactive::Idle { at: AT }), ("expired", None));
        for reason in RevocationReason::ALL {
            assert_eq!(coarse(Inactive::Revoked { at: AT, reason }), ("revoked", None));
        }
        for other in [Inactive::Malformed, Inactive::Unknown, Inactive::Superseded] {
            assert_eq!(coarse(other), ("revoked", None));
        }
        assert_eq!(coarse(Inactive::Absent), ("absent", None));
    }

    #[test]
    fn waits_are_rounded_up_to_whole_seconds_and_never_none() {
        let waits = [0, 1, 999, 1000, 1001].map(|millis| seconds(Duration::from_millis(millis)));
        assert_eq!(waits, [1, 1, 1, 1, 2]);
        assert_eq!(seconds(Duration::MAX), u32::MAX);
    }
}
