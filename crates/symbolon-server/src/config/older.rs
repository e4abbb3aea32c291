//! The names of the systems that people move in from: the environment file of one (S0), the configuration file of
//! another (S1).
//!
//! Each place keeps them as they are written, under paths that are no settings'. Once every place was read,
//! [`translate`] makes settings of them, so that a setting which has its own name anywhere above them wins.

mod lives;
mod redis;
mod secret;
mod session_file;

use super::fault::Findings;
use super::layer::{Given, Layer, Raw};

pub(crate) use session_file::{is_session_file, read as read_session_file};

/// The names of S0's environment, with the path that each is kept under. Those of its Redis are S1's too, where they
/// win over the file's `REDIS`.
const NAMES: &[(&str, &str)] = &[
    (lives::JWT_LIFE, lives::JWT_LIFE),
    (lives::RECORD_LIFE, lives::RECORD_LIFE),
    (secret::NAME, secret::NAME),
    (secret::ALGORITHM, secret::ALGORITHM),
    ("REDIS_HOST", "REDIS.HOST"),
    ("REDIS_PORT", "REDIS.PORT"),
    ("REDIS_DB", "REDIS.DB"),
    ("REDIS_DATABASE", "REDIS.DB"),
    ("REDIS_USERNAME", "REDIS.USERNAME"),
    ("REDIS_PASSWORD", "REDIS.PASSWORD"),
];

/// The path that a variable of an older system is kept under, if it is one.
pub(crate) fn path_of(variable: &str) -> Option<&'static str> {
    NAMES
        .iter()
        .find(|(name, _)| *name == variable)
        .map(|(_, path)| *path)
}

/// Makes settings of the older names. `layers` are in the order in which they win; the last is the configuration file.
pub(crate) fn translate(layers: &mut [Layer], found: &mut Findings) {
    session_file::translate(layers, found);
    lives::translate(layers, found);
    secret::translate(layers, found);
    redis::translate(layers, found);
}

/// What the first place that names it says about a path.
fn first<'a>(layers: &'a [Layer], path: &str) -> Option<&'a Given> {
    layers.iter().find_map(|layer| layer.get(path))
}

/// The text of the first place that names it; `None` also where it says that there is nothing.
fn text<'a>(layers: &'a [Layer], path: &str) -> Option<(&'a str, &'a Given)> {
    let given = first(layers, path)?;
    match &given.raw {
        Raw::Text(text) if !text.is_empty() => Some((text, given)),
        _ => None,
    }
}

/// A number that is written in digits alone.
fn whole(raw: &Raw) -> Option<u64> {
    let Raw::Text(text) = raw else { return None };
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| text.parse().ok()).flatten()
}
