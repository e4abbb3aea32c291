//! What `config show` says: each setting, its value with passwords masked, and where it comes from.

use serde_json::{Value as Json, json};

use super::environment;
use super::fault::Source;
use super::layer;
use super::resolve::Resolved;
use super::tree::Locale;

/// One line of `config show`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    /// `session.access_ttl`
    pub(crate) path: &'static str,
    /// The value as one would write it, with passwords masked.
    pub(crate) value: String,
    /// `default`, `profile production`, `symbolon.yaml:3:5`, `SYMBOLON_SESSION__ACCESS_TTL`.
    pub(crate) source: String,
}

/// A line for each setting, in the order of the table.
pub(crate) fn rows(values: &Resolved, locale: Locale) -> Vec<Shown> {
    let row = |entry: &super::resolve::Entry| Shown {
        path: entry.setting.path,
        value: entry.value.to_string(),
        source: entry.source.say(locale),
    };
    values.entries().iter().map(row).collect()
}

/// The same for programs, in English: a list of `{path, value, source, default, expected, doc, variable, file_form?}`.
pub(crate) fn json(values: &Resolved) -> Json {
    let object = |entry: &super::resolve::Entry| {
        let setting = entry.setting;
        let mut object = json!({
            "path": setting.path,
            "value": entry.value.to_json(),
            "source": source(&entry.source),
            "default": setting.default,
            "expected": setting.kind.expected().say(Locale::En),
            "doc": setting.doc,
            "variable": environment::variable(setting.path),
        });
        if let Some(path) = layer::file_form(setting) {
            object["file_form"] = json!(path);
        }
        object
    };
    values.entries().iter().map(object).collect()
}

/// A source for programs: `kind`, and what belongs to it.
fn source(source: &Source) -> Json {
    match source {
        Source::Default => json!({ "kind": "default" }),
        Source::Profile(name) => json!({ "kind": "profile", "profile": name }),
        Source::Follows(path) => json!({ "kind": "follows", "path": path }),
        Source::File(file) => json!({ "kind": "file", "file": file.display().to_string() }),
        Source::Place { file, line, column } => {
            json!({ "kind": "file", "file": file.display().to_string(), "line": line, "column": column })
        }
        Source::Variable(name) => json!({ "kind": "environment", "variable": name }),
        Source::EnvFile { file, line, name } => {
            json!({ "kind": "env_file", "file": file.display().to_string(), "line": line, "variable": name })
        }
    }
}
