//! A node that stops in order costs no request but those that it holds.

use super::{Findings, History, Invariant, Nanos, Op};

/// One node that was stopped in order and started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stop {
    /// Which node.
    pub node: u16,
    /// When it was asked to stop.
    pub from: Nanos,
    /// When it was ready again.
    pub ready: Nanos,
}

impl Stop {
    /// Whether the node may have held a request of that time.
    fn holds(&self, node: u16, from: Nanos, to: Nanos) -> bool {
        self.node == node && from <= self.ready && to >= self.from
    }
}

/// A request that was not served: it could not be sent, was not answered, or was answered with a status of 500 and more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Failure {
    /// Which node was asked.
    pub node: u16,
    /// When.
    pub from: Nanos,
    /// When it was known to have failed.
    pub to: Nanos,
    /// What was seen.
    pub seen: String,
}

/// Looks at the requests from the first stop to the end of the last.
#[must_use]
pub fn check(history: &History, failures: &[Failure], stops: &[Stop]) -> Findings {
    let mut findings = Findings::default();
    let begin = stops.iter().map(|stop| stop.from).min().unwrap_or(Nanos::MAX);
    let end = stops.iter().map(|stop| stop.ready).max().unwrap_or(0);
    let concerns = |node: u16, from: Nanos, to: Nanos| {
        from <= end && to >= begin && !stops.iter().any(|stop| stop.holds(node, from, to))
    };
    let asked = history
        .ops
        .iter()
        .filter(|Op { node, from, to, .. }| concerns(*node, *from, *to));
    asked.for_each(|_| findings.look(Invariant::Stops));
    for failure in failures {
        if concerns(failure.node, failure.from, failure.to) {
            findings.broken(
                Invariant::Stops,
                "",
                format!("no node that stopped had it: {failure:?}"),
            );
        }
    }
    findings
}
