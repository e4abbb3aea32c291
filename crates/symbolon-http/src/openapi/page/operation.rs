//! One operation: its title, whom it is for, and what it takes.

use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::{Components, Content, RefOr, Required};

use super::html::Html;
use super::kind::kind;
use super::{example, form, limits, prose, schema};

/// An operation with its place.
pub(super) struct Entry<'d> {
    /// Its path, with `{names}`.
    pub(super) path: &'d str,
    /// Its methods; more than one where they do the same.
    pub(super) methods: Vec<HttpMethod>,
    /// What the document says of it.
    pub(super) operation: &'d Operation,
    /// What the document shares.
    pub(super) components: &'d Components,
}

impl<'d> Entry<'d> {
    /// The method as it is sent, the first where there are several.
    pub(super) fn method(&self) -> &'static str {
        match self.methods.first() {
            Some(HttpMethod::Post) => "POST",
            Some(HttpMethod::Put) => "PUT",
            Some(HttpMethod::Delete) => "DELETE",
            Some(HttpMethod::Options) => "OPTIONS",
            Some(HttpMethod::Head) => "HEAD",
            Some(HttpMethod::Patch) => "PATCH",
            Some(HttpMethod::Trace) => "TRACE",
            Some(HttpMethod::Get) | None => "GET",
        }
    }

    /// The sign of the method.
    pub(super) fn sign(&self) -> &'static str {
        if self.methods.len() > 1 {
            "ANY"
        } else {
            self.method()
        }
    }

    /// The name of its place on the page.
    pub(super) fn anchor(&self) -> &'d str {
        self.operation.operation_id.as_deref().unwrap_or_default()
    }

    /// What it takes in path, query and headers.
    pub(super) fn parameters(&self) -> impl Iterator<Item = &'d Parameter> {
        self.operation
            .parameters
            .iter()
            .flatten()
            .filter_map(|parameter| match parameter {
                RefOr::T(parameter) => Some(parameter),
                RefOr::Ref(_) => None,
            })
    }

    /// Its body, with the media type that is named first.
    pub(super) fn body(&self) -> Option<(&'d RequestBody, &'d str, &'d Content)> {
        let Some(RefOr::T(body)) = &self.operation.request_body else {
            return None;
        };
        let (media, content) = first(&body.content)?;
        Some((body, media, content))
    }

    /// Writes all of it.
    pub(super) fn write(&self, html: &mut Html) {
        html.element("details", &[("class", "operation")], |html| {
            html.element("summary", &[], |html| self.title(html));
            html.element("div", &[("class", "about"), ("id", self.anchor())], |html| {
                if let Some(text) = &self.operation.description {
                    prose::write(html, text);
                }
                self.proof(html);
                self.take(html);
                form::write(html, self);
                self.answers(html);
            });
        });
    }

    /// Writes method, path and summary.
    fn title(&self, html: &mut Html) {
        method(html, self.sign());
        html.element("span", &[("class", "path")], |html| path(html, self.path));
        html.with_text(
            "span",
            &[("class", "summary")],
            self.operation.summary.as_deref().unwrap_or_default(),
        );
    }

    /// Writes what the caller proves itself by.
    fn proof(&self, html: &mut Html) {
        let ways = ways(self.operation);
        if ways.is_empty() {
            return;
        }
        html.element("p", &[("class", "proof")], |html| {
            html.text("Needs: ");
            for (index, (name, scopes)) in ways.iter().enumerate() {
                html.text(if index == 0 { "" } else { " or " });
                html.with_text("a", &[("href", &format!("#proof-{name}"))], proof_name(name));
                if !scopes.is_empty() {
                    html.text(" with ");
                    html.with_text("code", &[], &scopes.join(" "));
                }
            }
        });
    }

    fn take(&self, html: &mut Html) {
        if self.parameters().next().is_some() {
            html.markup("<h4>Parameters</h4>");
            html.element("ul", &[("class", "fields")], |html| {
                for parameter in self.parameters() {
                    html.element("li", &[], |html| self.parameter(html, parameter));
                }
            });
        }
        if let Some((body, media, content)) = self.body() {
            html.element("h4", &[], |html| {
                html.text("Body");
                html.with_text("span", &[("class", "media")], media);
                if body.required != Some(Required::True) {
                    html.with_text("span", &[("class", "media")], "may be left out");
                }
            });
            if let Some(text) = &body.description {
                prose::write(html, text);
            }
            self.content(html, content, schema::Side::Sent);
        }
    }

    fn parameter(&self, html: &mut Html, parameter: &Parameter) {
        html.with_text("code", &[("class", "name")], &parameter.name);
        if let Some(of) = &parameter.schema {
            html.with_text("span", &[("class", "type")], &kind(of, self.components));
        }
        html.with_text("span", &[("class", "place")], place(&parameter.parameter_in));
        if parameter.required == Required::True {
            html.with_text("span", &[("class", "required")], "required");
        }
        if let Some(text) = &parameter.description {
            prose::write(html, text);
        }
        if let Some(of) = &parameter.schema {
            limits::write(html, of, self.components);
        }
    }

    /// Writes the fields of a body beside its example.
    pub(super) fn content(&self, html: &mut Html, content: &Content, side: schema::Side) {
        html.element("div", &[("class", "content")], |html| {
            if let Some(of) = &content.schema {
                html.element("div", &[], |html| schema::write(html, of, self.components, side));
            }
            let given = content.examples.values().filter_map(|example| match example {
                RefOr::T(example) => example.value.as_ref(),
                RefOr::Ref(_) => None,
            });
            for value in content.example.iter().chain(given) {
                let text = example::show(value, content.schema.as_ref(), self.components);
                html.element("pre", &[], |html| html.with_text("code", &[], &text));
            }
        });
    }
}

