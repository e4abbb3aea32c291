//! A key that signs access tokens: sealed.

use redis::Value;
use symbolon_core::clock::Timestamp;
use symbolon_core::signing::{SigningAlg, SigningKeyId, SigningKeyRecord};

use super::fields::Fields;
use crate::store::fault::Fault;
use crate::store::reply::{bytes, number, text, tuple};
use crate::store::script::Call;

/// Adds a key as the script that writes it takes it.
pub(crate) fn add_signing_key(call: &mut Call, key: &SigningKeyRecord) {
    call.arg(key.id.as_str())
        .arg(key.alg.as_str())
        .arg(&key.sealed)
        .text(key.created_at.0)
        .text(key.active_from.0)
        .maybe_text(key.revoked_at.map(|at| at.0));
}

/// Reads a name and the fields.
pub(crate) fn read_signing_key(value: Value) -> Result<SigningKeyRecord, Fault> {
    let [id, fields] = tuple(value)?;
    let mut fields = Fields::read(fields)?;
    let at = |value| number(value).map(Timestamp);
    let id = text(id)?;
    Ok(SigningKeyRecord {
        id: SigningKeyId::new(id.as_str())
            .ok_or_else(|| Fault::Damaged(format!("{id:?} is no name of a signing key")))?,
        alg: fields.get("alg", read_alg)?,
        sealed: fields.get("sealed", bytes)?,
        created_at: fields.get("created", at)?,
        active_from: fields.get("active", at)?,
        revoked_at: fields.find("revoked", at)?,
    })
}

fn read_alg(value: Value) -> Result<SigningAlg, Fault> {
    let word = text(value)?;
    SigningAlg::parse(&word).ok_or_else(|| Fault::Damaged(format!("{word:?} is no way to sign")))
}
