use serde_json::{Value as Json, json};

use super::{Desk, field, instant};
use crate::cli::{RevokeWhat, SessionCommand};
use crate::exit::Failure;
use crate::messages::terminal as text;
use crate::terminal::Terminal;
use crate::transport::{Call, encoded};

/// Asks whether to end everyone's sessions.
///
/// # Errors
/// When the answer is no, or nobody can be asked.
pub(super) fn confirm_all(terminal: Terminal) -> Result<(), Failure> {
    match terminal.confirm(text::REVOKE_EVERYONE.get(terminal.locale))? {
        true => Ok(()),
        false => Err(Failure::failed(text::NOT_CONFIRMED.get(terminal.locale))),
    }
}

pub(super) async fn run(desk: &Desk<'_>, command: SessionCommand) -> Result<(), Failure> {
    match command {
        SessionCommand::List {
            subject,
            state,
            limit,
        } => list(desk, &subject, state.as_str(), limit).await,
        SessionCommand::Show { id } => show(desk, &id).await,
        SessionCommand::Revoke(what) => revoke(desk, &what).await,
    }
}

async fn list(desk: &Desk<'_>, subject: &str, state: &str, limit: u32) -> Result<(), Failure> {
    let path = format!("/v1/admin/subjects/{}/sessions?state={state}", encoded(subject));
    let listed = desk.list(&path, Some(limit)).await?;
    desk.show(
        &listed,
        [
            "session",
            "client",
            "state",
            "device",
            "address",
            "created",
            "last seen",
        ],
        |session| {
            [
                field(session, "session_id"),
                field(session, "client_id"),
                state_words(session),
                device_words(session),
                field(session, "ip"),
                instant(session, "created_at"),
                instant(session, "last_seen_at"),
            ]
        },
    )
}

/// `active`, or why it ended.
fn state_words(session: &Json) -> String {
    match (field(session, "state"), field(session, "reason")) {
        (state, reason) if reason.is_empty() || reason == state => state,
        (state, reason) => format!("{state}: {reason}"),
    }
}

/// What its owner calls it, or what it seems to be.
fn device_words(session: &Json) -> String {
    let device = session.get("device").unwrap_or(&Json::Null);
    let name = field(device, "name");
    match name.is_empty() {
        false => name,
        true => {
            let seen = [
                field(device, "browser"),
                field(device, "os"),
                field(device, "kind"),
            ];
            let seen: Vec<_> = seen.into_iter().filter(|word| !word.is_empty()).collect();
            seen.join(", ")
        }
    }
}

async fn show(desk: &Desk<'_>, id: &str) -> Result<(), Failure> {
    let session = desk.ask(Call::get(path(id))).await?;
    if desk.terminal.json {
        return desk.terminal.print_json(&session);
    }
    let rows = session.as_object().into_iter().flatten().map(|(name, _)| {
        let value = match name.as_str() {
            "device" => device_words(&session),
            name if name.ends_with("_at") => instant(&session, name),
            name => field(&session, name),
        };
        [name.clone(), value]
    });
    desk.terminal.print_table(["field", "value"], rows)
}

async fn revoke(desk: &Desk<'_>, what: &RevokeWhat) -> Result<(), Failure> {
    let call = match what {
        RevokeWhat { id: Some(id), .. } => Call::delete(path(id)),
        RevokeWhat {
            subject: Some(subject),
            ..
        } => Call::post(
            format!("/v1/admin/subjects/{}/revoke", encoded(subject)),
            &json!({}),
        )?,
        // The command line sees to it that one of the three is given.
        RevokeWhat { .. } => Call::post("/v1/admin/revoke-all", &json!({}))?,
    };
    let progress = desk
        .terminal
        .progress(text::WAIT_REVOKE.get(desk.terminal.locale), None);
    let receipt = desk.end(call).await;
    drop(progress);
    let receipt = receipt?;
    desk.done(&receipt, &receipt_words(desk, &receipt))
}

/// What a receipt says.
fn receipt_words(desk: &Desk<'_>, receipt: &Json) -> String {
    let (locale, when) = (desk.terminal.locale, desk.when(receipt));
    match (
        receipt.get("count").and_then(Json::as_u64),
        receipt.get("already") == Some(&Json::Bool(true)),
    ) {
        (Some(1), _) => text::ENDED_A_SINGLE.fill(locale, &[("when", &when)]),
        (Some(count), _) => text::ENDED.fill(locale, &[("count", &count), ("when", &when)]),
        (None, true) => text::ENDED_BEFORE.get(locale).to_owned(),
        (None, false) => text::ENDED_ONE.fill(locale, &[("when", &when)]),
    }
}

fn path(id: &str) -> String {
    format!("/v1/admin/sessions/{}", encoded(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_told_by_what_its_owner_knows_of_it() {
        let named = json!({ "device": { "name": "Ann's phone", "browser": "Safari" } });
        assert_eq!(device_words(&named), "Ann's phone");
        let seen =
            json!({ "device": { "name": null, "browser": "Firefox", "os": "Linux", "kind": "desktop" } });
        assert_eq!(device_words(&seen), "Firefox, Linux, desktop");
        assert_eq!(device_words(&json!({})), "");
    }

    #[test]
    fn the_state_says_why_where_it_ended() {
        assert_eq!(state_words(&json!({ "state": "active" })), "active");
        assert_eq!(
            state_words(&json!({ "state": "expired", "reason": "expired" })),
            "expired"
        );
        assert_eq!(
            state_words(&json!({ "state": "revoked", "reason": "kicked" })),
            "revoked: kicked"
        );
    }
}
