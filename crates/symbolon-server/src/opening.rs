//! Opening the store: what to say where it cannot be, and the line that is said once.

use std::fmt::Display;

use symbolon::{OpenError, OpenFault, OpenRedisStoreError, OpenServerError, Opened};
use zeroize::Zeroizing;

use crate::compose::Composition;
use crate::config::tree::Locale;
use crate::exit::{Exit, Failure};
use crate::messages::{start as text, terminal as said};
use crate::port_holder::Process;
use crate::terminal::Terminal;

/// Who has a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreHolder {
    /// Its process; `None`: it is of another user or in another container.
    pub(crate) process: Option<Process>,
}

impl StoreHolder {
    /// The one that an error of opening names, if that is what it is about.
    pub(crate) fn of(error: &OpenError) -> Option<Self> {
        let OpenError::InUse { pid, command, .. } = error else {
            return None;
        };
        let process = pid.parse().ok().map(|pid| Process {
            pid,
            name: command.clone().unwrap_or_else(|| "?".to_owned()),
        });
        Some(Self { process })
    }

    /// The holder in words.
    pub(crate) fn words(&self, locale: Locale) -> String {
        match &self.process {
            Some(process) => process.words(locale),
            None => said::SOME_PROCESS.get(locale).to_owned(),
        }
    }
}

/// Who has the store, if that is why it was not opened.
pub(crate) fn holder(fault: &OpenFault) -> Option<StoreHolder> {
    match fault {
        OpenFault::Store(error) => StoreHolder::of(error),
        _ => None,
    }
}

/// A fault of opening as what is told at the end of the program.
pub(crate) fn failure(fault: &OpenFault, composition: &Composition<'_>, locale: Locale) -> Failure {
    match holder(fault) {
        Some(holder) => in_use(&holder, composition, locale),
        None => Failure::new(exit_of(fault), "store", format!("open the store: {fault}")),
    }
}

fn in_use(holder: &StoreHolder, composition: &Composition<'_>, locale: Locale) -> Failure {
    let folder = composition.data_dir().display();
    let values: [(&str, &dyn Display); 2] = [("folder", &folder), ("holder", &holder.words(locale))];
    let failure = Failure::new(
        Exit::Unavailable,
        "in_use",
        text::STORE_HELD.fill(locale, &values),
    );
    match &holder.process {
        Some(process) => failure.with_details([text::STOP_PROCESS.fill(locale, &[("pid", &process.pid)])]),
        None => failure,
    }
}

/// Whether trying again may help, and if not, whether it is the configuration that must be changed.
fn exit_of(fault: &OpenFault) -> Exit {
    match fault {
        OpenFault::MasterKey(_)
        | OpenFault::PasswordCost(_)
        | OpenFault::PasswordMin(_)
        | OpenFault::Schedule { .. }
        | OpenFault::Cache(_)
        | OpenFault::Store(OpenError::OtherKey { .. } | OpenError::Foreign { .. }) => Exit::Config,
        OpenFault::Store(
            OpenError::Damaged { .. } | OpenError::NewerSchema { .. } | OpenError::OldSqlite { .. },
        ) => Exit::Failed,
        OpenFault::Server(error) => exit_of_server(error),
        OpenFault::Redis(error) => exit_of_redis(error),
        _ => Exit::Unavailable,
    }
}

/// A server that is away may come back. All else that it refuses is mended in `store.url`, in the server's own settings,
/// or by the right release or key.
fn exit_of_server(error: &OpenServerError) -> Exit {
    match error {
        OpenServerError::Unreachable { .. } | OpenServerError::NoResources { .. } => Exit::Unavailable,
        OpenServerError::Damaged { .. } => Exit::Failed,
        _ => Exit::Config,
    }
}

/// The same for a Redis. One that reads its file, or has no memory left, is there in a while.
fn exit_of_redis(error: &OpenRedisStoreError) -> Exit {
    match error {
        OpenRedisStoreError::Unreachable { .. }
        | OpenRedisStoreError::Unready { .. }
        | OpenRedisStoreError::NoResources { .. } => Exit::Unavailable,
        OpenRedisStoreError::Damaged { .. } => Exit::Failed,
        _ => Exit::Config,
    }
}

/// Says the first administrator, if it was made just now: in a line that is the same in every language and format, and
/// is written to standard error alone.
pub(crate) fn tell_administrator(opened: &Opened, terminal: Terminal) {
    const BEFORE: &str = "first administrator: admin  password: ";
    let Some(password) = &opened.first_administrator else {
        return;
    };
    // One buffer of the right size: a line that grows would leave pieces of the password behind.
    let mut line = Zeroizing::new(String::with_capacity(BEFORE.len() + password.len()));
    line.push_str(BEFORE);
    line.push_str(password);
    terminal.tell(&line);
}

/// What to say of the master key, if it was made just now.
pub(crate) fn key_made(opened: &Opened, locale: Locale) -> Option<String> {
    let file = opened.master_key_made.as_ref()?;
    Some(text::MASTER_KEY_MADE.fill(locale, &[("file", &file.display())]))
}

/// Says on a terminal what opening made.
pub(crate) fn tell_made(opened: &Opened, terminal: Terminal) {
    tell_administrator(opened, terminal);
    if let Some(said) = key_made(opened, terminal.locale) {
        terminal.tell(&said);
    }
}
