//! Sessions that come home from a node's mirror, and what goes before.

use symbolon_core::clock::Timestamp;
use symbolon_core::member::Incarnation;
use symbolon_core::random::draw;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::{Session, SessionState};
use symbolon_core::store::{AdoptSession, Adopted};

use super::issue::INSERT_SESSION;
use super::members::flag;
use super::subjects::{global_cut, lock_subject};
use crate::link::{Fields, Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};
use crate::record::audit::with_audit;
use crate::record::session::{ip_of, row};

static FIND_THERE: Statement = Statement::new(
    "SELECT subject, created_at, generation, access_digest FROM sessions WHERE session_id = ? {for_update}",
);

/// What tells a session from another of the same id.
struct There {
    subject: String,
    created_at: Timestamp,
    generation: u32,
    access: [u8; 32],
}

impl There {
    /// Whether it is this session, as it was or as it was rotated since.
    fn is(&self, session: &Session) -> bool {
        let tokens = &session.tokens;
        let begun = self.subject == session.subject.as_str() && self.created_at == session.created_at;
        let same = self.access == *tokens.access.digest.as_bytes();
        begun && (same || self.generation > tokens.generation.0)
    }
}

fn read_there(fields: &mut Fields<'_>) -> Result<There, SqlError> {
    Ok(There {
        subject: fields.text("subject")?.to_owned(),
        created_at: fields.instant("created_at")?,
        generation: fields.small("generation")?,
        access: fields.array("access_digest")?,
    })
}

impl Operation for AdoptSession {
    type Answer = Adopted;
    const NAME: &'static str = "take a session home";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        Some(self.audit.at)
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<Adopted, SqlError> {
        let mut session = self.session.clone();
        let subject = lock_subject(tx.link, &session.subject).await?;
        let cut = global_cut(tx.link).await?.newer(subject.cut);
        let id = [(&session.id).into()];
        match tx.link.find(&FIND_THERE, &id, read_there).await? {
            Some(there) if there.is(&session) => return Ok(Adopted::There(cut.seq)),
            Some(_) => return Ok(Adopted::OtherIsThere),
            None => {}
        }
        let ended = cut.seq > self.known;
        if ended {
            session.state = SessionState::Revoked {
                at: cut.at,
                reason: cut.reason,
                seq: cut.seq,
            };
        }
        let ip = ip_of(&session);
        let row = row(&session, cut.seq, &ip);
        with_audit(tx.link, (&INSERT_SESSION, &row), &self.audit).await?;
        Ok(if ended {
            Adopted::Ended(cut.seq)
        } else {
            Adopted::There(cut.seq)
        })
    }
}

/// Moves the head of the log beyond a position.
pub(crate) struct JumpBeyond(pub(crate) RevocationSeq);

/// How far the head jumps at the least: as far as after a restart of the store.
pub(super) const LEAST: u64 = 1 << 20;

static JUMP: Statement = Statement::new("UPDATE rev_head SET seq = ?, id = ? WHERE one = 1 AND seq = ?");

impl Operation for JumpBeyond {
    type Answer = RevocationSeq;
    const NAME: &'static str = "move the head of the log";
    const LANE: Lane = Lane::Revoke;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<RevocationSeq, SqlError> {
        jump_beyond(tx, self.0).await
    }
}

/// Moves the head beyond `seq`, unless it is there already; answers where it is.
pub(super) async fn jump_beyond<L: Link>(
    tx: &mut Tx<'_, L>,
    seq: RevocationSeq,
) -> Result<RevocationSeq, SqlError> {
    let head = tx.lock_head().await?;
    if head > seq {
        return Ok(head);
    }
    let to = RevocationSeq(head.0.saturating_add(LEAST).max(seq.0.saturating_add(1)));
    let id: [u8; 16] = draw(tx.chance()).map_err(|error| SqlError::Unavailable(error.to_string()))?;
    tx.link
        .change_one(&JUMP, &[to.into(), (&id).into(), head.into()])
        .await?;
    Ok(to)
}

/// Says of a member whether it may go on without the store.
pub(crate) struct SetMayFallBack {
    /// Which.
    pub(crate) incarnation: Incarnation,
    /// Whether.
    pub(crate) may: bool,
}

static SET_MAY: Statement = Statement::new("UPDATE nodes SET may_fall_back = ? WHERE inc = ?");
static FIND_MAY: Statement = Statement::new("SELECT may_fall_back FROM nodes WHERE inc = ?");

impl Operation for SetMayFallBack {
    type Answer = bool;
    const NAME: &'static str = "say whether a member may fall back";
    const LANE: Lane = Lane::Member;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        let inc = self.incarnation.as_bytes().into();
        tx.link.execute(&SET_MAY, &[flag(self.may), inc]).await?;
        // An engine may count only rows that are not as they were.
        let params = [inc];
        let there = tx
            .link
            .find(&FIND_MAY, &params, |fields| fields.int("may_fall_back"));
        Ok(there.await?.is_some())
    }
}
