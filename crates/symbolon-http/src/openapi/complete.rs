//! What the handlers left to say: the bodies of their refusals, and what every route may answer.

use std::collections::BTreeSet;

use utoipa::openapi::path::{HttpMethod, Operation, ParameterIn, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Components, OpenApi, RefOr, Required, Response, Schema, Type};

use super::examples::is;
use super::{examples, refusals, scheme, tag};
use crate::problem::Code;

/// The operations of a path with their methods, in the order in which they are read.
pub(super) fn operations(item: &PathItem) -> impl Iterator<Item = (HttpMethod, &Operation)> {
    let in_order = [
        (HttpMethod::Get, &item.get),
        (HttpMethod::Post, &item.post),
        (HttpMethod::Put, &item.put),
        (HttpMethod::Patch, &item.patch),
        (HttpMethod::Delete, &item.delete),
        (HttpMethod::Head, &item.head),
        (HttpMethod::Options, &item.options),
        (HttpMethod::Trace, &item.trace),
    ];
    in_order
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// Completes each operation, and drops the groups that have none.
pub(super) fn complete(document: &mut OpenApi) {
    let none = Components::default();
    let components = document.components.as_ref().unwrap_or(&none);
    let mut used = BTreeSet::new();
    let mut names = BTreeSet::new();
    for item in document.paths.paths.values_mut() {
        name_apart(item, &mut names);
        for (method, operation) in operations_mut(item) {
            trim_summary(operation);
            leave_out_null(operation);
            describe_refusals(operation);
            let takes_cookies = offer_cookies(operation);
            add_common(operation);
            // Where a scope is needed, the description of its refusal comes first.
            if takes_cookies && !matches!(method, "get" | "head" | "options" | "trace") {
                let refusal = |code| RefOr::Ref(refusals::reference(code));
                add(operation, &[Code::CrossSite], refusal);
            }
            examples::complete(operation, components);
            used.extend(operation.tags.iter().flatten().cloned());
        }
    }
    document
        .tags
        .iter_mut()
        .for_each(|tags| tags.retain(|tag| used.contains(&tag.name)));
}

/// A handler is named within its room, and may take several methods; an operation has a name of its own. A name that
/// is taken gets its group before it and its method behind it.
fn name_apart(item: &mut PathItem, taken: &mut BTreeSet<String>) {
    for (method, operation) in operations_mut(item) {
        let group = operation
            .tags
            .iter()
            .flatten()
            .next()
            .map(|name| name.replace(' ', "_"))
            .unwrap_or_default();
        let Some(id) = &mut operation.operation_id else {
            continue;
        };
        let tries = [
            id.clone(),
            format!("{group}_{id}"),
            format!("{group}_{id}_{method}"),
        ];
        if let Some(free) = tries.into_iter().find(|id| taken.insert(id.clone())) {
            *id = free;
        }
    }
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
        ("head", &mut item.head),
        ("options", &mut item.options),
        ("trace", &mut item.trace),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// A summary is a title: the first line of a comment, without the point at its end.
fn trim_summary(operation: &mut Operation) {
    if let Some(summary) = &mut operation.summary {
        summary.truncate(summary.trim_end_matches('.').len());
    }
}

/// A body that may be left out is either not there or an object. An optional body of the handler is described as one
/// that may be `null`, which is refused.
fn leave_out_null(operation: &mut Operation) {
    let Some(RefOr::T(body)) = &mut operation.request_body else {
        return;
    };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        let Some(RefOr::T(Schema::OneOf(either))) = &content.schema else {
            continue;
        };
        let is_null = |schema: &RefOr<Schema>| matches!(schema, RefOr::T(Schema::Object(object)) if is(object, &Type::Null));
        if let [given, nothing] = either.items.as_slice()
            && is_null(nothing)
        {
            content.schema = Some(given.clone());
            body.required = Some(Required::False);
        }
    }
}

/// Gives each refusal that only has a description its body. The description names the code, as in
/// `` `limit_reached`: …``, where it is not the usual one of the status.
fn describe_refusals(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(bare) = response else { continue };
        let Some(status) = status
            .parse()
            .ok()
            .filter(|status| *status >= 400 && bare.content.is_empty())
        else {
            continue;
        };
        if let Some(code) = code_of(status, &bare.description) {
            *response = RefOr::T(with_own_headers(
                refusals::response(code, &bare.description),
                bare,
            ));
        }
    }
}

fn with_own_headers(mut response: Response, bare: &Response) -> Response {
    response.headers.extend(bare.headers.clone());
    response
}

