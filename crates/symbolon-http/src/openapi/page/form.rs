//! The form that tries an operation. Without the script it is not shown, since a form alone can send neither a header
//! nor JSON.

use serde_json::Value;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{RefOr, Required, Schema};

use super::example;
use super::html::{Attribute, Html};
use super::operation::Entry;
use crate::openapi::examples::resolve;

/// Writes the form.
pub(super) fn write(html: &mut Html, entry: &Entry<'_>) {
    let ends = if ends_sessions(entry) { "yes" } else { "no" };
    let attributes = [
        ("class", "try"),
        ("data-method", entry.method()),
        ("data-path", entry.path),
        ("data-ends", ends),
        ("autocomplete", "off"),
        ("hidden", ""),
    ];
    html.element("form", &attributes, |html| {
        html.markup("<h4>Try it</h4>");
        for parameter in entry.parameters() {
            field(html, entry, parameter);
        }
        body(html, entry);
        html.markup(
            "<p class=\"buttons\"><button>Send</button> <button type=\"button\" data-do=\"copy\">Copy as curl</button> \
             <button type=\"button\" data-do=\"stop\" hidden>Stop</button></p><output hidden></output>",
        );
    });
}

fn field(html: &mut Html, entry: &Entry<'_>, parameter: &Parameter) {
    let place = match parameter.parameter_in {
        ParameterIn::Path => "path",
        ParameterIn::Query => "query",
        ParameterIn::Header => "header",
        // A page can not choose its cookies.
        _ => return,
    };
    html.element("label", &[], |html| {
        html.with_text("code", &[], &parameter.name);
        let words = parameter
            .schema
            .as_ref()
            .map_or_else(Vec::new, |schema| words(schema, entry));
        let mut attributes = vec![("name", parameter.name.as_str()), ("data-in", place)];
        if parameter.required == Required::True {
            attributes.push(("required", ""));
        }
        let like = like(parameter);
        if words.is_empty() {
            attributes.push(("placeholder", &like));
            html.open("input", &attributes);
        } else {
            choice(html, &attributes, &words);
        }
    });
}

/// A list of the words that a parameter may be; the first choice is to leave it out.
fn choice(html: &mut Html, attributes: &[Attribute<'_>], words: &[String]) {
    html.element("select", attributes, |html| {
        html.markup("<option></option>");
        for word in words {
            html.with_text("option", &[], word);
        }
    });
}

fn words(schema: &RefOr<Schema>, entry: &Entry<'_>) -> Vec<String> {
    match resolve(schema, entry.components) {
        Some(Schema::Object(object)) => {
            let values = object.enum_values.iter().flatten();
            values
                .filter_map(|value| value.as_str().map(str::to_owned))
                .collect()
        }
        _ => Vec::new(),
    }
}

/// What a value may look like. utoipa shows the example of a parameter only as JSON.
fn like(parameter: &Parameter) -> String {
    match serde_json::to_value(parameter)
        .ok()
        .as_ref()
        .and_then(|parameter| parameter.get("example"))
    {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// The body, begun with its example. A body that may be left out begins empty.
fn body(html: &mut Html, entry: &Entry<'_>) {
    let Some((body, media, content)) = entry.body() else {
        return;
    };
    let example = content
        .example
        .as_ref()
        .filter(|_| body.required == Some(Required::True));
    let text = example.map(|value| example::show(value, content.schema.as_ref(), entry.components));
    let text = text.unwrap_or_default();
    let rows = (text.lines().count() + 1).clamp(2, 16).to_string();
    html.element("label", &[], |html| {
        html.with_text("span", &[], media);
        let attributes = [
            ("data-in", "body"),
            ("data-media", media),
            ("rows", &rows),
            ("spellcheck", "false"),
        ];
        // The first line end of a text area is not part of it (HTML, section 13.1.2.5).
        html.element("textarea", &attributes, |html| {
            html.markup("\n");
            html.text(&text);
        });
    });
}

/// Whether it may end sessions of others: its answer is a receipt.
fn ends_sessions(entry: &Entry<'_>) -> bool {
    let answers = entry.operation.responses.responses.values();
    answers
        .filter_map(|answer| match answer {
            RefOr::T(answer) => Some(answer),
            RefOr::Ref(_) => None,
        })
        .any(|answer| {
            answer.content.values().any(|content| match content {
                RefOr::T(content) => {
                    matches!(&content.schema, Some(RefOr::Ref(to)) if to.ref_location.ends_with("/Receipt"))
                }
                RefOr::Ref(_) => false,
            })
        })
}
