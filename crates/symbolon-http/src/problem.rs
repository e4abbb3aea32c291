//! Errors on the wire: RFC 9457 problem details.
//!
//! This is the only file that maps a fault to an HTTP status. A [`Problem`] is made by the constructor of its code, so
//! that what a status needs cannot be forgotten: a 401 its challenge, a 429 and a 503 their `Retry-After`.
//!
//! The body is `{type, title, status, detail, code, reason?, at?, request_id?}`. `type` is
//! `urn:symbolon:problem:<code>`. Server errors say nothing but their title, one fixed sentence and the request's id, under
//! which the log has the rest.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;

mod challenge;
mod code;
mod oauth;

pub use code::Code;

pub(crate) use oauth::{OAuthError, OAuthErrorBody, OAuthProblem};

use challenge::Challenge;

use crate::listen::Refusal;
use crate::request_id::RequestId;

/// The media type of every problem (RFC 9457 §3).
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    code: Code,
    detail: String,
    reason: Option<&'static str>,
    at_ms: Option<i64>,
    retry_after_s: Option<u32>,
    challenge: Option<Challenge>,
    closes: bool,
}

/// The body of a problem, as clients read it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody<'a> {
    /// `urn:symbolon:problem:<code>`.
    #[serde(rename = "type")]
    kind: String,
    /// What the code means, the same for each problem of that code.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request.
    detail: &'a str,
    /// The error for programs.
    code: &'static str,
    /// Why a token was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// When that happened (RFC 3339, UTC, milliseconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    /// The request's id; with server errors only.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
}

impl Problem {
    /// 400: the request is not understood. `detail` names what and where; never a secret of the body.
    pub fn invalid_request(detail: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequest, detail)
    }

    /// 400 for faults in how a token was sent, with the challenge of RFC 6750 §3.1.
    pub fn invalid_bearer(detail: impl Into<String>) -> Self {
        Self::challenging(Code::InvalidRequest, detail, Challenge::InvalidRequest)
    }

    /// 401: name or password are wrong; the same for a name that is not there.
    #[must_use]
    pub fn invalid_credentials() -> Self {
        Self::challenging(
            Code::InvalidCredentials,
            "the name or the password is wrong",
            Challenge::Plain,
        )
    }

    /// 401: no token. Without an error code in the challenge (RFC 6750 §3.1).
    #[must_use]
    pub fn token_absent() -> Self {
        Self::challenging(Code::InvalidToken, "a token is needed", Challenge::Plain).with_reason("absent")
    }

    /// 401: the token is refused, for this reason of api.md (`expired`, `logged_out`, …).
    #[must_use]
    pub fn invalid_token(reason: &'static str) -> Self {
        Self::challenging(
            Code::InvalidToken,
            "the token is not valid",
            Challenge::InvalidToken,
        )
        .with_reason(reason)
    }

    /// 401: the session is good, but the password was given longer ago than `max_age` (RFC 9470 §3).
    #[must_use]
    pub fn reauth_required(max_age: Duration) -> Self {
        Self::challenging(
            Code::ReauthRequired,
            "confirm the password first",
            Challenge::Reauthenticate {
                max_age_s: max_age.as_secs(),
            },
        )
    }

    /// 403: the caller may not do this; it would need `scope` (RFC 6750 §3.1).
    #[must_use]
    pub fn insufficient_scope(scope: &'static str) -> Self {
        Self::challenging(
            Code::InsufficientScope,
            format!("scope {scope} is needed"),
            Challenge::Scope(scope),
        )
    }

    /// 403: the token is live, but not what the gateway's configuration asks for (RFC 6750 §3.1). What that is, is not
    /// told: it is between the gateway and us.
    #[must_use]
    pub fn unmet_policy(detail: &'static str) -> Self {
        Self::challenging(Code::InsufficientScope, detail, Challenge::InsufficientScope)
    }

    /// 403: the account is banned. Only after a right password.
    #[must_use]
    pub fn account_banned() -> Self {
        Self::new(Code::AccountBanned, "the account is banned")
    }

    /// 403: a cookie came along, but nothing shows that a page of ours sent it.
    #[must_use]
    pub fn cross_site(detail: &'static str) -> Self {
        Self::new(Code::CrossSite, detail)
    }

    /// 404.
    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(Code::NotFound, detail)
    }

    /// 405. The router adds `Allow`.
    #[must_use]
    pub fn method_not_allowed() -> Self {
        Self::new(Code::MethodNotAllowed, "this path does not take this method")
    }

    /// 408: the body did not come in time. The connection closes.
    #[must_use]
    pub fn request_timeout() -> Self {
        Self::new(Code::RequestTimeout, "the body did not arrive in time").closing()
    }

    /// 409: the state does not allow it.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Code::Conflict, detail)
    }

    /// 409: as many as there may be are there.
    pub fn limit_reached(detail: impl Into<String>) -> Self {
        Self::new(Code::LimitReached, detail)
    }

    /// 413: the body has more than `max` bytes.
    #[must_use]
    pub fn payload_too_large(max: usize) -> Self {
        Self::new(Code::PayloadTooLarge, format!("the body may have {max} bytes"))
    }

    /// 414: path and query are too long.
    #[must_use]
    pub fn uri_too_long() -> Self {
        Self::new(Code::UriTooLong, "the path with its query is too long")
    }

    /// 415: the body has another media type than `expected`.
    #[must_use]
    pub fn unsupported_media_type(expected: &'static str) -> Self {
        Self::new(Code::UnsupportedMediaType, format!("the body must be {expected}"))
    }

    /// 429: too many; come again after so many seconds.
    pub fn throttled(retry_after_s: u32, detail: impl Into<String>) -> Self {
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(Code::Throttled, detail)
        }
    }

    /// 431: header fields, or the cookies among them, are too large.
    #[must_use]
    pub fn header_fields_too_large(detail: &'static str) -> Self {
        Self::new(Code::HeaderFieldsTooLarge, detail)
    }

    /// 500: something that should not happen. The caller has logged it.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            Code::Internal,
            "the server could not do this; its log has the request's id",
        )
    }

    /// 503: it cannot be decided now; come again after so many seconds. Callers spread the number a little, so
    /// that not all come at once.
    #[must_use]
    pub fn unavailable(retry_after_s: u32) -> Self {
        let detail = "the answer cannot be given now; try again later";
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(Code::Unavailable, detail)
        }
    }

    /// Adds when it happened, in milliseconds since the epoch.
    #[must_use]
    pub fn at(self, at_ms: i64) -> Self {
        Self {
            at_ms: Some(at_ms),
            ..self
        }
    }

    /// The error for programs.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The HTTP status as a number, for logs and metrics.
    #[must_use]
    pub fn status(&self) -> u16 {
        status(self.code).as_u16()
    }

    /// What is wrong, in words.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Why a token was refused.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.reason
    }

    fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
            reason: None,
            at_ms: None,
            retry_after_s: None,
            challenge: None,
            closes: false,
        }
    }

    fn challenging(code: Code, detail: impl Into<String>, challenge: Challenge) -> Self {
        Self {
            challenge: Some(challenge),
            ..Self::new(code, detail)
        }
    }

    fn with_reason(self, reason: &'static str) -> Self {
        Self {
            reason: Some(reason),
            ..self
        }
    }

    /// The request was not read to its end, so nothing more can be read on this connection.
    fn closing(self) -> Self {
        Self { closes: true, ..self }
    }
}

