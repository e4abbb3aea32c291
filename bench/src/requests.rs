//! Requests as the load generator reads them: method and path, a header field, body.

use std::fmt::Write as _;

use hyper::Method;
use serde_json::Value;
use symbolon_bench::filled::Tokens;
use symbolon_testkit::http::Ask;

use crate::limits::sqlite::SUBJECTS;

/// A verify with each access token.
pub(crate) fn verifies(tokens: &[Tokens]) -> String {
    lines(tokens, |text, tokens| {
        write!(text, "GET /verify\tAuthorization: Bearer {}\t", tokens.access)
    })
}

/// A refresh with each refresh token.
pub(crate) fn refreshes(tokens: &[Tokens]) -> String {
    lines(tokens, |text, tokens| {
        write!(
            text,
            "POST /v1/refresh\t\t{{\"refresh_token\":\"{}\"}}",
            tokens.refresh
        )
    })
}

/// Issues by that key, to many subjects in turn.
pub(crate) fn issues(key: &str) -> String {
    let subjects: Vec<u64> = (0..SUBJECTS).collect();
    lines(&subjects, |text, number| {
        write!(
            text,
            "POST /v1/service/sessions\tAuthorization: Bearer {key}\t{{\"subject\":\"new-{number}\"}}"
        )
    })
}

/// A line for each item.
pub(crate) fn lines<T>(items: &[T], line: impl Fn(&mut String, &T) -> std::fmt::Result) -> String {
    let mut text = String::new();
    for item in items {
        // Writing to a String does not fail.
        let _ = line(&mut text, item);
        text.push('\n');
    }
    text
}

/// A request that a client sends as well as the load generator.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    /// A header field.
    pub(crate) field: Option<(&'static str, String)>,
    pub(crate) body: Option<Value>,
}

impl Request {
    /// For a client.
    pub(crate) fn ask(&self) -> Ask {
        let mut ask = Ask::new(self.method.clone(), self.path);
        if let Some((name, value)) = &self.field {
            ask = ask.header(name, value);
        }
        match &self.body {
            Some(body) => ask.json(body),
            None => ask,
        }
    }
}

/// For the load generator.
impl std::fmt::Display for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}\t", self.method, self.path)?;
        if let Some((name, value)) = &self.field {
            write!(f, "{name}: {value}")?;
        }
        f.write_str("\t")?;
        self.body.iter().try_for_each(|body| write!(f, "{body}"))
    }
}
