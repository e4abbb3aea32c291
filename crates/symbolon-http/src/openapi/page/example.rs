//! Examples as a person reads them: indented, and the fields in the order of their schema.

use serde_json::Value;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{Components, RefOr, Schema};

use crate::openapi::examples::resolve;

/// The text of an example of that schema. An example that is a text is shown as it is.
pub(super) fn show(value: &Value, schema: Option<&RefOr<Schema>>, components: &Components) -> String {
    let mut text = String::new();
    match value {
        Value::String(plain) => text.push_str(plain),
        value => write(&mut text, value, schema, components, 0),
    }
    text
}

fn write(
    text: &mut String,
    value: &Value,
    schema: Option<&RefOr<Schema>>,
    components: &Components,
    depth: usize,
) {
    let schema = schema.and_then(|schema| shown(schema, components));
    match value {
        Value::Object(object) if !object.is_empty() => {
            let fields = fields(schema, components);
            let place = |name: &str| fields.iter().position(|(field, _)| *field == name);
            let mut names: Vec<&String> = object.keys().collect();
            // A field that the schema does not have comes last.
            names.sort_by_key(|name| place(name).unwrap_or(usize::MAX));
            wrap(text, ['{', '}'], depth, names, |text, name| {
                let field = place(name)
                    .and_then(|place| fields.get(place))
                    .map(|(_, schema)| *schema);
                text.push_str(&Value::from(name.as_str()).to_string());
                text.push_str(": ");
                write(text, &object[name.as_str()], field, components, depth + 1);
            });
        }
        Value::Array(items) if !items.is_empty() => {
            let of = schema.and_then(items_of);
            wrap(text, ['[', ']'], depth, items, |text, item| {
                write(text, item, of, components, depth + 1);
            });
        }
        other => text.push_str(&other.to_string()),
    }
}

/// The schema that tells the order: of several, the first that has fields.
fn shown<'d>(schema: &'d RefOr<Schema>, components: &'d Components) -> Option<&'d Schema> {
    let of = match resolve(schema, components)? {
        Schema::OneOf(any) => &any.items,
        Schema::AnyOf(any) => &any.items,
        plain => return Some(plain),
    };
    let mut plain = of.iter().filter_map(|item| resolve(item, components));
    plain.find(|schema| matches!(schema, Schema::Object(object) if !object.properties.is_empty()))
}

/// Writes the parts on lines of their own between two signs.
fn wrap<T>(
    text: &mut String,
    [open, close]: [char; 2],
    depth: usize,
    parts: impl IntoIterator<Item = T>,
    mut one: impl FnMut(&mut String, T),
) {
    text.push(open);
    for (index, part) in parts.into_iter().enumerate() {
        text.push_str(if index == 0 { "\n" } else { ",\n" });
        text.push_str(&"  ".repeat(depth + 1));
        one(text, part);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

/// The fields of a schema, in its order; of several schemas together, those of each.
fn fields<'d>(schema: Option<&'d Schema>, components: &'d Components) -> Vec<(&'d str, &'d RefOr<Schema>)> {
    match schema {
        Some(Schema::Object(object)) => object
            .properties
            .iter()
            .map(|(name, schema)| (name.as_str(), schema))
            .collect(),
        Some(Schema::AllOf(all)) => all
            .items
            .iter()
            .flat_map(|part| fields(shown(part, components), components))
            .collect(),
        _ => Vec::new(),
    }
}

fn items_of(schema: &Schema) -> Option<&RefOr<Schema>> {
    match schema {
        Schema::Array(array) => match &array.items {
            ArrayItems::RefOrSchema(items) => Some(items),
            ArrayItems::False => None,
        },
        _ => None,
    }
}
