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
use crate::messages::{Message, Sayable, below, config as said};

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
    pub(crate) fn expected(&self) -> Message {
        match self {
            Self::Flag => said::A_FLAG.into(),
            Self::Count { min, max } => said::A_COUNT.with(&[("min", min), ("max", max)]),
            Self::Span { min, max } => {
                let (min, max) = (value::span_text(*min), value::span_text(*max));
                said::A_SPAN.with(&[("min", &min), ("max", &max)])
            }
            Self::Size { min, max } => {
                let (min, max) = (value::size_text(*min), value::size_text(*max));
                said::A_SIZE.with(&[("min", &min), ("max", &max)])
            }
            Self::Choice(words) => said::A_CHOICE.with(&[("words", &words.join(", "))]),
            Self::Text => said::A_TEXT.into(),
            Self::Prefix => said::A_PREFIX.with(&[("most", &PREFIX_MAX)]),
            Self::Path => said::A_PATH.into(),
            Self::Address => said::AN_ADDRESS.into(),
            Self::Networks => said::NETWORKS.into(),
            Self::Origins => said::ORIGINS.into(),
            Self::Schedule => said::A_SCHEDULE.into(),
            Self::StoreUrl => said::A_STORE.into(),
            Self::RedisUrl => said::A_REDIS.into(),
            Self::Secret => said::A_SECRET.with(&[("least", &SECRET_LEN_MIN)]),
        }
    }

    /// Reads a text. A list is separated by commas, in brackets or without.
    ///
    /// # Errors
    /// What is wrong and what is expected; a text that may hold a secret is not quoted.
    pub(crate) fn parse(&self, text: &str) -> Result<Value, Message> {
        if text.len() > TEXT_MAX {
            return Err(said::TOO_LONG.with(&[("bytes", &TEXT_MAX)]));
        }
        if self.is_list() {
            let inner = text
                .strip_prefix('[')
                .and_then(|text| text.strip_suffix(']'))
                .unwrap_or(text);
            return self.parse_list(inner.split(',').filter(|_| !inner.trim().is_empty()));
        }
        if text.is_empty() {
            return Err(said::IS_EMPTY.with(&[("expected", &self.expected())]));
        }
        let refused = || match self.is_secret() {
            true => said::NOT_UNDERSTOOD.with(&[("expected", &self.expected())]),
            false => self.refused(text),
        };
        match self {
            Self::StoreUrl => StoreUrl::parse(text).map(Value::Store),
            Self::RedisUrl => StoreUrl::parse_redis(text).map(Value::Store),
            Self::Secret => SharedSecret::new(Zeroizing::new(text.as_bytes().to_vec()))
                .map(Value::Secret)
                .map_err(|weak| {
                    let values: [(_, &dyn Sayable); 2] =
                        [("why", &below::said(&weak)), ("expected", &self.expected())];
                    said::SECRET_REFUSED.with(&values)
                }),
            _ => self.parse_plain(text).ok_or_else(refused),
        }
    }

    /// Reads the items of a list.
    ///
    /// # Errors
    /// As [`Self::parse`], for the first item that is wrong.
    pub(crate) fn parse_list<'a>(&self, items: impl Iterator<Item = &'a str>) -> Result<Value, Message> {
        let items: Vec<&str> = items.map(str::trim).collect();
        if items.len() > LIST_MAX {
            return Err(said::TOO_MANY.with(&[("count", &items.len()), ("most", &LIST_MAX)]));
        }
        if matches!(self, Self::Networks) {
            let networks = items
                .into_iter()
                .map(|item| network(item).ok_or_else(|| self.refused(item)));
            return networks.collect::<Result<_, _>>().map(Value::Networks);
        }
        let origins = items
            .into_iter()
            .map(|item| origin(item).ok_or_else(|| self.refused(item)));
        origins.collect::<Result<_, _>>().map(Value::Origins)
    }

    /// What is said of a text that is none of this kind.
    fn refused(&self, text: &str) -> Message {
        said::TEXT_NOT_UNDERSTOOD.with(&[("text", &excerpt(text)), ("expected", &self.expected())])
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
