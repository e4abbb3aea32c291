//! The command line as it is typed.
//!
//! Every command's own words are in the folder of this name. What a command does is in `commands`, but for
//! [`Command::Serve`], [`Command::Doctor`] and the commands about the configuration, which have rooms of their own.

mod account;
mod ban;
mod key;
mod node;
mod session;
mod signing_key;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

pub(crate) use account::{AccountCommand, RoleWord};
pub(crate) use ban::{BanCommand, Until};
pub(crate) use key::{KeyCommand, Life, ScopeWord};
pub(crate) use node::NodeCommand;
pub(crate) use session::{RevokeWhat, SessionCommand};
pub(crate) use signing_key::{AlgWord, SigningKeyCommand};

use crate::exit::Exit;

/// Sessions and tokens: issued, verified, refreshed, ended and listed.
///
/// Without a command it serves. The commands work while a server runs, through its socket, and while none does, on its
/// data: with the same result.
#[derive(Debug, Parser)]
#[command(
    name = "symbolon",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    /// The configuration file, instead of ./symbolon.yaml
    #[arg(long, value_name = "FILE", global = true, env = "SYMBOLON_CONFIG")]
    pub(crate) config: Option<PathBuf>,

    /// A file of lines KEY = value that are read like variables of the environment, which win over them
    #[arg(long, value_name = "FILE", global = true, env = "SYMBOLON_ENV_FILE")]
    pub(crate) env_file: Option<PathBuf>,

    /// Write JSON, for programs
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What is asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server (also without a command)
    Serve,
    /// Make the data folder, the store and the first administrator, and print its password once
    Init,
    /// Check everything the server needs and say what to do
    Doctor {
        /// Also ask for an access token, or read it from standard input, and say why it is refused
        #[arg(long)]
        token: bool,
    },
    /// Bring the store to the schema of this version
    Migrate,
    /// Fill the shared cache in Redis from the store
    Warm {
        /// How many sessions a second at the most
        #[arg(long, value_name = "N", default_value_t = symbolon::WARM_PER_SECOND, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        rate: u32,
    },
    /// Check or show the configuration
    #[command(subcommand, arg_required_else_help = true)]
    Config(ConfigCommand),
    /// Accounts of the built-in log-in
    #[command(subcommand, arg_required_else_help = true)]
    Account(AccountCommand),
    /// Sessions: who is on which device, and ending them
    #[command(subcommand, arg_required_else_help = true)]
    Session(SessionCommand),
    /// API keys of services
    #[command(subcommand, arg_required_else_help = true)]
    Key(KeyCommand),
    /// Bans: subjects that may begin no session
    #[command(subcommand, arg_required_else_help = true)]
    Ban(BanCommand),
    /// Nodes that share the store
    #[command(subcommand, arg_required_else_help = true)]
    Node(NodeCommand),
    /// Keys that sign access tokens
    #[command(subcommand, arg_required_else_help = true)]
    SigningKey(SigningKeyCommand),
    /// Print the completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
}

/// `symbolon config …`
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Name every fault of the configuration with its place
    Check,
    /// Show each setting with its value and where it comes from
    Show,
}

/// A shell that completions can be made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

/// Reads the arguments.
///
/// # Errors
/// How to end: after help or the version, which are printed here, or after a usage error, which is told here.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, Exit> {
    Cli::try_parse_from(arguments).map_err(|error| {
        // A closed pipe has nobody to tell.
        let _ = error.print();
        match error.use_stderr() {
            true => Exit::Usage,
            false => Exit::Ok,
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn read(line: &str) -> Result<Cli, Exit> {
        parse(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn global_options_stand_anywhere() {
        for line in [
            "symbolon --json account list",
            "symbolon account --json list",
            "symbolon account list --json",
        ] {
            assert!(read(line).unwrap().json, "{line}");
        }
        let cli = read("symbolon serve --config other.yaml").unwrap();
        assert_eq!(cli.config, Some(PathBuf::from("other.yaml")));
        let cli = read("symbolon config show --env-file .env.dev").unwrap();
        assert_eq!(cli.env_file, Some(PathBuf::from(".env.dev")));
    }

    #[test]
    fn no_command_is_a_command() {
        assert!(read("symbolon").unwrap().command.is_none());
    }

    #[test]
    fn what_is_not_understood_is_a_usage_error_and_help_is_none() {
        for line in [
            "symbolon frobnicate",
            "symbolon --frobnicate",
            "symbolon account",
            "symbolon account add",
            "symbolon account role root owner",
            "symbolon session revoke",
            "symbolon session revoke --all --subject ann",
            "symbolon session revoke --subject ann --all",
            "symbolon key add --name n",
            "symbolon key add --name n --scope verify,everything",
            "symbolon key add --name n --scope verify --expires soon",
            "symbolon ban",
            "symbolon ban add ann",
            "symbolon ban add --note x",
            "symbolon ban add ann --note x --until soon",
            "symbolon node",
            "symbolon node evict",
            "symbolon signing-key rotate --alg none",
            "symbolon signing-key rotate --alg eddsa",
            "symbolon config",
            "symbolon completions tcsh",
        ] {
            assert_eq!(read(line).err(), Some(Exit::Usage), "{line}");
        }
        for line in ["symbolon --help", "symbolon --version", "symbolon key add --help"] {
            assert_eq!(read(line).err(), Some(Exit::Ok), "{line}");
        }
    }

    #[test]
    fn no_command_takes_a_password_as_an_argument() {
        let mut open = vec![Cli::command()];
        while let Some(command) = open.pop() {
            for argument in command.get_arguments() {
                let name = argument.get_id().as_str();
                assert!(!name.contains("password") && !name.contains("secret"), "{name}");
            }
            open.extend(command.get_subcommands().cloned());
        }
    }
}
