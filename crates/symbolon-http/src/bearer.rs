//! Reading the token of a request (RFC 6750 §2.1).
//!
//! `Authorization: Bearer …` is where it belongs; a bare value is tolerated, since clients of the older systems send
//! one. Two such headers are refused: a proxy may have believed the other. A token in the query is refused (RFC 9700
//! §4.3.2), since addresses end up in logs, histories and `Referer`.
//!
//! A browser that logged in with `cookie: true` shows the same token as a cookie. The header comes first, and two
//! different tokens are refused: one of them is somebody else's.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use symbolon::Token;
use symbolon::verdict::Inactive;

use crate::app::App;
use crate::cookies::Cookies;
use crate::limits::single_header;
use crate::problem::Problem;
use crate::query;

/// What a request shows as its proof.
pub(crate) enum Presented {
    /// Nothing, or a proof of another scheme (`Basic …`).
    Nothing,
    /// Something that is no token.
    NotAToken,
    /// A token; whether it proves anything is not known yet.
    Token(Token),
}

impl Presented {
    /// What a text is, where one was given.
    #[inline]
    pub(crate) fn of(app: &App, text: &str) -> Self {
        app.symbolon()
            .read_token(text)
            .map_or(Self::NotAToken, Self::Token)
    }

    /// The same for the value of a cookie. What is no text is no token.
    pub(crate) fn of_bytes(app: &App, bytes: Option<&[u8]>) -> Self {
        bytes.map_or(Self::Nothing, |bytes| {
            std::str::from_utf8(bytes).map_or(Self::NotAToken, |text| Self::of(app, text))
        })
    }

    /// The token, or why there is none.
    pub(crate) fn token(self) -> Result<Token, Inactive> {
        match self {
            Self::Nothing => Err(Inactive::Absent),
            Self::NotAToken => Err(Inactive::Malformed),
            Self::Token(token) => Ok(token),
        }
    }
}

/// What a text of a body is, after the signing keys were read again where another node may have made its key.
///
/// # Errors
/// 503: the store does not say whether there is such a key.
pub(crate) async fn read(app: &App, text: &str) -> Result<Presented, Problem> {
    if app.symbolon().names_unknown_key(text) {
        learn(app).await?;
    }
    Ok(Presented::of(app, text))
}

/// Whether a request shows a token whose key another node may have made a moment ago: in its header, its cookie or its
/// query. Then the keys are read again before anything is decided about it.
#[inline]
pub(crate) fn shows_unknown_key(app: &App, headers: &HeaderMap, query: Option<&str>) -> bool {
    let is_unknown = |text: &str| app.symbolon().names_unknown_key(text);
    let of_bytes = |bytes: &[u8]| std::str::from_utf8(bytes).is_ok_and(is_unknown);
    let in_header = || text_in_header(headers).ok().flatten().is_some_and(of_bytes);
    let in_cookie = || {
        let cookies = Cookies::of(headers);
        let value = cookies.and_then(|cookies| cookies.value(app.settings().cookies.access_name()).ok()?);
        value.is_some_and(of_bytes)
    };
    let in_query = || query.is_some_and(|query| query::pairs(query).any(|(_, value)| is_unknown(&value)));
    in_header() || in_cookie() || in_query()
}

/// Reads the signing keys again.
///
/// # Errors
/// 503: the store does not answer.
pub(crate) async fn learn(app: &App) -> Result<(), Problem> {
    app.symbolon()
        .learn_keys()
        .await
        .map_err(|error| app.undecided(error))
}

/// What carried a proof here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// A header that the client's program wrote.
    Header,
    /// A cookie, which a browser adds whoever makes it ask.
    Cookie,
}

/// A proof, and what carried it.
pub(crate) struct Proof {
    pub(crate) presented: Presented,
    pub(crate) carrier: Carrier,
}

/// The access token of a request: from its header or its cookie, and never from its query.
///
/// # Errors
/// 400 `invalid_request`: two headers, two cookies, two different tokens, or a token in the query. 431: more cookies
/// than are read.
pub(crate) fn presented(app: &App, headers: &HeaderMap, query: Option<&str>) -> Result<Proof, Problem> {
    refuse_in_query(query)?;
    without_query(app, headers)
}

/// The same where there is no query.
///
/// # Errors
/// As above.
#[inline]
pub(crate) fn without_query(app: &App, headers: &HeaderMap) -> Result<Proof, Problem> {
    let text = text_in_header(headers)?;
    // Most requests come from programs, which have no cookies.
    match Cookies::of(headers) {
        None => Ok(Proof {
            presented: Presented::of_bytes(app, text),
            carrier: Carrier::Header,
        }),
        Some(cookies) => beside_cookies(app, text, cookies),
    }
}

