//! From the command line to what is done, and to the exit code.

use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;

use clap::CommandFactory as _;
use clap_complete::aot;
use serde_json::json;

use crate::cli::{self, Cli, Command, ConfigCommand, Shell};
use crate::commands::{self, StoreCommand};
use crate::compose::Composition;
use crate::config::fault::Fault;
use crate::config::tree::Locale;
use crate::config::{self, Inputs, Loaded, Refused};
use crate::exit::{Exit, Failure};
use crate::messages::{start, terminal as text};
use crate::terminal::Terminal;
use crate::{doctor, serve};

/// Runs the program and says how it ends. What went wrong was told when this returns.
pub(crate) fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let cli = match cli::parse(arguments) {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let terminal = Terminal::of_process(cli.json);
    dispatch(cli, terminal).unwrap_or_else(|failure| {
        let exit = failure.exit;
        terminal.tell_failure(failure);
        exit
    })
}

fn dispatch(cli: Cli, terminal: Terminal) -> Result<Exit, Failure> {
    let files = Files {
        config: cli.config,
        env_file: cli.env_file,
    };
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(&startable(files, terminal)?, terminal),
        Command::Completions { shell } => completions(shell, terminal),
        Command::Config(ConfigCommand::Check) => check(files, terminal),
        Command::Config(ConfigCommand::Show) => show(files, terminal),
        Command::Doctor { token } => diagnose(files, token, terminal),
        Command::Init => on_store(files, terminal, commands::init),
        Command::Migrate => on_store(files, terminal, commands::migrate),
        Command::Warm { rate } => on_store(files, terminal, async |composition, terminal| {
            commands::warm(rate, composition, terminal).await
        }),
        Command::Account(command) => work(files, terminal, StoreCommand::Account(command)),
        Command::Session(command) => work(files, terminal, StoreCommand::Session(command)),
        Command::Key(command) => work(files, terminal, StoreCommand::Key(command)),
        Command::Ban(command) => work(files, terminal, StoreCommand::Ban(command)),
        Command::Node(command) => work(files, terminal, StoreCommand::Node(command)),
        Command::SigningKey(command) => work(files, terminal, StoreCommand::SigningKey(command)),
    }
}

/// The files that the command line names.
struct Files {
    config: Option<PathBuf>,
    env_file: Option<PathBuf>,
}

fn load(files: Files) -> Result<Loaded, Refused> {
    let variables = std::env::vars_os().collect();
    config::load(&Inputs {
        file: files.config,
        env_file: files.env_file,
        variables,
    })
}

/// A configuration without faults.
fn loaded(files: Files, terminal: Terminal) -> Result<Loaded, Failure> {
    load(files).map_err(|refused| faulty(&refused.faults, terminal.follow(refused.locale).locale))
}

/// A configuration that may be started with.
fn startable(files: Files, terminal: Terminal) -> Result<Loaded, Failure> {
    let loaded = loaded(files, terminal)?;
    match loaded.not_yet() {
        faults if faults.is_empty() => Ok(loaded),
        faults => Err(faulty(&faults, terminal.follow(loaded.locale()).locale)),
    }
}

/// All faults at once, each in a line with its place.
fn faulty(faults: &[Fault], locale: Locale) -> Failure {
    let message = match faults.len() {
        1 => start::CONFIG_FAULT.get(locale).to_owned(),
        count => start::CONFIG_FAULTS.fill(locale, &[("count", &count)]),
    };
    Failure::config(message).with_details(faults.iter().map(|fault| fault.say(locale)))
}

fn check(files: Files, terminal: Terminal) -> Result<Exit, Failure> {
    let loaded = startable(files, terminal)?;
    let terminal = terminal.follow(loaded.locale());
    let doubts = loaded.warnings.iter().map(|doubt| doubt.say(terminal.locale));
    let doubts: Vec<String> = doubts.collect();
    if terminal.json {
        let file = loaded.file.map(|file| file.display().to_string());
        terminal.print_json(&json!({ "file": file, "faults": [], "warnings": doubts }))?;
        return Ok(Exit::Ok);
    }
    for doubt in &doubts {
        terminal.tell(&text::CONFIG_DOUBTS.fill(terminal.locale, &[("doubt", doubt)]));
    }
    terminal.print(text::CONFIG_GOOD.get(terminal.locale))?;
    Ok(Exit::Ok)
}

fn show(files: Files, terminal: Terminal) -> Result<Exit, Failure> {
    let loaded = loaded(files, terminal)?;
    let terminal = terminal.follow(loaded.locale());
    if terminal.json {
        terminal.print_json(&loaded.show_json())?;
        return Ok(Exit::Ok);
    }
    let rows = loaded
        .show(terminal.locale)
        .into_iter()
        .map(|row| [row.path.to_owned(), row.value, row.source]);
    terminal.print_table(["setting", "value", "source"], rows)?;
    Ok(Exit::Ok)
}

fn diagnose(files: Files, with_token: bool, terminal: Terminal) -> Result<Exit, Failure> {
    let loaded = load(files);
    let locale = loaded
        .as_ref()
        .map_or_else(|refused| refused.locale, Loaded::locale);
    let terminal = terminal.follow(locale);
    let token = with_token.then(|| terminal.ask_token()).transpose()?;
    let loaded = loaded.as_ref().map_err(|refused| refused.faults.as_slice());
    block_on(doctor::run(loaded, token, terminal))?
}

fn work(files: Files, terminal: Terminal, command: StoreCommand) -> Result<Exit, Failure> {
    on_store(files, terminal, async |composition, terminal| {
        commands::run(command, composition, terminal).await
    })
}

/// Does something with the store that the configuration names.
fn on_store(
    files: Files,
    terminal: Terminal,
    work: impl AsyncFnOnce(Composition<'_>, Terminal) -> Result<(), Failure>,
) -> Result<Exit, Failure> {
    let loaded = startable(files, terminal)?;
    let terminal = terminal.follow(loaded.locale());
    let composition = Composition::of(&loaded.config);
    let done = block_on(work(composition, terminal))?;
    done.map_err(|failure| failure.said_in(terminal.locale))?;
    Ok(Exit::Ok)
}

/// Runs a future of a command: one thread is enough for one person.
fn block_on<F: Future>(future: F) -> Result<F::Output, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::unavailable(format!("start the runtime: {error}")))?;
    Ok(runtime.block_on(future))
}

fn completions(shell: Shell, terminal: Terminal) -> Result<Exit, Failure> {
    let shell = match shell {
        Shell::Bash => aot::Shell::Bash,
        Shell::Elvish => aot::Shell::Elvish,
        Shell::Fish => aot::Shell::Fish,
        Shell::Powershell => aot::Shell::PowerShell,
        Shell::Zsh => aot::Shell::Zsh,
    };
    let mut script = Vec::new();
    aot::generate(shell, &mut Cli::command(), crate::PROGRAM, &mut script);
    terminal.print(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Ok)
}
