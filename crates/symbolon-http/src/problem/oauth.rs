//! Errors of the OAuth routes, in the shape that their clients read (RFC 6749, section 5.2).

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CONTENT_TYPE, PRAGMA, WWW_AUTHENTICATE};
use serde::Serialize;

use super::{Code, Problem, status};

/// The error for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OAuthError {
    /// The request is not understood (RFC 6749 §5.2).
    InvalidRequest,
    /// The client has not proven who it is (RFC 6749 §5.2).
    InvalidClient,
    /// The refresh token is refused (RFC 6749 §5.2).
    InvalidGrant,
    /// There is only the refresh grant (RFC 6749 §5.2).
    UnsupportedGrantType,
    /// More is asked for than was granted (RFC 6749 §5.2).
    InvalidScope,
    /// The caller may not do this (RFC 6750 §3.1).
    InsufficientScope,
    /// It cannot be decided now (the word of RFC 6749 §4.1.2.1).
    TemporarilyUnavailable,
    /// Something that should not happen (the word of RFC 6749 §4.1.2.1).
    ServerError,
}

impl OAuthError {
    /// Every error, in the order of their declaration.
    pub(crate) const ALL: [Self; 8] = [
        Self::InvalidRequest,
        Self::InvalidClient,
        Self::InvalidGrant,
        Self::UnsupportedGrantType,
        Self::InvalidScope,
        Self::InsufficientScope,
        Self::TemporarilyUnavailable,
        Self::ServerError,
    ];

    /// The error as clients read it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::InsufficientScope => "insufficient_scope",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::ServerError => "server_error",
        }
    }
}

/// An answer of an OAuth route that is an error. Its status and what the status needs are the problem's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OAuthProblem {
    error: OAuthError,
    problem: Problem,
}

/// The body of an error of an OAuth route (RFC 6749 §5.2).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OAuthError)]
pub(crate) struct OAuthErrorBody<'a> {
    /// The error for programs.
    #[schema(value_type = String, example = "invalid_grant")]
    error: &'static str,
    /// What is wrong with this request.
    #[schema(value_type = String, example = "the refresh token is refused: expired")]
    error_description: &'a str,
}

impl OAuthProblem {
    /// 400: the request is not understood.
    pub(crate) fn invalid_request(description: impl Into<String>) -> Self {
        Self::new(OAuthError::InvalidRequest, Problem::invalid_request(description))
    }

    /// 401: the client has not proven who it is. The same for one that is not there.
    pub(crate) fn invalid_client(description: &'static str) -> Self {
        let problem = Problem::new(Code::InvalidCredentials, description);
        Self::new(OAuthError::InvalidClient, problem)
    }

    /// 400: the refresh token is refused, or a token is another client's.
    pub(crate) fn invalid_grant(description: impl Into<String>) -> Self {
        Self::new(OAuthError::InvalidGrant, Problem::invalid_request(description))
    }

    /// 400: there is only the refresh grant.
    pub(crate) fn unsupported_grant_type() -> Self {
        let problem = Problem::invalid_request("the only grant is refresh_token");
        Self::new(OAuthError::UnsupportedGrantType, problem)
    }

    /// 400: more is asked for than was granted.
    pub(crate) fn invalid_scope(description: impl Into<String>) -> Self {
        Self::new(OAuthError::InvalidScope, Problem::invalid_request(description))
    }

    /// The error for programs.
    pub(crate) fn error(&self) -> OAuthError {
        self.error
    }

    /// What is wrong, in words.
    pub(crate) fn description(&self) -> &str {
        self.problem.detail()
    }

    fn new(error: OAuthError, problem: Problem) -> Self {
        Self { error, problem }
    }
}

impl From<Problem> for OAuthProblem {
    /// The same refusal in the other shape.
    fn from(problem: Problem) -> Self {
        let error = match problem.code() {
            Code::InvalidCredentials | Code::InvalidToken | Code::ReauthRequired => OAuthError::InvalidClient,
            Code::InsufficientScope | Code::AccountBanned => OAuthError::InsufficientScope,
            Code::Throttled | Code::Unavailable => OAuthError::TemporarilyUnavailable,
            Code::Internal => OAuthError::ServerError,
            Code::InvalidRequest
            | Code::CrossSite
            | Code::NotFound
            | Code::MethodNotAllowed
            | Code::RequestTimeout
            | Code::Conflict
            | Code::LimitReached
            | Code::PayloadTooLarge
            | Code::UriTooLong
            | Code::UnsupportedMediaType
            | Code::HeaderFieldsTooLarge => OAuthError::InvalidRequest,
        };
        Self::new(error, problem)
    }
}

/// Both ways in which a client can prove itself in a header, each in a line of its own: some clients read only the
/// first (RFC 6749 §5.2, RFC 6750 §3).
const CLIENT_CHALLENGES: [&str; 2] = [
    r#"Basic realm="symbolon", charset="UTF-8""#,
    r#"Bearer realm="symbolon", error="invalid_token""#,
];

impl IntoResponse for OAuthProblem {
    fn into_response(self) -> Response {
        let description = described(self.problem.detail());
        let body = OAuthErrorBody {
            error: self.error.as_str(),
            error_description: &description,
        };
        // Strings always serialize; an empty body keeps the status if that ever changes.
        let mut response = Response::new(Body::from(serde_json::to_vec(&body).unwrap_or_default()));
        *response.status_mut() = status(self.problem.code);
        let headers = response.headers_mut();
        self.problem.write_headers(headers);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
        if self.error == OAuthError::InvalidClient {
            headers.remove(WWW_AUTHENTICATE);
            for challenge in CLIENT_CHALLENGES {
                headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
            }
        }
        response
    }
}

/// A description has only visible ASCII and spaces, no `"` and no `\` (RFC 6749 §5.2).
fn described(detail: &str) -> String {
    let is_allowed = |sign: char| matches!(sign, ' '..='~') && !matches!(sign, '"' | '\\');
    detail
        .chars()
        .map(|sign| if is_allowed(sign) { sign } else { '?' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Code, OAuthError, OAuthProblem, Problem, described};

    #[test]
    fn a_description_has_only_the_signs_of_rfc_6749() {
        assert_eq!(described("a \"b\" \\ c\r\nd 虎~"), "a ?b? ? c??d ?~");
    }

    #[test]
    fn a_refusal_in_the_other_shape_keeps_its_status() {
        for (problem, error) in [
            (Problem::invalid_request("x"), OAuthError::InvalidRequest),
            (Problem::payload_too_large(1), OAuthError::InvalidRequest),
            (Problem::unsupported_media_type("x"), OAuthError::InvalidRequest),
            (Problem::invalid_token("expired"), OAuthError::InvalidClient),
            (
                Problem::insufficient_scope("verify"),
                OAuthError::InsufficientScope,
            ),
            (Problem::unavailable(1), OAuthError::TemporarilyUnavailable),
            (Problem::internal(), OAuthError::ServerError),
        ] {
            let (status, code) = (problem.status(), problem.code());
            let told = OAuthProblem::from(problem);
            assert_eq!((told.problem.status(), told.error()), (status, error), "{code:?}");
        }
        assert_eq!(
            OAuthProblem::from(Problem::unavailable(1)).problem.code(),
            Code::Unavailable
        );
    }

    #[test]
    fn the_errors_are_listed_in_the_order_of_their_declaration() {
        for (index, error) in OAuthError::ALL.into_iter().enumerate() {
            assert_eq!(error as usize, index, "{}", error.as_str());
        }
    }
}
