//! An API key as a row.

use symbolon_core::api_key::{ApiKey, Scopes};
use symbolon_core::subject::ClientId;

use super::session::name;
use crate::link::{Fields, SqlError};

/// Reads `api_key_id, name, digest, scopes, client_id, created_at, expires_at, revoked_at`.
pub(crate) fn read_api_key(fields: &mut Fields<'_>) -> Result<ApiKey, SqlError> {
    Ok(ApiKey {
        id: fields.session_id("api_key_id")?,
        name: fields.text("name")?.to_owned(),
        digest: fields.digest("digest")?,
        scopes: Scopes::parse(fields.text("scopes")?)
            .map_err(|word| SqlError::Damaged(format!("scopes has the unknown word {word:?}")))?,
        client_id: match fields.maybe_text("client_id")? {
            Some(client) => Some(name("client_id", ClientId::new(client))?),
            None => None,
        },
        created_at: fields.instant("created_at")?,
        expires_at: fields.maybe_instant("expires_at")?,
        revoked_at: fields.maybe_instant("revoked_at")?,
    })
}
