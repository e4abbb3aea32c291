//! A YAML document as JSON, with every scalar as a text.

use saphyr_parser::{Event, Parser, StrInput};
use serde_json::{Map, Value};

/// Reads one document without anchors.
pub(super) fn read(text: &str) -> Value {
    let mut parser = Parser::new(StrInput::new(text));
    loop {
        let event = next(&mut parser);
        if !matches!(event, Event::StreamStart | Event::DocumentStart(_)) {
            return value(event, &mut parser);
        }
    }
}

fn next<'t>(parser: &mut Parser<'t, StrInput<'t>>) -> Event<'t> {
    let (event, _) = parser.next_event().unwrap().unwrap();
    event
}

fn value<'t>(event: Event<'t>, parser: &mut Parser<'t, StrInput<'t>>) -> Value {
    match event {
        Event::Scalar(text, ..) => Value::String(text.into_owned()),
        Event::SequenceStart(..) => {
            let mut items = Vec::new();
            loop {
                match next(parser) {
                    Event::SequenceEnd => return Value::Array(items),
                    event => items.push(value(event, parser)),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut map = Map::new();
            loop {
                match next(parser) {
                    Event::MappingEnd => return Value::Object(map),
                    Event::Scalar(key, ..) => {
                        let event = next(parser);
                        let value = value(event, parser);
                        let before = map.insert(key.to_string(), value);
                        assert!(before.is_none(), "{key} stands there twice");
                    }
                    event => panic!("a key that is no text: {event:?}"),
                }
            }
        }
        event => panic!("{event:?}"),
    }
}
