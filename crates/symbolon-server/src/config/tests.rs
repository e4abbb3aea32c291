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

use super::fault::{Fault, Findings};
use super::tree::Locale;
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
    judge(&mut layers, &[rules::check], found).map_err(|refused| said(&refused.faults))
}

/// What is said of faults, in English.
fn said(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(|fault| fault.say(Locale::En)).collect()
}

/// The faults of a configuration file of this text.
fn faults(yaml: &str) -> Vec<String> {
    read(yaml).map(|_| ()).expect_err("the text has faults")
}

/// The warnings of a configuration file of this text, which has no faults.
fn warnings(yaml: &str) -> Vec<String> {
    said(&read(yaml).expect("the text has no faults").warnings)
}

/// The value and the source of one setting, as `config show` says them.
fn shown(loaded: &Loaded, path: &str) -> (String, String) {
    let row = loaded
        .show(Locale::En)
        .into_iter()
        .find(|row| row.path == path)
        .expect("the table has the path");
    (row.value, row.source)
}
