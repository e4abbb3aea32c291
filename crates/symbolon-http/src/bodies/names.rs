//! Subjects, clients, audiences, scopes and ids in bodies.

use serde::Deserialize;
use symbolon::session::SessionId;
use symbolon::subject::{ClientId, SubjectId};

use crate::problem::Problem;
use crate::refusal::bad_name;

/// All audiences of a session together, in bytes. They are part of each cached session.
pub(crate) const AUDIENCE_MAX: usize = 1024;

/// A scope, in bytes: as above.
pub(crate) const SCOPE_MAX: usize = 1024;

/// The subject of a body.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn subject(text: String) -> Result<SubjectId, Problem> {
    SubjectId::new(text).map_err(|error| bad_name("subject", error))
}

/// The client of a body; without one, the default.
///
/// # Errors
/// 400 that names the field.
pub(crate) fn client_id(text: Option<String>) -> Result<ClientId, Problem> {
    let named = text
        .map(ClientId::new)
        .transpose()
        .map_err(|error| bad_name("client_id", error))?;
    Ok(named.unwrap_or_default())
}

/// The session of a path. What is no id names no session.
///
/// # Errors
/// 404.
pub(crate) fn session_id(text: &str) -> Result<SessionId, Problem> {
    SessionId::parse(text).ok_or_else(no_session)
}

/// 404: no such session, for this caller.
pub(crate) fn no_session() -> Problem {
    Problem::not_found("there is no session of that id")
}

/// One audience or several (RFC 7519 §4.1.3).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(untagged, expecting = "an audience or a list of them")]
pub(crate) enum Audience {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Audience {
    /// The names.
    pub(crate) fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }

    /// The names as they are kept: separated by one space.
    ///
    /// # Errors
    /// 400 when there is none, one is empty or has a space or a control character, or they are too long.
    pub(crate) fn kept(&self) -> Result<String, Problem> {
        let names = self.names();
        let is_name =
            |name: &String| !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c.is_control());
        let text = names.join(" ");
        if names.is_empty() || !names.iter().all(is_name) {
            return Err(Problem::invalid_request("audience must be names without spaces"));
        }
        if text.len() > AUDIENCE_MAX {
            return Err(Problem::invalid_request(format!(
                "audience must have at most {AUDIENCE_MAX} bytes"
            )));
        }
        Ok(text)
    }
}

/// The words of a kept audience or scope.
pub(crate) fn words(kept: &str) -> impl Iterator<Item = &str> {
    kept.split(' ').filter(|word| !word.is_empty())
}

/// A scope as RFC 6749 §3.3 writes it: words of visible ASCII without `"` and `\`, one space between two.
///
/// # Errors
/// 400 when it is anything else.
pub(crate) fn scope(text: String) -> Result<String, Problem> {
    let is_word = |word: &str| {
        let sign = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        !word.is_empty() && word.bytes().all(sign)
    };
    if text.len() > SCOPE_MAX {
        return Err(Problem::invalid_request(format!(
            "scope must have at most {SCOPE_MAX} bytes"
        )));
    }
    if !text.split(' ').all(is_word) {
        return Err(Problem::invalid_request(
            "scope must be words of visible ASCII, one space between two",
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::{AUDIENCE_MAX, Audience, SCOPE_MAX, scope, words};

    fn audience(json: &str) -> Result<String, String> {
        let audience: Audience = serde_json::from_str(json).map_err(|error| error.to_string())?;
        audience.kept().map_err(|problem| problem.detail().to_owned())
    }

    #[test]
    fn an_audience_is_one_name_or_several() {
        assert_eq!(audience("\"api\"").unwrap(), "api");
        assert_eq!(
            audience("[\"api\",\"https://b.example/x\"]").unwrap(),
            "api https://b.example/x"
        );
        for wrong in [
            "\"\"",
            "[]",
            "[\"\"]",
            "\"a b\"",
            "[\"a\",\"b\\tc\"]",
            "\"a\\u0000\"",
            "1",
            "{}",
            "[1]",
            "null",
        ] {
            assert!(audience(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_audience_has_a_limit() {
        let of = |len| Audience::One("a".repeat(len)).kept();
        assert!(of(AUDIENCE_MAX).is_ok());
        assert_eq!(
            of(AUDIENCE_MAX + 1).unwrap_err().detail(),
            "audience must have at most 1024 bytes"
        );
    }

    #[test]
    fn a_scope_follows_the_grammar_of_rfc_6749() {
        for right in ["read", "read write", "a:b/c.d!~#[]", "openid"] {
            assert_eq!(scope(right.to_owned()).unwrap(), right);
        }
        for wrong in ["", " ", " a", "a ", "a  b", "a\tb", "\"a\"", "a\\b", "ä", "a\n"] {
            assert!(scope(wrong.to_owned()).is_err(), "{wrong:?}");
        }
        assert!(scope("a".repeat(SCOPE_MAX)).is_ok());
        assert!(scope("a".repeat(SCOPE_MAX + 1)).is_err());
    }

    #[test]
    fn kept_words_come_apart_again() {
        assert_eq!(words("a b").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(words("").count(), 0);
    }
}
