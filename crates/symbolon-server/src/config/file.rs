//! The configuration file: YAML without its traps.
//!
//! The text is read as events with their places, never as a document of any shape: a value is the text that was
//! written, and its kind says how to read it, so that no `no` becomes `false`. There are no aliases, so a small file
//! cannot grow; no tags, and one document.

use std::path::Path;
use std::sync::Arc;

use super::fault::{Fault, Findings, Source, excerpt};
use super::kind::Kind;
use super::layer::{self, Layer, Raw};
use super::older;
use super::settings::SETTINGS;
use super::yaml::{self, Body, Node};
use crate::messages::config as text;

/// Largest file: the example file, which has everything, is a tenth of it.
pub(crate) const FILE_BYTES_MAX: usize = 256 * 1024;

/// Reads the text of the file called `file`. An empty one says nothing. What is wrong is added to `found`.
pub(crate) fn read(file: &Path, bytes: &[u8], found: &mut Findings) -> Layer {
    let mut walk = Walk {
        file: file.into(),
        layer: Layer::default(),
        found,
    };
    match text_of(file, bytes) {
        Ok(content) => walk.document(content),
        Err(fault) => walk.found.faults.push(fault),
    }
    walk.layer
}

fn text_of<'a>(file: &Path, bytes: &'a [u8]) -> Result<&'a str, Fault> {
    if bytes.len() > FILE_BYTES_MAX {
        return Err(Fault::of_file(
            file,
            text::FILE_LARGE.with(&[("bytes", &FILE_BYTES_MAX)]),
        ));
    }
    let content = std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        let source = Source::Place {
            file: file.into(),
            line,
            column,
        };
        Fault::at(&source, text::FILE_BROKEN_TEXT)
    })?;
    Ok(content.strip_prefix('\u{feff}').unwrap_or(content))
}

/// The text with `url: sqlite:` as `url: sqlite `. Everyone writes a store without a path so, though YAML takes a
/// colon at the end for that of a key and wants quotes. Every other character keeps its place.
fn without_bare_schemes(text: &str) -> String {
    let mut out = text.to_owned();
    for scheme in ["sqlite:", "memory:"] {
        for (start, _) in text.match_indices(scheme) {
            let colon = start + scheme.len() - 1;
            let before = text[..start].trim_end_matches(' ');
            let is_value = before.len() < start && before.ends_with("url:");
            if is_value && !text[colon + 1..].starts_with(|c: char| !c.is_whitespace() && !",}".contains(c)) {
                out.replace_range(colon..=colon, " ");
            }
        }
    }
    out
}

/// Whether what stands at this path is a secret and nothing else.
fn is_secret(path: &str) -> bool {
    SETTINGS
        .iter()
        .any(|setting| setting.path == path && matches!(setting.kind, Kind::Secret))
}

/// The walk over the document, from the top to the settings.
struct Walk<'a> {
    file: Arc<Path>,
    layer: Layer,
    found: &'a mut Findings,
}

impl Walk<'_> {
    fn document(&mut self, content: &str) {
        match yaml::parse(&without_bare_schemes(content)) {
            Err(flaw) => self.flaw(&flaw),
            Ok((root, flaws)) => {
                flaws.iter().for_each(|flaw| self.flaw(flaw));
                match &root.body {
                    Body::Null | Body::Nothing => {}
                    Body::Map(entries) if older::is_session_file(entries) => {
                        self.layer = older::read_session_file(&self.file, entries, self.found);
                    }
                    Body::Map(entries) => self.group("", entries),
                    Body::Text(_) | Body::List(_) => {
                        self.found
                            .faults
                            .push(Fault::at(&self.place(&root), text::NO_MAP));
                    }
                }
            }
        }
    }

    fn group(&mut self, prefix: &str, entries: &[(Node, Node)]) {
        for (key, value) in entries {
            let Body::Text(name) = &key.body else { continue };
            let path = if prefix.is_empty() {
                name.clone()
            } else {
                format!("{prefix}.{name}")
            };
            let is_known = layer::paths().any(|known| known == path);
            if name.contains('.') && is_known {
                self.found
                    .faults
                    .push(Fault::of(&path, &self.place(key), text::DOTTED));
            } else if is_known {
                self.setting(&path, value);
            } else if layer::is_group(&path) && !name.contains('.') {
                self.nested(&path, value);
            } else {
                self.unknown(key, &path);
            }
        }
    }

    fn nested(&mut self, path: &str, value: &Node) {
        match &value.body {
            Body::Map(entries) => self.group(path, entries),
            Body::Null | Body::Nothing => {}
            Body::Text(_) | Body::List(_) => {
                let below = SETTINGS
                    .iter()
                    .filter_map(|setting| setting.path.strip_prefix(path)?.strip_prefix('.'));
                let names: Vec<&str> = below.collect();
                let message = text::GROUP_NOT_VALUE.with(&[("names", &names.join(", "))]);
                self.found
                    .faults
                    .push(Fault::of(path, &self.place(value), message));
            }
        }
    }

    fn setting(&mut self, path: &str, value: &Node) {
        let source = self.place(value);
        let raw = match &value.body {
            // A template whose secret is missing leaves nothing, and must not start another way than it was meant to.
            Body::Nothing if is_secret(path) => Raw::Text(String::new()),
            Body::Null | Body::Nothing => Raw::Null,
            Body::Text(text) => Raw::Text(text.clone()),
            Body::List(items) => match items.iter().map(Node::text).collect() {
                Some(texts) => Raw::List(texts),
                None => {
                    return self
                        .found
                        .faults
                        .push(Fault::of(path, &source, text::ITEM_NOT_PLAIN));
                }
            },
            Body::Map(_) => {
                return self
                    .found
                    .faults
                    .push(Fault::of(path, &source, text::VALUE_NOT_GROUP));
            }
        };
        self.layer.put(path, raw, &source);
    }

    fn unknown(&mut self, key: &Node, path: &str) {
        let groups = SETTINGS
            .iter()
            .filter_map(|setting| setting.path.rsplit_once('.'));
        let known = layer::paths().chain(groups.map(|(group, _)| group.to_owned()));
        let message = layer::unknown(layer::nearest(path, known).as_deref());
        self.found
            .faults
            .push(Fault::of(&excerpt(path), &self.place(key), message));
    }

    fn flaw(&mut self, flaw: &yaml::Flaw) {
        let source = Source::Place {
            file: Arc::clone(&self.file),
            line: flaw.line,
            column: flaw.column,
        };
        self.found.faults.push(Fault::at(&source, flaw.message.clone()));
    }

    fn place(&self, node: &Node) -> Source {
        node.place(&self.file)
    }
}
