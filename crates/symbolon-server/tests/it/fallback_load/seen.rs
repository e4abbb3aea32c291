//! What the clients saw, phase by phase.

use std::collections::HashSet;

use symbolon_testkit::history::{Answered, Asked, Findings, History, Invariant, Op};

/// What the clients saw, and what is to be said of it.
pub(super) struct Seen {
    pub(super) history: History,
    pub(super) findings: Findings,
    /// The names of the phases, and how many operations were seen before each.
    pub(super) phases: Vec<(&'static str, usize)>,
}

/// What was answered in a phase.
#[derive(Default, Debug)]
struct Tally {
    begun: u64,
    accepted: u64,
    refreshed: u64,
    ended: u64,
    refused: u64,
    undecided: u64,
}

impl Tally {
    fn of(ops: &[Op]) -> Self {
        let mut tally = Self::default();
        for op in ops {
            *match &op.answered {
                Answered::Issued(..) => &mut tally.begun,
                Answered::Accepted(_) => &mut tally.accepted,
                Answered::Refreshed(_) => &mut tally.refreshed,
                Answered::Ended { .. } | Answered::EndedHere | Answered::Reused { .. } => &mut tally.ended,
                Answered::Refused(_) => &mut tally.refused,
                Answered::Undecided | Answered::Unknown => &mut tally.undecided,
            } += 1;
        }
        tally
    }
}

impl Seen {
    /// The operations of a phase.
    fn ops(&self, name: &str) -> &[Op] {
        let at = self.phases.iter().position(|(phase, _)| *phase == name).unwrap();
        let end = self
            .phases
            .get(at + 1)
            .map_or(self.history.ops.len(), |(_, end)| *end);
        &self.history.ops[self.phases[at].1..end]
    }

    fn tally(&self, phase: &str) -> Tally {
        Tally::of(self.ops(phase))
    }

    /// How often a promise was broken, and how often it could have been.
    fn broken(&self, invariant: Invariant) -> (usize, u64) {
        let broken = self.findings.violations.iter();
        let broken = broken.filter(|one| one.invariant == invariant).count();
        (broken, self.findings.chances(invariant))
    }

    pub(super) fn tell(&self) {
        for (name, _) in &self.phases {
            println!("{name}: {:?}", self.tally(name));
        }
        let (lost, kept) = self.broken(Invariant::I3);
        let (revived, ended) = self.broken(Invariant::I1);
        let (wrong, right) = self.broken(Invariant::I2);
        println!(
            "acknowledged log-ins lost {lost} of {kept}; revived {revived} of {ended} asked; wrong 401 {wrong} of {right}"
        );
    }

    /// The sessions of which that was answered in a phase: what is asked of each operation is whether it counts.
    pub(super) fn sessions(&self, phase: &str, counts: impl Fn(&Op) -> bool) -> HashSet<String> {
        let ops = self.ops(phase).iter().filter(|op| counts(op));
        ops.filter_map(|op| match (&op.asked, &op.answered) {
            (_, Answered::Issued(identity, _)) => Some(identity.session.clone()),
            (Asked::Refresh { session, .. }, _) => Some(session.clone()),
            _ => None,
        })
        .collect()
    }

    /// Whatever was broken is of one of these sessions, and is nothing but what their loss in Redis explains: an ended one is
    /// never accepted, and nobody is taken for somebody else.
    pub(super) fn assert_lost_alone(&self, lost: &HashSet<String>, promises: &[Invariant]) {
        for one in &self.findings.violations {
            assert!(promises.contains(&one.invariant), "{one:?}");
            assert!(lost.contains(&one.session), "{one:?}");
        }
    }

    pub(super) fn assert_worked(&self, phases: &[&str]) {
        for phase in phases {
            let tally = self.tally(phase);
            assert!(
                tally.begun > 10 && tally.accepted > 30 && tally.refreshed > 10 && tally.ended > 3,
                "{phase}: hardly anything was done: {tally:?}"
            );
        }
        for invariant in [Invariant::I1, Invariant::I2, Invariant::I3] {
            assert!(
                self.findings.chances(invariant) > 50,
                "{invariant:?} was hardly tried"
            );
        }
    }
}
