//! What a value must keep to.

use serde_json::Value;
use utoipa::openapi::schema::{ArrayItems, Object};
use utoipa::openapi::{Components, RefOr, Schema};

use super::html::Html;
use super::prose;
use crate::openapi::examples::resolve;

/// Writes the limits of a value: its words, its bounds, what it is if left out.
pub(super) fn write(html: &mut Html, schema: &RefOr<Schema>, components: &Components) {
    let mut limits = Vec::new();
    gather(&mut limits, schema, components);
    if !limits.is_empty() {
        html.element("p", &[("class", "limits")], |html| {
            prose::inline(html, &limits.join(" · "));
        });
    }
}

fn gather(limits: &mut Vec<String>, schema: &RefOr<Schema>, components: &Components) {
    match resolve(schema, components) {
        Some(Schema::Object(object)) => object_limits(limits, object),
        Some(Schema::Array(array)) => {
            push(limits, "", range(array.min_items, array.max_items, "item"));
            if let ArrayItems::RefOrSchema(items) = &array.items {
                gather(limits, items, components);
            }
        }
        Some(Schema::OneOf(any)) => {
            any.items.iter().for_each(|item| gather(limits, item, components));
            push(limits, "if left out: ", any.default.as_ref().map(quoted));
        }
        _ => {}
    }
}

fn object_limits(limits: &mut Vec<String>, object: &Object) {
    let values = object
        .enum_values
        .iter()
        .flatten()
        .filter(|value| !value.is_null());
    let values: Vec<String> = values.map(quoted).collect();
    match values.as_slice() {
        [] => {}
        [only] => limits.push(only.clone()),
        several => limits.push(format!("one of {}", several.join(", "))),
    }
    push(
        limits,
        "",
        range(
            number(object.minimum.as_ref()),
            number(object.maximum.as_ref()),
            "",
        ),
    );
    push(
        limits,
        "",
        range(object.min_length, object.max_length, "character"),
    );
    push(
        limits,
        "like ",
        object.pattern.as_ref().map(|pattern| format!("`{pattern}`")),
    );
    push(limits, "if left out: ", object.default.as_ref().map(quoted));
}

/// The words for two bounds. That nothing is negative is no news.
fn range(min: Option<usize>, max: Option<usize>, of: &str) -> Option<String> {
    let counted = |count: usize| match (of, count) {
        ("", _) => count.to_string(),
        (_, 1) => format!("1 {of}"),
        _ => format!("{count} {of}s"),
    };
    match (min.filter(|min| *min > 0), max) {
        (None, None) => None,
        (Some(min), None) => Some(format!("at least {}", counted(min))),
        (None, Some(max)) => Some(format!("at most {}", counted(max))),
        (Some(min), Some(max)) => Some(format!("{min} to {}", counted(max))),
    }
}

/// All bounds of ours are whole.
fn number(number: Option<&utoipa::Number>) -> Option<usize> {
    let value = serde_json::to_value(number?).ok()?;
    value
        .as_u64()
        .and_then(|whole| usize::try_from(whole).ok())
        .or_else(|| value.to_string().strip_suffix(".0")?.parse().ok())
}

fn push(limits: &mut Vec<String>, about: &str, limit: Option<String>) {
    limits.extend(limit.map(|limit| format!("{about}{limit}")));
}

fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}
