use serde::Serialize;
use serde_json::Value as Json;

use super::{Desk, field, instant};
use crate::cli::{BanCommand, Until};
use crate::clock;
use crate::exit::Failure;
use crate::messages::terminal as text;
use crate::transport::{Call, encoded};

#[derive(Serialize)]
struct NewBan<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    note: &'a str,
}

pub(super) async fn run(desk: &Desk<'_>, command: BanCommand) -> Result<(), Failure> {
    match command {
        BanCommand::Add { subject, until, note } => add(desk, &subject, until, &note).await,
        BanCommand::List { all, limit } => list(desk, all, limit).await,
        BanCommand::Remove { subject } => remove(desk, &subject).await,
    }
}

async fn add(desk: &Desk<'_>, subject: &str, until: Option<Until>, note: &str) -> Result<(), Failure> {
    let until = until.map(ends_at).transpose()?;
    let receipt = desk
        .end(Call::post(path(subject), &NewBan { until, note })?)
        .await?;
    let locale = desk.terminal.locale;
    let count = receipt.get("count").and_then(Json::as_u64).unwrap_or_default();
    let sentence = match receipt.get("already") == Some(&Json::Bool(true)) {
        true => text::BAN_CHANGED.fill(locale, &[("subject", &subject)]),
        false => {
            let when = desk.when(&receipt);
            text::BANNED.fill(
                locale,
                &[("subject", &subject), ("count", &count), ("when", &when)],
            )
        }
    };
    desk.done(&receipt, &sentence)
}

/// The instant at which a ban that is made now ends.
fn ends_at(until: Until) -> Result<String, Failure> {
    let end = match until {
        Until::At(instant) => Ok(instant),
        Until::In(life) => clock::now().checked_add(life.get()),
    };
    let end = end.map_err(|error| Failure::usage(format!("--until: {error}")))?;
    Ok(format!("{end:.3}"))
}

async fn list(desk: &Desk<'_>, all: bool, limit: u32) -> Result<(), Failure> {
    let state = if all { "any" } else { "active" };
    let listed = desk
        .list(&format!("/v1/admin/bans?state={state}"), Some(limit))
        .await?;
    desk.show(
        &listed,
        ["subject", "active", "banned", "until", "lifted", "by", "note"],
        |ban| {
            [
                field(ban, "subject"),
                field(ban, "active"),
                instant(ban, "banned_at"),
                instant(ban, "until"),
                instant(ban, "lifted_at"),
                field(ban, "banned_by"),
                field(ban, "note"),
            ]
        },
    )
}

async fn remove(desk: &Desk<'_>, subject: &str) -> Result<(), Failure> {
    let answer = desk.ask(Call::delete(path(subject))).await?;
    let locale = desk.terminal.locale;
    let sentence = match answer.get("lifted") == Some(&Json::Bool(true)) {
        true => text::BAN_LIFTED.fill(locale, &[("subject", &subject)]),
        false => text::NOT_BANNED.fill(locale, &[("subject", &subject)]),
    };
    desk.done(&answer, &sentence)
}

fn path(subject: &str) -> String {
    format!("/v1/admin/subjects/{}/ban", encoded(subject))
}
