use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::JSON_DEPTH_MAX;
use crate::problem::Problem;

/// A field or path longer than this, or with other signs than a name has, is not repeated in a message: it may be a
/// value in the wrong place.
const NAME_SHOWN_MAX: usize = 48;

/// What is wrong with a JSON body. Never says what a value is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: line {line} column {column}")]
pub struct JsonFault {
    what: String,
    /// From 1.
    pub line: usize,
    /// Bytes, from 1.
    pub column: usize,
}

impl From<JsonFault> for Problem {
    fn from(fault: JsonFault) -> Self {
        Self::invalid_request(fault.to_string())
    }
}

/// Parses a body of our own routes: at most [`JSON_DEPTH_MAX`] deep, no key twice in an object, every number a signed
/// 64-bit integer. Unknown fields are refused where `T` says `deny_unknown_fields`.
///
/// # Errors
/// See [`JsonFault`].
pub fn parse_strict<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, JsonFault> {
    check(text, Numbers::Integers)?;
    parse(text)
}

/// Parses a body of the older systems' routes: as [`parse_strict`], but numbers may be any that JSON has, since
/// what their clients send beside the known fields is not ours to judge.
///
/// # Errors
/// See [`JsonFault`].
pub fn parse_lenient<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, JsonFault> {
    check(text, Numbers::Any)?;
    parse(text)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numbers {
    Integers,
    Any,
}

/// The rules that serde does not have. Its own recursion limit is never reached, since ours is lower.
fn check(text: &[u8], numbers: Numbers) -> Result<(), JsonFault> {
    let broken = Cell::new(None);
    let mut json = serde_json::Deserializer::from_slice(text);
    let rules = Rules {
        depth: 0,
        numbers,
        broken: &broken,
    };
    let outcome = rules.deserialize(&mut json).and_then(|()| json.end());
    outcome.map_err(|error| JsonFault {
        what: broken.get().unwrap_or("the body is not valid JSON").to_owned(),
        line: error.line(),
        column: error.column(),
    })
}

#[derive(Clone, Copy)]
struct Rules<'r> {
    depth: usize,
    numbers: Numbers,
    /// The rule that was broken: serde's error has no place for it but its text.
    broken: &'r Cell<Option<&'static str>>,
}

impl Rules<'_> {
    fn refuse<T, E: serde::de::Error>(self, rule: &'static str) -> Result<T, E> {
        self.broken.set(Some(rule));
        Err(E::custom(rule))
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == JSON_DEPTH_MAX {
            return self.refuse("the body is nested too deeply");
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }
}

impl<'de> DeserializeSeed<'de> for Rules<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Rules<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        if self.numbers == Numbers::Integers && i64::try_from(number).is_err() {
            return self.refuse("a number is too large");
        }
        Ok(())
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        if self.numbers == Numbers::Integers {
            return self.refuse("a number is not an integer");
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        while items.next_element_seed(inside)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let inside = self.deeper()?;
        let mut keys = HashSet::new();
        // Keys are compared decoded: "a" and "\u0061" are one.
        while let Some(key) = entries.next_key::<String>()? {
            if !keys.insert(key) {
                return self.refuse("a key is there twice");
            }
            entries.next_value_seed(inside)?;
        }
        Ok(())
    }
}

/// From text that keeps the rules to `T`.
fn parse<'de, T: Deserialize<'de>>(text: &'de [u8]) -> Result<T, JsonFault> {
    let mut json = serde_json::Deserializer::from_slice(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        JsonFault {
            what: describe(&path, &error),
            line: error.line(),
            column: error.column(),
        }
    })
}

/// serde's messages repeat the value that does not fit. What is kept of them are names and expectations.
fn describe(path: &str, error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message.strip_suffix(&format!(" at line {} column {}", error.line(), error.column()));
    let message = message.unwrap_or_default();
    let (fault, expected) = match message.rsplit_once(", expected ") {
        Some((fault, expected)) => (fault, Some(thing(expected))),
        None => (message, None),
    };
    let named = ["unknown field", "missing field", "duplicate field"]
        .iter()
        .find_map(|kind| {
            let name = fault.strip_prefix(kind)?.trim().trim_matches('`');
            Some(if is_name(name) {
                format!("{kind} {name}")
            } else {
                (*kind).to_owned()
            })
        });
    let place = if is_name(path) && path != "." {
        path
    } else {
        "the body"
    };
    match (named, expected) {
        (Some(named), Some(expected)) => format!("{named}, expected {expected}"),
        (Some(named), None) => named,
        (None, Some(expected)) => format!("{place} must be {expected}"),
        (None, None) => format!("{place} has a value that is not allowed"),
    }
}

/// What was expected, as the sender sees it: our names of types tell them nothing.
fn thing(expected: &str) -> &str {
    if expected.starts_with("struct ") {
        return "an object";
    }
    expected
}

fn is_name(text: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.[]".contains(&byte);
    !text.is_empty() && text.len() <= NAME_SHOWN_MAX && text.bytes().all(sign)
}
