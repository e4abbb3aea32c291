//! The promises about sessions: comparisons of instants.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::credentials::Passwords;
use super::lives::{Life, Seen, lives};
use super::{Answered, Asked, Findings, History, Identity, Invariant, Nanos, Pair, REUSE};

/// Looks at I1, I2, I3, I4, I6 and I8.
#[must_use]
pub fn check(history: &History) -> Findings {
    let mut findings = Findings::default();
    let mut known = HashSet::new();
    let passwords = Passwords::of(history);
    passwords.check_log_ins(history, &mut findings);
    for life in lives(history) {
        if !known.insert(life.identity.session.as_str()) {
            let session = &life.identity.session;
            findings.broken(Invariant::I6, session, "two issues gave one session id");
        }
        let times = Times::of(&life);
        final_ends(&life, &times, &mut findings);
        false_refusals(&life, &times, &mut findings);
        one_successor(&life, &times, &mut findings);
        attribution(&life, &mut findings);
        passwords.check_uses(&life, &mut findings);
        if let Some(last_phase) = history.last_phase {
            durable(&life, &times, (last_phase, history.more_nodes), &mut findings);
        }
    }
    findings
}

/// The instants that a session's operations are compared with.
struct Times {
    /// From when on it is certainly dead.
    dead: Nanos,
    /// The same on single nodes, where it is dead earlier.
    dead_on: BTreeMap<u16, Nanos>,
    /// From when on it may be dead.
    doubtful: Nanos,
    /// For each generation, the first instant at which a token of it or of a newer one was sent:
    /// from then on the one before is no longer certainly good to be refreshed with.
    presented: Vec<Nanos>,
    /// The same for refreshes alone: from then on a still newer pair may exist.
    refreshed: Vec<Nanos>,
    /// For each generation, the first instant at which a pair of it or of a newer one was answered.
    answered: Vec<Nanos>,
}

/// No session of a test rotates as often.
const GENERATIONS_MAX: usize = 1 << 20;

impl Times {
    fn of(life: &Life<'_>) -> Self {
        let mut times = Self {
            dead: Nanos::MAX,
            dead_on: BTreeMap::new(),
            doubtful: Nanos::MAX,
            presented: Vec::new(),
            refreshed: Vec::new(),
            answered: Vec::new(),
        };
        for Seen { op, .. } in &life.uses {
            let generation = op.presented().map_or(0, |(_, generation)| generation);
            earliest(&mut times.presented, generation, op.from);
            if op.is_refresh() {
                earliest(&mut times.refreshed, generation, op.from);
            }
            if let Answered::Refreshed(pair) = &op.answered {
                earliest(&mut times.answered, pair.generation, op.to);
            }
        }
        for list in [&mut times.presented, &mut times.refreshed, &mut times.answered] {
            let mut least = Nanos::MAX;
            for instant in list.iter_mut().rev() {
                least = least.min(*instant);
                *instant = least;
            }
        }
        times.end_by_ends(life);
        times.end_by_reuse(life);
        times
    }

    /// Log-outs and kicks. One that was asked before the session's issue was answered may have come
    /// first, and then does not concern it.
    fn end_by_ends(&mut self, life: &Life<'_>) {
        for seen in &life.ends {
            match seen.op.answered {
                Answered::Ended { effective_in, .. } => {
                    self.doubtful = self.doubtful.min(seen.op.from);
                    if seen.op.from > life.issue.to {
                        self.dead = self.dead.min(seen.op.to.saturating_add(effective_in));
                    }
                }
                Answered::EndedHere => {
                    self.doubtful = self.doubtful.min(seen.op.from);
                    if seen.op.from > life.issue.to {
                        let dead = self.dead_on.entry(seen.op.node).or_insert(seen.op.to);
                        *dead = seen.op.to.min(*dead);
                    }
                }
                // "Cannot decide" may have been decided after all.
                Answered::Unknown | Answered::Undecided => self.doubtful = self.doubtful.min(seen.op.from),
                _ => {}
            }
        }
    }

    /// Refreshes with an old token end the session.
    fn end_by_reuse(&mut self, life: &Life<'_>) {
        for seen in life.uses.iter().filter(|seen| seen.op.is_refresh()) {
            let generation = seen.op.presented().map_or(0, |(_, generation)| generation);
            match (&seen.op.answered, seen.op.refusal()) {
                (_, Some((reason, effective_in))) => {
                    let stale = self.is_stale(generation, seen.op.from);
                    if stale || reason == REUSE {
                        self.dead = self.dead.min(seen.op.to.saturating_add(effective_in));
                    }
                    // Where no successor was in use, "reuse" is a false alarm, and to be told as one.
                    if self.has_successor_in_use(generation, seen.until) {
                        self.doubtful = self.doubtful.min(seen.op.from);
                    }
                }
                (Answered::Unknown | Answered::Undecided, None)
                    if self.has_successor_in_use(generation, seen.until) =>
                {
                    self.doubtful = self.doubtful.min(seen.op.from);
                }
                _ => {}
            }
        }
    }

    /// From when on it is certainly dead on a node.
    fn dead_on(&self, node: u16) -> Nanos {
        let there = self.dead_on.get(&node).copied();
        there.unwrap_or(Nanos::MAX).min(self.dead)
    }

    /// Whether a pair two generations newer had been answered before `now`.
    fn is_stale(&self, generation: u32, now: Nanos) -> bool {
        at_least(&self.answered, generation.saturating_add(2)) < now
    }

    /// Whether a token of a newer generation was sent before `until`.
    fn has_successor_in_use(&self, generation: u32, until: Nanos) -> bool {
        at_least(&self.presented, generation.saturating_add(1)) < until
    }
}