/// What a way to prove oneself is called.
pub(super) fn proof_name(scheme: &str) -> &str {
    match scheme {
        "access_token" => "access token",
        "access_cookie" => "cookie",
        "refresh_cookie" => "refresh cookie",
        "api_key" => "API key",
        other => other,
    }
}

/// Writes the sign of a method.
pub(super) fn method(html: &mut Html, name: &'static str) {
    html.with_text("span", &[("class", "method"), ("data-method", name)], name);
}

/// Writes a path that may break after each of its parts.
pub(super) fn path(html: &mut Html, path: &str) {
    for (index, part) in path.split('/').enumerate() {
        if index > 0 {
            html.text("/");
            html.markup("<wbr>");
        }
        html.text(part);
    }
}

/// The ways to prove oneself with their scopes. utoipa shows them only as JSON.
fn ways(operation: &Operation) -> Vec<(String, Vec<String>)> {
    let requirements = operation
        .security
        .iter()
        .flatten()
        .filter_map(|one| serde_json::to_value(one).ok());
    let schemes = requirements.filter_map(|requirement| match requirement {
        serde_json::Value::Object(schemes) => Some(schemes),
        _ => None,
    });
    schemes
        .flatten()
        .map(|(name, scopes)| {
            let scopes = scopes
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|scope| scope.as_str());
            (name, scopes.map(str::to_owned).collect())
        })
        .collect()
}

fn place(place: &ParameterIn) -> &'static str {
    match place {
        ParameterIn::Path => "in the path",
        ParameterIn::Query => "in the query",
        ParameterIn::Header => "in a header",
        ParameterIn::Cookie => "in a cookie",
        _ => "",
    }
}

/// The media type that is named first, with its content.
pub(super) fn first<'d>(
    content: impl IntoIterator<Item = (&'d String, &'d RefOr<Content>)>,
) -> Option<(&'d str, &'d Content)> {
    content.into_iter().find_map(|(media, content)| match content {
        RefOr::T(content) => Some((media.as_str(), content)),
        RefOr::Ref(_) => None,
    })
}
