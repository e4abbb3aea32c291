//! How long a revocation is waited for.

use std::time::Duration;

use axum::extract::FromRequestParts;
use http::request::Parts;
use symbolon::Wait;

use crate::app::App;
use crate::listen::{LongWork, Peer};
use crate::problem::Problem;
use crate::query::pairs;

/// `wait=full`: until the end is effective everywhere, at the most half a minute. On one node it always is when it is
/// answered.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it is read by name; this is its description")]
pub(crate) struct WaitParam {
    /// `full`: answer only when it is effective everywhere, at the most after half a minute.
    #[param(inline)]
    wait: Option<HowLong>,
}

#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase")]
#[expect(dead_code, reason = "it is read by name; this is its description")]
enum HowLong {
    Full,
}

/// What the query of a route that ends something says, and the connection's leave to take so long.
pub(crate) struct Waiting {
    pub(crate) wait: Wait,
    /// While it lives, the connection is not closed for being slow.
    _long: Option<LongWork>,
}

impl Waiting {
    /// To the end, whatever the query says.
    pub(crate) fn full(peer: Option<&Peer>) -> Self {
        Self {
            wait: Wait::Full,
            _long: peer.map(Peer::long_work),
        }
    }
}

impl FromRequestParts<App> for Waiting {
    type Rejection = Problem;

    /// Reads `wait` alone: which other parameters there may be is the route's matter.
    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        let mut asked = pairs(parts.uri.query().unwrap_or_default())
            .filter(|(name, _)| name == "wait")
            .map(|(_, value)| value);
        match (asked.next().as_deref(), asked.next()) {
            (None, _) => Ok(Self {
                wait: Wait::Short,
                _long: None,
            }),
            (Some("full"), None) => Ok(Self::full(parts.extensions.get())),
            (Some(_), None) => Err(Problem::invalid_request("wait must be full")),
            (Some(_), Some(_)) => Err(Problem::invalid_request("a query parameter is there twice")),
        }
    }
}

/// Rounded up: not to come back too early.
pub(crate) fn seconds_left(ms: u64) -> u32 {
    let left = Duration::from_millis(ms).as_millis().div_ceil(1_000);
    u32::try_from(left).unwrap_or(u32::MAX).max(1)
}
