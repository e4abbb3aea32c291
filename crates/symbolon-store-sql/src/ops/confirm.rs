//! A step-up: its session goes on with a new pair and a new proof.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::LogRow;
use symbolon_core::store::ConfirmSession;

use super::attempts::clear_attempts;
use super::rotate::{say_stale, write_tokens};
use crate::link::{Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};
use crate::record::audit::insert_audit;

static WRITE_PROOF: Statement =
    Statement::new("UPDATE sessions SET authenticated_at = ? WHERE session_id = ?");

impl Operation for ConfirmSession {
    type Answer = Option<LogRow>;
    const NAME: &'static str = "confirm a session";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Option<LogRow>, SqlError> {
        let session = &self.session;
        if !write_tokens(tx.link, session, self.from).await? {
            return Ok(None);
        }
        let proof = [session.authenticated_at.into(), (&session.id).into()];
        tx.link.change_one(&WRITE_PROOF, &proof).await?;
        clear_attempts(tx.link, self.clear_attempts).await?;
        insert_audit(tx.link, &self.audit).await?;
        // What is remembered of the session's old pair must not outlive it.
        Ok(Some(say_stale(tx, session.id, &self.audit).await?))
    }
}
