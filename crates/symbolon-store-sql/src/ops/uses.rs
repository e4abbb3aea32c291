//! What is recorded beside: uses of sessions, first uses of pairs, audit entries of what changed nothing.

use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::store::{Activity, SuccessorUse};

use super::subjects::of_newest_epoch;
use crate::link::{Link, SqlError, Statement};
use crate::operation::{Lane, Operation, Tx};
use crate::record::audit::insert_audit;
use crate::record::session::rounded_end;

/// How many uses one step writes at the most: the steps of others are not kept waiting by a large
/// batch, and a batch that failed half-way is repeated without harm.
pub(crate) const USES_PER_STEP_MAX: usize = 500;

/// Records uses of sessions.
pub(crate) struct RecordActivity(Vec<Activity>);
/// Records first uses of pairs.
pub(crate) struct MarkSuccessorsUsed(Vec<SuccessorUse>);
/// Forgets nonces.
pub(crate) struct WipeNonces(Vec<SuccessorUse>);
/// Writes audit entries.
pub(crate) struct RecordAudit(pub(crate) Vec<AuditEntry>);

impl RecordActivity {
    /// The step that records these, in the order in which sessions are locked.
    pub(crate) fn of(mut uses: Vec<Activity>) -> Self {
        uses.sort_unstable_by_key(|used| used.session_id);
        Self(uses)
    }
}

impl MarkSuccessorsUsed {
    /// The step that records these, in the order in which sessions are locked.
    pub(crate) fn of(mut uses: Vec<SuccessorUse>) -> Self {
        uses.sort_unstable_by_key(|used| used.session_id);
        Self(uses)
    }
}

impl WipeNonces {
    /// The step that wipes these, in the order in which sessions are locked.
    pub(crate) fn of(mut uses: Vec<SuccessorUse>) -> Self {
        uses.sort_unstable_by_key(|used| used.session_id);
        Self(uses)
    }
}

// A late use never revives: the state, the idle end and both epochs are compared here.
pub(super) static RECORD_USE: Statement = Statement::new(concat!(
    "UPDATE sessions SET last_seen_at = {greatest}(last_seen_at, ?), \
     idle_expires_at = {greatest}(idle_expires_at, ?), \
     live_until = {least}(expires_at, {greatest}(idle_expires_at, ?)) \
     WHERE session_id = ? AND state = 'active' AND idle_expires_at > ? AND ",
    of_newest_epoch!(),
));

static LIFT_BOUND: Statement = Statement::new(
    "UPDATE sessions SET ends_by = {least}(expires_at, ?) \
     WHERE session_id = ? AND state = 'active' AND ends_by < live_until",
);

impl Operation for RecordActivity {
    type Answer = ();
    const NAME: &'static str = "record uses of sessions";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        self.0.iter().map(|used| used.seen_at).max()
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        for used in &self.0 {
            let params = [
                used.seen_at.into(),
                used.idle_expires_at.into(),
                used.idle_expires_at.into(),
                (&used.session_id).into(),
                used.seen_at.into(),
            ];
            if tx.link.execute(&RECORD_USE, &params).await? > 0 {
                let params = [
                    rounded_end(used.idle_expires_at).into(),
                    (&used.session_id).into(),
                ];
                tx.link.execute(&LIFT_BOUND, &params).await?;
            }
        }
        Ok(())
    }
}

pub(super) static MARK_USED: Statement = Statement::new(
    "UPDATE sessions SET successor_used_at = ? \
     WHERE session_id = ? AND generation = ? AND successor_used_at IS NULL",
);

impl Operation for MarkSuccessorsUsed {
    type Answer = ();
    const NAME: &'static str = "record first uses of pairs";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        self.0.iter().map(|used| used.used_at).max()
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        for used in &self.0 {
            let params = [
                used.used_at.into(),
                (&used.session_id).into(),
                used.generation.0.into(),
            ];
            tx.link.execute(&MARK_USED, &params).await?;
        }
        Ok(())
    }
}

pub(super) static WIPE_NONCE: Statement =
    Statement::new("UPDATE sessions SET rotation_nonce = NULL WHERE session_id = ? AND generation = ?");

impl Operation for WipeNonces {
    type Answer = ();
    const NAME: &'static str = "forget nonces";
    const LANE: Lane = Lane::Write;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        for used in &self.0 {
            let params = [(&used.session_id).into(), used.generation.0.into()];
            tx.link.execute(&WIPE_NONCE, &params).await?;
        }
        Ok(())
    }
}

impl Operation for RecordAudit {
    type Answer = ();
    const NAME: &'static str = "write audit entries";
    const LANE: Lane = Lane::Write;

    fn instant(&self) -> Option<Timestamp> {
        self.0.iter().map(|entry| entry.at).max()
    }

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<(), SqlError> {
        for entry in &self.0 {
            insert_audit(tx.link, entry).await?;
        }
        Ok(())
    }
}