fn code_of(status: u16, description: &str) -> Option<Code> {
    let named = |code: &Code| description.contains(&format!("`{}`", code.as_str()));
    refusals::codes_of(status)
        .find(named)
        .or_else(|| refusals::codes_of(status).next())
}

/// What an access token proves, its cookie proves too. Says whether that needs a page of ours on an unsafe method: the
/// routes of the older systems know no cookies, and a gateway's question changes nothing.
fn offer_cookies(operation: &mut Operation) -> bool {
    if is_in(operation, tag::OLDER) {
        return false;
    }
    let ways = operation.security.iter().flatten();
    let ways: Vec<_> = ways.filter_map(|way| serde_json::to_value(way).ok()).collect();
    let has = |name: &str| ways.iter().any(|way| way.get(name).is_some());
    let takes_access = has(scheme::ACCESS_TOKEN);
    if takes_access && let Some(security) = &mut operation.security {
        security.push(SecurityRequirement::new(scheme::ACCESS_COOKIE, [] as [&str; 0]));
    }
    (takes_access || has(scheme::REFRESH_COOKIE)) && !is_in(operation, tag::GATEWAYS)
}

/// Adds what follows from the form of the operation alone: from its proof, its body, its parameters.
fn add_common(operation: &mut Operation) {
    if is_in(operation, tag::OLDER) {
        add(operation, &OLDER_REFUSALS, |code| {
            RefOr::T(refusals::in_envelope(code))
        });
    } else if is_in(operation, tag::OAUTH) && operation.request_body.is_some() {
        add(operation, &OAUTH_REFUSALS, |code| {
            RefOr::T(refusals::in_oauth(code))
        });
    } else if !is_in(operation, tag::GATEWAYS) {
        // A gateway's question is never answered 400, and says its other refusals itself.
        let codes = refused_by_form(operation);
        add(operation, &codes, |code| RefOr::Ref(refusals::reference(code)));
    }
    add(operation, &ANYWHERE, |code| RefOr::Ref(refusals::reference(code)));
}

/// What a listener answers in place of a route, and what may happen in any.
const ANYWHERE: [Code; 4] = [
    Code::UriTooLong,
    Code::HeaderFieldsTooLarge,
    Code::Internal,
    Code::Unavailable,
];

/// The refusals that the routes of the older systems write in their own shape.
const OLDER_REFUSALS: [Code; 5] = [
    Code::InvalidRequest,
    Code::RequestTimeout,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::Unavailable,
];

/// The refusals that the OAuth routes write in their own shape.
const OAUTH_REFUSALS: [Code; 5] = [
    Code::InvalidRequest,
    Code::RequestTimeout,
    Code::PayloadTooLarge,
    Code::UnsupportedMediaType,
    Code::Unavailable,
];

/// Adds a response for each code, but where the operation has one of that status.
fn add(operation: &mut Operation, codes: &[Code], response: impl Fn(Code) -> RefOr<Response>) {
    for code in codes {
        let status = refusals::status(*code).to_string();
        operation
            .responses
            .responses
            .entry(status)
            .or_insert_with(|| response(*code));
    }
}

fn is_in(operation: &Operation, group: &str) -> bool {
    operation.tags.iter().flatten().any(|name| name == group)
}

fn refused_by_form(operation: &Operation) -> Vec<Code> {
    let mut codes = Vec::new();
    if operation.request_body.is_some() {
        let body = [
            Code::InvalidRequest,
            Code::RequestTimeout,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
        ];
        codes.extend(body);
    }
    if has_query(operation) {
        codes.push(Code::InvalidRequest);
    }
    if operation.security.is_some() {
        codes.extend([Code::InvalidToken, Code::InvalidRequest]);
    }
    if needs_scope(operation) {
        codes.push(Code::InsufficientScope);
    }
    codes
}

fn has_query(operation: &Operation) -> bool {
    let parameters = operation.parameters.iter().flatten();
    let mut places = parameters.filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(&parameter.parameter_in),
        RefOr::Ref(_) => None,
    });
    places.any(|place| *place == ParameterIn::Query)
}

/// Whether any way to prove oneself asks for a scope. utoipa shows the scopes only as JSON.
fn needs_scope(operation: &Operation) -> bool {
    let requirements = operation.security.iter().flatten();
    requirements
        .filter_map(|requirement| serde_json::to_value(requirement).ok())
        .any(|requirement| {
            let schemes = requirement
                .as_object()
                .into_iter()
                .flat_map(|schemes| schemes.values());
            schemes
                .filter_map(serde_json::Value::as_array)
                .any(|scopes| !scopes.is_empty())
        })
}
