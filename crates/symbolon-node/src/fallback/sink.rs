//! What the store tells of its commits, on its way to the tail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use symbolon_core::revocation::{LogKind, LogRow, LogSink};

use super::standing::Standing;
use crate::tail::Tail;

const HOME: u8 = 0;
const AWAY: u8 = 1;
const RETURNING: u8 = 2;

/// The sink of a store that has a mirror: it is given to the store where others are given the tail.
///
/// While the node follows the mirror's log, what the store tells is in force and moves no position. A cut that is written
/// there on the way home is in force here already, under the mirror's position; under the store's it would end the
/// sessions here that began after it, so it is heard when those are home.
pub struct HomeSink {
    tail: Arc<Tail>,
    standing: AtomicU8,
}

impl HomeSink {
    /// The way to this tail.
    #[must_use]
    pub fn new(tail: Arc<Tail>) -> Self {
        Self {
            tail,
            standing: AtomicU8::new(HOME),
        }
    }

    pub(super) fn set(&self, standing: Standing) {
        let standing = match standing {
            Standing::Healthy => HOME,
            Standing::Degraded => AWAY,
            Standing::Returning => RETURNING,
        };
        self.standing.store(standing, Ordering::Release);
    }
}

impl LogSink for HomeSink {
    fn committed(&self, rows: &[LogRow]) {
        let standing = self.standing.load(Ordering::Acquire);
        if standing == HOME {
            return self.tail.committed(rows);
        }
        let is_cut = |row: &LogRow| matches!(row.kind, LogKind::Subject { .. } | LogKind::Everyone);
        for row in rows {
            if standing != RETURNING || !is_cut(row) {
                self.tail.apply_apart(row);
            }
        }
    }
}
