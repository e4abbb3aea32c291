//! What was lost, told from what must not be.

use std::collections::{BTreeMap, HashMap, HashSet};

use symbolon_testkit::history::{Answered, Asked, History, Invariant, Nanos, Op, Violation};

use super::{Loss, Promise};

const SECOND: Nanos = 1_000_000_000;
/// How far a replica may be behind when the primary goes.
const BEHIND: Nanos = SECOND;
/// How long after the mending a node may still be on its way home.
const WAY_HOME: Nanos = 4 * SECOND;

/// The instants of one strike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Strike {
    /// Nothing was done yet.
    pub(crate) from: Nanos,
    /// It was done: where a copy was made, the store was killed after that.
    pub(crate) struck: Nanos,
    /// All is mended.
    pub(crate) healed: Nanos,
}

/// What a store lost in a round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lost {
    /// How often a promise was broken about what it lost, which it does not make.
    pub(crate) broken: BTreeMap<Invariant, usize>,
    /// How many sessions were begun in the time of a loss; `None`: it loses nothing.
    pub(crate) begun: Option<usize>,
    /// How many of all sessions were not there in the end.
    pub(crate) sessions: usize,
}

/// Sessions and subjects by their names.
type Names<'a> = HashSet<&'a str>;

impl Promise {
    /// Parts what must not be from what the store loses.
    pub(crate) fn part(
        self,
        history: &History,
        strikes: &[Strike],
        found: Vec<Violation>,
    ) -> (Vec<Violation>, Lost) {
        let windows: Vec<_> = strikes
            .iter()
            .filter_map(|strike| Some((strike.from, self.lost_in(strike)?)))
            .collect();
        // Of each strike: from when on its loss is seen, and what was begun, changed or ended in the time of it.
        let losses: Vec<(Nanos, Names<'_>)> = windows
            .iter()
            .map(|(from, window)| (*from, changed_in(history, *window)))
            .collect();
        let away: Vec<Names<'_>> = strikes
            .iter()
            .filter(|_| self.record_stays)
            .map(|strike| changed_in(history, (strike.from, strike.healed + WAY_HOME)))
            .collect();
        let owners = owners(history);
        let is_in = |one: &Violation, names: &Names<'_>| {
            let owner = owners.get(one.session.as_str());
            names.contains(one.session.as_str()) || owner.is_some_and(|owner| names.contains(owner))
        };
        let is_lost = |one: &Violation| {
            let seen = losses.iter().filter(|(from, _)| *from <= one.at);
            seen.into_iter().any(|(_, names)| is_in(one, names))
        };
        let is_due = |one: &Violation| match one.invariant {
            Invariant::I1 | Invariant::I6 | Invariant::I12 | Invariant::Stops => true,
            Invariant::I2 | Invariant::I3 | Invariant::I4 => !is_lost(one),
            Invariant::I8 => self.loses == Loss::Sessions || !is_lost(one),
            Invariant::I9 => self.serves_again && !is_lost(one),
            Invariant::I10 => !is_lost(one) && !away.iter().any(|names| is_in(one, names)),
            Invariant::I13 => self.serves_again,
        };
        let (due, lost): (Vec<_>, Vec<_>) = found.into_iter().partition(is_due);
        let begun = begun_in(history, &windows);
        (due, Lost::of(&lost, Some(begun).filter(|_| !windows.is_empty())))
    }

    /// From when to when what was acknowledged may be lost by a strike.
    fn lost_in(self, strike: &Strike) -> Option<(Nanos, Nanos)> {
        match self.loses {
            Loss::Nothing => None,
            Loss::SinceCopy => Some((strike.from, strike.struck)),
            Loss::All | Loss::Sessions => Some((0, strike.struck)),
            Loss::NotReplicated => Some((strike.from.saturating_sub(BEHIND), strike.healed)),
        }
    }
}

impl Lost {
    fn of(violations: &[Violation], begun: Option<usize>) -> Self {
        let mut broken = BTreeMap::new();
        for one in violations {
            *broken.entry(one.invariant).or_default() += 1;
        }
        let sessions = violations.iter().filter(|one| one.invariant == Invariant::I3);
        let sessions: Names<'_> = sessions.map(|one| one.session.as_str()).collect();
        Self {
            sessions: sessions.len(),
            broken,
            begun,
        }
    }
}

fn is_within(op: &Op, (from, to): (Nanos, Nanos)) -> bool {
    // What has no answer may be done at any time after.
    op.from <= to && (op.to >= from || matches!(op.answered, Answered::Unknown))
}

/// The names of what may have changed in that time.
fn changed_in(history: &History, window: (Nanos, Nanos)) -> Names<'_> {
    let within = history.ops.iter().filter(|op| is_within(op, window));
    let names = within.filter_map(|op| match (&op.asked, &op.answered) {
        (Asked::Issue { .. }, Answered::Issued(identity, _)) => Some(identity.session.as_str()),
        (Asked::Refresh { session, .. }, _) => Some(session.as_str()),
        (Asked::End { whose, .. }, _) => Some(whose.name()),
        (Asked::Issue { .. } | Asked::Verify { .. }, _) => None,
    });
    names.collect()
}

/// How many sessions were begun in one of these times.
fn begun_in(history: &History, windows: &[(Nanos, (Nanos, Nanos))]) -> usize {
    let begun = history
        .ops
        .iter()
        .filter(|op| matches!(op.answered, Answered::Issued(..)));
    begun
        .filter(|op| windows.iter().any(|(_, window)| is_within(op, *window)))
        .count()
}

/// The subject of each session.
fn owners(history: &History) -> HashMap<&str, &str> {
    let issued = history.ops.iter().filter_map(|op| match &op.answered {
        Answered::Issued(identity, _) => Some((identity.session.as_str(), identity.subject.as_str())),
        _ => None,
    });
    issued.collect()
}
