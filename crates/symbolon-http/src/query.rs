//! Reading names and values from a query, or from a form in a body (WHATWG URL, `application/x-www-form-urlencoded`).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::problem::Problem;

/// The pairs of a query in their order. What is no UTF-8 becomes replacement characters, which no value of ours has.
pub(crate) fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let spaced = text.replace('+', " ");
    Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

/// The values of the parameters that a route knows, in the order of `names`.
///
/// # Errors
/// 400 `invalid_request`: a parameter that it does not know (a misspelt limit must not count as none), or one that is
/// there twice.
pub(crate) fn known<'q, const N: usize>(
    query: Option<&'q str>,
    names: [&'static str; N],
) -> Result<[Option<Cow<'q, str>>; N], Problem> {
    let mut values = [const { None }; N];
    for (name, value) in pairs(query.unwrap_or_default()) {
        let place = names.iter().position(|known| *known == name);
        let Some(value_of) = place.and_then(|place| values.get_mut(place)) else {
            let known = if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            };
            return Err(Problem::invalid_request(format!(
                "unknown query parameter; known: {known}"
            )));
        };
        if value_of.replace(value).is_some() {
            return Err(Problem::invalid_request("a query parameter is there twice"));
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::{known, pairs};

    fn all(query: &str) -> Vec<(String, String)> {
        pairs(query)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect()
    }

    #[test]
    fn names_and_values_are_decoded() {
        assert_eq!(
            all("a=1&b+c=%E8%99%8E%2B&d&&=e"),
            [
                ("a".to_owned(), "1".to_owned()),
                ("b c".to_owned(), "虎+".to_owned()),
                ("d".to_owned(), String::new()),
                (String::new(), "e".to_owned()),
            ]
        );
    }

    #[test]
    fn a_broken_escape_stays_and_broken_utf_8_is_replaced() {
        assert_eq!(
            all("a=%zz&b=%ff"),
            [
                ("a".to_owned(), "%zz".to_owned()),
                ("b".to_owned(), "\u{fffd}".to_owned())
            ]
        );
    }

    #[test]
    fn unknown_and_repeated_parameters_are_refused() {
        let [limit, cursor] = known(Some("cursor=x&limit=5"), ["limit", "cursor"]).unwrap();
        assert_eq!((limit.as_deref(), cursor.as_deref()), (Some("5"), Some("x")));
        assert_eq!(known(None, ["limit"]).unwrap(), [None]);
        let unknown = known(Some("limt=5"), ["limit", "cursor"]).unwrap_err();
        assert_eq!(unknown.detail(), "unknown query parameter; known: limit, cursor");
        let twice = known(Some("limit=5&limit=6"), ["limit"]).unwrap_err();
        assert_eq!(twice.detail(), "a query parameter is there twice");
    }
}
