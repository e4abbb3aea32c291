//! A value that has been read: its text for people, its form in JSON, and the way into the types of the tree.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use croner::Cron;
use ipnet::IpNet;
use serde_json::json;
use symbolon::SharedSecret;

use super::url::StoreUrl;

/// A value of one of the kinds. Its text is how one would write it in the file, with passwords masked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// Nothing, where the setting may be null.
    Null,
    /// Yes or no.
    Flag(bool),
    /// A whole number.
    Count(u64),
    /// A duration of whole milliseconds.
    Span(Duration),
    /// A number of bytes.
    Size(u64),
    /// A word of a closed list.
    Choice(&'static str),
    /// Words.
    Text(String),
    /// A file or a folder.
    Path(PathBuf),
    /// An address to listen at.
    Address(SocketAddr),
    /// Networks.
    Networks(Vec<IpNet>),
    /// Web origins.
    Origins(Vec<String>),
    /// A schedule; large, so it is kept aside.
    Schedule(Box<Cron>),
    /// A store.
    Store(StoreUrl),
    /// A secret, which is never shown.
    Secret(SharedSecret),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Span(span) => f.write_str(&span_text(*span)),
            Self::Size(bytes) => f.write_str(&size_text(*bytes)),
            Self::Choice(word) => f.write_str(word),
            Self::Text(text) => f.write_str(text),
            Self::Path(path) => write!(f, "{}", path.display()),
            Self::Address(address) => write!(f, "{address}"),
            Self::Networks(networks) => write_list(f, networks),
            Self::Origins(origins) => write_list(f, origins),
            Self::Schedule(cron) => f.write_str(cron.as_str()),
            Self::Store(url) => write!(f, "{url}"),
            Self::Secret(_) => f.write_str("***"),
        }
    }
}

fn write_list(f: &mut fmt::Formatter<'_>, items: &[impl fmt::Display]) -> fmt::Result {
    let items: Vec<String> = items.iter().map(ToString::to_string).collect();
    write!(f, "[{}]", items.join(", "))
}

impl Value {
    /// The value for programs: null, true, a number, a list, or its text.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null => serde_json::Value::Null,
            Self::Flag(flag) => json!(flag),
            Self::Count(count) => json!(count),
            Self::Networks(networks) => networks
                .iter()
                .map(|network| json!(network.to_string()))
                .collect(),
            Self::Origins(origins) => json!(origins),
            _ => json!(self.to_string()),
        }
    }
}

/// A duration in the largest unit that gives a whole number.
pub(crate) fn span_text(span: Duration) -> String {
    let millis = span.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "m"), (1_000, "s")];
    let whole = units
        .iter()
        .find(|(unit, _)| millis != 0 && millis.is_multiple_of(*unit));
    match whole {
        Some((unit, name)) => format!("{}{name}", millis / unit),
        None if millis == 0 => "0s".to_owned(),
        None => format!("{millis}ms"),
    }
}

/// A number of bytes in the largest unit that gives a whole number.
pub(crate) fn size_text(bytes: u64) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units
        .iter()
        .find(|(unit, _)| bytes != 0 && bytes.is_multiple_of(*unit))
    {
        Some((unit, name)) => format!("{}{name}", bytes / unit),
        None => format!("{bytes}B"),
    }
}

/// A type that a field of the tree can have. `None` where the table says another kind: a test holds both together.
pub(crate) trait FromValue: Sized {
    /// Takes the value over.
    fn from_value(value: &Value) -> Option<Self>;
}

/// A field that is one word of a closed list.
pub(crate) trait Word: Copy + 'static {
    /// The words and what they mean.
    const WORDS: &'static [(&'static str, Self)];
}

impl<W: Word> FromValue for W {
    fn from_value(value: &Value) -> Option<Self> {
        let Value::Choice(given) = value else { return None };
        W::WORDS
            .iter()
            .find(|(word, _)| word == given)
            .map(|(_, meaning)| *meaning)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

impl FromValue for SharedSecret {
    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Secret(secret) => Some(secret.clone()),
            _ => None,
        }
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Flag(flag) = value {
            Some(*flag)
        } else {
            None
        }
    }
}

impl FromValue for u64 {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Count(number) | Value::Size(number) = value {
            Some(*number)
        } else {
            None
        }
    }
}

impl FromValue for u32 {
    fn from_value(value: &Value) -> Option<Self> {
        u64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for usize {
    fn from_value(value: &Value) -> Option<Self> {
        u64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for Duration {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Span(span) = value {
            Some(*span)
        } else {
            None
        }
    }
}

impl FromValue for String {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value {
            Some(text.clone())
        } else {
            None
        }
    }
}

impl FromValue for PathBuf {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Path(path) = value {
            Some(path.clone())
        } else {
            None
        }
    }
}

impl FromValue for SocketAddr {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Address(address) = value {
            Some(*address)
        } else {
            None
        }
    }
}

impl FromValue for Vec<IpNet> {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Networks(networks) = value {
            Some(networks.clone())
        } else {
            None
        }
    }
}

impl FromValue for Vec<String> {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Origins(origins) = value {
            Some(origins.clone())
        } else {
            None
        }
    }
}

impl FromValue for Cron {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Schedule(cron) = value {
            Some(Cron::clone(cron))
        } else {
            None
        }
    }
}

impl FromValue for StoreUrl {
    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Store(url) = value {
            Some(url.clone())
        } else {
            None
        }
    }
}
