use std::borrow::Cow;

use axum::extract::{FromRequest, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use crate::limits::{AUTH_BODY_MAX, BODY_TIME, parse_lenient, read_body};
use crate::problem::Problem;
use crate::query;

/// The parameters of a request of S3's: they may stand in the query, in a form or in JSON, since its servers read all
/// three as one.
#[derive(Debug, Default)]
pub(super) struct Fields {
    in_query: Vec<(String, String)>,
    in_body: Vec<(String, String)>,
}

impl Fields {
    /// Whether the query has a value for this name.
    pub(super) fn query_has(&self, name: &str) -> bool {
        self.in_query
            .iter()
            .any(|(known, value)| known == name && !value.is_empty())
    }

    /// The one value that these names have.
    ///
    /// # Errors
    /// 400: there are two that differ.
    pub(super) fn one(&self, names: &[&str]) -> Result<Option<Cow<'_, str>>, Problem> {
        let all = self.in_query.iter().chain(&self.in_body);
        let mut values = all
            .filter(|(name, _)| names.contains(&name.as_str()))
            .map(|(_, value)| value.as_str());
        let first = values.next();
        if values.any(|other| Some(other) != first) {
            return Err(Problem::invalid_bearer("two different tokens were sent"));
        }
        Ok(first.map(Cow::Borrowed))
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let text = read_body(&parts.headers, body, AUTH_BODY_MAX, BODY_TIME).await?;
        let in_body = match kind(&parts.headers) {
            _ if text.is_empty() => Vec::new(),
            Kind::Form => owned(&String::from_utf8_lossy(&text)),
            Kind::Json => strings(parse_lenient(&text)?),
            // Old clients send bodies that nobody reads.
            Kind::Other => Vec::new(),
        };
        Ok(Self {
            in_query: owned(parts.uri.query().unwrap_or_default()),
            in_body,
        })
    }
}

fn owned(text: &str) -> Vec<(String, String)> {
    query::pairs(text)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

fn strings(object: Map<String, Value>) -> Vec<(String, String)> {
    object
        .into_iter()
        .filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            _ => None,
        })
        .collect()
}

enum Kind {
    Form,
    Json,
    Other,
}

fn kind(headers: &HeaderMap) -> Kind {
    let essence = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .map(|value| {
            value
                .split(';')
                .next()
                .unwrap_or_default()
                .trim()
                .to_ascii_lowercase()
        });
    match essence.as_deref() {
        Some("application/x-www-form-urlencoded") => Kind::Form,
        Some(json) if json == "application/json" || json.ends_with("+json") => Kind::Json,
        _ => Kind::Other,
    }
}
