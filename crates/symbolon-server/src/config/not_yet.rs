//! Settings that later versions will honour: given now, they stop the start in place of being ignored.

use super::fault::Fault;
use super::resolve::{Entry, Resolved};
use super::value::Value;
use crate::messages::config as text;

/// Settings that can only have their default, and what they would ask for.
pub(crate) const LATER: &[(&str, &str)] = &[];

/// A fault for each setting that asks for what this version does not have.
pub(crate) fn not_yet(values: &Resolved) -> Vec<Fault> {
    let later = LATER.iter().filter_map(|(path, what)| {
        let entry = values.entry(path).filter(|entry| !is_default(entry))?;
        let message = text::LATER.with(&[("what", what), ("default", &entry.setting.default)]);
        Some(Fault::of(path, &entry.source, message))
    });
    later.collect()
}

/// Whether the value is the default, also where it was written out.
fn is_default(entry: &Entry) -> bool {
    match &entry.value {
        Value::Null => entry.setting.default == "null",
        value => value.to_string() == entry.setting.default,
    }
}
