//! I10: each committed change has exactly one audit entry, and each entry a change.

use std::collections::{BTreeMap, BTreeSet};

use super::{Answered, Asked, Findings, History, Invariant, Means, REUSE, Whose};

/// One entry of the audit record, as far as it is compared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Entry {
    /// Its word, such as `refreshed`.
    pub event: String,
    /// The session it concerns.
    pub session: Option<String>,
    /// The subject it concerns.
    pub subject: Option<String>,
}

/// How many entries there must be, and how many more there may be.
#[derive(Default)]
struct Bounds {
    sure: u64,
    possible: u64,
}

/// What the history says about the record: for each kind of entry and whom it concerns.
#[derive(Default)]
struct Expected {
    bounds: BTreeMap<(&'static str, String), Bounds>,
    /// Issues whose answer is not known: their sessions cannot be named.
    unnamed_issues: u64,
    /// The generations that are counted already: a repetition rotates nothing.
    rotated: BTreeSet<(String, u32)>,
}

/// The events of a session's beginning.
const BEGUN: [&str; 2] = ["issued", "logged_in"];

/// Compares the record with the history. The record must be whole, and of this history alone.
#[must_use]
pub fn check(history: &History, record: &[Entry]) -> Findings {
    let expected = Expected::of(history);
    let mut written: BTreeMap<(&'static str, String), u64> = BTreeMap::new();
    for entry in record {
        if let Some(key) = key(entry) {
            *written.entry(key).or_default() += 1;
        }
    }
    let mut findings = Findings::default();
    let mut unnamed = 0;
    for (key, count) in &written {
        match expected.bounds.get(key) {
            Some(_) => {}
            None if key.0 == BEGUN[0] => unnamed += count,
            None => findings.broken(
                Invariant::I10,
                &key.1,
                format!("{count} × {} without a change", key.0),
            ),
        }
    }
    if unnamed > expected.unnamed_issues {
        let seen = format!(
            "{unnamed} sessions begun, of {} that may have",
            expected.unnamed_issues
        );
        findings.broken(Invariant::I10, "", seen);
    }
    for ((event, whose), bounds) in &expected.bounds {
        findings.look(Invariant::I10);
        let count = written.get(&(*event, whose.clone())).copied().unwrap_or(0);
        // A session ends once, whoever tried.
        let most = match *event {
            "revoked" => bounds.sure.max(1),
            _ => bounds.sure + bounds.possible,
        };
        if count < bounds.sure || count > most {
            let seen = format!("{count} × {event}, not {} to {most}", bounds.sure);
            findings.broken(Invariant::I10, whose, seen);
        }
    }
    findings
}

/// Whether it may have been done, and may not.
fn is_open(answered: &Answered) -> bool {
    matches!(answered, Answered::Unknown | Answered::Undecided)
}

fn ended_by_reuse(answered: &Answered) -> bool {
    match answered {
        Answered::Refused(reason) => reason == REUSE,
        Answered::Reused { .. } => true,
        _ => false,
    }
}

fn key(entry: &Entry) -> Option<(&'static str, String)> {
    let session = || entry.session.clone().unwrap_or_default();
    let subject = || entry.subject.clone().unwrap_or_default();
    match entry.event.as_str() {
        event if BEGUN.contains(&event) => Some((BEGUN[0], session())),
        "refreshed" => Some(("refreshed", session())),
        "revoked" => Some(("revoked", session())),
        "subject_revoked" => Some(("subject_revoked", subject())),
        "password_set" => Some(("password_set", subject())),
        "banned" => Some(("banned", subject())),
        "everyone_revoked" => Some(("everyone_revoked", String::new())),
        _ => None,
    }
}

impl Expected {
    fn of(history: &History) -> Self {
        let mut expected = Self::default();
        // What is known first: an outcome that is not may be one of those. Before reuse, ends: a refresh that finds an
        // old token beside a log-out may say its word of a session that the log-out has just ended.
        let rank = |answered: &Answered| match answered {
            answered if is_open(answered) => 2,
            answered => u8::from(ended_by_reuse(answered)),
        };
        let mut ops: Vec<_> = history.ops.iter().collect();
        ops.sort_by_key(|op| rank(&op.answered));
        for op in ops {
            match &op.asked {
                Asked::Issue { .. } => expected.issue(&op.answered),
                Asked::Refresh { session, generation } => {
                    expected.refresh(session, *generation, &op.answered);
                }
                Asked::End { whose, by } => expected.end(whose, *by, &op.answered),
                Asked::Verify { .. } => {}
            }
        }
        expected
    }

    fn issue(&mut self, answered: &Answered) {
        match answered {
            Answered::Issued(identity, _) => self.sure("issued", &identity.session),
            answered if is_open(answered) => self.unnamed_issues += 1,
            _ => {}
        }
    }

    fn refresh(&mut self, session: &str, generation: u32, answered: &Answered) {
        match answered {
            Answered::Refreshed(pair) => self.rotation(session, pair.generation, true),
            // The word is the session's own: it was ended by this, once, here or before.
            answered if ended_by_reuse(answered) => {
                let bounds = self.bounds.entry(("revoked", session.to_owned())).or_default();
                bounds.sure = bounds.sure.max(1);
            }
            answered if is_open(answered) => {
                self.rotation(session, generation + 1, false);
                self.possible("revoked", session);
            }
            _ => {}
        }
    }

    fn rotation(&mut self, session: &str, generation: u32, sure: bool) {
        let is_new = self.rotated.insert((session.to_owned(), generation));
        match (is_new, sure) {
            (true, true) => self.sure("refreshed", session),
            (true, false) => self.possible("refreshed", session),
            (false, _) => {}
        }
    }

    fn end(&mut self, whose: &Whose, by: Means, answered: &Answered) {
        let (event, name) = match (whose, by) {
            (Whose::Session(session), _) => ("revoked", session.as_str()),
            (Whose::Subject(subject), Means::Order) => ("subject_revoked", subject.as_str()),
            (Whose::Subject(subject), Means::Password(_)) => ("password_set", subject.as_str()),
            (Whose::Subject(subject), Means::Ban) => ("banned", subject.as_str()),
            (Whose::Everyone, _) => ("everyone_revoked", ""),
        };
        match answered {
            Answered::Ended { already: false, .. } => self.sure(event, name),
            // On that node, and written into the shared record later.
            Answered::EndedHere => self.possible(event, name),
            // One that is there is given this end and this note.
            Answered::Ended { already: true, .. } if by == Means::Ban => self.sure(event, name),
            answered if is_open(answered) => self.possible(event, name),
            _ => {}
        }
    }

    fn sure(&mut self, event: &'static str, whose: &str) {
        self.bounds.entry((event, whose.to_owned())).or_default().sure += 1;
    }

    fn possible(&mut self, event: &'static str, whose: &str) {
        self.bounds.entry((event, whose.to_owned())).or_default().possible += 1;
    }
}
