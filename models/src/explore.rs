//! The walk through all states of a model, the shortest ways first.

use std::collections::{BTreeSet, HashSet};
use std::hash::Hash;

use foldhash::fast::RandomState;

/// How many states are looked at before the walk is given up: some hundred times the memory of the
/// largest model here, and minutes of it.
const STATES_MAX: usize = 40_000_000;

/// A machine whose steps may be taken in any order.
pub trait Model {
    /// What it consists of. Small: millions are kept.
    type State: Copy + Eq + Hash;

    /// Where it begins.
    fn start(&self) -> Self::State;

    /// Every step that is possible from `state`, with its name and where it leads.
    fn steps(&self, state: &Self::State, to: &mut Steps<Self::State>);

    /// What must never be, if it is so in this state.
    fn broken(&self, state: &Self::State) -> Option<&'static str>;
}

/// The steps from one state.
pub struct Steps<S>(Vec<(&'static str, S)>);

impl<S: Copy> Steps<S> {
    /// A step that changes `from` by `change`.
    pub fn step(&mut self, name: &'static str, from: &S, change: impl FnOnce(&mut S)) {
        let mut to = *from;
        change(&mut to);
        self.0.push((name, to));
    }
}

/// What a walk has found.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing that must not be can be reached.
    Safe {
        /// How many states there are.
        states: usize,
        /// The names of the steps that lead to new states: a walk that lacks one proves little.
        taken: BTreeSet<&'static str>,
    },
    /// Something that must not be can be reached.
    Broken {
        /// What.
        what: &'static str,
        /// A shortest way there.
        trace: Vec<&'static str>,
    },
    /// There are more states than are looked at: nothing is known.
    TooMany,
}

impl Outcome {
    /// Whether nothing that must not be can be reached.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        matches!(self, Self::Safe { .. })
    }
}

/// Where a state was first reached from, and by which step.
struct Reached<S> {
    state: S,
    from: usize,
    by: &'static str,
}

/// Walks through all states that can be reached, breadth first.
pub fn explore<M: Model>(model: &M) -> Outcome {
    let mut all = vec![Reached {
        state: model.start(),
        from: 0,
        by: "start",
    }];
    let mut known = HashSet::with_hasher(RandomState::default());
    known.insert(model.start());
    let mut taken = BTreeSet::new();
    let mut steps = Steps(Vec::new());
    let mut next = 0;
    while next < all.len() {
        let state = all[next].state;
        model.steps(&state, &mut steps);
        for (by, state) in steps.0.drain(..) {
            if !known.insert(state) {
                continue;
            }
            taken.insert(by);
            all.push(Reached {
                state,
                from: next,
                by,
            });
            if let Some(what) = model.broken(&state) {
                let trace = trace(&all);
                return Outcome::Broken { what, trace };
            }
        }
        if all.len() > STATES_MAX {
            return Outcome::TooMany;
        }
        next += 1;
    }
    Outcome::Safe {
        states: all.len(),
        taken,
    }
}

/// The steps to the state that was reached last.
fn trace<S>(all: &[Reached<S>]) -> Vec<&'static str> {
    let mut names = Vec::new();
    let mut at = all.len() - 1;
    while at != 0 {
        names.push(all[at].by);
        at = all[at].from;
    }
    names.reverse();
    names
}
