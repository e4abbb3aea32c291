//! Wrong variants of the protocol, so that it can be seen that a campaign against real nodes finds them.
//!
//! They are in builds with the feature `bugs` alone, which nothing has by default. There `WRONG_VARIANT` chooses one (the
//! server refuses a variable of its own prefix that is no setting), and
//! `WRONG_PAUSE` makes the moment long in which it does harm; with the pause alone the protocol has to hold.
//! In every other build each question here is answered by a constant, and nothing of a variant is left.

/// One wrong variant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bug {
    /// The end of the lease is read after the look-up.
    LeaseAfterLookUp,
    /// The lease is renewed before the log is read.
    LeaseBeforeLog,
    /// The lease counts from when the log was read.
    LeaseFromReceipt,
    /// The lease never ends.
    LeaseWithoutEnd,
    /// The position of a row is told before the row is applied.
    AckBeforeApply,
    /// What was cached is not held against what was heard since.
    NoAsofFilter,
    /// A member is evicted while its lease holds.
    EarlyEviction,
    /// A member that was evicted goes on.
    IgnoresEviction,
    /// A revocation waits for nobody.
    NoWait,
    /// A revocation waits for a part of the lease.
    ShortWait,
    /// A revocation that is repeated waits for nobody.
    RetryIsNow,
    /// A store that does not answer is taken for a no.
    ErrorsAreNo,
}

#[cfg(not(feature = "bugs"))]
mod chosen {
    use super::Bug;

    /// Whether this variant was chosen.
    #[inline]
    pub(crate) const fn is(_: Bug) -> bool {
        false
    }

    /// Waits where this variant does harm.
    #[inline]
    pub(crate) const fn pause(_: Bug) {}
}

#[cfg(feature = "bugs")]
mod chosen {
    use std::sync::OnceLock;
    use std::time::Duration;

    use super::Bug;

    /// The variants by their names.
    const NAMES: [(&str, Bug); 12] = [
        ("lease_after_look_up", Bug::LeaseAfterLookUp),
        ("lease_before_log", Bug::LeaseBeforeLog),
        ("lease_from_receipt", Bug::LeaseFromReceipt),
        ("lease_without_end", Bug::LeaseWithoutEnd),
        ("ack_before_apply", Bug::AckBeforeApply),
        ("no_asof_filter", Bug::NoAsofFilter),
        ("early_eviction", Bug::EarlyEviction),
        ("ignores_eviction", Bug::IgnoresEviction),
        ("no_wait", Bug::NoWait),
        ("short_wait", Bug::ShortWait),
        ("retry_is_now", Bug::RetryIsNow),
        ("errors_are_no", Bug::ErrorsAreNo),
    ];

    /// What a variable names; a name that is none ends the process, or it would look as if the variant did no harm.
    fn named(variable: &str) -> Option<Bug> {
        let text = std::env::var(variable).ok()?;
        let known = NAMES.iter().find(|(name, _)| *name == text);
        if known.is_none() {
            tracing::error!("{variable} names no variant: {text}");
            std::process::exit(64);
        }
        known.map(|(_, bug)| *bug)
    }

    /// Whether this variant was chosen.
    pub(crate) fn is(bug: Bug) -> bool {
        static CHOSEN: OnceLock<Option<Bug>> = OnceLock::new();
        *CHOSEN.get_or_init(|| named("WRONG_VARIANT")) == Some(bug)
    }

    /// Waits where this variant does harm, if that was asked for.
    pub(crate) fn pause(bug: Bug) {
        static CHOSEN: OnceLock<Option<Bug>> = OnceLock::new();
        if *CHOSEN.get_or_init(|| named("WRONG_PAUSE")) == Some(bug) {
            // Long enough that a process is often stopped in it, short enough that its lease is renewed.
            let long = Duration::from_millis(if bug == Bug::LeaseFromReceipt { 250 } else { 25 });
            std::thread::sleep(long);
        }
    }
}

pub(crate) use chosen::{is, pause};
