use serde::Serialize;
use serde_json::Value as Json;

use super::page::Listed;
use super::{Desk, field, instant};
use crate::cli::{AlgWord, SigningKeyCommand};
use crate::exit::Failure;
use crate::messages::terminal as text;
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
            let sentence = match (revoke, now) {
                (true, _) => &text::SIGNING_KEY_REVOKED,
                (false, true) => &text::SIGNING_KEY_NOW,
                (false, false) => &text::SIGNING_KEY_PUBLISHED,
            };
            if !desk.terminal.json {
                desk.terminal.tell(sentence.get(desk.terminal.locale));
            }
            show(desk, &keys)
        }
    }
}

fn show(desk: &Desk<'_>, keys: &Json) -> Result<(), Failure> {
    let items = keys.get("items").and_then(Json::as_array);
    let listed = Listed {
        items: items.cloned().unwrap_or_default(),
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
