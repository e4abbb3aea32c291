//! The configuration file of S1, a session store over Redis: `REDIS` and `SESSION` at the top.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::super::fault::{Fault, Findings, Source, excerpt};
use super::super::layer::{self, Given, Layer, Raw};
use super::super::value::span_text;
use super::super::yaml::{Body, Node};
use super::lives::EXPIRES;
use super::redis::{PARTS, TYPE};
use super::{first, text, whole};
use crate::messages::{Message, Text, config as said};

const GROUPS: [&str; 2] = ["REDIS", "SESSION"];
const DECODE: &str = "REDIS.DECODE_RESPONSES";
const PERMANENT: &str = "SESSION.PERMANENT";
const SIGNER: &str = "SESSION.USE_SIGNER";
const PREFIX: &str = "SESSION.KEY_PREFIX";
const REDIS_PREFIX: &str = "SESSION.REDIS_KEY_PREFIX";
const HTTP_ONLY: &str = "SESSION.COOKIE_HTTPONLY";
const SECURE: &str = "SESSION.COOKIE_SECURE";

/// The keys of its two groups.
const KEYS: [&str; 9] = [
    DECODE,
    TYPE,
    PERMANENT,
    SIGNER,
    PREFIX,
    REDIS_PREFIX,
    HTTP_ONLY,
    SECURE,
    EXPIRES,
];

/// The longest life that no other setting has to make room for: that of `session.absolute_timeout`.
const ABSOLUTE_DEFAULT: Duration = Duration::from_secs(30 * 86_400);

/// Whether these are the keys at the top of such a file.
pub(crate) fn is_session_file(entries: &[(Node, Node)]) -> bool {
    let has = |wanted: &str| {
        entries
            .iter()
            .any(|(key, _)| matches!(&key.body, Body::Text(name) if name == wanted))
    };
    GROUPS.into_iter().all(has)
}

/// Reads it into a layer of its own names. Keys that are not known are warned about: the file was another program's.
pub(crate) fn read(file: &Arc<Path>, entries: &[(Node, Node)], found: &mut Findings) -> Layer {
    let mut reader = Reader {
        file,
        layer: Layer::default(),
        found,
    };
    let mut others = Vec::new();
    for (key, value) in entries {
        match key.text() {
            Some(group) if GROUPS.contains(&group.as_str()) => reader.group(&group, key, value),
            Some(other) => others.push(excerpt(&other)),
            None => {}
        }
    }
    if !others.is_empty() {
        let message = said::OTHERS_NOT_READ.with(&[("names", &others.join(", "))]);
        let source = Source::File(Arc::clone(file));
        reader.found.warnings.push(Fault::at(&source, message));
    }
    reader.layer
}

struct Reader<'a> {
    file: &'a Arc<Path>,
    layer: Layer,
    found: &'a mut Findings,
}

impl Reader<'_> {
    fn group(&mut self, group: &str, key: &Node, value: &Node) {
        match &value.body {
            Body::Map(entries) => entries
                .iter()
                .for_each(|(key, value)| self.entry(group, key, value)),
            Body::Null | Body::Nothing => {}
            Body::Text(_) | Body::List(_) => {
                self.found
                    .faults
                    .push(Fault::of(group, &value.place(self.file), said::OLDER_GROUP));
            }
        }
        if group == "SESSION" {
            // Where the file does not say it, it means what such files are for.
            self.layer
                .put(TYPE, Raw::Text("redis".to_owned()), &key.place(self.file));
        }
    }

    fn entry(&mut self, group: &str, key: &Node, value: &Node) {
        let Some(name) = key.text() else { return };
        let path = format!("{group}.{name}");
        let known = || KEYS.into_iter().chain(PARTS);
        if !known().any(|known| known == path) {
            let nearest = layer::nearest(&path, known().map(str::to_ascii_lowercase));
            let message = match nearest {
                Some(meant) => said::OLDER_UNREAD_NEAR.with(&[("meant", &meant.to_ascii_uppercase())]),
                None => said::OLDER_UNREAD.into(),
            };
            let place = key.place(self.file);
            self.found
                .warnings
                .push(Fault::of(&excerpt(&path), &place, message));
            return;
        }
        let source = value.place(self.file);
        match &value.body {
            Body::Null | Body::Nothing => self.layer.put(&path, Raw::Null, &source),
            Body::Text(text) => self.layer.put(&path, Raw::Text(text.clone()), &source),
            Body::List(_) | Body::Map(_) => {
                self.found
                    .faults
                    .push(Fault::of(&path, &source, said::OLDER_VALUE));
            }
        }
    }
}

