//! The kinds of values, and how their text is read.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use croner::parser::{CronParser, Seconds, Year};
use ipnet::IpNet;
use jiff::civil::date;
use jiff::tz::TimeZone;
use symbolon::{SECRET_LEN_MIN, SharedSecret};
use zeroize::Zeroizing;

use super::fault::excerpt;
use super::url::StoreUrl;
use super::value::{self, Value};

/// What the value of a setting may be. Limits are inclusive.
#[derive(Clone, Debug)]
pub(crate) enum Kind {
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Count { min: u64, max: u64 },
    /// A duration: `500ms`, `10s`, `30m`, `12h`, `7d`.
    Span { min: Duration, max: Duration },
    /// A number of bytes: `512KiB`, `64MiB`, `1GiB`.
    Size { min: u64, max: u64 },
    /// One word of these.
    Choice(&'static [&'static str]),
    /// Words without control characters.
    Text,
    /// The first part of a key: `sy`.
    Prefix,
    /// A file or a folder, from the folder in which the server starts.
    Path,
    /// An IP address with a port.
    Address,
    /// A list of networks: `10.0.0.0/8`, or one address.
    Networks,
    /// A list of web origins: `https://app.example.com`.
    Origins,
    /// Five fields of cron.
    Schedule,
    /// Where the store is; may hold a password.
    StoreUrl,
    /// Where a Redis is; may hold a password.
    RedisUrl,
    /// A secret that cannot be guessed.
    Secret,
}

/// Longest text of a value: longer than any path or address, short enough for a line of the log.
const TEXT_MAX: usize = 4_096;
/// Most items of a list: each of them is tried for each connection.
const LIST_MAX: usize = 256;
/// A prefix is in every key, so it costs memory for each session.
const PREFIX_MAX: usize = 32;

impl Kind {
    /// Whether the value can hold a secret: it is never quoted in a message, and may stand in a file of its own.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Self::StoreUrl | Self::RedisUrl | Self::Secret)
    }

    /// Whether the value is a list.
    pub(crate) fn is_list(&self) -> bool {
        matches!(self, Self::Networks | Self::Origins)
    }

    /// What is expected, for messages and for `config show`.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Flag => "true or false".into(),
            Self::Count { min, max } => format!("a whole number from {min} to {max}"),
            Self::Span { min, max } => format!(
                "a number with a unit (500ms, 10s, 30m, 12h, 7d), from {} to {}",
                value::span_text(*min),
                value::span_text(*max)
            ),
            Self::Size { min, max } => format!(
                "a number with a unit (512KiB, 64MiB, 1GiB), from {} to {}",
                value::size_text(*min),
                value::size_text(*max)
            ),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::Text => "words without control characters".into(),
            Self::Prefix => format!("at most {PREFIX_MAX} of A-Z a-z 0-9 _ - . :"),
            Self::Path => "a path".into(),
            Self::Address => "an IP address with a port, such as 127.0.0.1:5000 or [::1]:5000".into(),
            Self::Networks => "a list of networks, such as [10.0.0.0/8, 192.168.1.7]".into(),
            Self::Origins => "a list of origins without a path, such as [https://app.example.com]".into(),
            Self::Schedule => "minute, hour, day, month, weekday, such as \"0 3 * * *\"".into(),
            Self::StoreUrl => "sqlite:, sqlite:PATH, memory:, postgres://, mysql:// or redis://".into(),
            Self::RedisUrl => "an address, such as redis://127.0.0.1:6379/0".into(),
            Self::Secret => {
                format!("a secret of at least {SECRET_LEN_MIN} bytes; make one with: openssl rand -hex 32")
            }
        }
    }

    /// Reads a text. A list is separated by commas, in brackets or without.
    ///
    /// # Errors
    /// What is wrong and what is expected; a text that may hold a secret is not quoted.
    pub(crate) fn parse(&self, text: &str) -> Result<Value, String> {
        if text.len() > TEXT_MAX {
            return Err(format!("is longer than {TEXT_MAX} bytes"));
        }
        if self.is_list() {
            let inner = text
                .strip_prefix('[')
                .and_then(|text| text.strip_suffix(']'))
                .unwrap_or(text);
            return self.parse_list(inner.split(',').filter(|_| !inner.trim().is_empty()));
        }
        if text.is_empty() {
            return Err(format!("is empty; expected {}", self.expected()));
        }
        let refused = || match self.is_secret() {
            true => format!("is not understood; expected {}", self.expected()),
            false => format!(
                "`{}` is not understood; expected {}",
                excerpt(text),
                self.expected()
            ),
        };
        match self {
            Self::StoreUrl => StoreUrl::parse(text).map(Value::Store),
            Self::RedisUrl => StoreUrl::parse_cache(text).map(Value::Store),
            Self::Secret => SharedSecret::new(Zeroizing::new(text.as_bytes().to_vec()))
                .map(Value::Secret)
                .map_err(|weak| format!("is refused: {weak}; expected {}", self.expected())),
            _ => self.parse_plain(text).ok_or_else(refused),
        }
    }

    /// Reads the items of a list.
    ///
    /// # Errors
    /// As [`Self::parse`], for the first item that is wrong.
    pub(crate) fn parse_list<'a>(&self, items: impl Iterator<Item = &'a str>) -> Result<Value, String> {
        let items: Vec<&str> = items.map(str::trim).collect();
        if items.len() > LIST_MAX {
            return Err(format!("has {} items, {LIST_MAX} are allowed", items.len()));
        }
        let refused = |item: &str| {
            format!(
                "`{}` is not understood; expected {}",
                excerpt(item),
                self.expected()
            )
        };
        if matches!(self, Self::Networks) {
            let networks = items
                .into_iter()
                .map(|item| network(item).ok_or_else(|| refused(item)));
            return networks.collect::<Result<_, _>>().map(Value::Networks);
        }
        let origins = items
            .into_iter()
            .map(|item| origin(item).ok_or_else(|| refused(item)));
        origins.collect::<Result<_, _>>().map(Value::Origins)
    }

    /// The kinds that can only be understood or not.
    fn parse_plain(&self, text: &str) -> Option<Value> {
        match self {
            Self::Flag => bool::from_str(text).ok().map(Value::Flag),
            Self::Count { min, max } => whole(text)
                .filter(|count| (min..=max).contains(&count))
                .map(Value::Count),
            Self::Span { min, max } => span(text)
                .filter(|span| (min..=max).contains(&span))
                .map(Value::Span),
            Self::Size { min, max } => size(text)
                .filter(|size| (min..=max).contains(&size))
                .map(Value::Size),
            Self::Choice(words) => words
                .iter()
                .find(|word| **word == text)
                .map(|word| Value::Choice(word)),
            Self::Text => (!text.chars().any(char::is_control)).then(|| Value::Text(text.to_owned())),
            Self::Prefix => is_prefix(text).then(|| Value::Text(text.to_owned())),
            Self::Path => (!text.contains('\0')).then(|| Value::Path(PathBuf::from(text))),
            Self::Address => SocketAddr::from_str(text).ok().map(Value::Address),
            Self::Schedule => schedule(text),
            Self::Networks | Self::Origins | Self::StoreUrl | Self::RedisUrl | Self::Secret => None,
        }
    }
}

