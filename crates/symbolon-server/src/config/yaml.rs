//! YAML as a tree of texts with their places, and nothing that could surprise.

use std::path::Path;
use std::sync::Arc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, StrInput};

use super::fault::{Source, excerpt};
use crate::messages::{Message, config as text};

/// Deepest nesting: the settings have three levels.
const DEPTH_MAX: usize = 16;
/// Most keys of one map: a group has ten settings, and each key is compared with all before it.
const KEYS_MAX: usize = 256;

/// A value with the place at which it begins; line and column count from 1, the column in characters.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) body: Body,
}

/// What a value is. Texts are as written: no number, no truth value, no date.
#[derive(Debug)]
pub(crate) enum Body {
    /// `null` or `~`, without quotes.
    Null,
    /// Nothing after the colon.
    Nothing,
    /// Any other scalar.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// Keys, each a text, and their values, in the order of the file.
    Map(Vec<(Node, Node)>),
}

/// Something that is wrong with the document.
#[derive(Debug)]
pub(crate) struct Flaw {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: Message,
}

impl Node {
    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<String> {
        if let Body::Text(text) = &self.body {
            Some(text.clone())
        } else {
            None
        }
    }

    /// Where it stands in `file`.
    pub(crate) fn place(&self, file: &Arc<Path>) -> Source {
        Source::Place {
            file: Arc::clone(file),
            line: self.line,
            column: self.column,
        }
    }
}

/// Reads one document. An empty text is `Null`. The flaws of the answer are those after which reading could go on.
///
/// # Errors
/// The flaw after which nothing can be read.
pub(crate) fn parse(written: &str) -> Result<(Node, Vec<Flaw>), Flaw> {
    let mut reader = Reader {
        text: written,
        events: Parser::new_from_str(written).keep_tags(true),
        flaws: Vec::new(),
    };
    let mut root = Node {
        line: 1,
        column: 1,
        body: Body::Null,
    };
    let mut documents = 0;
    loop {
        let (event, mark) = reader.next()?;
        match event {
            Event::StreamEnd => return Ok((root, reader.flaws)),
            Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
            Event::DocumentStart(_) if documents > 0 => {
                return Err(flaw(mark, text::YAML_SECOND_DOCUMENT));
            }
            Event::DocumentStart(_) => documents += 1,
            event => root = reader.node(event, mark, 0)?,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    events: Parser<'a, StrInput<'a>>,
    flaws: Vec<Flaw>,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<(Event<'a>, Marker), Flaw> {
        match self.events.next_event() {
            Some(Ok((event, span))) => Ok((event, span.start)),
            Some(Err(error)) => Err(self.syntax(&error)),
            None => Ok((Event::StreamEnd, Marker::default())),
        }
    }

    fn node(&mut self, event: Event<'a>, mark: Marker, depth: usize) -> Result<Node, Flaw> {
        if depth > DEPTH_MAX {
            return Err(flaw(mark, too_deep()));
        }
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag.is_some()),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => (*anchor, tag.is_some()),
            _ => (0, false),
        };
        if anchor != 0 {
            return Err(flaw(mark, text::YAML_ALIASES));
        }
        if tag {
            return Err(flaw(mark, text::YAML_TAGS));
        }
        let body = match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if ["~", "null"].contains(&&*text) => Body::Null,
            Event::Scalar(text, ScalarStyle::Plain, ..) if text.is_empty() => Body::Nothing,
            Event::Scalar(text, ..) => Body::Text(text.into_owned()),
            Event::SequenceStart(..) => self.list(depth)?,
            Event::MappingStart(..) => self.map(depth)?,
            Event::Alias(_) => return Err(flaw(mark, text::YAML_ALIASES)),
            _ => return Err(flaw(mark, text::YAML_NO_VALUE)),
        };
        Ok(Node {
            line: mark.line(),
            column: mark.col() + 1,
            body,
        })
    }

    fn list(&mut self, depth: usize) -> Result<Body, Flaw> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Ok(Body::List(items)),
                (event, mark) => items.push(self.node(event, mark, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Body, Flaw> {
        let mut entries: Vec<(Node, Node)> = Vec::new();
        loop {
            let (event, mark) = self.next()?;
            if event == Event::MappingEnd {
                return Ok(Body::Map(entries));
            }
            let key = self.node(event, mark, depth + 1)?;
            let (event, value_mark) = self.next()?;
            let value = self.node(event, value_mark, depth + 1)?;
            let Body::Text(name) = &key.body else {
                self.flaws.push(flaw(mark, text::YAML_NO_NAME));
                continue;
            };
            if entries.len() == KEYS_MAX {
                return Err(flaw(mark, text::YAML_KEYS.with(&[("most", &KEYS_MAX)])));
            }
            match entries
                .iter()
                .find(|(earlier, _)| matches!(&earlier.body, Body::Text(text) if text == name))
            {
                None => entries.push((key, value)),
                Some((earlier, _)) => {
                    let message = text::YAML_TWICE.with(&[("name", &excerpt(name)), ("line", &earlier.line)]);
                    self.flaws.push(flaw(mark, message));
                }
            }
        }
    }

    /// The parser's own words, or better ones for the slips that everyone makes.
    fn syntax(&self, error: &ScanError) -> Flaw {
        let mark = *error.marker();
        let line = self
            .text
            .lines()
            .nth(mark.line().saturating_sub(1))
            .unwrap_or_default();
        if line
            .bytes()
            .take_while(u8::is_ascii_whitespace)
            .any(|byte| byte == b'\t')
        {
            return flaw(mark, text::YAML_TAB);
        }
        if error.info().contains("anchor") {
            return flaw(mark, text::YAML_ALIASES);
        }
        if error.info().contains("recursion") {
            return flaw(mark, too_deep());
        }
        flaw(mark, text::YAML_NONE.with(&[("error", &error.info())]))
    }
}

fn too_deep() -> Message {
    text::YAML_DEEP.with(&[("most", &DEPTH_MAX)])
}

fn flaw(mark: Marker, message: impl Into<Message>) -> Flaw {
    Flaw {
        line: mark.line().max(1),
        column: mark.col() + 1,
        message: message.into(),
    }
}
