//! Requests as the load generator reads them: method and path, `Authorization`, body.

use std::fmt::Write as _;

use symbolon_bench::filled::Tokens;

use crate::limits::sqlite::SUBJECTS;

/// A verify with each access token.
pub(crate) fn verifies(tokens: &[Tokens]) -> String {
    lines(tokens, |text, tokens| {
        write!(text, "GET /verify\tBearer {}\t", tokens.access)
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
            "POST /v1/service/sessions\tBearer {key}\t{{\"subject\":\"new-{number}\"}}"
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
