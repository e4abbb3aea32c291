use serde::Serialize;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use super::{Asked, Desk, field, instant};
use crate::cli::{AccountCommand, RoleWord};
use crate::exit::Failure;
use crate::messages::Text;
use crate::messages::terminal as text;
use crate::transport::{Call, encoded};

const ACCOUNTS: &str = "/v1/admin/accounts";

#[derive(Serialize)]
struct NewAccount<'a> {
    name: &'a str,
    password: &'a str,
    role: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
}

#[derive(Serialize, Default)]
struct Change<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a str>,
}

pub(super) async fn run(desk: &Desk<'_>, command: AccountCommand, asked: Asked) -> Result<(), Failure> {
    let password = asked.password.unwrap_or_default();
    match command {
        AccountCommand::Add { name, role, subject } => {
            add(desk, &name, role, subject.as_deref(), &password).await
        }
        AccountCommand::List => list(desk).await,
        AccountCommand::Passwd { name } => {
            let change = Change {
                password: Some(&password),
                ..Change::default()
            };
            self::change(desk, &name, &change, text::PASSWORD_SET).await
        }
        AccountCommand::Role { name, role } => {
            let change = Change {
                role: Some(role.as_str()),
                ..Change::default()
            };
            self::change(desk, &name, &change, text::ACCOUNT_CHANGED).await
        }
        AccountCommand::Disable { name } => set_state(desk, &name, "disabled").await,
        AccountCommand::Enable { name } => set_state(desk, &name, "enabled").await,
        AccountCommand::Remove { name } => {
            let answer = desk.end(Call::delete(path(&name))).await?;
            said(desk, &answer, text::ACCOUNT_REMOVED, &name)
        }
    }
}

async fn add(
    desk: &Desk<'_>,
    name: &str,
    role: RoleWord,
    subject: Option<&str>,
    password: &Zeroizing<String>,
) -> Result<(), Failure> {
    let role = role.as_str();
    let new = NewAccount {
        name,
        password,
        role,
        subject,
    };
    let answer = desk.ask(Call::post(ACCOUNTS, &new)?).await?;
    let sentence = text::ACCOUNT_MADE.fill(desk.terminal.locale, &[("name", &name), ("role", &role)]);
    desk.done(&answer, &sentence)
}

async fn list(desk: &Desk<'_>) -> Result<(), Failure> {
    let listed = desk.list(ACCOUNTS, None).await?;
    desk.show(
        &listed,
        ["name", "subject", "role", "state", "created"],
        |account| {
            [
                field(account, "name"),
                field(account, "subject"),
                field(account, "role"),
                field(account, "state"),
                instant(account, "created_at"),
            ]
        },
    )
}

async fn set_state(desk: &Desk<'_>, name: &str, state: &str) -> Result<(), Failure> {
    let change = Change {
        state: Some(state),
        ..Change::default()
    };
    self::change(desk, name, &change, text::ACCOUNT_CHANGED).await
}

async fn change(desk: &Desk<'_>, name: &str, change: &Change<'_>, sentence: Text) -> Result<(), Failure> {
    let answer = desk.end(Call::patch(path(name), change)?).await?;
    said(desk, &answer, sentence, name)
}

fn said(desk: &Desk<'_>, answer: &Json, sentence: Text, name: &str) -> Result<(), Failure> {
    desk.done(answer, &sentence.fill(desk.terminal.locale, &[("name", &name)]))
}

fn path(name: &str) -> String {
    format!("{ACCOUNTS}/{}", encoded(name))
}
