//! A schema as a list of its fields.

use serde_json::Value;
use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Object, SchemaFormat, SchemaType};
use utoipa::openapi::{Components, RefOr, Schema, Type};

use super::html::Html;
use super::prose;
use crate::openapi::examples::resolve;

/// How deep fields of fields are shown.
const DEPTH_MAX: usize = 4;

/// Who writes a body.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The reader: they want to know what they must give.
    Sent,
    /// The server: they want to know what may be missing.
    Answered,
}

/// Writes the fields of a body; for a body without fields, what it is.
pub(super) fn write(html: &mut Html, schema: &RefOr<Schema>, components: &Components, side: Side) {
    let fields = Fields { components, side, depth: 0 };
    if !fields.write(html, schema) {
        html.element("p", &[("class", "type")], |html| html.text(&kind(schema, components)));
    }
}

/// What a value of the schema is, in a few words: `string (date-time)`, `list of Session`.
pub(super) fn kind(schema: &RefOr<Schema>, components: &Components) -> String {
    let name = match schema {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next().unwrap_or_default(),
        RefOr::T(_) => "",
    };
    match resolve(schema, components) {
        Some(Schema::Object(object)) if !object.properties.is_empty() && !name.is_empty() => name.to_owned(),
        Some(Schema::Object(object)) => kind_of(object),
        Some(Schema::Array(array)) => match &array.items {
            ArrayItems::RefOrSchema(items) => format!("list of {}", kind(items, components)),
            ArrayItems::False => "list".to_owned(),
        },
        Some(Schema::OneOf(any)) => any_of(&any.items, components),
        Some(Schema::AnyOf(any)) => any_of(&any.items, components),
        Some(Schema::AllOf(_)) if !name.is_empty() => name.to_owned(),
        _ => "anything".to_owned(),
    }
}

fn any_of(items: &[RefOr<Schema>], components: &Components) -> String {
    let mut kinds: Vec<String> = items.iter().map(|item| kind(item, components)).collect();
    kinds.retain(|kind| kind != "null");
    kinds.dedup();
    kinds.join(" or ")
}

fn kind_of(object: &Object) -> String {
    let words = match &object.schema_type {
        SchemaType::Type(only) => vec![word(only)],
        SchemaType::Array(several) => several.iter().filter(|one| **one != Type::Null).map(word).collect(),
        SchemaType::AnyValue => vec!["anything"],
    };
    let word = if words.is_empty() { "null".to_owned() } else { words.join(" or ") };
    match &object.format {
        Some(SchemaFormat::Custom(format)) => format!("{word} ({format})"),
        // Widths of numbers are no news to a reader; the rest is told apart by its name in the document.
        Some(known) if !matches!(word.as_str(), "integer" | "number") => {
            let name = serde_json::to_value(known).unwrap_or_default();
            name.as_str().map_or(word.clone(), |name| format!("{word} ({name})"))
        }
        _ => word,
    }
}

fn word(kind: &Type) -> &'static str {
    match kind {
        Type::Object => "object",
        Type::String => "string",
        Type::Integer => "integer",
        Type::Number => "number",
        Type::Boolean => "boolean",
        Type::Array => "list",
        Type::Null => "null",
    }
}

struct Fields<'d> {
    components: &'d Components,
    side: Side,
    depth: usize,
}

