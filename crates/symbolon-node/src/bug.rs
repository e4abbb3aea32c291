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
    /// A row that was heard moves the position past rows before it that were not.
    NoChainCheck,
    /// Who the members are was read before the commit.
    MembersBeforeCommit,
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

    /// Holds a question up between its look-up and its end, as long as there is no lease.
    #[inline]
    pub(crate) const fn hold_up(_: &crate::lease::Lease) {}
}

#[cfg(feature = "bugs")]
mod chosen {
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::Bug;
    use crate::lease::Lease;

    /// The variants by their names.
    const NAMES: [(&str, Bug); 14] = [
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
        ("no_chain_check", Bug::NoChainCheck),
        ("members_before_commit", Bug::MembersBeforeCommit),
    ];

    /// So many questions are held up at once: each holds a thread, and the others are to go on.
    const HELD_UP_MAX: usize = 12;
    /// For how long each is held up at the most, in steps.
    const HOLD_UP_STEPS: u32 = 250;
    const HOLD_UP_STEP: Duration = Duration::from_millis(4);

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

    /// Where a pause was asked for.
    fn pauses(bug: Bug) -> bool {
        static CHOSEN: OnceLock<Option<Bug>> = OnceLock::new();
        *CHOSEN.get_or_init(|| named("WRONG_PAUSE")) == Some(bug)
    }

    /// Waits where this variant does harm, if that was asked for.
    pub(crate) fn pause(bug: Bug) {
        if pauses(bug) {
            // Long enough that a process is often stopped in it, short enough that its lease is renewed.
            let long = Duration::from_millis(if bug == Bug::LeaseFromReceipt { 250 } else { 25 });
            std::thread::sleep(long);
        }
    }

    /// Holds a question up between its look-up and its end, if that was asked for: as long as there is no lease, for one
    /// second at the most. A machine that is as busy as can be does the same to a few of many.
    pub(crate) fn hold_up(lease: &Lease) {
        static HELD_UP: AtomicUsize = AtomicUsize::new(0);
        if !pauses(Bug::LeaseAfterLookUp) || lease.load().holds() {
            return;
        }
        if HELD_UP.fetch_add(1, Ordering::AcqRel) < HELD_UP_MAX {
            for _ in 0..HOLD_UP_STEPS {
                if lease.load().holds() {
                    break;
                }
                std::thread::sleep(HOLD_UP_STEP);
            }
        }
        HELD_UP.fetch_sub(1, Ordering::AcqRel);
    }
}

pub(crate) use chosen::{hold_up, is, pause};
