//! The history of each session by itself.

use std::collections::HashMap;

use super::{Answered, Asked, History, Identity, Nanos, Op, Pair, REUSE, Whose};

/// An operation, and until when it can have taken effect.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) op: &'a Op,
    /// The answer's instant; of an unknown outcome the next end of all processes, or never.
    pub(super) until: Nanos,
}

/// One session whose issue was answered, with all that concerns it.
pub(super) struct Life<'a> {
    pub(super) identity: &'a Identity,
    pub(super) first: Pair,
    pub(super) issue: &'a Op,
    /// Verifications and refreshes with its tokens, in the order in which they were asked.
    pub(super) uses: Vec<Seen<'a>>,
    /// Ends of it, of its subject and of everyone that were not answered before it was asked for.
    pub(super) ends: Vec<Seen<'a>>,
}

impl Op {
    /// The session and generation of the token that was presented, if one was.
    pub(super) fn presented(&self) -> Option<(&str, u32)> {
        match &self.asked {
            Asked::Verify { session, generation } | Asked::Refresh { session, generation } => {
                Some((session, *generation))
            }
            Asked::Issue { .. } | Asked::End { .. } => None,
        }
    }

    pub(super) fn is_refresh(&self) -> bool {
        matches!(self.asked, Asked::Refresh { .. })
    }

    /// The reason of a definite no, and how long after it an end that it made is effective everywhere.
    pub(super) fn refusal(&self) -> Option<(&str, Nanos)> {
        match &self.answered {
            Answered::Refused(reason) => Some((reason, 0)),
            Answered::Reused { effective_in } => Some((REUSE, *effective_in)),
            _ => None,
        }
    }

    /// Whether it says that the token is good.
    pub(super) fn accepts(&self) -> bool {
        matches!(self.answered, Answered::Accepted(_) | Answered::Refreshed(_))
    }
}

/// Sorts the history by sessions.
pub(super) fn lives(history: &History) -> Vec<Life<'_>> {
    let mut deaths = history.deaths.clone();
    deaths.sort_unstable();
    let mut uses: HashMap<&str, Vec<Seen<'_>>> = HashMap::new();
    let mut ends = Ends::default();
    for op in &history.ops {
        let seen = Seen {
            op,
            until: match (&op.asked, &op.answered) {
                (Asked::End { .. }, Answered::Undecided) if history.ends_may_come_late => Nanos::MAX,
                _ => until(op, &deaths),
            },
        };
        if let Some((session, _)) = op.presented() {
            uses.entry(session).or_default().push(seen);
        } else if let Asked::End { whose, .. } = &op.asked {
            ends.add(whose, seen);
        }
    }
    let issued = history.ops.iter().filter_map(|op| match &op.answered {
        Answered::Issued(identity, first) => Some((op, identity, *first)),
        _ => None,
    });
    let lives = issued.map(|(issue, identity, first)| {
        let mut uses = uses.remove(identity.session.as_str()).unwrap_or_default();
        uses.sort_by_key(|seen| seen.op.from);
        Life {
            identity,
            first,
            issue,
            uses,
            ends: ends.concerning(identity, issue),
        }
    });
    lives.collect()
}

pub(super) fn until(op: &Op, deaths: &[Nanos]) -> Nanos {
    if op.answered != Answered::Unknown {
        return op.to;
    }
    let next = deaths.partition_point(|death| *death <= op.from);
    deaths.get(next).copied().unwrap_or(Nanos::MAX)
}

/// The ends by whom they concern.
#[derive(Default)]
struct Ends<'a> {
    sessions: HashMap<&'a str, Vec<Seen<'a>>>,
    subjects: HashMap<&'a str, Vec<Seen<'a>>>,
    everyone: Vec<Seen<'a>>,
}

impl<'a> Ends<'a> {
    fn add(&mut self, whose: &'a Whose, seen: Seen<'a>) {
        match whose {
            Whose::Session(session) => self.sessions.entry(session).or_default().push(seen),
            Whose::Subject(subject) => self.subjects.entry(subject).or_default().push(seen),
            Whose::Everyone => self.everyone.push(seen),
        }
    }

    fn concerning(&self, identity: &Identity, issue: &Op) -> Vec<Seen<'a>> {
        let sessions = self.sessions.get(identity.session.as_str());
        let subjects = self.subjects.get(identity.subject.as_str());
        let all = sessions
            .into_iter()
            .chain(subjects)
            .flatten()
            .chain(&self.everyone);
        all.filter(|seen| seen.until > issue.from).copied().collect()
    }
}
