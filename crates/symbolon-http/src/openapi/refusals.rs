//! Refusals: one response for each code, with the body that is really sent.

use std::time::Duration;

use serde_json::{Value, json};
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{Object, Type};
use utoipa::openapi::{ComponentsBuilder, Ref, Response, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::bodies::Nothing;
use crate::bodies::compat::Envelope;
use crate::problem::{Code, OAuthErrorBody, OAuthProblem, PROBLEM_JSON, Problem, ProblemBody};

/// A response for each code, under the name of the code, and the schema that they share.
pub(super) fn components() -> ComponentsBuilder {
    let schema = (ProblemBody::name(), ProblemBody::schema());
    let responses = Code::ALL.map(|code| (code.as_str(), response(code, code.title())));
    ComponentsBuilder::new()
        .schemas_from_iter([schema])
        .responses_from_iter(responses)
}

/// The reference to the response of a code.
pub(super) fn reference(code: Code) -> Ref {
    Ref::from_response_name(code.as_str())
}

/// A response of `code`, for the reason that `description` gives.
pub(super) fn response(code: Code, description: &str) -> Response {
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name(ProblemBody::name())))
        .example(Some(body(&sample(code))))
        .build();
    let response = ResponseBuilder::new()
        .description(description)
        .content(PROBLEM_JSON, content);
    with_header(response, code)
}

fn with_header(response: ResponseBuilder, code: Code) -> Response {
    match header(code) {
        Some((name, about)) => {
            let schema = Object::with_type(Type::String);
            response.header(
                name,
                HeaderBuilder::new()
                    .schema(Some(schema))
                    .description(Some(about))
                    .build(),
            )
        }
        None => response,
    }
    .build()
}

/// A response of `code` as the older systems shape it: its status, and their body.
pub(super) fn in_envelope(code: Code) -> Response {
    let example = json!({"code": status(code), "msg": code.title(), "data": null});
    let content = ContentBuilder::new()
        .schema(Some(Envelope::<Nothing>::schema()))
        .example(Some(example));
    let response = ResponseBuilder::new().description(code.title());
    response.content("application/json", content.build()).build()
}

/// A response of `code` as the OAuth routes shape it.
pub(super) fn in_oauth(code: Code) -> Response {
    let problem = OAuthProblem::from(sample(code));
    let example = json!({"error": problem.error().as_str(), "error_description": problem.description()});
    let content = ContentBuilder::new()
        .schema(Some(OAuthErrorBody::schema()))
        .example(Some(example));
    let response = ResponseBuilder::new()
        .description(code.title())
        .content("application/json", content.build());
    with_header(response, code)
}

/// The status of a code.
pub(super) fn status(code: Code) -> u16 {
    sample(code).status()
}

/// The codes of a status, the usual one first.
pub(super) fn codes_of(status: u16) -> impl Iterator<Item = Code> {
    Code::ALL
        .into_iter()
        .filter(move |code| self::status(*code) == status)
}

/// What an answer of that code carries in a header (RFC 6750 §3, RFC 9110 §10.2.3).
fn header(code: Code) -> Option<(&'static str, &'static str)> {
    match code {
        Code::InvalidCredentials | Code::InvalidToken | Code::ReauthRequired | Code::InsufficientScope => {
            Some(("WWW-Authenticate", "`Bearer …`: what is needed instead."))
        }
        Code::Throttled | Code::Unavailable => Some(("Retry-After", "When to try again, in seconds.")),
        _ => None,
    }
}

/// A problem of that code as it may occur.
fn sample(code: Code) -> Problem {
    match code {
        Code::InvalidRequest => Problem::invalid_request("unknown field: line 1 column 12"),
        Code::InvalidCredentials => Problem::invalid_credentials(),
        Code::InvalidToken => Problem::invalid_token("expired"),
        Code::ReauthRequired => Problem::reauth_required(Duration::from_secs(300)),
        Code::InsufficientScope => Problem::insufficient_scope("admin"),
        Code::AccountBanned => Problem::account_banned(),
        Code::CrossSite => Problem::cross_site("a request with a cookie needs the header X-Symbolon: 1"),
        Code::NotFound => Problem::not_found("there is nothing of that name"),
        Code::MethodNotAllowed => Problem::method_not_allowed(),
        Code::RequestTimeout => Problem::request_timeout(),
        Code::Conflict => Problem::conflict("the state does not allow it"),
        Code::LimitReached => Problem::limit_reached("there are as many as there may be"),
        Code::PayloadTooLarge => Problem::payload_too_large(crate::limits::AUTH_BODY_MAX),
        Code::UriTooLong => Problem::uri_too_long(),
        Code::UnsupportedMediaType => Problem::unsupported_media_type("application/json"),
        Code::Throttled => Problem::throttled(30, "too many wrong passwords"),
        Code::HeaderFieldsTooLarge => Problem::header_fields_too_large("too many header fields"),
        Code::Internal => Problem::internal(),
        Code::Unavailable => Problem::unavailable(1),
    }
}

/// The members that each problem of that code has. Those that depend on the request are left out.
fn body(problem: &Problem) -> Value {
    let code = problem.code();
    let mut body = json!({
        "type": format!("urn:symbolon:problem:{}", code.as_str()),
        "title": code.title(),
        "status": problem.status(),
        "detail": problem.detail(),
        "code": code.as_str(),
    });
    if let (Some(reason), Value::Object(body)) = (problem.reason(), &mut body) {
        body.insert("reason".to_owned(), reason.into());
    }
    body
}
