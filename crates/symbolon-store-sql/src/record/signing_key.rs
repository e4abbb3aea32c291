//! A signing key as a row.

use symbolon_core::signing::{SigningAlg, SigningKeyId, SigningKeyRecord};

use crate::link::{Fields, SqlError};

/// Reads `signing_key_id, alg, sealed, created_at, active_from, revoked_at`.
pub(crate) fn read_signing_key(fields: &mut Fields<'_>) -> Result<SigningKeyRecord, SqlError> {
    Ok(SigningKeyRecord {
        id: read_signing_key_id(fields)?,
        alg: fields.word("alg", SigningAlg::parse)?,
        sealed: fields.bytes("sealed")?.to_owned(),
        created_at: fields.instant("created_at")?,
        active_from: fields.instant("active_from")?,
        revoked_at: fields.maybe_instant("revoked_at")?,
    })
}

/// Reads `signing_key_id`.
pub(crate) fn read_signing_key_id(fields: &mut Fields<'_>) -> Result<SigningKeyId, SqlError> {
    SigningKeyId::new(fields.text("signing_key_id")?)
        .ok_or_else(|| SqlError::Damaged("signing_key_id is not the name of a key".to_owned()))
}
