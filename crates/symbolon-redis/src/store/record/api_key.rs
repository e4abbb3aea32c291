//! An API key, as `found_api_key` tells it.

use redis::Value;
use symbolon_core::api_key::{ApiKey, Scopes};
use symbolon_core::clock::Timestamp;
use symbolon_core::subject::ClientId;
use symbolon_core::token::TokenDigest;

use super::fields::Fields;
use super::log::read_id;
use crate::store::fault::Fault;
use crate::store::reply::{array, number, text, tuple};
use crate::store::script::Call;

/// Adds a key as the script that writes it takes it: its id, how many there may be, its making, its client, and the
/// fields that are nothing to the script.
pub(crate) fn add_api_key(call: &mut Call, key: &ApiKey, most: u32) {
    call.text(key.id)
        .text(most)
        .text(key.created_at.0)
        .maybe(key.client_id.as_ref().map(ClientId::as_str))
        .arg("name")
        .arg(&key.name)
        .arg("digest")
        .arg(key.digest.as_bytes())
        .arg("scopes")
        .arg(key.scopes.to_words());
    for (name, at) in [("expires", key.expires_at), ("revoked_at", key.revoked_at)] {
        if let Some(at) = at {
            call.arg(name).text(at.0);
        }
    }
}

/// Reads an id and the fields.
pub(crate) fn read_api_key(value: Value) -> Result<ApiKey, Fault> {
    let [id, fields] = tuple(value)?;
    let mut fields = Fields::read(fields)?;
    let at = |value| number(value).map(Timestamp);
    Ok(ApiKey {
        id: read_id(&text(id)?)?,
        name: fields.get("name", text)?,
        digest: TokenDigest::from_bytes(fields.get("digest", array)?),
        scopes: fields.get("scopes", read_scopes)?,
        client_id: fields.find("client", read_client)?,
        created_at: fields.get("created", at)?,
        expires_at: fields.find("expires", at)?,
        revoked_at: fields.find("revoked_at", at)?,
    })
}

fn read_scopes(value: Value) -> Result<Scopes, Fault> {
    let words = text(value)?;
    Scopes::parse(&words).map_err(|word| Fault::Damaged(format!("a key has the unknown scope {word:?}")))
}

fn read_client(value: Value) -> Result<ClientId, Fault> {
    ClientId::new(text(value)?).map_err(|error| Fault::Damaged(format!("client: {error}")))
}