fn beside_cookies(app: &App, in_header: Option<&[u8]>, cookies: Cookies<'_>) -> Result<Proof, Problem> {
    let in_cookie = cookies.value(app.settings().cookies.access_name())?;
    let (text, carrier) = match (in_header, in_cookie) {
        (None, Some(_)) => (in_cookie, Carrier::Cookie),
        // Both came from the same client, so there is nobody to hide the difference from.
        (Some(a), Some(b)) if a != b => {
            return Err(Problem::invalid_bearer(
                "the header and the cookie hold different tokens",
            ));
        }
        _ => (in_header, Carrier::Header),
    };
    Ok(Proof {
        presented: Presented::of_bytes(app, text),
        carrier,
    })
}

/// The token of the header alone.
///
/// # Errors
/// 400 `invalid_request`: two headers.
pub(crate) fn in_header(app: &App, headers: &HeaderMap) -> Result<Presented, Problem> {
    Ok(Presented::of_bytes(app, text_in_header(headers)?))
}

/// What stands for a token in the header.
#[inline]
fn text_in_header(headers: &HeaderMap) -> Result<Option<&[u8]>, Problem> {
    Ok(single_header(headers, &AUTHORIZATION)?.and_then(|value| credentials(value.as_bytes())))
}

/// What stands for a token in the value of `Authorization`. Whether it is a text is seen when it is read, once.
fn credentials(value: &[u8]) -> Option<&[u8]> {
    let value = without_blanks(value);
    let Some(end) = value.iter().position(is_blank) else {
        let is_token = !value.is_empty() && !value.eq_ignore_ascii_case(b"bearer");
        return is_token.then_some(value);
    };
    let (scheme, token) = value.split_at(end);
    scheme
        .eq_ignore_ascii_case(b"bearer")
        .then(|| without_blanks(token))
}

fn is_blank(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn without_blanks(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_blank(first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_blank(last)
    {
        text = rest;
    }
    text
}

/// The names under which clients put tokens into queries.
const TOKEN_NAMES: [&str; 5] = [
    "access_token",
    "accessToken",
    "refresh_token",
    "refreshToken",
    "token",
];

/// What every reference of ours begins with.
const TOKEN_PREFIXES: [&str; 3] = ["sya_", "syr_", "syk_"];

/// Whether a text looks like a token: a reference, or signed claims (RFC 7515, section 3.1).
fn looks_like_token(text: &str) -> bool {
    let is_signed = || text.starts_with("eyJ") && text.bytes().filter(|byte| *byte == b'.').count() == 2;
    TOKEN_PREFIXES.iter().any(|prefix| text.starts_with(prefix)) || is_signed()
}

/// Refuses a token in the query, whatever it is called there.
///
/// # Errors
/// 400 `invalid_request`. The token is not repeated.
pub(crate) fn refuse_in_query(query: Option<&str>) -> Result<(), Problem> {
    let is_token = |(name, value): (_, std::borrow::Cow<'_, str>)| {
        let name: std::borrow::Cow<'_, str> = name;
        TOKEN_NAMES.contains(&&*name) || looks_like_token(&value)
    };
    if query.is_some_and(|query| query::pairs(query).any(is_token)) {
        return Err(Problem::invalid_bearer(
            "a token belongs into the authorization header, not into the query",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{credentials, refuse_in_query};

    #[test]
    fn the_scheme_is_read_without_regard_to_case_and_a_bare_value_is_tolerated() {
        for value in ["Bearer abc", "bearer abc", "BEARER   abc", " Bearer\tabc ", "abc"] {
            assert_eq!(credentials(value.as_bytes()), Some(&b"abc"[..]), "{value:?}");
        }
    }

    #[test]
    fn nothing_and_another_scheme_are_no_token() {
        for value in ["", "  ", "Bearer", "bearer ", "Basic YWJj", "Digest a b c"] {
            assert_eq!(credentials(value.as_bytes()), None, "{value:?}");
        }
    }

    #[test]
    fn two_words_behind_the_scheme_stay_what_they_are() {
        assert_eq!(credentials(b"Bearer a b"), Some(&b"a b"[..]));
    }

    #[test]
    fn what_is_no_text_is_shown_as_it_is() {
        assert_eq!(credentials(b"Bearer \xff\xfe"), Some(&b"\xff\xfe"[..]));
        assert_eq!(credentials(b"\xff"), Some(&b"\xff"[..]));
        assert_eq!(credentials(b"Basic \xff"), None);
    }

    #[test]
    fn a_token_in_the_query_is_refused_under_every_name() {
        for query in [
            "token=x",
            "a=1&access_token=",
            "x=sya_abc",
            "y=%73yr_abc",
            "refreshToken=x",
            "z=syk_",
            "x=eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhIn0.AAAA",
        ] {
            assert!(refuse_in_query(Some(query)).is_err(), "{query}");
        }
        for query in [
            "",
            "limit=5",
            "note=token",
            "cursor=sya",
            "x=eyJhIjoxfQ",
            "x=a.b.c",
        ] {
            assert!(refuse_in_query(Some(query)).is_ok(), "{query}");
        }
        assert!(refuse_in_query(None).is_ok());
    }
}
