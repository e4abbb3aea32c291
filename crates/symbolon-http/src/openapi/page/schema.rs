//! A schema as a list of its fields.

use utoipa::openapi::schema::{AdditionalProperties, ArrayItems, Object};
use utoipa::openapi::{Components, RefOr, Schema};

use super::html::Html;
use super::kind::kind;
use super::{limits, prose};
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
    let fields = Fields {
        components,
        side,
        depth: 0,
    };
    let kind = kind(schema, components);
    // That a text is a text is said by its media type.
    if !fields.write(html, schema) && kind != "string" {
        html.with_text("p", &[("class", "type")], &kind);
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
        let mut any = false;
        for schema in schemas {
            any |= self.write(html, schema);
        }
        any
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
                html.element("li", &[], |html| {
                    self.field(html, name, schema, object.required.contains(name));
                });
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
        limits::write(html, schema, self.components);
        Fields {
            depth: self.depth + 1,
            ..*self
        }
        .write(html, schema);
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
        Schema::OneOf(any) => any
            .description
            .as_deref()
            .or_else(|| any.items.iter().find_map(|item| description(item, components))),
        Schema::AnyOf(any) => any.description.as_deref(),
        Schema::AllOf(all) => all.description.as_deref(),
        _ => None,
    }
}