/// Digits and nothing else: no sign, no space, no exponent.
fn whole(digits: &str) -> Option<u64> {
    let is_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_digits.then(|| digits.parse().ok()).flatten()
}

/// A number and its unit.
fn with_unit(text: &str) -> Option<(u64, &str)> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    Some((whole(digits)?, unit))
}

fn span(text: &str) -> Option<Duration> {
    let (number, unit) = with_unit(text)?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

fn size(text: &str) -> Option<u64> {
    let (number, unit) = with_unit(text)?;
    let bytes = match unit {
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(bytes)
}

fn is_prefix(text: &str) -> bool {
    text.len() <= PREFIX_MAX
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte))
}

/// A network, or one address as the network of itself alone.
fn network(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// An origin as a browser writes it: scheme, host, port, in small letters and without a path. It leaves out the port
/// that the scheme implies, so one with it would never be met.
fn origin(text: &str) -> Option<String> {
    let secure = text.strip_prefix("https://");
    let (host, implied) = match secure {
        Some(host) => (host, ":443"),
        None => (text.strip_prefix("http://")?, ":80"),
    };
    if host.ends_with(implied) {
        return None;
    }
    let is_host_byte =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]".contains(&byte);
    (!host.is_empty() && host.bytes().all(is_host_byte)).then(|| text.to_owned())
}

/// Five fields that come true some day: `0 0 30 2 *` never does.
fn schedule(text: &str) -> Option<Value> {
    let parser = CronParser::builder()
        .seconds(Seconds::Disallowed)
        .year(Year::Disallowed)
        .build();
    let cron = parser.parse(text).ok()?;
    let any_day = date(2026, 1, 1).to_zoned(TimeZone::UTC).ok()?;
    cron.find_next_occurrence(&any_day, true).ok()?;
    Some(Value::Schedule(Box::new(cron)))
}
