//! The configuration: read, checked and complete before anything else begins.
//!
//! In reading order: the table of `settings` with the `kind` of each; `file` (over `yaml`) and `environment` read
//! what was written into a `layer` each; `older` makes settings of other systems' names; `resolve` takes for each
//! setting the first layer that names it; `tree` is what the rest of the server sees; `rules` and `files` say what
//! cannot be; `show` says where each value is from. Every `fault` is told, not only the first, with its place.

mod disk;
mod environment;
pub(crate) mod fault;
mod file;
pub(crate) mod files;
mod kind;
mod layer;
mod not_yet;
mod older;
mod resolve;
mod rules;
mod settings;
pub(crate) mod show;
pub(crate) mod tree;
pub(crate) mod url;
pub(crate) mod value;
mod yaml;

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use fault::{Fault, Findings};
use layer::Layer;
use resolve::Resolved;
use show::Shown;
use tree::{Config, Locale};

use crate::messages::config as text;

/// The file that is read where none is named, if it is there.
const FILE: &str = "symbolon.yaml";

/// Where to look.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    /// The file of `--config`, which must be there. None: `./symbolon.yaml`, if there.
    pub(crate) file: Option<PathBuf>,
    /// The file of `--env-file`, which must be there.
    pub(crate) env_file: Option<PathBuf>,
    /// The variables of the process, as `std::env::vars_os` gives them.
    pub(crate) variables: Vec<(OsString, OsString)>,
}

/// A configuration without faults.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// What the server is told.
    pub(crate) config: Config,
    /// The file that was read, if one was.
    pub(crate) file: Option<PathBuf>,
    /// What is doubtful, to be said at the start.
    pub(crate) warnings: Vec<Fault>,
    values: Resolved,
}

/// A configuration that cannot be used.
#[derive(Debug)]
pub(crate) struct Refused {
    /// Everything that is wrong with it.
    pub(crate) faults: Vec<Fault>,
    /// The language that it asks for, where that much is understood.
    pub(crate) locale: Option<Locale>,
}

/// Reads and checks everything. The variables win over the file of `--env-file`, that over the configuration file,
/// and that over the defaults. Relative paths begin at the folder of the process.
///
/// # Errors
/// Every fault that was found.
pub(crate) fn load(inputs: &Inputs) -> Result<Loaded, Refused> {
    let mut found = Findings::default();
    let variables = environment::of_process(&inputs.variables, &mut found.faults);
    let env_file = match &inputs.env_file {
        Some(path) => env_layer(path, &mut found),
        None => Layer::default(),
    };
    let (layer, file) = file_layer(inputs.file.as_deref(), &mut found);
    let loaded = judge(
        &mut [variables, env_file, layer],
        &[rules::check, files::check],
        found,
    )?;
    Ok(Loaded { file, ..loaded })
}

/// Reads arbitrary bytes as the configuration file and judges them, without a look at the files that they name:
/// whatever they are, the answer is a configuration or a list of faults.
pub(crate) fn fuzz(bytes: &[u8]) -> Result<Loaded, Refused> {
    let mut found = Findings::default();
    let layer = file::read(Path::new(FILE), bytes, &mut found);
    judge(&mut [layer], &[rules::check], found)
}

impl Loaded {
    /// What was asked for and this version does not have: it must not start.
    pub(crate) fn not_yet(&self) -> Vec<Fault> {
        not_yet::not_yet(&self.values)
    }

    /// The language that was asked for, if one was.
    pub(crate) fn locale(&self) -> Option<Locale> {
        given_locale(&self.values)
    }

    /// Each setting with its value, passwords masked, and its source.
    pub(crate) fn show(&self, locale: Locale) -> Vec<Shown> {
        show::rows(&self.values, locale)
    }

    /// The same for programs.
    pub(crate) fn show_json(&self) -> serde_json::Value {
        show::json(&self.values)
    }
}

/// A rule over the whole configuration.
type Rule = fn(&Config, &Resolved, &mut Findings);

/// From the layers, the first of which wins, to a configuration.
fn judge(layers: &mut [Layer], rules: &[Rule], mut found: Findings) -> Result<Loaded, Refused> {
    older::translate(layers, &mut found);
    let values = resolve::resolve(layers, &mut found.faults);
    let locale = given_locale(&values);
    let refused = |faults| Refused { faults, locale };
    let config = match Config::of(&values) {
        Ok(config) => config,
        Err(fault) => {
            found.faults.push(fault);
            return Err(refused(found.faults));
        }
    };
    rules.iter().for_each(|rule| rule(&config, &values, &mut found));
    match found.faults.is_empty() {
        true => Ok(Loaded {
            config,
            values,
            file: None,
            warnings: found.warnings,
        }),
        false => Err(refused(found.faults)),
    }
}

/// The language, where somebody wrote one.
fn given_locale(values: &Resolved) -> Option<Locale> {
    let is_given = values
        .entry("log.locale")
        .is_some_and(|entry| entry.source.is_given());
    is_given.then(|| values.get("log.locale").ok()).flatten()
}

fn file_layer(named: Option<&Path>, found: &mut Findings) -> (Layer, Option<PathBuf>) {
    let path = named.unwrap_or(Path::new(FILE));
    match disk::read(path, file::FILE_BYTES_MAX) {
        Ok(bytes) => (file::read(path, &bytes, found), Some(path.to_owned())),
        Err(error) if named.is_none() && error.kind() == io::ErrorKind::NotFound => (Layer::default(), None),
        Err(error) => {
            found.faults.push(Fault::of_file(
                path,
                text::CONFIG_UNREAD.with(&[("error", &error)]),
            ));
            (Layer::default(), None)
        }
    }
}

fn env_layer(path: &Path, found: &mut Findings) -> Layer {
    let text = disk::read(path, environment::ENV_FILE_BYTES_MAX)
        .and_then(|bytes| String::from_utf8(bytes).map_err(io::Error::other));
    match text {
        Ok(text) => environment::of_file(path, &text, found),
        Err(error) => {
            found.faults.push(Fault::of_file(
                path,
                text::ENV_FILE_UNREAD.with(&[("error", &error)]),
            ));
            Layer::default()
        }
    }
}

#[cfg(test)]
mod tests;
