use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use symbolon_testkit::history::leaks::Secrets;
use symbolon_testkit::history::{Identity, Means, Nanos, Whose};
use symbolon_testkit::http::Ask;
use symbolon_testkit::workload::answers::Tokens;

use super::locked;

/// A session that some client began.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) identity: Identity,
    /// The pairs that were answered, by generation.
    pub(super) pairs: Vec<Tokens>,
}

impl Held {
    pub(super) fn newest(&self) -> Option<&Tokens> {
        self.pairs.last()
    }
}

/// An end whose outcome is not known, to be repeated.
#[derive(Clone)]
pub(super) struct OpenEnd {
    pub(super) ask: Ask,
    pub(super) whose: Whose,
    pub(super) by: Means,
}

/// The sessions of a run. Every client uses those of every other.
#[derive(Default)]
pub(super) struct Pool(Mutex<Sessions>);

#[derive(Default)]
struct Sessions {
    all: Vec<Held>,
    by_id: HashMap<String, usize>,
    /// Those that are believed to live, in no order, and where each stands.
    live: Vec<usize>,
    places: HashMap<usize, usize>,
    /// Those that are certainly dead, by when that was known.
    dead: BTreeMap<Nanos, Vec<usize>>,
    open: Vec<OpenEnd>,
}

impl Sessions {
    fn take(&mut self, index: usize) -> bool {
        let Some(place) = self.places.remove(&index) else {
            return false;
        };
        self.live.swap_remove(place);
        if let Some(moved) = self.live.get(place) {
            self.places.insert(*moved, place);
        }
        true
    }
}

impl Pool {
    pub(super) fn add(&self, identity: Identity, first: Tokens) {
        let mut sessions = locked(&self.0);
        let index = sessions.all.len();
        sessions.by_id.insert(identity.session.clone(), index);
        sessions.all.push(Held {
            identity,
            pairs: vec![first],
        });
        let place = sessions.live.len();
        sessions.live.push(index);
        sessions.places.insert(index, place);
    }

    /// Keeps a pair of a session, once.
    pub(super) fn keep(&self, session: &str, pair: Tokens) {
        let mut sessions = locked(&self.0);
        let Some(index) = sessions.by_id.get(session).copied() else {
            return;
        };
        let pairs = &mut sessions.all[index].pairs;
        if !pairs.contains(&pair) {
            pairs.push(pair);
            pairs.sort_by_key(|pair| pair.generation);
        }
    }

    /// One that is believed to live; `number` chooses.
    pub(super) fn live(&self, number: u64) -> Option<Held> {
        let sessions = locked(&self.0);
        let place = number.checked_rem(sessions.live.len() as u64)?;
        let index = *sessions.live.get(usize::try_from(place).ok()?)?;
        Some(sessions.all[index].clone())
    }

    /// The live ones of a subject.
    pub(super) fn live_of(&self, subject: &str) -> Vec<Held> {
        let sessions = locked(&self.0);
        let live = sessions.live.iter().map(|index| &sessions.all[*index]);
        live.filter(|held| held.identity.subject == subject)
            .cloned()
            .collect()
    }

    /// One that is dead since `since` at the latest; `number` chooses.
    pub(super) fn dead(&self, since: Nanos, number: u64) -> Option<Held> {
        let sessions = locked(&self.0);
        let recent: Vec<usize> = sessions
            .dead
            .range(since..)
            .flat_map(|(_, dead)| dead)
            .copied()
            .collect();
        let place = number.checked_rem(recent.len() as u64)?;
        let index = *recent.get(usize::try_from(place).ok()?)?;
        Some(sessions.all[index].clone())
    }

    /// Believes no longer that it lives; `false`: nobody did.
    pub(super) fn doubt(&self, session: &str) -> bool {
        let mut sessions = locked(&self.0);
        match sessions.by_id.get(session).copied() {
            Some(index) => sessions.take(index),
            None => false,
        }
    }

    /// Knows that it is dead.
    pub(super) fn bury(&self, session: &str, now: Nanos) {
        let mut sessions = locked(&self.0);
        if let Some(index) = sessions.by_id.get(session).copied() {
            sessions.take(index);
            sessions.dead.entry(now).or_default().push(index);
        }
    }

    /// Keeps an end that has to be repeated.
    pub(super) fn leave_open(&self, end: OpenEnd) {
        locked(&self.0).open.push(end);
    }

    pub(super) fn open(&self) -> Vec<OpenEnd> {
        locked(&self.0).open.clone()
    }

    pub(super) fn all(&self) -> Vec<Held> {
        locked(&self.0).all.clone()
    }

    pub(super) fn now(&self, session: &str) -> Option<Held> {
        let sessions = locked(&self.0);
        let index = *sessions.by_id.get(session)?;
        Some(sessions.all[index].clone())
    }

    pub(super) fn knows(&self, session: &str) -> bool {
        locked(&self.0).by_id.contains_key(session)
    }

    pub(super) fn secrets(&self) -> Secrets {
        let mut secrets = Secrets::default();
        for pair in locked(&self.0).all.iter().flat_map(|held| &held.pairs) {
            secrets.add_token(&pair.access);
            secrets.add_token(&pair.refresh);
        }
        secrets
    }
}
