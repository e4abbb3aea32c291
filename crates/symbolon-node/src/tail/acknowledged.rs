//! Which positions the other members say they have applied.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use symbolon_core::member::Incarnation;
use symbolon_core::signal::Acknowledgement;
use tokio::sync::watch;

/// How many members are remembered: far more than share a store. Beyond, the oldest word is forgotten, and its member
/// is looked up in the store.
const MEMBERS_MAX: usize = 1024;

/// The newest word of each member.
pub(crate) struct Acknowledged {
    newest: Mutex<BTreeMap<Incarnation, Acknowledgement>>,
    heard: watch::Sender<()>,
}

impl Default for Acknowledged {
    fn default() -> Self {
        Self {
            newest: Mutex::default(),
            heard: watch::channel(()).0,
        }
    }
}

impl Acknowledged {
    /// Takes a word. One that is older than what is known changes nothing.
    pub(crate) fn take(&self, word: Acknowledgement) {
        let mut newest = self.newest.lock();
        let known = newest.get(&word.incarnation);
        if known.is_some_and(|known| known.seq >= word.seq) {
            return;
        }
        if known.is_none() && newest.len() >= MEMBERS_MAX {
            let oldest = newest
                .values()
                .min_by_key(|known| known.seq)
                .map(|known| known.incarnation);
            oldest.map(|oldest| newest.remove(&oldest));
        }
        newest.insert(word.incarnation, word);
        drop(newest);
        self.heard.send_replace(());
    }

    /// The newest word of a member.
    pub(crate) fn of(&self, incarnation: Incarnation) -> Option<Acknowledgement> {
        self.newest.lock().get(&incarnation).copied()
    }

    /// Hears that there is news.
    pub(crate) fn listen(&self) -> watch::Receiver<()> {
        self.heard.subscribe()
    }
}
