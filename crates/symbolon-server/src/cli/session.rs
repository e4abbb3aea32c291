use clap::{ArgGroup, Args, Subcommand, ValueEnum};

/// `symbolon session …`
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List the sessions of a subject, the newest first
    List {
        /// Whose sessions
        #[arg(long, value_name = "SUBJECT")]
        subject: String,
        /// Only those that are active, or any that is still kept
        #[arg(long, value_name = "STATE", default_value = "active")]
        state: StateWord,
        /// How many at the most
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },
    /// Show one session
    Show {
        /// The id of the session
        id: String,
    },
    /// End one session, all of a subject, or everyone's
    Revoke(RevokeWhat),
}

/// Which sessions to end: exactly one of the three.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("what").required(true).args(["id", "subject", "all"]))]
pub(crate) struct RevokeWhat {
    /// The id of the session
    pub(crate) id: Option<String>,
    /// All sessions of this subject
    #[arg(long, value_name = "SUBJECT")]
    pub(crate) subject: Option<String>,
    /// Everyone's sessions, after a question
    #[arg(long)]
    pub(crate) all: bool,
    /// Do not ask
    #[arg(long, requires = "all")]
    pub(crate) yes: bool,
}

/// Which sessions are listed, as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StateWord {
    Active,
    Any,
}

impl StateWord {
    /// The word of the API.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Any => "any",
        }
    }
}
