use serde::Serialize;
use serde_json::Value as Json;

use super::{Desk, field, instant};
use crate::cli::{KeyCommand, Life, ScopeWord};
use crate::clock;
use crate::exit::Failure;
use crate::messages::terminal as text;
use crate::transport::{Call, encoded};

const KEYS: &str = "/v1/admin/api-keys";

#[derive(Serialize)]
struct NewKey<'a> {
    name: &'a str,
    scopes: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

pub(super) async fn run(desk: &Desk<'_>, command: KeyCommand) -> Result<(), Failure> {
    match command {
        KeyCommand::Add {
            name,
            scope,
            client,
            expires,
        } => add(desk, &name, &scope, client.as_deref(), expires).await,
        KeyCommand::List => list(desk).await,
        KeyCommand::Revoke { key } => revoke(desk, &key).await,
    }
}

/// Prints the key alone to standard output, so that a script can take it; all else goes beside.
async fn add(
    desk: &Desk<'_>,
    name: &str,
    scopes: &[ScopeWord],
    client_id: Option<&str>,
    expires: Option<Life>,
) -> Result<(), Failure> {
    let terminal = desk.terminal;
    let expires_at = expires.map(ends_at).transpose()?;
    let scopes = scopes.iter().map(|scope| scope.as_str()).collect();
    let made = desk
        .ask(Call::post(
            KEYS,
            &NewKey {
                name,
                scopes,
                client_id,
                expires_at,
            },
        )?)
        .await?;
    if terminal.json {
        return terminal.print_json(&made);
    }
    let Some(key) = made.get("key").and_then(Json::as_str) else {
        return Err(Failure::unavailable("read the answer: it holds no key"));
    };
    let id = field(&made, "id");
    terminal.tell(&text::KEY_MADE.fill(terminal.locale, &[("name", &name), ("id", &id)]));
    terminal.print(key)
}

async fn revoke(desk: &Desk<'_>, key: &str) -> Result<(), Failure> {
    let id = id_of(desk, key).await?;
    let receipt = desk.end(Call::delete(format!("{KEYS}/{}", encoded(&id)))).await?;
    desk.done(&receipt, text::KEY_REVOKED.get(desk.terminal.locale))
}

/// The id of the key that is meant by its id or by its name. What is neither is left as it is: the server says that
/// there is none.
async fn id_of(desk: &Desk<'_>, key: &str) -> Result<String, Failure> {
    let keys = desk.list(KEYS, None).await?.items;
    if keys.iter().any(|listed| field(listed, "id") == key) {
        return Ok(key.to_owned());
    }
    let is_meant = |listed: &&Json| field(listed, "name") == key && field(listed, "revoked_at").is_empty();
    let ids: Vec<String> = keys
        .iter()
        .filter(is_meant)
        .map(|listed| field(listed, "id"))
        .collect();
    match ids.as_slice() {
        [] => Ok(key.to_owned()),
        [id] => Ok(id.clone()),
        _ => {
            let said = text::KEYS_OF_A_NAME.fill(desk.terminal.locale, &[("name", &key)]);
            Err(Failure::usage(said).with_details(ids))
        }
    }
}

/// The instant at which a key that is made now ends.
fn ends_at(life: Life) -> Result<String, Failure> {
    let end = clock::now().checked_add(life.get());
    let end = end.map_err(|error| Failure::usage(format!("--expires: {error}")))?;
    Ok(format!("{end:.3}"))
}

async fn list(desk: &Desk<'_>) -> Result<(), Failure> {
    let listed = desk.list(KEYS, None).await?;
    desk.show(
        &listed,
        ["id", "name", "scopes", "client", "created", "expires", "revoked"],
        |key| {
            [
                field(key, "id"),
                field(key, "name"),
                field(key, "scopes"),
                field(key, "client_id"),
                instant(key, "created_at"),
                instant(key, "expires_at"),
                instant(key, "revoked_at"),
            ]
        },
    )
}
