//! Examples: what a body looks like.
//!
//! A handler may give one. Else it is the one of the schema's name in `assets/examples.json`, where each body is told
//! as a whole; else it is put together from its fields.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::{ArrayItems, Object, SchemaFormat, SchemaType};
use utoipa::openapi::{Components, Content, KnownFormat, RefOr, Schema, Type};

/// Our bodies are four levels deep at the most; a schema that refers to itself ends here.
const DEPTH_MAX: usize = 8;

/// Gives each body of the operation an example: the one it takes, and those of its good answers.
pub(super) fn complete(operation: &mut Operation, components: &Components) {
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content
            .values_mut()
            .for_each(|content| fill(content, components));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            response.content.values_mut().for_each(|content| {
                fill_of_status(content, status);
                fill(content, components);
            });
        }
    }
}

/// Gives the example that is told for a schema under one status only.
fn fill_of_status(content: &mut RefOr<Content>, status: &str) {
    let RefOr::T(content) = content else { return };
    if let Some(RefOr::Ref(schema)) = &content.schema
        && let Some((_, name)) = schema.ref_location.rsplit_once('/')
        && let Some(told) = TOLD.get(&format!("{name} {status}"))
    {
        content.example = Some(told.clone());
    }
}

fn fill(content: &mut RefOr<Content>, components: &Components) {
    let RefOr::T(content) = content else { return };
    if content.example.is_none() && content.examples.is_empty() {
        let whole = Place { components, depth: 0 };
        content.example = content.schema.as_ref().and_then(|schema| whole.example(schema));
    }
}

/// The schema behind a reference.
pub(super) fn resolve<'d>(schema: &'d RefOr<Schema>, components: &'d Components) -> Option<&'d Schema> {
    let mut schema = schema;
    // A chain of references that does not end is a fault; it ends here all the same.
    for _ in 0..DEPTH_MAX {
        match schema {
            RefOr::T(schema) => return Some(schema),
            RefOr::Ref(reference) => {
                let name = reference.ref_location.strip_prefix("#/components/schemas/")?;
                schema = components.schemas.get(name)?;
            }
        }
    }
    None
}

/// The examples that are told as a whole, by the names of their schemas, or by name and status.
pub(super) static TOLD: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    // It is part of the program, and a test reads it; if it were broken, the examples would be plainer.
    serde_json::from_str(include_str!("assets/examples.json")).unwrap_or_default()
});

/// Where in a body a value stands.
#[derive(Clone, Copy)]
struct Place<'d> {
    components: &'d Components,
    depth: usize,
}

impl Place<'_> {
    /// A value of that schema; `None`: nothing says what one looks like.
    fn example(self, schema: &RefOr<Schema>) -> Option<Value> {
        if self.depth > DEPTH_MAX {
            return None;
        }
        if let RefOr::Ref(reference) = schema
            && let Some(told) = reference
                .ref_location
                .rsplit('/')
                .next()
                .and_then(|name| TOLD.get(name))
        {
            return Some(told.clone());
        }
        let inside = |schema: &RefOr<Schema>| {
            Self {
                depth: self.depth + 1,
                ..self
            }
            .example(schema)
        };
        match resolve(schema, self.components)? {
            Schema::Object(object) => object_example(object, inside),
            Schema::Array(array) => {
                let given = array.example.clone().or_else(|| array.examples.first().cloned());
                given.or_else(|| match &array.items {
                    ArrayItems::RefOrSchema(items) => Some(Value::Array(vec![inside(items)?])),
                    ArrayItems::False => None,
                })
            }
            Schema::OneOf(any) => {
                let given = any.example.clone().or_else(|| any.default.clone());
                given.or_else(|| any.items.iter().find_map(inside))
            }
            Schema::AnyOf(any) => any.example.clone().or_else(|| any.items.iter().find_map(inside)),
            Schema::AllOf(all) => all.example.clone().or_else(|| {
                let parts = all.items.iter().filter_map(inside);
                let objects = parts.filter_map(|part| match part {
                    Value::Object(part) => Some(part),
                    _ => None,
                });
                Some(Value::Object(objects.flatten().collect()))
            }),
            _ => None,
        }
    }
}

fn object_example(object: &Object, inside: impl Fn(&RefOr<Schema>) -> Option<Value>) -> Option<Value> {
    let given = object
        .example
        .iter()
        .chain(&object.examples)
        .chain(&object.default);
    let listed = object.enum_values.iter().flatten();
    if let Some(value) = given.chain(listed).next() {
        return Some(value.clone());
    }
    match &object.format {
        Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)) => Some("2026-11-21T08:30:00.000Z".into()),
        _ if is(object, &Type::Boolean) => Some(true.into()),
        _ if is(object, &Type::Object) => {
            let fields = object.properties.iter();
            Some(Value::Object(
                fields
                    .filter_map(|(name, of)| Some((name.clone(), inside(of)?)))
                    .collect(),
            ))
        }
        _ => None,
    }
}

/// Whether values of the schema are of that type, or null.
pub(super) fn is(object: &Object, wanted: &Type) -> bool {
    match &object.schema_type {
        SchemaType::Type(only) => only == wanted,
        SchemaType::Array(several) => several.contains(wanted),
        SchemaType::AnyValue => false,
    }
}
