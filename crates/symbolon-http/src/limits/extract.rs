use axum::body::Body;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use super::{ADMIN_BODY_MAX, AUTH_BODY_MAX, BATCH_BODY_MAX, BODY_TIME};
use super::{parse_lenient, parse_strict, read_body};
use crate::problem::Problem;

/// The JSON body of one of our own routes, at most `MAX` bytes: `application/json` by name, and strict
/// ([`parse_strict`]). As `Option<StrictJson<T>>` it may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrictJson<T, const MAX: usize>(pub T);

/// The body of a log-in, refresh, verify or service route.
pub type AuthJson<T> = StrictJson<T, AUTH_BODY_MAX>;

/// The body of an administration route.
pub type AdminJson<T> = StrictJson<T, ADMIN_BODY_MAX>;

/// A batch of tokens.
pub type BatchJson<T> = StrictJson<T, BATCH_BODY_MAX>;

/// The JSON body of a route of the older systems ([`parse_lenient`]). Its media type may be missing or be any
/// `…+json`, as their clients are used to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompatJson<T>(pub T);

impl<S, T, const MAX: usize> FromRequest<S> for StrictJson<T, MAX>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (headers, body) = split(request);
        if media_type(&headers) != Media::Json {
            return Err(refuse_media(&headers, body, MAX).await);
        }
        let text = read_body(&headers, body, MAX, BODY_TIME).await?;
        Ok(Self(parse_object(&text)?))
    }
}

impl<S, T, const MAX: usize> OptionalFromRequest<S> for StrictJson<T, MAX>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    /// An empty body is none, whatever media type it claims: many clients always send one.
    async fn from_request(request: Request, _: &S) -> Result<Option<Self>, Problem> {
        let (headers, body) = split(request);
        let text = read_body(&headers, body, MAX, BODY_TIME).await?;
        if text.is_empty() {
            return Ok(None);
        }
        if media_type(&headers) != Media::Json {
            return Err(not_json());
        }
        Ok(Some(Self(parse_object(&text)?)))
    }
}

impl<S, T> FromRequest<S> for CompatJson<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (headers, body) = split(request);
        if media_type(&headers) == Media::Other {
            return Err(refuse_media(&headers, body, AUTH_BODY_MAX).await);
        }
        let text = read_body(&headers, body, AUTH_BODY_MAX, BODY_TIME).await?;
        Ok(Self(parse_lenient(&text)?))
    }
}

/// Parses a body of ours, which is an object. serde would read a struct from an array as well, in which nothing is
/// named: `[]` would be a body that leaves everything out.
fn parse_object<T: DeserializeOwned>(text: &[u8]) -> Result<T, Problem> {
    if text.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::invalid_request(
            "the body must be an object: line 1 column 1",
        ));
    }
    Ok(parse_strict(text)?)
}

fn split(request: Request) -> (HeaderMap, Body) {
    let (parts, body) = request.into_parts();
    (parts.headers, body)
}

/// 415, or what is worse. The body is read first, so that the connection can go on and the answer is not lost.
async fn refuse_media(headers: &HeaderMap, body: Body, max: usize) -> Problem {
    let read: Result<Bytes, _> = read_body(headers, body, max, BODY_TIME).await;
    match read {
        Ok(_) => not_json(),
        Err(fault) => fault.into(),
    }
}

fn not_json() -> Problem {
    Problem::unsupported_media_type("application/json")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Media {
    /// `application/json`, with or without parameters.
    Json,
    /// Another type in JSON's syntax (RFC 6839 §3.1).
    PlusJson,
    Absent,
    Other,
}

/// Two `Content-Type` headers are of no type.
fn media_type(headers: &HeaderMap) -> Media {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (first, second) = (values.next(), values.next());
    let Some(value) = first else { return Media::Absent };
    let Ok(text) = value.to_str() else {
        return Media::Other;
    };
    let essence = text
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match essence.as_str() {
        _ if second.is_some() => Media::Other,
        "application/json" => Media::Json,
        other if other.ends_with("+json") => Media::PlusJson,
        _ => Media::Other,
    }
}
