//! What is wrong with the configuration, and where it was written.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::tree::Locale;
use crate::messages::{Message, config as text};

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The built-in default of the setting.
    Default,
    /// The default that this profile gives in place of the built-in one.
    Profile(&'static str),
    /// A default that was shortened to the value of this other setting, which was given by hand.
    Follows(&'static str),
    /// A file as a whole.
    File(Arc<Path>),
    /// A place in the configuration file; line and column count from 1, the column in characters.
    Place {
        file: Arc<Path>,
        line: usize,
        column: usize,
    },
    /// A variable of the process's environment.
    Variable(String),
    /// A variable in the file of `--env-file`; the line counts from 1.
    EnvFile {
        file: Arc<Path>,
        line: usize,
        name: String,
    },
}

impl Source {
    /// Whether a person wrote the value, in place of it being a default.
    pub(crate) fn is_given(&self) -> bool {
        !matches!(self, Self::Default | Self::Profile(_) | Self::Follows(_))
    }

    /// The source in words.
    pub(crate) fn say(&self, locale: Locale) -> String {
        match self {
            Self::Default => text::BY_DEFAULT.get(locale).to_owned(),
            Self::Profile(name) => text::BY_PROFILE.fill(locale, &[("profile", name)]),
            Self::Follows(path) => text::BY_FOLLOWING.fill(locale, &[("path", path)]),
            Self::File(file) => file.display().to_string(),
            Self::Place { file, line, column } => format!("{}:{line}:{column}", file.display()),
            Self::Variable(name) => name.clone(),
            Self::EnvFile { file, line, name } => format!("{}:{line}: {name}", file.display()),
        }
    }
}

/// One thing that is wrong, or, in a list of warnings, doubtful.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where it was written; a default where nothing was.
    pub(crate) source: Source,
    /// The path of the setting (`session.access_ttl`), where one is meant.
    pub(crate) setting: Option<String>,
    /// What is wrong and how to mend it. Never a part of a secret.
    pub(crate) message: Message,
}

impl Fault {
    /// A fault of one setting.
    pub(crate) fn of(setting: &str, source: &Source, message: impl Into<Message>) -> Self {
        Self {
            source: source.clone(),
            setting: Some(setting.to_owned()),
            message: message.into(),
        }
    }

    /// A fault that belongs to no setting: a file, or a name that is not known.
    pub(crate) fn at(source: &Source, message: impl Into<Message>) -> Self {
        Self {
            source: source.clone(),
            setting: None,
            message: message.into(),
        }
    }

    /// A fault of a file as a whole.
    pub(crate) fn of_file(file: &Path, message: impl Into<Message>) -> Self {
        Self::at(&Source::File(PathBuf::from(file).into()), message)
    }

    /// The fault in one line: its place, its setting, and what is wrong.
    pub(crate) fn say(&self, locale: Locale) -> String {
        let place = self.source.is_given().then(|| self.source.say(locale));
        let parts = [place, self.setting.clone(), Some(self.message.say(locale))];
        parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
    }
}

/// Longest part of a text that a message quotes: enough to find it.
const EXCERPT_MAX: usize = 64;

/// The beginning of what someone wrote, on one line and without control characters.
pub(crate) fn excerpt(text: &str) -> String {
    let beginning: String = text.chars().take(EXCERPT_MAX).collect();
    let rest = if beginning.len() < text.len() { "…" } else { "" };
    format!("{}{rest}", beginning.escape_debug())
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What stops the start.
    pub(crate) faults: Vec<Fault>,
    /// What is said at the start, which goes on.
    pub(crate) warnings: Vec<Fault>,
}
