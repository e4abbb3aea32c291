//! The terminal: what is printed, asked and shown while one waits.

mod ask;
mod language;
mod progress;
mod table;

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;

use crate::config::tree::Locale;
use crate::exit::Failure;

/// How this run of the program speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// For programs: JSON on standard output.
    pub(crate) json: bool,
    /// The language for people.
    pub(crate) locale: Locale,
    /// Whether standard output is a terminal.
    pub(crate) shows_output: bool,
    /// Whether standard error is a terminal.
    pub(crate) shows_errors: bool,
    /// Whether standard input is a terminal.
    pub(crate) can_ask: bool,
}

impl Terminal {
    /// The terminal of this process.
    pub(crate) fn of_process(json: bool) -> Self {
        Self {
            json,
            locale: language::of_process(),
            shows_output: io::stdout().is_terminal(),
            shows_errors: io::stderr().is_terminal(),
            can_ask: io::stdin().is_terminal(),
        }
    }

    /// The same in the language that the configuration asks for, if it asks for one.
    pub(crate) fn follow(self, locale: Option<Locale>) -> Self {
        let locale = locale.unwrap_or(self.locale);
        Self { locale, ..self }
    }

    /// Writes to standard output.
    ///
    /// # Errors
    /// Where it cannot be written; a reader that has gone away is no error.
    pub(crate) fn print(self, text: &str) -> Result<(), Failure> {
        write_line(&mut io::stdout().lock(), text)
    }

    /// Writes a value as JSON to standard output: in lines on a terminal, in one line elsewhere.
    ///
    /// # Errors
    /// As [`Terminal::print`].
    pub(crate) fn print_json(self, value: &impl Serialize) -> Result<(), Failure> {
        let text = match self.shows_output {
            true => serde_json::to_string_pretty(value),
            false => serde_json::to_string(value),
        };
        self.print(&text.map_err(|error| Failure::failed(format!("write the answer as JSON: {error}")))?)
    }

    /// A word in a colour (ECMA-48, SGR), where it is for a person at a terminal who wants colours (no-color.org).
    pub(crate) fn painted(self, word: &str, colour: u8) -> String {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self.shows_output && !unwanted {
            true => format!("\u{1b}[{colour}m{word}\u{1b}[0m"),
            false => word.to_owned(),
        }
    }

    /// Writes a line for people to standard error, where it does not mix with the output.
    pub(crate) fn tell(self, text: &str) {
        // Standard error is closed: there is nobody to tell.
        let _ = write_line(&mut io::stderr().lock(), text);
    }

    /// Tells a failure: as JSON for programs, as text for people.
    pub(crate) fn tell_failure(self, failure: Failure) {
        let failure = failure.said_in(self.locale);
        match self.json {
            true => self.tell(&failure.json().to_string()),
            false => self.tell(&failure.text()),
        }
    }
}

fn write_line(to: &mut impl Write, text: &str) -> Result<(), Failure> {
    match writeln!(to, "{text}").and_then(|()| to.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::failed(format!("write the output: {error}")))
        }
        _ => Ok(()),
    }
}
