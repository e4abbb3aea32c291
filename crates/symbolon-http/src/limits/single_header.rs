use http::{HeaderMap, HeaderName, HeaderValue};

use crate::problem::Problem;

/// The header `name`, which may be there once at most. For `Authorization` and its kin: with two of them a proxy and
/// we may each believe a different one.
///
/// # Errors
/// 400 `invalid_request` when it is there twice. The values are not named.
pub fn single_header<'h>(
    headers: &'h HeaderMap,
    name: &HeaderName,
) -> Result<Option<&'h HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(Problem::invalid_bearer(format!(
            "the header {name} is there more than once"
        ))),
    }
}
