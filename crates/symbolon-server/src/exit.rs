//! How the program ends: its exit codes, and what it says when something did not work.

use std::process::ExitCode;

use serde_json::{Value as Json, json};

use crate::config::tree::Locale;
use crate::messages::below;

/// The exit codes, those from 64 on with the meaning that `sysexits.h` gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It was done.
    Ok = 0,
    /// It was not done: refused, not found, or a check found a fault.
    Failed = 1,
    /// The command line is not understood.
    Usage = 64,
    /// Something that is needed is not there now: the store, a port, a server. Trying again may help.
    Unavailable = 69,
    /// The configuration is at fault. Trying again does not help.
    Config = 78,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Something that was not done, told once, at the end of the program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// How the program ends.
    pub(crate) exit: Exit,
    /// What, for programs: a `code` of the API, or one of ours.
    pub(crate) code: String,
    /// What, for people: operation and object, in lower case. Never a secret.
    pub(crate) message: String,
    /// Further lines: what to do, or one line for each fault.
    pub(crate) details: Vec<String>,
}

impl Failure {
    /// It was not done.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, "failed", message)
    }

    /// The command line asks for what cannot be.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// Something is away.
    pub(crate) fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Exit::Unavailable, "unavailable", message)
    }

    /// The configuration is at fault.
    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(Exit::Config, "configuration", message)
    }

    /// A failure of any kind.
    pub(crate) fn new(exit: Exit, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            exit,
            code: code.into(),
            message: message.into(),
            details: Vec::new(),
        }
    }

    /// The same with further lines.
    pub(crate) fn with_details(mut self, details: impl IntoIterator<Item = String>) -> Self {
        self.details.extend(details);
        self
    }

    /// The same in a language, as far as it is not in one already: what is made where nobody knows the language is English.
    pub(crate) fn said_in(mut self, locale: Locale) -> Self {
        self.message = below::say(&self.message, locale);
        self.details = self
            .details
            .iter()
            .map(|detail| below::say(detail, locale))
            .collect();
        self
    }

    /// The text for people: `symbolon: …`, then the details, indented.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("symbolon: {}", self.message);
        for detail in &self.details {
            text.push_str("\n  ");
            text.push_str(detail);
        }
        text
    }

    /// The same for programs.
    pub(crate) fn json(&self) -> Json {
        json!({ "error": { "code": self.code, "detail": self.message, "details": self.details } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_with_its_details_below_it() {
        let failure = Failure::unavailable("listen on 127.0.0.1:5000: the port is taken").with_details([
            "stop the other process".to_owned(),
            "or take another port".to_owned(),
        ]);
        assert_eq!(
            failure.text(),
            "symbolon: listen on 127.0.0.1:5000: the port is taken\n  stop the other process\n  or take another port"
        );
        assert_eq!(
            failure.json(),
            json!({ "error": {
                "code": "unavailable",
                "detail": "listen on 127.0.0.1:5000: the port is taken",
                "details": ["stop the other process", "or take another port"],
            } })
        );
    }

    #[test]
    fn the_exit_codes_are_those_of_the_contract() {
        let codes = [
            Exit::Ok,
            Exit::Failed,
            Exit::Usage,
            Exit::Unavailable,
            Exit::Config,
        ]
        .map(|exit| exit as u8);
        assert_eq!(codes, [0, 1, 64, 69, 78]);
    }
}
