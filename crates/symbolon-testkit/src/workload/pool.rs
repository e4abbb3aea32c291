use std::sync::{Mutex, PoisonError};

use super::answers::Tokens;
use crate::history::Identity;
use crate::randomness::Seeded;

/// A session that some client began.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// What was said at its issue.
    pub(super) identity: Identity,
    /// The pairs that were answered, by generation.
    pub(super) pairs: Vec<Tokens>,
    /// An end of it was answered or may have happened.
    pub(super) ended: bool,
}

/// The sessions of a workload. Every client uses those of every other.
#[derive(Default)]
pub(super) struct Pool(Mutex<Vec<Held>>);

/// The sessions that are used most: the youngest.
const YOUNG: usize = 64;

impl Pool {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn add(&self, identity: Identity, first: Tokens) {
        self.lock().push(Held {
            identity,
            pairs: vec![first],
            ended: false,
        });
    }

    /// Keeps a pair of a session, once.
    pub(super) fn keep(&self, session: &str, pair: Tokens) {
        let mut sessions = self.lock();
        let held = sessions
            .iter_mut()
            .rev()
            .find(|held| held.identity.session == session);
        if let Some(held) = held
            && !held.pairs.contains(&pair)
        {
            held.pairs.push(pair);
            held.pairs.sort_by_key(|pair| pair.generation);
        }
    }

    /// Marks a session, or all of a subject, as ended or perhaps so.
    pub(super) fn end(&self, concerns: impl Fn(&Identity) -> bool) {
        for held in self.lock().iter_mut().filter(|held| concerns(&held.identity)) {
            held.ended = true;
        }
    }

    /// A session to use: mostly a young one, of the ended ones or of the others as asked, if there
    /// is such a one.
    pub(super) fn any(&self, ended: bool, chance: &Seeded) -> Option<Held> {
        let sessions = self.lock();
        let young = chance.below(8) != 0;
        let mut fitting = sessions.iter().rev().filter(|held| held.ended == ended);
        let choice = if young {
            let among: Vec<&Held> = fitting.take(YOUNG).collect();
            pick(&among, chance).copied()
        } else {
            let skip = chance.below(sessions.len().max(1) as u64);
            fitting.nth(usize::try_from(skip).unwrap_or(0))
        };
        choice.cloned()
    }

    pub(super) fn all(&self) -> Vec<Held> {
        self.lock().clone()
    }

    pub(super) fn count(&self) -> u64 {
        self.lock().len() as u64
    }
}

/// Any of these, if there are any.
pub(super) fn pick<'a, T>(among: &'a [T], chance: &Seeded) -> Option<&'a T> {
    let index = chance.below(among.len().max(1) as u64);
    among.get(usize::try_from(index).unwrap_or(0))
}
