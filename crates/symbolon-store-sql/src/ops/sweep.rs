//! The marks that cuts left to be made later.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::Cut;
use symbolon_core::session::SessionId;

use super::live::read_id;
use super::revoke::mark_all_ended;
use crate::link::{Fields, Link, SqlError, Statement, Value};
use crate::operation::{Lane, Operation, Tx};
use crate::record::cut::read_cut;

/// What stands in `sweeps` for everyone. No subject is empty.
pub(super) const EVERYONE: &str = "";

static OWE_SWEEP: Statement = Statement::new("INSERT {ignore} INTO sweeps (subject) VALUES (?) {or_ignore}");
static DONE_SWEEP: Statement = Statement::new("DELETE FROM sweeps WHERE subject = ?");

/// Notes that a cut has left marks to be made.
pub(super) async fn owe_sweep<L: Link>(link: &mut L, subject: &str) -> Result<(), SqlError> {
    link.execute(&OWE_SWEEP, &[subject.into()]).await?;
    Ok(())
}

/// Marks some of the sessions that a cut has ended: at the most `batch`, of one cut. Answers whether
/// anything is left.
pub(crate) struct Sweep {
    /// The present.
    pub(crate) now: Timestamp,
    /// How many at the most.
    pub(crate) batch: u32,
}

/// One cut whose sessions are not all marked.
struct Owed {
    subject: String,
    cut: Cut,
}

// Two nodes that sweep at once take two cuts, and none twice.
static LOCK_SWEEP: Statement =
    Statement::new("SELECT subject FROM sweeps ORDER BY subject LIMIT 1 {skip_locked}");
static NEXT_SWEEP: Statement = Statement::new(
    "SELECT w.subject, u.epoch, u.epoch_at, u.epoch_reason, g.epoch, g.epoch_at, g.epoch_reason \
     FROM sweeps AS w JOIN global_epoch AS g ON g.one = 1 LEFT JOIN subjects AS u ON u.subject = w.subject \
     WHERE w.subject = ?",
);
pub(super) static LEFT_OF_SUBJECT: Statement = Statement::new(
    "SELECT session_id FROM sessions WHERE subject = ? AND ends_by > ? AND epoch < ? LIMIT ? {skip_locked}",
);
pub(super) static LEFT_OF_EVERYONE: Statement =
    Statement::new("SELECT session_id FROM sessions WHERE ends_by > ? AND epoch < ? LIMIT ? {skip_locked}");

impl Operation for Sweep {
    type Answer = bool;
    const NAME: &'static str = "mark ended sessions";
    const LANE: Lane = Lane::Write;

    async fn run<L: Link>(&self, tx: &mut Tx<'_, L>) -> Result<bool, SqlError> {
        let next = tx.link.find(&LOCK_SWEEP, &[], read_subject).await?;
        let Some(subject) = next else {
            return Ok(false);
        };
        let owed = tx
            .link
            .get(&NEXT_SWEEP, &[subject.as_str().into()], read_owed)
            .await?;
        let mut ids = find_left(tx.link, &owed, self).await?;
        let all = ids.len() < self.batch as usize;
        ids.sort_unstable();
        mark_all_ended(tx.link, &ids, owed.cut).await?;
        if all {
            tx.link
                .change_one(&DONE_SWEEP, &[owed.subject.as_str().into()])
                .await?;
        }
        Ok(true)
    }
}

async fn find_left<L: Link>(link: &mut L, owed: &Owed, order: &Sweep) -> Result<Vec<SessionId>, SqlError> {
    let (now, epoch, limit) = (order.now.into(), owed.cut.seq.into(), Value::from(order.batch));
    if owed.subject == EVERYONE {
        return link.query(&LEFT_OF_EVERYONE, &[now, epoch, limit], read_id).await;
    }
    let subject = owed.subject.as_str().into();
    link.query(&LEFT_OF_SUBJECT, &[subject, now, epoch, limit], read_id)
        .await
}

fn read_subject(fields: &mut Fields<'_>) -> Result<String, SqlError> {
    fields.text("subject").map(str::to_owned)
}

fn read_owed(fields: &mut Fields<'_>) -> Result<Owed, SqlError> {
    let subject = fields.text("subject")?.to_owned();
    let own = read_cut(fields)?;
    let everyone = read_cut(fields)?;
    let cut = if subject == EVERYONE {
        everyone
    } else {
        own.newer(everyone)
    };
    Ok(Owed { subject, cut })
}
