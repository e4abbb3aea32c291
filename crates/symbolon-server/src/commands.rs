//! The commands that work on accounts, sessions, keys and bans: each is a request to the admin API, and says what came of it.
//!
//! They are written once. Whether a server answers or this process itself is the [`Transport`]'s matter.

mod account;
mod ban;
mod init;
mod key;
mod migrate;
mod node;
mod page;
mod session;
mod signing_key;
mod warm;

use serde_json::Value as Json;

use crate::cli::{AccountCommand, BanCommand, KeyCommand, NodeCommand, SessionCommand, SigningKeyCommand};
use crate::compose::Composition;
use crate::exit::Failure;
use crate::messages::terminal as text;
use crate::terminal::Terminal;
use crate::transport::{Call, OnFresh, Transport};

pub(crate) use init::run as init;
pub(crate) use migrate::run as migrate;
pub(crate) use warm::run as warm;

/// A command about what is in the store.
#[derive(Debug)]
pub(crate) enum StoreCommand {
    Account(AccountCommand),
    Session(SessionCommand),
    Key(KeyCommand),
    Ban(BanCommand),
    Node(NodeCommand),
    SigningKey(SigningKeyCommand),
}

impl StoreCommand {
    /// What becomes of a folder without a store: what adds something makes one, as `serve` would; to a question and to a
    /// change of what cannot be there, the better answer is that there is none.
    fn on_fresh(&self) -> OnFresh {
        match self {
            Self::Account(AccountCommand::Add { .. })
            | Self::Key(KeyCommand::Add { .. })
            | Self::Ban(BanCommand::Add { .. }) => OnFresh::Make,
            _ => OnFresh::Refuse,
        }
    }
}

/// Does what is asked.
///
/// # Errors
/// Why it was not done.
pub(crate) async fn run(
    command: StoreCommand,
    composition: Composition<'_>,
    terminal: Terminal,
) -> Result<(), Failure> {
    // Everything is asked of the person before the store is opened: nobody holds a lock while somebody thinks.
    let asked = Asked::of(&command, terminal)?;
    let transport = Transport::open(composition, command.on_fresh(), terminal).await?;
    let desk = Desk {
        transport: &transport,
        terminal,
    };
    let done = match command {
        StoreCommand::Account(command) => account::run(&desk, command, asked).await,
        StoreCommand::Session(command) => session::run(&desk, command).await,
        StoreCommand::Key(command) => key::run(&desk, command).await,
        StoreCommand::Ban(command) => ban::run(&desk, command).await,
        StoreCommand::Node(command) => node::run(&desk, command).await,
        StoreCommand::SigningKey(command) => signing_key::run(&desk, command).await,
    };
    transport.close().await;
    done
}

/// What a person was asked for.
pub(crate) struct Asked {
    password: Option<zeroize::Zeroizing<String>>,
}

impl Asked {
    fn of(command: &StoreCommand, terminal: Terminal) -> Result<Self, Failure> {
        let password = match command {
            StoreCommand::Account(AccountCommand::Add { .. } | AccountCommand::Passwd { .. }) => {
                Some(terminal.ask_new_password()?)
            }
            StoreCommand::Session(SessionCommand::Revoke(what)) if what.all && !what.yes => {
                session::confirm_all(terminal)?;
                None
            }
            _ => None,
        };
        Ok(Self { password })
    }
}

/// Where a command works: at the API, before a terminal.
struct Desk<'a> {
    transport: &'a Transport,
    terminal: Terminal,
}

impl Desk<'_> {
    /// The body of the answer to a request.
    async fn ask(&self, call: Call) -> Result<Json, Failure> {
        self.transport.call(call).await?.success()
    }

    /// The receipt of a request that ends something, after the wait for every node.
    async fn end(&self, call: Call) -> Result<Json, Failure> {
        self.ask(call.waiting()).await
    }

    /// Says what was done: the answer itself for programs, a sentence for people; and from when on it counts
    /// everywhere, where that is not now.
    fn done(&self, answer: &Json, sentence: &str) -> Result<(), Failure> {
        if self.terminal.json {
            return self.terminal.print_json(answer);
        }
        self.terminal.print(sentence)?;
        if let Some(by) = answer.get("effective_by") {
            let locale = self.terminal.locale;
            self.terminal.tell(&match by {
                Json::Null => text::PENDING_UNKNOWN.get(locale).to_owned(),
                _ => text::PENDING.fill(locale, &[("by", &instant(answer, "effective_by"))]),
            });
        }
        Ok(())
    }

    /// What stands behind a sentence whose receipt says now.
    fn when(&self, receipt: &Json) -> &'static str {
        match receipt.get("effective_by") {
            Some(_) => "",
            None => text::EFFECTIVE_NOW.get(self.terminal.locale),
        }
    }
}

/// A field of an answer as text; empty where there is none.
fn field(object: &Json, name: &str) -> String {
    match object.get(name) {
        None | Some(Json::Null) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(Json::Array(items)) => {
            let words: Vec<_> = items
                .iter()
                .map(|item| item.as_str().unwrap_or_default())
                .collect();
            words.join(",")
        }
        Some(other) => other.to_string(),
    }
}

/// An instant as people read it: without what is below a second.
fn instant(object: &Json, name: &str) -> String {
    let text = field(object, name);
    match text.parse::<jiff::Timestamp>() {
        Ok(instant) => instant.strftime("%Y-%m-%d %H:%M:%SZ").to_string(),
        Err(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_shown_as_people_read_them() {
        let object = json!({ "a": "x", "b": null, "c": 7, "d": ["issue", "verify"], "at": "2026-01-02T03:04:05.678Z" });
        assert_eq!(
            ["a", "b", "c", "d", "e"].map(|name| field(&object, name)),
            ["x", "", "7", "issue,verify", ""]
        );
        assert_eq!(instant(&object, "at"), "2026-01-02 03:04:05Z");
        assert_eq!(instant(&object, "b"), "");
    }
}
