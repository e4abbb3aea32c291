//! What a value is, in a few words.

use utoipa::openapi::schema::{ArrayItems, Object, SchemaFormat, SchemaType};
use utoipa::openapi::{Components, RefOr, Schema, Type};

use crate::openapi::examples::resolve;

/// What a value of the schema is: `string (date-time)`, `list of Session`.
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
        SchemaType::Array(several) => several
            .iter()
            .filter(|one| **one != Type::Null)
            .map(word)
            .collect(),
        SchemaType::AnyValue => vec!["anything"],
    };
    let word = if words.is_empty() {
        "null".to_owned()
    } else {
        words.join(" or ")
    };
    match &object.format {
        Some(SchemaFormat::Custom(format)) => format!("{word} ({format})"),
        // Widths of numbers are no news to a reader; the rest is told apart by its name in the document.
        Some(known) if !matches!(word.as_str(), "integer" | "number") => {
            let name = serde_json::to_value(known).unwrap_or_default();
            name.as_str()
                .map_or(word.clone(), |name| format!("{word} ({name})"))
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
