use http::HeaderMap;
use http::header::COOKIE;

use crate::limits::COOKIES_MAX;
use crate::problem::Problem;

/// Why the cookies of a request are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CookieFault {
    /// One of ours is there twice: a sibling of this host may have added one, and which of them is which is not known.
    #[error("a cookie of this server is there more than once")]
    Twice,
    /// All of them together have more than [`COOKIES_MAX`] bytes.
    #[error("the cookies are too large")]
    TooLarge,
}

impl From<CookieFault> for Problem {
    fn from(fault: CookieFault) -> Self {
        match fault {
            CookieFault::Twice => Self::invalid_bearer("a cookie of this server is there more than once"),
            CookieFault::TooLarge => Self::header_fields_too_large("the cookies are too large"),
        }
    }
}

/// The cookies of a request, not read yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cookies<'h>(&'h HeaderMap);

impl<'h> Cookies<'h> {
    /// Those of a request with these headers. `None`: it has none at all, which costs next to nothing to find out.
    #[inline]
    pub(crate) fn of(headers: &'h HeaderMap) -> Option<Self> {
        headers.contains_key(COOKIE).then_some(Self(headers))
    }

    /// The value of the cookie of exactly this name, as it was sent.
    ///
    /// Only `name=value` between semicolons is one. Quotes and blanks are part of what they stand in, and case counts;
    /// a browser sends back what it was given, and we give neither. What is malformed elsewhere is not ours to judge.
    ///
    /// # Errors
    /// See [`CookieFault`].
    pub(crate) fn value(self, name: &str) -> Result<Option<&'h [u8]>, CookieFault> {
        // HTTP/2 may send each cookie in a header of its own (RFC 9113 §8.2.3).
        let lines = || self.0.get_all(COOKIE).iter().map(http::HeaderValue::as_bytes);
        if lines().map(<[u8]>::len).sum::<usize>() > COOKIES_MAX {
            return Err(CookieFault::TooLarge);
        }
        let mut values = lines()
            .flat_map(|line| line.split(|byte| *byte == b';'))
            .filter_map(|pair| {
                pair.trim_ascii_start()
                    .strip_prefix(name.as_bytes())?
                    .strip_prefix(b"=")
            });
        let value = values.next();
        match values.next() {
            None => Ok(value),
            Some(_) => Err(CookieFault::Twice),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::COOKIE;
    use http::{HeaderMap, HeaderValue};
    use proptest::prelude::*;

    use super::{CookieFault, Cookies};
    use crate::limits::COOKIES_MAX;

    const NAME: &str = "__Host-symbolon";

    fn headers<'l>(lines: impl IntoIterator<Item = &'l [u8]>) -> HeaderMap {
        let values = lines
            .into_iter()
            .filter_map(|line| HeaderValue::from_bytes(line).ok());
        values
            .map(|value| (COOKIE, value))
            .collect::<Vec<_>>()
            .into_iter()
            .fold(HeaderMap::new(), |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            })
    }

    fn read(lines: &[&str]) -> Result<Option<String>, CookieFault> {
        let headers = headers(lines.iter().map(|line| line.as_bytes()));
        let Some(cookies) = Cookies::of(&headers) else {
            return Ok(None);
        };
        let value = cookies.value(NAME)?;
        Ok(value.map(|value| String::from_utf8(value.to_vec()).unwrap()))
    }

    #[test]
    fn ours_is_found_among_others_in_one_header_or_in_several() {
        for lines in [
            &["__Host-symbolon=x"][..],
            &["a=b; __Host-symbolon=x; c=d"],
            &["a=b;__Host-symbolon=x;c=d"],
            &["a=b", "__Host-symbolon=x", "c=d"],
            &["=; ;;a; =b; __Host-symbolon=x; \"c"],
            &["\u{e9}=1; \t__Host-symbolon=x;"],
        ] {
            assert_eq!(read(lines), Ok(Some("x".to_owned())), "{lines:?}");
        }
    }

    #[test]
    fn what_only_looks_like_ours_is_not_ours() {
        for line in [
            "",
            "__Host-symbolon",
            "__Host-symbolon =x",
            "__host-symbolon=x",
            "__HOST-SYMBOLON=x",
            "__Host-symbolon-refresh=x",
            "x__Host-symbolon=x",
            "symbolon=x",
            "=__Host-symbolon=x",
            "a=__Host-symbolon=x",
            "a=\"b, __Host-symbolon=x\"",
            "$Version=1; $__Host-symbolon=x",
        ] {
            assert_eq!(read(&[line]), Ok(None), "{line}");
        }
        assert_eq!(read(&[]), Ok(None));
    }

    #[test]
    fn a_value_is_taken_as_it_is() {
        for value in ["", "=", "a=b", "\"x\"", "x y", " x", "x "] {
            let line = format!("__Host-symbolon={value}");
            assert_eq!(read(&[&line]), Ok(Some(value.to_owned())), "{value}");
        }
    }

    #[test]
    fn ours_twice_is_refused_also_where_both_are_the_same() {
        for lines in [
            &["__Host-symbolon=x; __Host-symbolon=x"][..],
            &["__Host-symbolon=x; a=b; __Host-symbolon=y"],
            &["__Host-symbolon=x", "__Host-symbolon="],
        ] {
            assert_eq!(read(lines), Err(CookieFault::Twice), "{lines:?}");
        }
        assert_eq!(read(&["a=b; a=c; __Host-symbolon=x"]), Ok(Some("x".to_owned())));
    }

    #[test]
    fn eight_kibibytes_of_cookies_are_read_and_a_byte_more_is_not() {
        let ours = "; __Host-symbolon=x";
        let padded = |size: usize| format!("{}{ours}", "a".repeat(size - ours.len()));
        assert_eq!(read(&[&padded(COOKIES_MAX)]), Ok(Some("x".to_owned())));
        assert_eq!(read(&[&padded(COOKIES_MAX + 1)]), Err(CookieFault::TooLarge));
        let half = padded(COOKIES_MAX / 2);
        let rest = "b".repeat(COOKIES_MAX / 2);
        assert_eq!(read(&[&half, &rest]), Ok(Some("x".to_owned())));
        assert_eq!(read(&[&half, &rest, "c"]), Err(CookieFault::TooLarge));
    }

    /// Something between two semicolons that is not ours.
    fn other() -> impl Strategy<Value = String> {
        "[ -:<-~]{0,20}".prop_filter("ours", |text| {
            !text.trim_ascii_start().starts_with("__Host-symbolon=")
        })
    }

    proptest! {
        #[test]
        fn whatever_stands_around_it_ours_is_found(
            before in prop::collection::vec(other(), 0..6),
            value in "[!-:<-~]{0,40}",
            after in prop::collection::vec(other(), 0..6),
        ) {
            let ours = format!(" {NAME}={value}");
            let pairs: Vec<_> = before.iter().chain([&ours]).chain(&after).map(String::as_str).collect();
            prop_assert_eq!(read(&[&pairs.join(";")]), Ok(Some(value.clone())));
            prop_assert_eq!(read(&pairs), Ok(Some(value)));
            let others: Vec<_> = before.iter().chain(&after).map(String::as_str).collect();
            prop_assert_eq!(read(&[&others.join(";")]), Ok(None));
            let twice = [pairs.join(";"), ours].join(";");
            prop_assert_eq!(read(&[&twice]), Err(CookieFault::Twice));
        }

        #[test]
        fn no_bytes_make_it_fail(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..4)) {
            let headers = headers(lines.iter().map(Vec::as_slice));
            if let Some(cookies) = Cookies::of(&headers) {
                let value = cookies.value(NAME);
                // What is found was sent.
                if let Ok(Some(value)) = value {
                    let sent = [NAME.as_bytes(), b"=", value].concat();
                    let is_there = |line: &Vec<u8>| line.windows(sent.len()).any(|part| part == sent);
                    prop_assert!(lines.iter().any(is_there));
                }
            }
        }
    }
}
