//! A member as a row.

use symbolon_core::member::{Incarnation, Member, NodeName};

use crate::link::{Fields, SqlError};

/// Reads `node_id, inc, lease_ms, hb, applied, evicted, may_fall_back, addr, seen_at`.
pub(crate) fn read_member(fields: &mut Fields<'_>) -> Result<Member, SqlError> {
    Ok(Member {
        node: NodeName::new(fields.text("node_id")?)
            .map_err(|error| SqlError::Damaged(format!("node_id is none: {error}")))?,
        incarnation: read_incarnation(fields)?,
        lease: fields.life("lease_ms")?,
        beat: fields.count("hb")?,
        applied: fields.seq("applied")?,
        evicted: fields.int("evicted")? != 0,
        may_fall_back: fields.int("may_fall_back")? != 0,
        addr: fields.maybe_string("addr")?,
        seen_at: fields.instant("seen_at")?,
    })
}

/// Reads `inc`.
pub(crate) fn read_incarnation(fields: &mut Fields<'_>) -> Result<Incarnation, SqlError> {
    fields.array("inc").map(Incarnation::from_bytes)
}
