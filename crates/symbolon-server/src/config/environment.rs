//! The environment, and the file of `--env-file`: each setting as `SYMBOLON_` and its path in capitals, and the names of
//! an older system.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use super::fault::{Fault, Findings, Source};
use super::layer::{self, Layer, Raw};
use super::older;
use super::tree::Locale;
use crate::messages::config as text;

/// What every name begins with.
const PREFIX: &str = "SYMBOLON_";
/// Names that are no settings: two that the command line reads, and the one by which a program that
/// starts the server is told where it is.
const NOT_SETTINGS: &[&str] = &["SYMBOLON_CONFIG", "SYMBOLON_ENV_FILE", "SYMBOLON_BIN"];
/// Largest file of `--env-file`: a screen or two of lines are usual.
pub(crate) const ENV_FILE_BYTES_MAX: usize = 64 * 1024;

/// The variable of a path: `session.access_ttl` is `SYMBOLON_SESSION__ACCESS_TTL`.
pub(crate) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.replace('.', "__").to_ascii_uppercase())
}

/// Reads the variables of the process. Faults are added to `faults`.
pub(crate) fn of_process(variables: &[(OsString, OsString)], faults: &mut Vec<Fault>) -> Layer {
    let mut known = Vec::new();
    for (name, value) in variables {
        let name = name.to_string_lossy().into_owned();
        if !is_ours(&name) {
            continue;
        }
        let source = Source::Variable(name.clone());
        match value.to_str() {
            Some(value) => known.push((name, value.to_owned(), source)),
            None => faults.push(Fault::at(&source, text::VARIABLE_NOT_UTF8)),
        }
    }
    layer_of(&known, faults)
}

/// Reads lines of `KEY = value`. Empty lines and those that begin with `#` say nothing; quotes around a value and
/// `export` before a name are taken off. Names that are not known are warned about, all of ours must be.
pub(crate) fn of_file(file: &Path, lines: &str, found: &mut Findings) -> Layer {
    let file: Arc<Path> = file.into();
    let (mut known, mut others) = (Vec::new(), Vec::new());
    for (index, line) in lines.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let assignment = line.strip_prefix("export ").unwrap_or(line).split_once('=');
        let Some((name, value)) = assignment else {
            let source = Source::Place {
                file: Arc::clone(&file),
                line: index + 1,
                column: 1,
            };
            found.faults.push(Fault::at(&source, text::NO_ASSIGNMENT));
            continue;
        };
        let name = name.trim().to_owned();
        if is_ours(&name) {
            let source = Source::EnvFile {
                file: Arc::clone(&file),
                line: index + 1,
                name: name.clone(),
            };
            known.push((name, unquoted(value.trim()).to_owned(), source));
        } else {
            others.push(name);
        }
    }
    if !others.is_empty() {
        let names = others.join(", ");
        let message = text::OTHERS_NOT_READ.with(&[("names", &names.escape_debug())]);
        found.warnings.push(Fault::at(&Source::File(file), message));
    }
    layer_of(&known, &mut found.faults)
}

/// The value without its quotes, or without the comment after it.
fn unquoted(value: &str) -> &str {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return inner;
        }
    }
    value
        .split_once(" #")
        .map_or(value, |(value, _)| value.trim_end())
}

/// Whether a name is meant for this server. Kubernetes and Docker links make variables from the names of services
/// (`SYMBOLON_SERVICE_HOST`, `SYMBOLON_PORT_5000_TCP`): these are nobody's mistake.
fn is_ours(name: &str) -> bool {
    let is_service = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT_"]
        .iter()
        .any(|part| name.contains(part));
    let is_link = is_service || name.ends_with("_PORT");
    older::path_of(name).is_some() || name.starts_with(PREFIX) && !is_link && !NOT_SETTINGS.contains(&name)
}

fn layer_of(variables: &[(String, String, Source)], faults: &mut Vec<Fault>) -> Layer {
    let mut layer = Layer::default();
    for (index, (name, value, source)) in variables.iter().enumerate() {
        if let Some((.., earlier)) = variables[..index].iter().find(|(earlier, ..)| earlier == name) {
            let earlier = earlier.say(Locale::En);
            faults.push(Fault::at(source, text::SET_TWICE.with(&[("earlier", &earlier)])));
        } else if let Some(path) = layer::paths().find(|path| variable(path) == *name) {
            layer.put(&path, Raw::of(value), source);
        } else if let Some(path) = older::path_of(name) {
            layer.put(path, Raw::Text(value.clone()), source);
        } else {
            faults.push(unknown(name, source));
        }
    }
    layer
}

fn unknown(name: &str, source: &Source) -> Fault {
    let path = name.trim_start_matches(PREFIX).replace("__", ".");
    let meant = layer::nearest(&path, layer::paths()).map(|path| variable(&path));
    Fault::at(source, layer::unknown(meant.as_deref()))
}