/// Makes settings of its keys, but for those of its Redis and its lives.
pub(super) fn translate(layers: &mut [Layer], found: &mut Findings) {
    let is_development = text(layers, "profile").is_some_and(|(profile, _)| profile == "development");
    let Some((file, _)) = layers.split_last_mut() else {
        return;
    };
    if file.get(TYPE).is_none() {
        return;
    }
    let mut keys = Keys { file, found };
    keys.cookies(is_development);
    keys.lives();
    keys.prefix();
    keys.flag(DECODE);
    if let Some((false, given)) = keys.flag(SIGNER) {
        keys.warn(SIGNER, &given, said::OLDER_SIGNED);
    }
}

struct Keys<'a> {
    file: &'a mut Layer,
    found: &'a mut Findings,
}

impl Keys<'_> {
    /// A cookie is never made weaker than ours are, but where a profile allows it.
    fn cookies(&mut self, is_development: bool) {
        if let Some((false, given)) = self.flag(HTTP_ONLY) {
            self.warn(HTTP_ONLY, &given, said::OLDER_HTTP_ONLY);
        }
        match self.flag(SECURE) {
            Some((false, given)) if is_development => {
                self.file
                    .put("cookie.secure", Raw::Text("false".to_owned()), &given.source);
            }
            Some((false, given)) => {
                self.warn(SECURE, &given, said::OLDER_SECURE);
            }
            _ => {}
        }
    }

    /// `PERMANENT` is what we call remembered; `EXPIRES` is the idle life of either kind of session.
    fn lives(&mut self) {
        let expires = first(std::slice::from_ref(self.file), EXPIRES).cloned();
        let idle = expires.and_then(|given| Some((Duration::from_secs(whole(&given.raw)?), given.source)));
        if let Some((idle, source)) = idle.as_ref().filter(|(idle, _)| *idle > ABSOLUTE_DEFAULT) {
            let raw = Raw::Text(span_text(*idle));
            self.file.put("session.absolute_timeout", raw, source);
        }
        if let Some((true, given)) = self.flag(PERMANENT) {
            self.file
                .put("login.remember", Raw::Text("true".to_owned()), &given.source);
            if let Some((idle, source)) = &idle {
                let raw = Raw::Text(span_text(*idle));
                self.file.put("session.remember.idle_timeout", raw, source);
            }
        }
    }

    /// The prefix of its Redis, or else the one that it has for all stores.
    fn prefix(&mut self) {
        let file = std::slice::from_ref(&*self.file);
        let given = text(file, REDIS_PREFIX).or_else(|| text(file, PREFIX));
        if let Some((prefix, source)) = given.map(|(text, given)| (text.to_owned(), given.source.clone())) {
            self.file.put("cache.prefix", Raw::Text(prefix), &source);
        }
    }

    /// A truth value, in any case. Anything else is a fault.
    fn flag(&mut self, path: &str) -> Option<(bool, Given)> {
        let given = self.file.get(path)?.clone();
        let Raw::Text(text) = &given.raw else { return None };
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Some((true, given)),
            "false" | "no" | "0" => Some((false, given)),
            _ => {
                let expected = Message::from(said::A_FLAG);
                let message = said::NOT_UNDERSTOOD.with(&[("expected", &expected)]);
                self.found.faults.push(Fault::of(path, &given.source, message));
                None
            }
        }
    }

    fn warn(&mut self, path: &str, given: &Given, why: Text) {
        let message = said::OLDER_NOT_TAKEN.with(&[("why", &Message::from(why))]);
        self.found.warnings.push(Fault::of(path, &given.source, message));
    }
}
