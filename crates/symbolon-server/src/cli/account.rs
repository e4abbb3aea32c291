use clap::{Subcommand, ValueEnum};

/// `symbolon account …`
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Make an account; its password is asked for, or read from standard input
    Add {
        /// The name to log in with
        name: String,
        /// What the account may do
        #[arg(long, value_name = "ROLE", default_value = "user")]
        role: RoleWord,
        /// Whose sessions it begins [default: its name]
        #[arg(long, value_name = "SUBJECT")]
        subject: Option<String>,
    },
    /// List the accounts
    List,
    /// Set a new password, which ends all sessions of the account; it is asked for, or read from standard input
    Passwd {
        /// The account
        name: String,
    },
    /// Change what an account may do
    Role {
        /// The account
        name: String,
        /// What it may do from now on
        role: RoleWord,
    },
    /// Let nobody log in with an account, and end its sessions
    Disable {
        /// The account
        name: String,
    },
    /// Let an account log in again
    Enable {
        /// The account
        name: String,
    },
    /// Remove an account and end its sessions
    Remove {
        /// The account
        name: String,
    },
}

/// A role as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RoleWord {
    /// Logs in, and sees and ends its own sessions
    User,
    /// May also read everything in the console
    Viewer,
    /// May do everything
    Admin,
}

impl RoleWord {
    /// The word of the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Viewer => "viewer",
            Self::Admin => "admin",
        }
    }
}
