use std::collections::HashSet;

use axum::extract::{FromRequest, Request};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode;
use zeroize::Zeroizing;

use super::{AUTH_BODY_MAX, BODY_TIME, read_body, single_header};
use crate::problem::Problem;

/// The media type of a form.
const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters of a form, each of which is there once. A parameter without a value counts as one that is not
/// there (RFC 6749, section 3.2). Values may be secrets: they are wiped when the form is dropped.
#[derive(Default)]
pub struct Form(Vec<(String, Zeroizing<String>)>);

/// What is wrong with a form. Never says what a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FormFault {
    /// An escape that is none, or bytes that are no UTF-8.
    #[error("the form is not utf-8 in percent encoding")]
    Encoding,
    /// A parameter is there more than once (RFC 6749, sections 3.1 and 3.2): of two, a proxy and we may each read
    /// another one.
    #[error("a parameter is there more than once")]
    Repeated,
}

impl From<FormFault> for Problem {
    fn from(fault: FormFault) -> Self {
        Self::invalid_request(fault.to_string())
    }
}

impl Form {
    /// The value of a parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }
}

/// Parses a form (`application/x-www-form-urlencoded`), strictly: UTF-8, every escape whole, no name twice.
///
/// # Errors
/// See [`FormFault`].
pub fn parse_form(text: &[u8]) -> Result<Form, FormFault> {
    let mut pairs = Vec::new();
    for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = decoded(halves.next().unwrap_or_default())?;
        let value = decoded(halves.next().unwrap_or_default())?;
        pairs.push((name.as_str().to_owned(), value));
    }
    let mut names = HashSet::with_capacity(pairs.len());
    if pairs.iter().all(|(name, _)| names.insert(name.as_str())) {
        Ok(Form(pairs))
    } else {
        Err(FormFault::Repeated)
    }
}

/// The text behind a percent-encoded one, in which a blank is a `+` (RFC 6749, appendix B).
///
/// # Errors
/// [`FormFault::Encoding`].
pub(crate) fn decoded(text: &[u8]) -> Result<Zeroizing<String>, FormFault> {
    let spaced = Zeroizing::new(
        text.iter()
            .map(|byte| if *byte == b'+' { b' ' } else { *byte })
            .collect::<Vec<_>>(),
    );
    let escapes = spaced.split(|byte| *byte == b'%').skip(1);
    for escape in escapes {
        if !escape
            .get(..2)
            .is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
        {
            return Err(FormFault::Encoding);
        }
    }
    let plain = percent_decode(&spaced).decode_utf8();
    let plain = plain.map_err(|_| FormFault::Encoding)?;
    Ok(Zeroizing::new(plain.into_owned()))
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Problem;

    /// Also of another media type the body is read first, so that the connection can go on and the answer is not lost.
    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let text = read_body(&parts.headers, body, AUTH_BODY_MAX, BODY_TIME).await?;
        if !is_form(&parts.headers) {
            return Err(Problem::unsupported_media_type(FORM));
        }
        Ok(parse_form(&text)?)
    }
}

/// Whether the body says that it is a form, with or without parameters. Two `Content-Type` headers are of no type.
fn is_form(headers: &HeaderMap) -> bool {
    let Ok(Some(value)) = single_header(headers, &CONTENT_TYPE) else {
        return false;
    };
    let essence = value.to_str().ok().and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{FormFault, is_form, parse_form};

    fn get(text: &str, name: &str) -> Result<Option<String>, FormFault> {
        parse_form(text.as_bytes()).map(|form| form.get(name).map(str::to_owned))
    }

    #[test]
    fn values_are_decoded_and_empty_ones_are_not_there() {
        let text = "a=1+2%2B&b=%E8%99%8E&c=&d&&%65=f%3Dg=h";
        for (name, value) in [
            ("a", Some("1 2+")),
            ("b", Some("虎")),
            ("c", None),
            ("d", None),
            ("e", Some("f=g=h")),
            ("f", None),
        ] {
            assert_eq!(get(text, name), Ok(value.map(str::to_owned)), "{name}");
        }
        assert_eq!(get("", "a"), Ok(None));
    }

    #[test]
    fn a_name_twice_is_refused_whatever_its_values_are() {
        for text in ["a=1&a=2", "a=1&a=1", "a=&a=1", "a&a", "a=1&b=2&%61=3", "x=1&x=2"] {
            assert_eq!(get(text, "a"), Err(FormFault::Repeated), "{text}");
        }
    }

    #[test]
    fn a_broken_escape_and_what_is_no_utf_8_are_refused() {
        for text in [
            "a=%",
            "a=%2",
            "a=%zz",
            "a=%+1",
            "%=1",
            "a=%ff",
            "a=%e8%99",
            "b=1&a=%g0",
        ] {
            assert_eq!(get(text, "a"), Err(FormFault::Encoding), "{text}");
        }
        assert_eq!(parse_form(b"a=\xff").err(), Some(FormFault::Encoding));
    }

    #[test]
    fn the_media_type_is_named_once_and_may_have_parameters() {
        let of = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("content-type", HeaderValue::from_static(value));
            }
            is_form(&headers)
        };
        assert!(of(&["application/x-www-form-urlencoded"]));
        assert!(of(&["Application/X-WWW-Form-Urlencoded ; charset=UTF-8"]));
        for wrong in [
            &[][..],
            &["application/json"],
            &["multipart/form-data; boundary=x"],
            &["application/x-www-form-urlencodedx"],
            &[
                "application/x-www-form-urlencoded",
                "application/x-www-form-urlencoded",
            ],
        ] {
            assert!(!of(wrong), "{wrong:?}");
        }
    }
}
