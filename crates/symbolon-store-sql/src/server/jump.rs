//! The jump of the log's head after a restart of the server.

use symbolon_core::random::{Randomness, RandomnessUnavailable, draw};
use symbolon_core::revocation::RevocationSeq;

use super::Wire;
use crate::link::{Fields, SqlError, Statement, Value};

static LOCK_HEAD: Statement = Statement::new("SELECT seq FROM rev_head WHERE one = 1 {for_update}");
static SAME_BOOT: Statement = Statement::new("SELECT seq FROM rev_head WHERE one = 1 {same_boot}");
// The clock counts positions as microseconds.
static JUMP: Statement =
    Statement::new("UPDATE rev_head SET id = ?, seq = {greatest}(seq + ?, {clock} * 1000) WHERE one = 1");
static NOTE_BOOT: Statement = Statement::new("UPDATE meta SET v = {this_boot} WHERE k = 'boot_id'");

/// How far the head jumps at the least: more positions than could have been given out and lost with the end of the log.
const LEAST: u32 = 1 << 20;

/// Moves the log's head beyond every position that may ever have been given out, if the server is not
/// the same run of the same server as when the head last moved: a copy that was put back, or a commit
/// that was lost with a crash, must not let a position be used twice. Runs in an open transaction;
/// answers where the head is.
pub(super) async fn jump_if_restarted<W: Wire>(
    wire: &mut W,
    chance: &dyn Randomness,
) -> Result<RevocationSeq, SqlError> {
    // The lock first, then the look: who waited for another's jump must see it.
    let head = wire.find(&LOCK_HEAD, &[], read_seq).await?;
    let head = head.ok_or_else(|| SqlError::Damaged("the head of its log is missing".to_owned()))?;
    if wire.find(&SAME_BOOT, &[], read_seq).await?.is_some() {
        return Ok(head);
    }
    let id: [u8; 16] = draw(chance).map_err(no_randomness)?;
    // Of two jumps from one position, the second after the first was lost, each leads elsewhere.
    let further = u32::from_le_bytes(draw(chance).map_err(no_randomness)?) % LEAST;
    let far = Value::Int(i64::from(LEAST + further));
    wire.change_one(&JUMP, &[(&id).into(), far]).await?;
    wire.mark_boot(&id).await?;
    wire.change_one(&NOTE_BOOT, &[]).await?;
    wire.get(&LOCK_HEAD, &[], read_seq).await
}

fn no_randomness(error: RandomnessUnavailable) -> SqlError {
    SqlError::Unavailable(error.to_string())
}

fn read_seq(fields: &mut Fields<'_>) -> Result<RevocationSeq, SqlError> {
    fields.seq("seq")
}
