use serde::Serialize;
use serde_json::Value as Json;

use super::page::Listed;
use super::{Desk, field, instant};
use crate::cli::{AlgWord, SigningKeyCommand};
use crate::exit::Failure;
use crate::messages::{Text, terminal as text};
use crate::transport::Call;

const KEYS: &str = "/v1/admin/signing-keys";

#[derive(Serialize)]
struct Rotate {
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<&'static str>,
    now: bool,
    revoke: bool,
}

pub(super) async fn run(desk: &Desk<'_>, command: SigningKeyCommand) -> Result<(), Failure> {
    match command {
        SigningKeyCommand::List => show(desk, &desk.ask(Call::get(KEYS)).await?),
        SigningKeyCommand::Rotate { alg, now, revoke } => {
            let alg = alg.map(AlgWord::as_str);
            let call = Call::post(format!("{KEYS}/rotate"), &Rotate { alg, now, revoke })?;
            let keys = desk.ask(call).await?;
            if !desk.terminal.json {
                let sentence = said(items(&keys), revoke);
                desk.terminal.tell(sentence.get(desk.terminal.locale));
            }
            show(desk, &keys)
        }
    }
}

/// What the rotation did, by what came of it: the first key of a way to sign has none before it, so it signs at once
/// whatever was asked for.
fn said(keys: &[Json], revoke: bool) -> Text {
    let made = keys.iter().max_by_key(|key| key["created_at"].as_str());
    let alg = made.map(|key| &key["alg"]);
    let is_first = keys.iter().filter(|key| Some(&key["alg"]) == alg).count() == 1;
    let signs = made.is_some_and(|key| key["state"] == "active");
    match (is_first, signs, revoke) {
        (true, true, _) => text::SIGNING_KEY_FIRST,
        (_, _, true) => text::SIGNING_KEY_REVOKED,
        (_, true, false) => text::SIGNING_KEY_NOW,
        (_, false, false) => text::SIGNING_KEY_PUBLISHED,
    }
}

fn items(keys: &Json) -> &[Json] {
    keys["items"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn show(desk: &Desk<'_>, keys: &Json) -> Result<(), Failure> {
    let listed = Listed {
        items: items(keys).to_vec(),
        more: false,
    };
    desk.show(
        &listed,
        ["id", "alg", "state", "made", "signs from", "replaced", "revoked"],
        |key| {
            [
                field(key, "id"),
                field(key, "alg"),
                field(key, "state"),
                instant(key, "created_at"),
                instant(key, "active_from"),
                instant(key, "replaced_at"),
                instant(key, "revoked_at"),
            ]
        },
    )
}
