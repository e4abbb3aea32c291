use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde_json::Value as Json;
use zeroize::Zeroizing;

use crate::exit::{Exit, Failure};

/// Behind an answer that only says that there is none now.
const ASK_DOCTOR: &str = "`symbolon doctor` says what is away, and the log of the server why";

/// What a path may hold as it is (RFC 3986, unreserved).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One request to the API.
pub(crate) struct Call {
    method: Method,
    path: String,
    body: Option<Zeroizing<Vec<u8>>>,
}

impl Call {
    /// `GET path`.
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            body: None,
        }
    }

    /// `DELETE path`.
    pub(crate) fn delete(path: impl Into<String>) -> Self {
        Self {
            method: Method::DELETE,
            path: path.into(),
            body: None,
        }
    }

    /// `POST path` with a JSON body, which may hold a password: it is zeroed after it is sent.
    pub(crate) fn post(path: impl Into<String>, body: &impl Serialize) -> Result<Self, Failure> {
        Self::with_body(Method::POST, path, body)
    }

    /// `PATCH path` with a JSON body, which may hold a password: it is zeroed after it is sent.
    pub(crate) fn patch(path: impl Into<String>, body: &impl Serialize) -> Result<Self, Failure> {
        Self::with_body(Method::PATCH, path, body)
    }

    /// The same, and its answer waits until what it ends has ended on every node.
    pub(crate) fn waiting(mut self) -> Self {
        let mark = if self.path.contains('?') { '&' } else { '?' };
        self.path.push(mark);
        self.path.push_str("wait=full");
        self
    }

    fn with_body(method: Method, path: impl Into<String>, body: &impl Serialize) -> Result<Self, Failure> {
        let body = serde_json::to_vec(body);
        let body = body.map_err(|error| Failure::failed(format!("write the request as JSON: {error}")))?;
        Ok(Self {
            method,
            path: path.into(),
            body: Some(Zeroizing::new(body)),
        })
    }

    /// The request as it is sent: the same bytes over the socket and in process.
    pub(super) fn into_request(self) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header(HOST, "localhost");
        if self.body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = self.body.map_or_else(Bytes::new, Bytes::from_owner);
        request.body(Full::new(body)).map_err(|error| error.to_string())
    }
}

/// A text as one segment of a path, or one value of a query.
pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, UNRESERVED).to_string()
}

/// The answer to a [`Call`].
#[derive(Debug)]
pub(crate) struct Reply {
    status: StatusCode,
    body: Json,
}

impl Reply {
    /// Reads an answer of the API: JSON, or nothing.
    pub(super) fn of(status: StatusCode, body: &[u8]) -> Result<Self, String> {
        let body = match body {
            [] => Json::Null,
            body => serde_json::from_slice(body)
                .map_err(|error| format!("the answer, {status}, cannot be read: {error}"))?,
        };
        Ok(Self { status, body })
    }

    /// The body of a success.
    ///
    /// # Errors
    /// What the problem of any other answer says (RFC 9457).
    pub(crate) fn success(self) -> Result<Json, Failure> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let word = |name: &str| self.body.get(name).and_then(Json::as_str);
        let exit = match self.status {
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Exit::Unavailable,
            _ => Exit::Failed,
        };
        let code = word("code").unwrap_or("unknown");
        let message = word("detail").or(word("title")).unwrap_or(self.status.as_str());
        let failure = Failure::new(exit, code, message);
        // What an answer of the API keeps to itself is for the person at this machine to find.
        Err(match self.status {
            StatusCode::SERVICE_UNAVAILABLE => failure.with_details([ASK_DOCTOR.to_owned()]),
            _ => failure,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_in_a_path_cannot_leave_its_segment() {
        assert_eq!(encoded("ann"), "ann");
        assert_eq!(encoded("a/../b?c=%20#d e"), "a%2F..%2Fb%3Fc%3D%2520%23d%20e");
        assert_eq!(encoded("小安"), "%E5%B0%8F%E5%AE%89");
    }

    #[test]
    fn a_problem_becomes_a_failure_with_its_words_and_exit_code() {
        let problem = br#"{"type":"urn:x","title":"Not found","status":404,"detail":"there is no account of that name","code":"not_found"}"#;
        let failure = Reply::of(StatusCode::NOT_FOUND, problem)
            .unwrap()
            .success()
            .unwrap_err();
        assert_eq!(
            failure,
            Failure::new(Exit::Failed, "not_found", "there is no account of that name")
        );
        let away = br#"{"title":"Not available now","status":503,"code":"unavailable"}"#;
        let failure = Reply::of(StatusCode::SERVICE_UNAVAILABLE, away)
            .unwrap()
            .success()
            .unwrap_err();
        assert_eq!(
            failure,
            Failure::new(Exit::Unavailable, "unavailable", "Not available now")
                .with_details([ASK_DOCTOR.to_owned()])
        );
    }

    #[test]
    fn what_is_no_json_is_told_as_an_answer_that_cannot_be_read() {
        let why = Reply::of(StatusCode::OK, b"<html>").unwrap_err();
        assert!(why.starts_with("the answer, 200 OK, cannot be read: "), "{why}");
        assert_eq!(
            Reply::of(StatusCode::NO_CONTENT, b"").unwrap().success().unwrap(),
            Json::Null
        );
    }
}
