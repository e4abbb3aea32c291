//! All sessions, page by page, for who fills a cache.

use symbolon_core::session::SessionId;
use symbolon_core::store::FoundSession;

use super::read::found_session;
use crate::link::{Link, SqlError, Statement, Value};
use crate::operation::{Lane, Operation, Tx};
use crate::record::session::{read_found, session_columns};

/// Reads the sessions after one, in the order of their ids.
pub(crate) struct WalkSessions {
    pub(crate) after: Option<SessionId>,
    pub(crate) limit: u32,
}

/// Smaller than every id that is ever drawn: a UUID's version and variant bits are never all clear.
const AFTER_NONE: [u8; 16] = [0; 16];

// Ended ones too: a page reads as many rows as it gives, however many of them nobody wants.
pub(super) static WALK: Statement = Statement::new(found_session!(
    "(SELECT session_id FROM sessions WHERE session_id > ? ORDER BY session_id LIMIT ?) AS page \
     JOIN sessions AS s ON s.session_id = page.session_id",
    "ORDER BY s.session_id"
));

impl Operation for WalkSessions {
    type Answer = Vec<FoundSession>;
    const NAME: &'static str = "walk through the sessions";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<FoundSession>, SqlError> {
        let after = Value::from(self.after.as_ref().map_or(&AFTER_NONE, SessionId::as_bytes));
        tx.link
            .query(&WALK, &[after, self.limit.into()], read_found)
            .await
    }
}
