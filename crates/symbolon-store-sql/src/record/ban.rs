//! A ban as a row.

use symbolon_core::ban::{Ban, BanNote, Lifted};
use symbolon_core::subject::SubjectId;

use super::session::name;
use crate::link::{Fields, SqlError};

/// Reads `seq, subject, banned_at, banned_until, note, actor, lifted_at, lifted_by`.
pub(crate) fn read_ban(fields: &mut Fields<'_>) -> Result<Ban, SqlError> {
    let seq = fields.seq("seq")?;
    let subject = name("subject", SubjectId::new(fields.text("subject")?))?;
    let banned_at = fields.instant("banned_at")?;
    let until = fields.maybe_instant("banned_until")?;
    let note = name("note", BanNote::new(fields.text("note")?))?;
    let banned_by = fields.text("actor")?.to_owned();
    let lifted_at = fields.maybe_instant("lifted_at")?;
    let lifted_by = fields.maybe_string("lifted_by")?;
    let lifted = lifted_at.map(|at| Lifted {
        at,
        by: lifted_by.unwrap_or_default(),
    });
    Ok(Ban {
        seq,
        subject,
        banned_at,
        until,
        note,
        banned_by,
        lifted,
    })
}