/// The one table from codes to statuses.
fn status(code: Code) -> StatusCode {
    match code {
        Code::InvalidRequest => StatusCode::BAD_REQUEST,
        Code::InvalidCredentials | Code::InvalidToken | Code::ReauthRequired => StatusCode::UNAUTHORIZED,
        Code::InsufficientScope | Code::AccountBanned | Code::CrossSite => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
        Code::Conflict | Code::LimitReached => StatusCode::CONFLICT,
        Code::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UriTooLong => StatusCode::URI_TOO_LONG,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::Throttled => StatusCode::TOO_MANY_REQUESTS,
        Code::HeaderFieldsTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl From<Refusal> for Problem {
    /// The answer of a listener in place of a route's.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UriTooLong => Self::uri_too_long(),
            Refusal::TooManyHeaders => Self::header_fields_too_large("too many header fields"),
            // Whoever sent these may mean another end of the request than we do: nothing behind it is read.
            Refusal::HostNotSingle => Self::invalid_request("exactly one host header is needed").closing(),
            Refusal::CodingNotChunked => {
                Self::invalid_request("the only transfer coding is chunked, once").closing()
            }
            // One second: the work was dropped, so nothing of it is waited for.
            Refusal::Overdue => Self::unavailable(1).closing(),
        }
    }
}

impl Problem {
    /// The body, with the id of a request whose answer is a server error.
    fn body(&self, request_id: Option<RequestId>) -> Body {
        let id = request_id.filter(|_| status(self.code).is_server_error());
        let body = ProblemBody {
            kind: format!("urn:symbolon:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.status(),
            detail: &self.detail,
            code: self.code.as_str(),
            reason: self.reason,
            at: self.at_ms.and_then(rfc3339),
            request_id: id.as_ref().map(RequestId::as_str),
        };
        // Strings and numbers always serialize; an empty body keeps the status if that ever changes.
        Body::from(serde_json::to_vec(&body).unwrap_or_default())
    }

    fn write_headers(&self, headers: &mut HeaderMap) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge {
            headers.insert(WWW_AUTHENTICATE, challenge.header());
        }
        if let Some(seconds) = self.retry_after_s {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.closes {
            headers.insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

impl IntoResponse for Problem {
    /// The problem stays beside the answer, so that the seal can put the request's id into it.
    fn into_response(self) -> Response {
        let mut response = Response::new(self.body(None));
        *response.status_mut() = status(self.code);
        self.write_headers(response.headers_mut());
        if status(self.code).is_server_error() {
            response.extensions_mut().insert(self);
        }
        response
    }
}

impl Problem {
    /// Puts the request's id into the body of a server error. Other answers stay as they are.
    pub(crate) fn sign(response: &mut Response, id: RequestId) {
        if !response.status().is_server_error() {
            return;
        }
        if let Some(problem) = response.extensions_mut().remove::<Self>() {
            *response.body_mut() = problem.body(Some(id));
            // A router has already written the length of the body without the id.
            response.headers_mut().remove(CONTENT_LENGTH);
        }
    }
}

/// RFC 3339, UTC, milliseconds. `None` for instants outside the calendar, which no clock of ours gives.
fn rfc3339(at_ms: i64) -> Option<String> {
    let instant = jiff::Timestamp::from_millisecond(at_ms).ok()?;
    Some(format!("{instant:.3}"))
}
