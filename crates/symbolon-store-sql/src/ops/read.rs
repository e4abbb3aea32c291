//! Sessions, read with the cuts that concern them in the same statement.

use std::collections::HashMap;

use symbolon_core::session::SessionId;
use symbolon_core::store::{FoundSession, ListSessions};

use crate::dialect::IDS_PER_QUERY;
use crate::link::{Link, SqlError, Statement, Value};
use crate::operation::{Lane, Operation, Tx};
use crate::record::session::{ENDS_STEP, read_found, session_columns};

/// Reads one session.
pub(crate) struct FindSession(pub(crate) SessionId);

/// Reads sessions in the order of their ids here.
pub(crate) struct FindSessions(pub(crate) Vec<SessionId>);

/// What a found session's statement selects, and from where; `s` is the session.
macro_rules! found_session {
    ($from:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            session_columns!("s."),
            ", u.epoch, u.epoch_at, u.epoch_reason, g.epoch, g.epoch_at, g.epoch_reason FROM ",
            $from,
            " JOIN global_epoch AS g ON g.one = 1 LEFT JOIN subjects AS u ON u.subject = s.subject ",
            $rest
        )
    };
}
pub(super) use found_session;

pub(super) static FIND_SESSION: Statement =
    Statement::new(found_session!("sessions AS s", "WHERE s.session_id = ?"));
pub(super) static FIND_SESSIONS: Statement =
    Statement::new(found_session!("sessions AS s", "WHERE s.session_id IN ({ids})"));

impl Operation for FindSession {
    type Answer = Option<FoundSession>;
    const NAME: &'static str = "read a session";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<FoundSession>, SqlError> {
        tx.link.find(&FIND_SESSION, &[(&self.0).into()], read_found).await
    }
}

impl Operation for FindSessions {
    type Answer = Vec<Option<FoundSession>>;
    const NAME: &'static str = "read sessions";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Self::Answer, SqlError> {
        let mut found = HashMap::with_capacity(self.0.len());
        for ids in self.0.chunks(IDS_PER_QUERY) {
            for session in find_some(tx.link, ids).await? {
                found.insert(session.session.id, session);
            }
        }
        // An id may be asked for twice.
        Ok(self.0.iter().map(|id| found.get(id).cloned()).collect())
    }
}

/// Reads at the most [`IDS_PER_QUERY`] sessions. The statement always asks for that many: what is
/// missing is filled up with the last id.
async fn find_some<L: Link>(link: &mut L, ids: &[SessionId]) -> Result<Vec<FoundSession>, SqlError> {
    let Some(last) = ids.last() else {
        return Ok(Vec::new());
    };
    let params: Vec<Value<'_>> = ids
        .iter()
        .chain(std::iter::repeat(last))
        .take(IDS_PER_QUERY)
        .map(Value::from)
        .collect();
    link.query(&FIND_SESSIONS, &params, read_found).await
}

/// Greater than every id that is ever drawn: a UUID's version and variant bits are never all set.
const BEFORE_NONE: [u8; 16] = [0xff; 16];

// The page is found in the index alone; only its own rows are read.
pub(super) static LIST_LIVE: Statement = Statement::new(found_session!(
    "(SELECT session_id FROM sessions WHERE subject = ? AND session_id < ? \
     AND ends_by > ? AND (ends_by > ? OR live_until > ?) \
     AND epoch >= (SELECT epoch FROM global_epoch WHERE one = 1) \
     AND epoch >= coalesce((SELECT epoch FROM subjects WHERE subject = ?), 0) \
     ORDER BY session_id DESC LIMIT ?) AS page JOIN sessions AS s ON s.session_id = page.session_id",
    "ORDER BY s.session_id DESC"
));
pub(super) static LIST_ALL: Statement = Statement::new(found_session!(
    "(SELECT session_id FROM sessions WHERE subject = ? AND session_id < ? \
     ORDER BY session_id DESC LIMIT ?) AS page JOIN sessions AS s ON s.session_id = page.session_id",
    "ORDER BY s.session_id DESC"
));

impl Operation for ListSessions {
    type Answer = Vec<FoundSession>;
    const NAME: &'static str = "list a subject's sessions";
    const LANE: Lane = Lane::Read;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Vec<FoundSession>, SqlError> {
        let subject = Value::from(self.subject.as_str());
        let before = Value::from(self.before.as_ref().map_or(&BEFORE_NONE, SessionId::as_bytes));
        let limit = self.limit.into();
        match self.live_at {
            Some(now) => {
                let sure = now.after(ENDS_STEP).into();
                let params = [subject, before, now.into(), sure, now.into(), subject, limit];
                tx.link.query(&LIST_LIVE, &params, read_found).await
            }
            None => {
                tx.link
                    .query(&LIST_ALL, &[subject, before, limit], read_found)
                    .await
            }
        }
    }
}