fn earliest(list: &mut Vec<Nanos>, generation: u32, instant: Nanos) {
    let index = usize::try_from(generation).map_or(GENERATIONS_MAX, |index| index.min(GENERATIONS_MAX));
    if list.len() <= index {
        list.resize(index + 1, Nanos::MAX);
    }
    list[index] = list[index].min(instant);
}

/// The first instant of this generation or of a newer one; the lists are made so.
fn at_least(list: &[Nanos], generation: u32) -> Nanos {
    let index = usize::try_from(generation).unwrap_or(usize::MAX);
    list.get(index).copied().unwrap_or(Nanos::MAX)
}

/// I1: whatever is asked after an end was answered is refused.
fn final_ends(life: &Life<'_>, times: &Times, findings: &mut Findings) {
    for Seen { op, .. } in &life.uses {
        let dead = times.dead_on(op.node);
        if op.from <= dead {
            continue;
        }
        findings.look(Invariant::I1);
        if op.accepts() {
            let seen = format!("accepted after the end of {dead}: {op:?}");
            findings.broken(Invariant::I1, &life.identity.session, seen);
        }
    }
}

/// I2: as long as nothing can have ended the session, its tokens are not refused.
fn false_refusals(life: &Life<'_>, times: &Times, findings: &mut Findings) {
    let pairs = pairs(life);
    for Seen { op, .. } in &life.uses {
        let Some((_, generation)) = op.presented() else {
            continue;
        };
        let Some(pair) = pairs.get(&generation) else {
            continue;
        };
        let (overtaken, until) = if op.is_refresh() {
            (
                at_least(&times.presented, generation.saturating_add(1)),
                pair.refresh_until,
            )
        } else {
            (
                at_least(&times.refreshed, generation.saturating_add(1)),
                pair.access_until,
            )
        };
        let certain = op.from > life.issue.to && op.to < times.doubtful && op.to < overtaken && op.to < until;
        if !certain {
            continue;
        }
        findings.look(Invariant::I2);
        if op.refusal().is_some() {
            let seen = format!("refused while alive: {op:?}");
            findings.broken_at(op.from, Invariant::I2, &life.identity.session, seen);
        }
    }
}

/// The pairs that were answered, by generation, each as it was answered first: a later repetition
/// may have renewed the end, never brought it nearer.
fn pairs(life: &Life<'_>) -> HashMap<u32, Pair> {
    let mut pairs = HashMap::from([(life.first.generation, life.first)]);
    let mut answered: Vec<_> = life.uses.iter().map(|seen| seen.op).collect();
    answered.sort_by_key(|op| op.to);
    for op in answered {
        if let Answered::Refreshed(pair) = op.answered {
            pairs.entry(pair.generation).or_insert(pair);
        }
    }
    pairs
}

/// I3: in the last phase every session that nothing can have ended is accepted, by every node.
fn durable(life: &Life<'_>, times: &Times, (last_phase, more_nodes): (Nanos, u16), findings: &mut Findings) {
    let newest = pairs(life).into_values().max_by_key(|pair| pair.generation);
    let last: Vec<_> = life
        .uses
        .iter()
        .filter(|seen| seen.op.from >= last_phase)
        .collect();
    let read_until = last.iter().map(|seen| seen.op.to).max().unwrap_or(last_phase);
    if read_until >= times.doubtful || newest.is_none_or(|pair| read_until >= pair.access_until) {
        return;
    }
    findings.look(Invariant::I3);
    let accepts = |node: u16| {
        last.iter()
            .any(|seen| seen.op.node == node && matches!(seen.op.answered, Answered::Accepted(_)))
    };
    for node in (0..=more_nodes).filter(|node| !accepts(*node)) {
        let seen = format!("not accepted by node {node} in the last phase");
        findings.broken(Invariant::I3, &life.identity.session, seen);
    }
}

/// I4: a refresh token has one successor, of the next generation, and an old one has none any more.
fn one_successor(life: &Life<'_>, times: &Times, findings: &mut Findings) {
    let session = &life.identity.session;
    let mut successors = HashMap::from([(life.first.generation, (life.first.access, life.first.refresh))]);
    for Seen { op, .. } in &life.uses {
        let (Answered::Refreshed(pair), Some((_, generation))) = (&op.answered, op.presented()) else {
            continue;
        };
        if pair.generation != generation + 1 {
            findings.broken(Invariant::I4, session, format!("not the next generation: {op:?}"));
        }
        let first = *successors
            .entry(pair.generation)
            .or_insert((pair.access, pair.refresh));
        findings.look(Invariant::I4);
        if first != (pair.access, pair.refresh) {
            let seen = format!("a second successor: {op:?}");
            findings.broken_at(op.from, Invariant::I4, session, seen);
        }
        if times.is_stale(generation, op.from) {
            findings.broken(
                Invariant::I4,
                session,
                format!("an old token was honoured: {op:?}"),
            );
        }
    }
}

/// I6: what is accepted is what was issued.
fn attribution(life: &Life<'_>, findings: &mut Findings) {
    if let Asked::Issue { subject, .. } = &life.issue.asked
        && *subject != life.identity.subject
    {
        let seen = format!("issued to {} for {subject}", life.identity.subject);
        findings.broken(Invariant::I6, &life.identity.session, seen);
    }
    for Seen { op, .. } in &life.uses {
        let Answered::Accepted(identity) = &op.answered else {
            continue;
        };
        findings.look(Invariant::I6);
        let issued: &Identity = life.identity;
        if identity != issued {
            let seen = format!("said {identity:?} of {issued:?}");
            findings.broken(Invariant::I6, &issued.session, seen);
        }
    }
}
