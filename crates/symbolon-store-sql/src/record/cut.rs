//! The newest cut of a subject, or of everyone.

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{Cut, RevocationReason, RevocationSeq};

use crate::link::{Fields, SqlError};

/// Reads the three columns `epoch, epoch_at, epoch_reason`. All are null where a subject has no row:
/// there was no cut.
pub(crate) fn read_cut(fields: &mut Fields<'_>) -> Result<Cut, SqlError> {
    let epoch = fields.maybe_int("epoch")?;
    let at = fields.maybe_int("epoch_at")?;
    let reason = fields.maybe_text("epoch_reason")?;
    let (Some(epoch), Some(at), Some(reason)) = (epoch, at, reason) else {
        return Ok(Cut::NONE);
    };
    let seq = u64::try_from(epoch)
        .map(RevocationSeq)
        .map_err(|_| SqlError::Damaged(format!("epoch is out of range: {epoch}")))?;
    let reason = RevocationReason::parse(reason)
        .ok_or_else(|| SqlError::Damaged(format!("epoch_reason has the unknown word {reason:?}")))?;
    Ok(Cut {
        seq,
        at: Timestamp(at),
        reason,
    })
}
