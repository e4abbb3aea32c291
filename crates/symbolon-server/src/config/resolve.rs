//! From what was written to one value for each setting, with its source.

use std::path::{Path, PathBuf};

use super::disk;
use super::fault::{Fault, Source};
use super::layer::{Given, Layer, Raw, file_form};
use super::settings::{SETTINGS, Setting};
use super::value::{FromValue, Value};
use crate::messages::{Message, config as text};

/// Defaults that yield to a shorter life which was given by hand: whoever sets one life need not set them all.
const FOLLOWS: &[(&str, &str)] = &[
    ("session.access_ttl", "session.absolute_timeout"),
    ("session.refresh_ttl", "session.absolute_timeout"),
    ("session.idle_timeout", "session.absolute_timeout"),
    (
        "session.remember.idle_timeout",
        "session.remember.absolute_timeout",
    ),
];

/// Every setting with its value and its source, in the order of the table.
#[derive(Debug)]
pub(crate) struct Resolved {
    entries: Vec<Entry>,
}

/// One setting with what it is now.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) setting: &'static Setting,
    pub(crate) value: Value,
    pub(crate) source: Source,
    /// The file that holds it, where a secret stands in one of its own.
    pub(crate) file: Option<PathBuf>,
}

impl Resolved {
    /// Every setting, in the order of the table.
    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The setting at a path of the table.
    pub(crate) fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.setting.path == path)
    }

    /// A fault of the setting at a path, with the place of its value.
    pub(crate) fn fault(&self, path: &str, message: impl Into<Message>) -> Fault {
        Fault::of(
            path,
            self.entry(path).map_or(&Source::Default, |entry| &entry.source),
            message,
        )
    }

    /// The value at a path, as the type that the tree has there.
    ///
    /// # Errors
    /// Where the table knows no such path, or another kind: the tests hold both together.
    pub(crate) fn get<T: FromValue>(&self, path: &str) -> Result<T, Fault> {
        let value = self.entry(path).and_then(|entry| T::from_value(&entry.value));
        value.ok_or_else(|| Fault::of(path, &Source::Default, text::OTHER_KIND))
    }
}

/// Takes for each setting the first layer that names it, else the default of the profile. A value that is wrong is a
/// fault, and the default stands in for it so that the search for faults can go on.
pub(crate) fn resolve(layers: &[Layer], faults: &mut Vec<Fault>) -> Resolved {
    let profile = match SETTINGS.iter().find(|setting| setting.path == "profile") {
        Some(setting) => one(setting, layers, "default", &mut Vec::new()).value.to_string(),
        None => String::new(),
    };
    let entries = SETTINGS
        .iter()
        .map(|setting| one(setting, layers, &profile, faults))
        .collect();
    let mut resolved = Resolved { entries };
    for (follower, leader) in FOLLOWS {
        follow(&mut resolved, follower, leader);
    }
    resolved
}

fn one(setting: &'static Setting, layers: &[Layer], profile: &str, faults: &mut Vec<Fault>) -> Entry {
    let given = layers.iter().find_map(|layer| given(setting, layer).transpose());
    let read =
        given.map(|given| given.and_then(|given| read(setting, &given).map(|value| (value, given.source))));
    let (value, source) = match read {
        Some(Ok(read)) => read,
        Some(Err(fault)) => {
            faults.push(fault);
            default(setting, profile, faults)
        }
        None => default(setting, profile, faults),
    };
    Entry {
        setting,
        value,
        source,
        file: secret_file(setting, layers),
    }
}

/// The file that the first layer names for a secret, if it names one.
fn secret_file(setting: &Setting, layers: &[Layer]) -> Option<PathBuf> {
    let form = file_form(setting)?;
    let of_layer = |layer: &Layer| match layer.get(&form).map(|given| &given.raw) {
        Some(Raw::Text(file)) => Some(Some(PathBuf::from(file))),
        _ => layer.get(setting.path).map(|_| None),
    };
    layers.iter().find_map(of_layer).flatten()
}

fn default(setting: &Setting, profile: &str, faults: &mut Vec<Fault>) -> (Value, Source) {
    let (written, profile) = setting.default_under(profile);
    let source = profile.map_or(Source::Default, Source::Profile);
    let given = Given {
        raw: Raw::of(written),
        source,
    };
    let value = read(setting, &given).unwrap_or_else(|fault| {
        faults.push(fault);
        Value::Null
    });
    (value, given.source)
}

/// What a layer says about a setting, in the one form or in the other.
fn given(setting: &Setting, layer: &Layer) -> Result<Option<Given>, Fault> {
    let plain = layer.get(setting.path);
    let Some(path) = file_form(setting) else {
        return Ok(plain.cloned());
    };
    // A null in the `_file` form says that there is none.
    let Some(given) = layer.get(&path).filter(|given| given.raw != Raw::Null) else {
        return Ok(plain.cloned());
    };
    if plain.is_some() {
        return Err(Fault::of(
            &path,
            &given.source,
            text::BESIDE.with(&[("other", &setting.path)]),
        ));
    }
    let Raw::Text(file) = &given.raw else {
        return Err(Fault::of(
            &path,
            &given.source,
            text::NOT_UNDERSTOOD.with(&[("expected", &Message::from(text::A_PATH))]),
        ));
    };
    let secret = disk::read_line(Path::new(file)).map_err(|why| Fault::of(&path, &given.source, why))?;
    Ok(Some(Given {
        raw: Raw::Text(secret),
        source: given.source.clone(),
    }))
}

fn read(setting: &Setting, given: &Given) -> Result<Value, Fault> {
    let expected = || setting.kind.expected();
    let value = match &given.raw {
        Raw::Null if setting.is_nullable() => Ok(Value::Null),
        Raw::Null => Err(text::IS_NULL.with(&[("expected", &expected())])),
        Raw::Text(written) => setting.kind.parse(written),
        Raw::List(items) if setting.kind.is_list() => {
            setting.kind.parse_list(items.iter().map(String::as_str))
        }
        Raw::List(_) => Err(text::IS_LIST.with(&[("expected", &expected())])),
    };
    value.map_err(|why| Fault::of(setting.path, &given.source, why))
}

/// Shortens a default that is longer than the leader, which then was given by hand.
fn follow(resolved: &mut Resolved, follower: &'static str, leader: &'static str) {
    let limit = resolved.entry(leader).map(|leader| leader.value.clone());
    let entry = resolved
        .entries
        .iter_mut()
        .find(|entry| entry.setting.path == follower);
    if let (Some(entry), Some(Value::Span(limit))) = (entry, limit)
        && matches!(entry.value, Value::Span(own) if own > limit)
        && !entry.source.is_given()
    {
        entry.value = Value::Span(limit);
        entry.source = Source::Follows(leader);
    }
}
