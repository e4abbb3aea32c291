//! Programs on other sites that may call the API from a browser (WHATWG Fetch §3.3, CORS).
//!
//! The operator lists exact origins. An answer names the one that asked, if it is listed, and never `*` or `null`;
//! what is not listed is told nothing, and its browser keeps the answer from it. A listed origin may send cookies too:
//! who may act with a token may act with a cookie, and [`crate::csrf`] takes the same list.
//!
//! Only what persons and their programs call is opened. The routes of services and operators are called by programs
//! that are no pages; a page that has an administrator's cookie belongs on this server's own origin.

use axum::response::{IntoResponse, NoContent, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, Request};

/// What a page may send.
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, PATCH, DELETE");
const HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type, X-Symbolon");

/// What a page may read besides the body: what it needs to try again, and to report what went wrong.
const EXPOSED: HeaderValue = HeaderValue::from_static("X-Request-Id, Retry-After, WWW-Authenticate");

/// How long a browser keeps an answer to its question, in seconds. Short, so that an origin that is taken off the list
/// is off soon.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// What begins the paths that pages of other sites may call.
const OPEN: [&str; 12] = [
    "/v1/login",
    "/v1/refresh",
    "/v1/logout",
    "/v1/session",
    "/v1/password",
    "/v1/events",
    "/oauth2/token",
    "/oauth2/revoke",
    "/.well-known/",
    "/system/auth/",
    "/refresh-token",
    "/protected",
];

/// The origins whose pages may call the API. None: every answer is for this server's own pages alone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins {
    origins: Vec<HeaderValue>,
}

impl AllowedOrigins {
    /// Allows these, as a browser writes them: `https://app.example.com`. What is no header text is left out, and so
    /// are `null`, which any page can be, and `*`, which would be all of them.
    pub fn new(origins: impl IntoIterator<Item = String>) -> Self {
        let origins = origins
            .into_iter()
            .filter(|origin| !["null", "*"].contains(&origin.as_str()));
        Self {
            origins: origins.filter_map(|origin| origin.try_into().ok()).collect(),
        }
    }

    /// The origin that asks, where it is listed. Two of them are none.
    pub(crate) fn listed<'s>(&'s self, headers: &HeaderMap) -> Option<&'s HeaderValue> {
        if self.origins.is_empty() {
            return None;
        }
        let mut asked = headers.get_all(ORIGIN).iter();
        let (Some(origin), None) = (asked.next(), asked.next()) else {
            return None;
        };
        self.origins.iter().find(|listed| *listed == origin)
    }

    /// What the answer to `request` is to say about who may read it.
    pub(crate) fn judge<B>(&self, request: &Request<B>) -> Readable {
        let is_open = |path: &str| OPEN.iter().any(|begin| path.starts_with(begin));
        if self.origins.is_empty() || !is_open(request.uri().path()) {
            return Readable::Here;
        }
        let Some(origin) = self.listed(request.headers()) else {
            return Readable::NotThere;
        };
        let is_question = request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        Readable::There {
            origin: origin.clone(),
            is_question,
        }
    }
}

/// Who may read an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Readable {
    /// This server's own pages; no other was ever considered.
    Here,
    /// The same, but another origin might have got another answer.
    NotThere,
    /// The pages of `origin` too.
    There {
        origin: HeaderValue,
        /// The browser asks whether it may send the real request (a preflight).
        is_question: bool,
    },
}

impl Readable {
    /// The answer to a browser's question, in place of a route's.
    pub(crate) fn answer(&self) -> Option<Response> {
        let Self::There {
            is_question: true, ..
        } = self
        else {
            return None;
        };
        let mut response = NoContent.into_response();
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        Some(response)
    }

    /// Says it in the headers of the answer.
    pub(crate) fn tell(self, headers: &mut HeaderMap) {
        match self {
            Self::Here => return,
            Self::NotThere => {}
            Self::There { origin, is_question } => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
                if !is_question {
                    headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
                }
            }
        }
        headers.append(VARY, HeaderValue::from_static("Origin"));
    }
}
