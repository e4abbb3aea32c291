//! How many sessions are alive.
//!
//! Those that end later than the step of `ends_by` are counted in the index alone; only the few nearer to their end are
//! read. What a cut has ended and no sweep has marked yet is counted there too, and taken off.

use symbolon_core::clock::Timestamp;

use crate::link::{Fields, Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};
use crate::record::session::ENDS_STEP;

/// Counts the sessions that are alive at an instant.
pub(crate) struct CountSessions {
    /// The instant.
    pub(crate) now: Timestamp,
}

pub(super) static COUNT_SURE: Statement = Statement::new(
    "SELECT count(*) FROM sessions WHERE ends_by > ? \
     AND epoch >= (SELECT g.epoch FROM global_epoch AS g WHERE g.one = 1)",
);
pub(super) static COUNT_NEAR: Statement = Statement::new(
    "SELECT count(*) FROM sessions WHERE ends_by > ? AND ends_by <= ? AND live_until > ? \
     AND epoch >= (SELECT g.epoch FROM global_epoch AS g WHERE g.one = 1)",
);
pub(super) static COUNT_UNMARKED: Statement = Statement::new(
    "SELECT count(*) FROM sweeps AS w JOIN subjects AS u ON u.subject = w.subject \
     JOIN sessions AS s ON s.subject = w.subject \
     WHERE s.ends_by > ? AND s.epoch < u.epoch AND (s.ends_by > ? OR s.live_until > ?) \
     AND s.epoch >= (SELECT g.epoch FROM global_epoch AS g WHERE g.one = 1)",
);

impl Operation for CountSessions {
    type Answer = u64;
    const NAME: &'static str = "count the sessions";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<u64, SqlError> {
        let sure = self.now.after(ENDS_STEP);
        let far = tx.link.get(&COUNT_SURE, &[sure.into()], read_count).await?;
        let params = [self.now.into(), sure.into(), self.now.into()];
        let near = tx.link.get(&COUNT_NEAR, &params, read_count).await?;
        let unmarked = tx.link.get(&COUNT_UNMARKED, &params, read_count).await?;
        // Three looks that others may change between: never below nothing.
        Ok((far + near).saturating_sub(unmarked))
    }
}

fn read_count(fields: &mut Fields<'_>) -> Result<u64, SqlError> {
    fields.count("count")
}
