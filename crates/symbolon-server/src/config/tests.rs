//! What the configuration answers to what people write.

mod example;
mod faults;
mod files;
mod fuzz;
mod layers;
mod older;
mod production;
mod profiles;
mod values;

use std::ffi::OsString;
use std::path::Path;

use super::fault::Findings;
use super::{Loaded, environment, file, judge, rules};

/// The answer to a configuration file of this text, without any variable.
fn read(yaml: &str) -> Result<Loaded, Vec<String>> {
    read_under(yaml, &[])
}

/// The answer to a configuration file of this text under these variables.
fn read_under(yaml: &str, variables: &[(&str, &str)]) -> Result<Loaded, Vec<String>> {
    let variables: Vec<(OsString, OsString)> = variables
        .iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    let mut found = Findings::default();
    let mut layers = [
        environment::of_process(&variables, &mut found.faults),
        file::read(Path::new("s.yaml"), yaml.as_bytes(), &mut found),
    ];
    judge(&mut layers, &[rules::check], found)
        .map_err(|faults| faults.iter().map(ToString::to_string).collect())
}

/// The faults of a configuration file of this text.
fn faults(yaml: &str) -> Vec<String> {
    read(yaml).map(|_| ()).expect_err("the text has faults")
}

/// The warnings of a configuration file of this text, which has no faults.
fn warnings(yaml: &str) -> Vec<String> {
    read(yaml)
        .expect("the text has no faults")
        .warnings
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The value and the source of one setting, as `config show` says them.
fn shown(loaded: &Loaded, path: &str) -> (String, String) {
    let row = loaded
        .show()
        .into_iter()
        .find(|row| row.path == path)
        .expect("the table has the path");
    (row.value, row.source)
}
