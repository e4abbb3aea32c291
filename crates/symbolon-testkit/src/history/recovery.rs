//! I13: after a fault all is as before, soon.

use super::witness::Witness;
use super::{Answered, Asked, Findings, History, Invariant, Nanos, Op};

/// One fault of a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outage {
    /// When it began.
    pub from: Nanos,
    /// When all that was broken had been mended.
    pub healed: Nanos,
    /// When each node was first ready after that; `None`: it was not.
    pub ready: Vec<Option<Nanos>>,
}

/// What recovery is measured by. The quiet time before the first fault is the other measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// How long after the mending each node may take to be ready.
    pub ready: Nanos,
    /// How slow the 99th of a hundred verifications may be in any case.
    pub verify: Nanos,
    /// The same of revocations, up to where they are effective.
    pub revocation: Nanos,
}

/// How long after an outage it is looked.
const AFTER: Nanos = 10_000_000_000;
/// What is slower than in quiet times by more than this is not as before.
const FACTOR: Nanos = 2;
/// With fewer the 99th of a hundred is one that chance has chosen.
const FEWEST: usize = 50;

/// Looks at the time after each outage. They are given in their order. How long something took is not judged where the
/// witness says that the machine was late; these are counted.
#[must_use]
pub fn check(history: &History, outages: &[Outage], limits: &Limits, witness: &Witness) -> Findings {
    let mut findings = Findings::default();
    let quiet = (0, outages.first().map_or(0, |outage| outage.from));
    let kinds = [
        ("verify", verify as fn(&Op) -> Option<Nanos>, limits.verify),
        ("revocation", revocation, limits.revocation),
    ];
    let before = kinds.map(|(_, cost, _)| timed(history, quiet, cost, witness, &mut findings));
    for (index, outage) in outages.iter().enumerate() {
        readiness(outage, limits.ready, &mut findings);
        let next = outages.get(index + 1).map_or(Nanos::MAX, |next| next.from);
        let begin = outage.healed.saturating_add(limits.ready);
        let after = (begin, begin.saturating_add(AFTER).min(next));
        for ((name, cost, limit), before) in kinds.iter().zip(before) {
            let now = timed(history, after, *cost, witness, &mut findings);
            let (Some(before), Some(now)) = (before, now) else {
                continue;
            };
            findings.look(Invariant::I13);
            if now > before.saturating_mul(FACTOR).max(*limit) {
                let healed = outage.healed;
                let seen = format!("{name} took {now} ns after a fault, mended at {healed}; {before} before");
                findings.broken(Invariant::I13, "", seen);
            }
        }
    }
    findings
}

fn readiness(outage: &Outage, limit: Nanos, findings: &mut Findings) {
    for (node, ready) in outage.ready.iter().enumerate() {
        findings.look(Invariant::I13);
        if ready.is_none_or(|ready| ready > outage.healed.saturating_add(limit)) {
            let seen = format!("node {node} was ready at {ready:?}, mended at {}", outage.healed);
            findings.broken(Invariant::I13, "", seen);
        }
    }
}

/// The 99th of a hundred costs of that time, of the operations that can be judged.
fn timed(
    history: &History,
    (from, to): (Nanos, Nanos),
    cost: fn(&Op) -> Option<Nanos>,
    witness: &Witness,
    findings: &mut Findings,
) -> Option<Nanos> {
    let mut costs = Vec::new();
    for op in history.ops.iter().filter(|op| (from..to).contains(&op.from)) {
        match cost(op) {
            Some(_) if witness.excuses(op) => findings.not_timed += 1,
            Some(cost) => costs.push(cost),
            None => {}
        }
    }
    costs.sort_unstable();
    p99(&costs)
}

/// How long a verification took that decided.
#[must_use]
pub fn verify(op: &Op) -> Option<Nanos> {
    let is_one = matches!(op.asked, Asked::Verify { .. });
    let decided = !matches!(op.answered, Answered::Undecided | Answered::Unknown);
    (is_one && decided).then(|| op.to - op.from)
}

/// How long a revocation took until it was effective.
#[must_use]
pub fn revocation(op: &Op) -> Option<Nanos> {
    match (&op.asked, &op.answered) {
        (Asked::End { .. }, Answered::Ended { effective_in, .. }) => {
            Some((op.to - op.from).saturating_add(*effective_in))
        }
        _ => None,
    }
}

/// The costs of the operations that were asked in that time, in order.
#[must_use]
pub fn costs(history: &History, (from, to): (Nanos, Nanos), cost: fn(&Op) -> Option<Nanos>) -> Vec<Nanos> {
    let within = history.ops.iter().filter(|op| (from..to).contains(&op.from));
    let mut costs: Vec<Nanos> = within.filter_map(cost).collect();
    costs.sort_unstable();
    costs
}

/// The smallest of the sorted values that so many thousandths of them do not exceed.
#[must_use]
pub fn quantile(sorted: &[Nanos], thousandths: usize) -> Option<Nanos> {
    let rank = (sorted.len() * thousandths).div_ceil(1_000);
    sorted.get(rank.saturating_sub(1)).copied()
}

fn p99(sorted: &[Nanos]) -> Option<Nanos> {
    quantile(sorted, 990).filter(|_| sorted.len() >= FEWEST)
}
