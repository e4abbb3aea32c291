//! What the handlers left to say: the bodies of their refusals, and what every route may answer.

use utoipa::openapi::path::{HttpMethod, Operation, ParameterIn, PathItem};
use utoipa::openapi::{Components, OpenApi, RefOr, Response};

use super::{examples, refusals};
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
    in_order.into_iter().filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
}

/// Completes each operation.
pub(super) fn complete(document: &mut OpenApi) {
    let none = Components::default();
    let components = document.components.as_ref().unwrap_or(&none);
    for item in document.paths.paths.values_mut() {
        for operation in operations_mut(item) {
            describe_refusals(operation);
            add_common(operation);
            examples::complete(operation, components);
        }
    }
}

fn operations_mut(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.patch,
        &mut item.delete,
        &mut item.head,
        &mut item.options,
        &mut item.trace,
    ];
    all.into_iter().filter_map(Option::as_mut)
}

/// Gives each refusal that only has a description its body. The description names the code, as in
/// `` `limit_reached`: …``, where it is not the usual one of the status.
fn describe_refusals(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(bare) = response else { continue };
        let Some(status) = status.parse().ok().filter(|status| *status >= 400 && bare.content.is_empty()) else {
            continue;
        };
        if let Some(code) = code_of(status, &bare.description) {
            *response = RefOr::T(with_own_headers(refusals::response(code, &bare.description), bare));
        }
    }
}

fn with_own_headers(mut response: Response, bare: &Response) -> Response {
    response.headers.extend(bare.headers.clone());
    response
}

fn code_of(status: u16, description: &str) -> Option<Code> {
    let named = |code: &Code| description.contains(&format!("`{}`", code.as_str()));
    refusals::codes_of(status).find(named).or_else(|| refusals::codes_of(status).next())
}

/// Adds what follows from the form of the operation alone: from its proof, its body, its parameters.
fn add_common(operation: &mut Operation) {
    let mut common = vec![Code::UriTooLong, Code::HeaderFieldsTooLarge, Code::Internal, Code::Unavailable];
    if operation.request_body.is_some() {
        common.extend([
            Code::InvalidRequest,
            Code::RequestTimeout,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
        ]);
    }
    if has_query(operation) {
        common.push(Code::InvalidRequest);
    }
    if operation.security.is_some() {
        common.extend([Code::InvalidToken, Code::InvalidRequest]);
    }
    if needs_scope(operation) {
        common.push(Code::InsufficientScope);
    }
    for code in common {
        let status = refusals::status(code).to_string();
        operation.responses.responses.entry(status).or_insert_with(|| RefOr::Ref(refusals::reference(code)));
    }
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
    requirements.filter_map(|requirement| serde_json::to_value(requirement).ok()).any(|requirement| {
        let schemes = requirement.as_object().into_iter().flat_map(|schemes| schemes.values());
        schemes.filter_map(serde_json::Value::as_array).any(|scopes| !scopes.is_empty())
    })
}
