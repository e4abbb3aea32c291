use std::time::Duration;

use symbolon_testkit::history::recovery::{Outage, costs, quantile, revocation, verify};
use symbolon_testkit::history::{Answered, Findings, Invariant, Nanos};

use crate::driver::{Kind, Sample, nanos};
use crate::round::Outcome;

/// The figures of one round: a row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    pub(crate) name: String,
    pub(crate) ops: usize,
    pub(crate) faults: u64,
    /// Sessions whose beginning was answered.
    pub(crate) begun: usize,
    pub(crate) chances: u64,
    /// Uses of an old password, and of what it had opened.
    pub(crate) password_chances: u64,
    pub(crate) broken: Broken,
    /// Of the sessions that were begun while the store lost what it acknowledged, those that were not there in the end;
    /// `None`: it loses nothing.
    pub(crate) lost_by_store: Option<(usize, usize)>,
    pub(crate) unknown: usize,
    /// Of all that was offered while something was broken, the part that was of use; in thousandths of a hundredth.
    pub(crate) verify_all: Share,
    pub(crate) verify: Share,
    pub(crate) log_in: Share,
    pub(crate) log_out: Share,
    pub(crate) verify_quiet: Spread,
    pub(crate) verify_fault: Spread,
    pub(crate) revocation: Spread,
    /// Operations that were not judged for how long they took, since the machine was late.
    pub(crate) not_timed: u64,
    /// The latest that it was.
    pub(crate) machine_late: Nanos,
    /// From the mending to the last node's being ready; `None`: one was not.
    pub(crate) recovery: Option<Nanos>,
}

/// How often each promise was broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Broken {
    pub(crate) lost: usize,
    pub(crate) accepted_after_end: usize,
    pub(crate) wrong_refusals: usize,
    pub(crate) forks: usize,
    pub(crate) mix_ups: usize,
    pub(crate) old_passwords: usize,
    pub(crate) dishonest: usize,
    pub(crate) audit: usize,
    pub(crate) secrets: usize,
    pub(crate) slow_recoveries: usize,
    pub(crate) lost_to_stops: usize,
}

impl Broken {
    fn of(findings: &Findings) -> Self {
        let count = |invariant: Invariant| {
            let broken = findings
                .violations
                .iter()
                .filter(|one| one.invariant == invariant);
            broken.count()
        };
        Self {
            lost: count(Invariant::I3),
            accepted_after_end: count(Invariant::I1),
            wrong_refusals: count(Invariant::I2),
            forks: count(Invariant::I4),
            mix_ups: count(Invariant::I6),
            old_passwords: count(Invariant::I8),
            dishonest: count(Invariant::I9),
            audit: count(Invariant::I10),
            secrets: count(Invariant::I12),
            slow_recoveries: count(Invariant::I13),
            lost_to_stops: count(Invariant::Stops),
        }
    }
}

/// A part of a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Share {
    pub(crate) good: usize,
    pub(crate) all: usize,
}

/// Some quantiles.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Spread {
    pub(crate) half: Option<Nanos>,
    pub(crate) most: Option<Nanos>,
    pub(crate) max: Option<Nanos>,
}

impl Spread {
    fn of(mut costs: Vec<Nanos>) -> Self {
        costs.sort_unstable();
        Self {
            half: quantile(&costs, 500),
            most: quantile(&costs, 990),
            max: costs.last().copied(),
        }
    }
}

impl Figures {
    /// Of one round. `patience` is what a log-out may wait for other nodes on purpose.
    pub(crate) fn of(outcome: &Outcome, patience: Duration) -> Self {
        let windows = windows(outcome);
        let hit = |at: Nanos| windows.iter().any(|(from, to)| (*from..*to).contains(&at));
        let share = |kind: Kind, balanced: bool| {
            let offered = outcome
                .samples
                .iter()
                .filter(|sample| sample.kind == kind && hit(sample.at) && (sample.balanced || !balanced));
            share(offered, nanos(patience))
        };
        let history = &outcome.history;
        let first = outcome
            .outages
            .first()
            .map_or(outcome.ended_at, |outage| outage.from);
        let in_faults = windows.iter().flat_map(|window| costs(history, *window, verify));
        let ended = (0, outcome.ended_at);
        Self {
            name: outcome.name(),
            ops: history.ops.len(),
            faults: outcome.faults,
            begun: count(outcome, |answered| matches!(answered, Answered::Issued(..))),
            chances: outcome.findings.chances(Invariant::I1),
            password_chances: outcome.findings.chances(Invariant::I8),
            broken: Broken::of(&outcome.findings),
            lost_by_store: outcome.lost.begun.map(|begun| (outcome.lost.sessions, begun)),
            unknown: count(outcome, |answered| *answered == Answered::Unknown),
            verify_all: share(Kind::Verify, false),
            verify: share(Kind::Verify, true),
            log_in: share(Kind::LogIn, true),
            log_out: share(Kind::LogOut, true),
            verify_quiet: Spread::of(costs(history, (0, first), verify)),
            verify_fault: Spread::of(in_faults.collect()),
            revocation: Spread::of(costs(history, ended, revocation)),
            not_timed: outcome.findings.not_timed,
            machine_late: outcome.machine_late,
            recovery: recovery(&outcome.outages),
        }
    }
}

/// When something was broken.
fn windows(outcome: &Outcome) -> Vec<(Nanos, Nanos)> {
    let outages = outcome.outages.iter();
    outages.map(|outage| (outage.from, outage.healed)).collect()
}

fn share<'a>(offered: impl Iterator<Item = &'a Sample>, patience: Nanos) -> Share {
    offered.fold(Share::default(), |share, sample| Share {
        good: share.good + usize::from(sample.is_good(patience)),
        all: share.all + 1,
    })
}

fn count(outcome: &Outcome, is_one: impl Fn(&Answered) -> bool) -> usize {
    let ops = outcome.history.ops.iter();
    ops.filter(|op| is_one(&op.answered)).count()
}

fn recovery(outages: &[Outage]) -> Option<Nanos> {
    let mut longest = outages.iter().map(|outage| {
        let ready = outage.ready.iter().copied();
        ready
            .map(|ready| ready.map(|ready| ready.saturating_sub(outage.healed)))
            .try_fold(0, |longest, ready| Some(ready?.max(longest)))
    });
    longest.try_fold(0, |longest: Nanos, one| Some(one?.max(longest)))
}
