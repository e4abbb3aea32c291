//! The Redis of the older systems: their store, unless another one is named, in our way or in S1's.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::super::fault::{Fault, Findings, Source};
use super::super::layer::{Given, Layer, Raw};
use super::super::tree::Locale;
use super::{first, text, whole};
use crate::messages::{Message, Sayable, config as said};

/// The parts of its address, as the layers keep them.
pub(super) const PARTS: [&str; 5] = [
    "REDIS.HOST",
    "REDIS.PORT",
    "REDIS.DB",
    "REDIS.USERNAME",
    "REDIS.PASSWORD",
];
/// What S1's file asks its store to be; there in every such file.
pub(super) const TYPE: &str = "SESSION.TYPE";

/// Makes a store of it where S1's file asks for that, or where a host is named and no other store is; says so where
/// nothing comes of it.
pub(super) fn translate(layers: &mut [Layer], found: &mut Findings) {
    let names_host = text(layers, "REDIS.HOST").is_some_and(|(_, given)| !is_link(given));
    let is_asked_for = match text(layers, TYPE) {
        Some((kind, given)) => match kind.to_ascii_lowercase().as_str() {
            "redis" => true,
            "filesystem" | "sqlalchemy" => false,
            _ => {
                let expected = Message::from(said::A_KIND_OF_STORE);
                let message = said::NOT_UNDERSTOOD.with(&[("expected", &expected)]);
                found.faults.push(Fault::of(TYPE, &given.source, message));
                return;
            }
        },
        // S0 has no such word: whoever says where Redis is keeps tokens there.
        None => names_host,
    };
    let store = first(layers, "store.url").or_else(|| first(layers, "store.url_file"));
    match (is_asked_for, store) {
        (true, None) => name_store(layers, found),
        (true, Some(store)) => {
            let place = store.source.say(Locale::En);
            ignored(layers, found, &said::OLDER_STORE_GIVEN.with(&[("place", &place)]));
        }
        (false, _) => ignored(layers, found, &said::OLDER_STORE_ELSEWHERE.into()),
    }
}

/// One warning that names all of them, at the first.
fn ignored(layers: &[Layer], found: &mut Findings, why: &Message) {
    let given: Vec<(&str, &Given)> = PARTS
        .iter()
        .filter_map(|path| Some((*path, first(layers, path)?)))
        .filter(|(_, given)| !is_link(given))
        .collect();
    if let Some((_, place)) = given.first() {
        let names: Vec<&str> = given.iter().map(|(path, _)| *path).collect();
        let values: [(_, &dyn Sayable); 2] = [("names", &names.join(", ")), ("why", why)];
        let message = said::OLDER_REDIS_IGNORED.with(&values);
        found.warnings.push(Fault::at(&place.source, message));
    }
}

/// `REDIS_PORT=tcp://10.0.0.1:6379` is no one's setting: Kubernetes and Docker make it of a service's name.
fn is_link(given: &Given) -> bool {
    matches!(&given.raw, Raw::Text(text) if text.starts_with("tcp://"))
}

/// Writes `store.url`, with the place of the host.
fn name_store(layers: &mut [Layer], found: &mut Findings) {
    let source = first(layers, "REDIS.HOST").or_else(|| first(layers, TYPE));
    let source = source.map_or(Source::Default, |given| given.source.clone());
    let faults = found.faults.len();
    let port = number(layers, "REDIS.PORT", 6_379, u64::from(u16::MAX), found);
    let database = number(layers, "REDIS.DB", 0, u64::from(u16::MAX), found);
    if found.faults.len() > faults {
        return;
    }
    let encoded = |path: &str| {
        text(layers, path).map(|(text, _)| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string())
    };
    let login = match (encoded("REDIS.USERNAME"), encoded("REDIS.PASSWORD")) {
        (None, None) => String::new(),
        (user, None) => format!("{}@", user.unwrap_or_default()),
        (user, Some(password)) => format!("{}:{password}@", user.unwrap_or_default()),
    };
    let host = text(layers, "REDIS.HOST").map_or("localhost", |(host, _)| host);
    // In an address the colons of an IPv6 address would be those of a port.
    let host = match host.parse::<std::net::Ipv6Addr>() {
        Ok(address) => format!("[{address}]"),
        Err(_) => host.to_owned(),
    };
    let url = format!("redis://{login}{host}:{port}/{database}");
    if let Some(file) = layers.last_mut() {
        file.put("store.url", Raw::Text(url), &source);
    }
}

/// A number of the address, or its usual value.
fn number(layers: &[Layer], path: &str, usual: u64, max: u64, found: &mut Findings) -> u64 {
    let Some(given) = first(layers, path).filter(|given| given.raw != Raw::Null && !is_link(given)) else {
        return usual;
    };
    whole(&given.raw)
        .filter(|number| *number <= max)
        .unwrap_or_else(|| {
            let expected = said::A_NUMBER_TO.with(&[("max", &max)]);
            let message = said::NOT_UNDERSTOOD.with(&[("expected", &expected)]);
            found.faults.push(Fault::of(path, &given.source, message));
            usual
        })
}
