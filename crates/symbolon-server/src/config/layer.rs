//! What one place says: the file, the environment, or the file of `--env-file`.

use std::collections::BTreeMap;

use super::fault::Source;
use super::settings::{SETTINGS, Setting};
use crate::messages::{Message, config as text};

/// What was written for each path, and where. The paths are those of settings, or of their `_file` forms.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    given: BTreeMap<String, Given>,
}

/// What was written for one path.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    pub(crate) raw: Raw,
    pub(crate) source: Source,
}

/// A value before its kind is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Raw {
    /// Nothing: `null`, `~`, or no text after the colon.
    Null,
    /// A text, quoted or not.
    Text(String),
    /// A list of texts.
    List(Vec<String>),
}

impl Raw {
    /// The text of a variable, or of a default.
    pub(crate) fn of(text: &str) -> Self {
        if text == "null" {
            Self::Null
        } else {
            Self::Text(text.to_owned())
        }
    }
}

impl Layer {
    /// What this place says about a path.
    pub(crate) fn get(&self, path: &str) -> Option<&Given> {
        self.given.get(path)
    }

    /// Notes what was written. What was noted earlier for the same path stays.
    pub(crate) fn put(&mut self, path: &str, raw: Raw, source: &Source) {
        self.given.entry(path.to_owned()).or_insert_with(|| Given {
            raw,
            source: source.clone(),
        });
    }
}

/// The path of the form that names a file with the secret in place of the secret.
pub(crate) fn file_form(setting: &Setting) -> Option<String> {
    setting.kind.is_secret().then(|| format!("{}_file", setting.path))
}

/// Every path that can be written: the settings, and the `_file` forms of those that are secret.
pub(crate) fn paths() -> impl Iterator<Item = String> {
    SETTINGS
        .iter()
        .flat_map(|setting| [Some(setting.path.to_owned()), file_form(setting)])
        .flatten()
}

/// Whether there are settings below this path.
pub(crate) fn is_group(path: &str) -> bool {
    SETTINGS.iter().any(|setting| {
        setting
            .path
            .strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The path that was most likely meant: the same last name in another group, or a few letters away. Of several as near,
/// the first in the order of the settings: `listen` is `http.listen`.
pub(crate) fn nearest(wanted: &str, paths: impl Iterator<Item = String>) -> Option<String> {
    let wanted = wanted.to_ascii_lowercase();
    let last = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    let letters_max = (wanted.len() / 3).clamp(1, 4);
    paths
        .map(|path| match last(&path) == last(&wanted) {
            true => (0, path),
            false => (strsim::damerau_levenshtein(&wanted, &path), path),
        })
        .filter(|(distance, _)| *distance <= letters_max)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, path)| path)
}

/// What is said of a name that is no setting.
pub(crate) fn unknown(meant: Option<&str>) -> Message {
    match meant {
        Some(meant) => text::UNKNOWN_NEAR.with(&[("meant", &meant)]),
        None => text::UNKNOWN.into(),
    }
}
