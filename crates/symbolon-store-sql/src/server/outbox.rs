//! What was committed, on its way to the log's sink.
//!
//! Positions are given out one after the other by the lock on the log's head, but the answers to two commits
//! come over two connections and may arrive in the other order. So whoever is about to commit rows takes a place
//! here *before* it sends the commit: nobody can have a later position and an earlier place, since the lock is held
//! until then. Rows leave only from the front.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Arc;

use symbolon_core::revocation::{LogRow, LogSink};
use tokio::sync::watch;

/// The places, in the order of their positions.
pub(super) struct Outbox {
    sink: Arc<dyn LogSink>,
    places: RefCell<VecDeque<Place>>,
    /// How many have left.
    left: watch::Sender<u64>,
}

/// Who stands there.
struct Place {
    rows: Vec<LogRow>,
    fate: Fate,
}

/// What became of a commit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It is not known yet.
    Open,
    /// It is durable.
    Committed,
    /// It came to nothing.
    Void,
}

/// A place that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ticket(u64);

impl Outbox {
    /// An empty one.
    pub(super) fn new(sink: Arc<dyn LogSink>) -> Self {
        Self {
            sink,
            places: RefCell::default(),
            left: watch::Sender::new(0),
        }
    }

    /// Takes the last place for rows that are about to be committed.
    pub(super) fn enter(&self, rows: Vec<LogRow>) -> Ticket {
        let mut places = self.places.borrow_mut();
        places.push_back(Place {
            rows,
            fate: Fate::Open,
        });
        Ticket(*self.left.borrow() + places.len() as u64 - 1)
    }

    /// The rows are durable.
    pub(super) fn committed(&self, ticket: Ticket) {
        self.decide(ticket, Fate::Committed);
    }

    /// The rows are not there.
    pub(super) fn void(&self, ticket: Ticket) {
        self.decide(ticket, Fate::Void);
    }

    /// Waits until all who stand here now have left.
    pub(super) async fn cleared(&self) {
        let last = *self.left.borrow() + self.places.borrow().len() as u64;
        let mut left = self.left.subscribe();
        // The sender is this same value: it outlives the wait.
        drop(left.wait_for(|left| *left >= last).await);
    }

    /// Waits until that one has left.
    pub(super) async fn told(&self, ticket: Ticket) {
        let mut left = self.left.subscribe();
        drop(left.wait_for(|left| *left > ticket.0).await);
    }

    fn decide(&self, ticket: Ticket, fate: Fate) {
        // Whoever is decided stands here still: the open do not leave.
        let index = ticket.0.saturating_sub(*self.left.borrow());
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        if let Some(place) = self.places.borrow_mut().get_mut(index) {
            place.fate = fate;
        }
        let mut gone = 0;
        while let Some(place) = self.next() {
            if place.fate == Fate::Committed {
                self.sink.committed(&place.rows);
            }
            gone += 1;
        }
        self.left.send_modify(|left| *left += gone);
    }

    fn next(&self) -> Option<Place> {
        let mut places = self.places.borrow_mut();
        places.pop_front_if(|place| place.fate != Fate::Open)
    }
}
