//! How long a revocation is waited for.

use crate::problem::Problem;
use crate::query::known;

/// `wait=full`: until the end is effective everywhere, however long that takes. On one node it always is when it is
/// answered.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is read by name; this is its description")]
pub(super) struct Wait {
    /// `full`: answer only when it is effective everywhere.
    #[param(inline)]
    wait: Option<HowLong>,
}

#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it is read by name; this is its description")]
enum HowLong {
    Full,
}

/// Reads the query of a route that ends sessions.
///
/// # Errors
/// 400 for any other word, and for any other parameter.
pub(super) fn wait(query: Option<&str>) -> Result<(), Problem> {
    match known(query, ["wait"])? {
        [None] => Ok(()),
        [Some(word)] if word == "full" => Ok(()),
        [Some(_)] => Err(Problem::invalid_request("wait must be full")),
    }
}
