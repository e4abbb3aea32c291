//! Why a command could not do its work at all. A rule that is broken is not a fault but a
//! [`Finding`](crate::finding::Finding).

use std::fmt;
use std::path::PathBuf;

/// What stopped a command.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A program could not be started.
    Start { program: String, source: std::io::Error },
    /// A program ran and failed where its answer was needed; `said` is its standard error.
    Failed { command: String, said: String },
    /// A file or folder could not be read.
    Read { path: PathBuf, source: std::io::Error },
    /// A file could not be written.
    Write { path: PathBuf, source: std::io::Error },
    /// `cargo metadata` answered something else than the JSON that its manual promises.
    Metadata(String),
    /// The tests need something that is not here; the text says what and how to get it.
    Missing(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { program, source } => write!(out, "could not start {program}: {source}"),
            Self::Failed { command, said } => write!(out, "{command} failed: {}", said.trim_end()),
            Self::Read { path, source } => write!(out, "could not read {}: {source}", path.display()),
            Self::Write { path, source } => write!(out, "could not write {}: {source}", path.display()),
            Self::Metadata(what) => write!(out, "could not understand cargo metadata: {what}"),
            Self::Missing(what) => out.write_str(what),
        }
    }
}

impl std::error::Error for Fault {}
