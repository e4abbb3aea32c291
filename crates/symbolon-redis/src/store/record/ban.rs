//! A ban, as `found_ban` tells it.

use redis::Value;
use symbolon_core::ban::{Ban, BanNote, Lifted};
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;

use super::fields::Fields;
use super::log::read_subject;
use crate::store::fault::Fault;
use crate::store::reply::{number, text, tuple};

/// Reads a position and the fields.
pub(crate) fn read_ban(value: Value) -> Result<Ban, Fault> {
    let [seq, fields] = tuple(value)?;
    let mut fields = Fields::read(fields)?;
    let at = |value| number(value).map(Timestamp);
    let lifted_by = fields.find("lifted_by", text)?;
    let lifted_at = fields.find("lifted_at", at)?;
    Ok(Ban {
        seq: RevocationSeq(number(seq)?),
        subject: fields.get("subject", |value| read_subject(&text(value)?))?,
        banned_at: fields.get("at", at)?,
        until: fields.find("until", at)?,
        note: fields.get("note", read_note)?,
        banned_by: fields.get("actor", text)?,
        lifted: lifted_at.map(|at| Lifted {
            at,
            by: lifted_by.unwrap_or_default(),
        }),
    })
}

fn read_note(value: Value) -> Result<BanNote, Fault> {
    BanNote::new(text(value)?).map_err(|error| Fault::Damaged(format!("note: {error}")))
}
