//! I8: once a new password is in force, an older one opens no session, and no session that an older one opened is
//! accepted: also not one whose log-in was under way when the password was changed.

use std::collections::HashMap;

use super::lives::{Life, Seen, until};
use super::{Answered, Asked, Findings, History, Invariant, Means, Nanos, Whose};

/// One order to set a password.
struct Change {
    version: u32,
    from: Nanos,
    /// Until when it can have been done.
    until: Nanos,
    /// From when on it is in force everywhere; `None`: nobody was told so.
    in_force: Option<Nanos>,
}

/// The changes of each subject's password.
pub(super) struct Passwords<'a>(HashMap<&'a str, Vec<Change>>);

impl<'a> Passwords<'a> {
    pub(super) fn of(history: &'a History) -> Self {
        let mut deaths = history.deaths.clone();
        deaths.sort_unstable();
        let mut changes: HashMap<&str, Vec<Change>> = HashMap::new();
        for op in &history.ops {
            let Asked::End {
                whose: Whose::Subject(subject),
                by: Means::Password(version),
            } = &op.asked
            else {
                continue;
            };
            let in_force = match op.answered {
                Answered::Ended { effective_in, .. } => Some(op.to.saturating_add(effective_in)),
                // It was not done.
                Answered::Refused(_) => continue,
                _ => None,
            };
            changes.entry(subject).or_default().push(Change {
                version: *version,
                from: op.from,
                until: match op.answered {
                    // "Cannot decide" may be done a little later.
                    Answered::Undecided => Nanos::MAX,
                    _ => until(op, &deaths),
                },
                in_force,
            });
        }
        Self(changes)
    }

    /// From when on a subject's password of that version is certainly an old one.
    fn old_from(&self, subject: &str, version: u32) -> Option<Nanos> {
        let changes = self.0.get(subject)?;
        // An order to set this one that may have been done after the newer one was set brings it back.
        let may_come_back = |newer: &Change| {
            let sets = changes.iter().filter(|change| change.version == version);
            sets.into_iter().any(|set| set.until > newer.from)
        };
        let newer = changes.iter().filter(|change| change.version > version);
        newer
            .filter(|newer| !may_come_back(newer))
            .filter_map(|newer| newer.in_force)
            .min()
    }

    /// Log-ins that show an old password.
    pub(super) fn check_log_ins(&self, history: &History, findings: &mut Findings) {
        for op in &history.ops {
            let Asked::Issue {
                subject,
                credential: Some(version),
            } = &op.asked
            else {
                continue;
            };
            if self.old_from(subject, *version).is_none_or(|old| op.from <= old) {
                continue;
            }
            findings.look(Invariant::I8);
            if let Answered::Issued(identity, _) = &op.answered {
                let seen = format!("opened with an old password: {op:?}");
                findings.broken(Invariant::I8, &identity.session, seen);
            }
        }
    }

    /// Uses of a session that an old password opened.
    pub(super) fn check_uses(&self, life: &Life<'_>, findings: &mut Findings) {
        let Asked::Issue {
            subject,
            credential: Some(version),
        } = &life.issue.asked
        else {
            return;
        };
        let Some(old) = self.old_from(subject, *version) else {
            return;
        };
        for Seen { op, .. } in life.uses.iter().filter(|seen| seen.op.from > old) {
            findings.look(Invariant::I8);
            if op.accepts() {
                let seen = format!("opened with a password that was replaced at {old}, and accepted: {op:?}");
                findings.broken(Invariant::I8, &life.identity.session, seen);
            }
        }
    }
}