impl Fields<'_> {
    /// Writes the fields of the objects in the schema; `false`: there are none.
    fn write(&self, html: &mut Html, schema: &RefOr<Schema>) -> bool {
        if self.depth == DEPTH_MAX {
            return false;
        }
        match resolve(schema, self.components) {
            Some(Schema::Object(object)) => self.object(html, object),
            Some(Schema::Array(array)) => match &array.items {
                ArrayItems::RefOrSchema(items) => self.write(html, items),
                ArrayItems::False => false,
            },
            Some(Schema::OneOf(any)) => self.each(html, &any.items),
            Some(Schema::AnyOf(any)) => self.each(html, &any.items),
            Some(Schema::AllOf(all)) => self.each(html, &all.items),
            _ => false,
        }
    }

    fn each(&self, html: &mut Html, schemas: &[RefOr<Schema>]) -> bool {
        schemas.iter().fold(false, |any, schema| self.write(html, schema) || any)
    }

    fn object(&self, html: &mut Html, object: &Object) -> bool {
        if let Some(AdditionalProperties::RefOr(values)) = object.additional_properties.as_deref()
            && object.properties.is_empty()
        {
            return self.write(html, values);
        }
        if object.properties.is_empty() {
            return false;
        }
        html.element("ul", &[("class", "fields")], |html| {
            for (name, schema) in &object.properties {
                html.element("li", &[], |html| self.field(html, name, schema, object.required.contains(name)));
            }
        });
        true
    }

    fn field(&self, html: &mut Html, name: &str, schema: &RefOr<Schema>, required: bool) {
        html.with_text("code", &[("class", "name")], name);
        html.with_text("span", &[("class", "type")], &kind(schema, self.components));
        match (self.side, required) {
            (Side::Sent, true) => html.with_text("span", &[("class", "required")], "required"),
            (Side::Answered, false) => html.with_text("span", &[("class", "place")], "may be missing"),
            _ => {}
        }
        if let Some(text) = description(schema, self.components) {
            prose::write(html, text);
        }
        limits(html, schema, self.components);
        Fields { depth: self.depth + 1, ..*self }.write(html, schema);
    }
}

/// What is said about the field itself, else about what it is.
fn description<'d>(schema: &'d RefOr<Schema>, components: &'d Components) -> Option<&'d str> {
    if let RefOr::Ref(reference) = schema
        && !reference.description.is_empty()
    {
        return Some(&reference.description);
    }
    match resolve(schema, components)? {
        Schema::Object(object) => object.description.as_deref(),
        Schema::Array(array) => array.description.as_deref(),
        Schema::OneOf(any) => any.description.as_deref(),
        Schema::AnyOf(any) => any.description.as_deref(),
        Schema::AllOf(all) => all.description.as_deref(),
        _ => None,
    }
}

/// Writes what a value must keep to: its words, its bounds, what it is if left out.
pub(super) fn limits(html: &mut Html, schema: &RefOr<Schema>, components: &Components) {
    let mut limits = Vec::new();
    match resolve(schema, components) {
        Some(Schema::Object(object)) => object_limits(&mut limits, object),
        Some(Schema::Array(array)) => push(&mut limits, "", range(array.min_items, array.max_items, " items")),
        _ => {}
    }
    if !limits.is_empty() {
        html.element("p", &[("class", "limits")], |html| prose::inline(html, &limits.join(" · ")));
    }
}

fn object_limits(limits: &mut Vec<String>, object: &Object) {
    let values = object.enum_values.iter().flatten().filter(|value| !value.is_null());
    let values: Vec<String> = values.map(quoted).collect();
    if !values.is_empty() {
        limits.push(format!("one of {}", values.join(", ")));
    }
    push(limits, "", range(number(object.minimum.as_ref()), number(object.maximum.as_ref()), ""));
    push(limits, "", range(object.min_length, object.max_length, " characters"));
    push(limits, "like ", object.pattern.as_ref().map(|pattern| format!("`{pattern}`")));
    push(limits, "if left out: ", object.default.as_ref().map(quoted));
}

/// The words for two bounds. That nothing is negative is no news.
fn range(min: Option<usize>, max: Option<usize>, of: &str) -> Option<String> {
    match (min.filter(|min| *min > 0), max) {
        (None, None) => None,
        (Some(min), None) => Some(format!("at least {min}{of}")),
        (None, Some(max)) => Some(format!("at most {max}{of}")),
        (Some(min), Some(max)) => Some(format!("{min} to {max}{of}")),
    }
}

/// All bounds of ours are whole.
fn number(number: Option<&utoipa::Number>) -> Option<usize> {
    let value = serde_json::to_value(number?).ok()?;
    value.as_u64().and_then(|whole| usize::try_from(whole).ok()).or_else(|| value.to_string().strip_suffix(".0")?.parse().ok())
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
