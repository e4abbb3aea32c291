//! The examples of the contract fit its schemas.

use serde_json::{Map, Value};

use crate::openapi::{document, operations, resolved, texts};
use crate::served::Served;

#[tokio::test]
async fn every_body_has_an_example_that_fits_its_schema() {
    let served = Served::start().await;
    let document = document(&served).await;
    let mut checked = 0;
    for one in operations(&document) {
        let request = one.says.get("requestBody").map(|body| ("body", body));
        let responses = one
            .responses()
            .iter()
            .map(|(status, response)| (status.as_str(), response));
        for (place, holder) in request.into_iter().chain(responses) {
            let content = resolved(&document, holder)
                .get("content")
                .and_then(Value::as_object);
            for (_, content) in content
                .into_iter()
                .flatten()
                .filter(|(media_type, _)| media_type.contains("json"))
            {
                let example = content
                    .get("example")
                    .unwrap_or_else(|| panic!("{one} {place}: no example"));
                let fits = check(&document, &content["schema"], example);
                assert_eq!(fits, Ok(()), "{one} {place}: {example}");
                checked += 1;
            }
        }
    }
    assert!(checked > 300, "{checked}");
}

/// The part of JSON Schema that our document uses.
fn check(document: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolved(document, schema);
    let list = |name: &str| schema.get(name).and_then(Value::as_array);
    for part in list("allOf").into_iter().flatten() {
        check(document, part, value)?;
    }
    if let Some(choices) = list("oneOf") {
        let fitting = choices
            .iter()
            .filter(|choice| check(document, choice, value).is_ok())
            .count();
        return if fitting == 1 {
            Ok(())
        } else {
            Err(format!("it fits {fitting} of {schema}"))
        };
    }
    if list("enum").is_some_and(|words| !words.contains(value)) {
        return Err(format!("it is none of {}", schema["enum"]));
    }
    if schema.get("type").is_some_and(|kind| !is_of_any(kind, value)) {
        return Err(format!("it is not of {}", schema["type"]));
    }
    match (value, schema.get("items")) {
        (Value::Array(values), Some(items)) => {
            values.iter().try_for_each(|value| check(document, items, value))
        }
        (Value::Object(object), _) => check_object(document, schema, object),
        _ => Ok(()),
    }
}

fn check_object(document: &Value, schema: &Value, object: &Map<String, Value>) -> Result<(), String> {
    for name in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        if !object.contains_key(name.as_str().unwrap()) {
            return Err(format!("{name} is missing"));
        }
    }
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        return Ok(());
    };
    for (name, value) in object {
        match properties.get(name) {
            // A field that may be missing may be null.
            Some(_) if value.is_null() => {}
            Some(of) => check(document, of, value).map_err(|why| format!("{name}: {why}"))?,
            None if schema["additionalProperties"] == false => return Err(format!("{name} is unknown")),
            None => {}
        }
    }
    Ok(())
}

fn is_of_any(kind: &Value, value: &Value) -> bool {
    let kinds = if kind.is_array() {
        texts(kind)
    } else {
        [kind.as_str().unwrap().to_owned()].into()
    };
    kinds.iter().any(|kind| match kind.as_str() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    })
}

#[test]
fn the_check_finds_what_does_not_fit() {
    let document = serde_json::json!({"components": {"schemas": {
        "Word": {"type": "string", "enum": ["a", "b"]},
        "Thing": {"type": "object", "required": ["word"], "additionalProperties": false, "properties": {
            "word": {"$ref": "#/components/schemas/Word"},
            "count": {"type": ["integer", "null"]},
            "words": {"type": "array", "items": {"$ref": "#/components/schemas/Word"}},
        }},
    }}});
    let thing = serde_json::json!({"$ref": "#/components/schemas/Thing"});
    let of = |text: &str| check(&document, &thing, &serde_json::from_str(text).unwrap());
    for right in [
        r#"{"word":"a"}"#,
        r#"{"word":"b","count":1,"words":["a"]}"#,
        r#"{"word":"a","count":null}"#,
    ] {
        assert_eq!(of(right), Ok(()), "{right}");
    }
    for wrong in [
        "{}",
        "[]",
        "null",
        r#"{"word":"c"}"#,
        r#"{"word":1}"#,
        r#"{"word":"a","count":1.5}"#,
        r#"{"word":"a","words":["c"]}"#,
        r#"{"word":"a","words":"a"}"#,
        r#"{"word":"a","other":1}"#,
    ] {
        assert!(of(wrong).is_err(), "{wrong}");
    }
}
