//! For gateways: one question for each request that a reverse proxy lets through.
//!
//! `/verify` answers any method, reads no body and needs no key, since it tells a caller only about the token that the
//! caller holds. It answers 200 with all four identity headers, always, so that a client's own headers of these names
//! cannot pass (CVE-2026-30851); or 401, 403, 503. What would be a 400 elsewhere is a 401 here, because nginx turns
//! every other refusal into a 500. The token may be in a browser's cookie: whoever stands in front of pages has nothing
//! else. That the browser was not led here by another site is for the application to see to, since it alone knows what the
//! request would change. Nothing that a client can set besides its token has any say, but that
//! `Symbolon-Min-Seq` may keep it waiting for a newer answer.
//!
//! [`from_memory`] is the hottest path of the product: no wait, no box, and no allocation but for the answer.

mod passed;

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use symbolon::device::SeenFrom;
use symbolon::{Due, Live, Tier, Token, Verdict};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::bearer::{self, Presented, Proof};
use crate::metrics::Verified;
use crate::min_seq;
use crate::openapi::tag;
use crate::policy::{Policy, Unmet};
use crate::problem::{Code, Problem};
use crate::renewal;
use crate::request_id::RequestId;
use passed::passed;

/// The path that is answered before the router.
pub(crate) const PATH: &str = "/verify";

const X_SYMBOLON_TIER: HeaderName = HeaderName::from_static("x-symbolon-tier");

/// The routes of gateways.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(verify))
}

/// Ask whether a request may pass.
///
/// Any method. `audience`, `scope` and `max_age` are for the gateway's own configuration: what a token must be
/// besides live.
#[utoipa::path(
    method(get, head, post, put, patch, delete, options), path = "/verify", tag = tag::GATEWAYS,
    security(("access_token" = [])),
    params(
        ("audience" = Option<String>, Query, description = "The session must be for one of these names"),
        ("scope" = Option<String>, Query, description = "The session must allow each of these words"),
        ("max_age" = Option<String>, Query, description = "How long ago the subject may have proved who they are, in seconds"),
        ("Symbolon-Min-Seq" = Option<u64>, Header, description = "The answer knows of every revocation up to this position, as a receipt's `seq` says it"),
    ),
    responses(
        (status = 200, description = "It may pass", headers(
            ("X-Symbolon-Subject" = String, description = "Whose session it is, percent-encoded"),
            ("X-Symbolon-Session" = String, description = "The session's id"),
            ("X-Symbolon-Client" = String, description = "Which application holds the token, percent-encoded"),
            ("X-Symbolon-Claims" = String, description = "What is said about the subject: base64url of JSON"),
            ("X-Symbolon-Token" = Option<String>, description = "The next access token, near the end of one without a refresh token (`session.renew_before`): for the client"),
            ("X-Symbolon-Refresh" = Option<String>, description = "`due`: the token is near its end, and a refresh brings the next"),
        )),
        (status = 401, description = "`invalid_token`: no token, one that is refused, or a request that is not understood"),
        (status = 403, description = "`insufficient_scope`: the token is live but not what the gateway asks for"),
    )
)]
async fn verify(
    State(app): State<App>,
    Extension(id): Extension<RequestId>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    judge(&app, id, &headers, uri.query()).await
}

/// The answer to the request `id`, if memory alone has it. `None`: ask [`judge`].
#[inline]
pub(crate) fn from_memory(
    app: &App,
    id: RequestId,
    headers: &HeaderMap,
    query: Option<&str>,
) -> Option<Response> {
    if query.is_some() || min_seq::is_asked(headers) {
        return None;
    }
    let Ok(Proof {
        presented: Presented::Token(token),
        ..
    }) = bearer::without_query(app, headers)
    else {
        return None;
    };
    match app.symbolon().verify_from_memory(&token)? {
        // It goes out with the answer, and the store makes it.
        Verdict::Active(Live {
            due: Due::Renewal, ..
        }) => None,
        Verdict::Active(live) => {
            app.metrics().verified(Verified::Active, Tier::Near);
            Some(passed(app, id, &live))
        }
        Verdict::Inactive(inactive) => {
            app.metrics().verified(Verified::Inactive, Tier::Near);
            Some(app.refuse(inactive).into_response())
        }
    }
}

/// The answer to the request `id`, wherever it has to come from.
pub(crate) async fn judge(app: &App, id: RequestId, headers: &HeaderMap, query: Option<&str>) -> Response {
    match decide(app, headers, query).await {
        Ok((live, token)) => {
            let mut response = passed(app, id, &live);
            // A gateway asks for others: where they are is not known.
            let next = renewal::next_token(app, &token, &live, SeenFrom::default()).await;
            if let Some(next) = next {
                renewal::hand_over(response.headers_mut(), &next);
            }
            response
        }
        Err(problem) if matches!(problem.code(), Code::InvalidRequest | Code::HeaderFieldsTooLarge) => {
            tracing::debug!(detail = problem.detail(), "a verify request is not understood");
            Problem::invalid_token("malformed").into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn decide(app: &App, headers: &HeaderMap, query: Option<&str>) -> Result<(Live, Token), Problem> {
    let presented = bearer::presented(app, headers, query)?.presented;
    let policy = Policy::of_query(query)?;
    min_seq::reached(app, headers).await?;
    let token = presented.token().map_err(|inactive| {
        app.metrics().verified(Verified::Inactive, Tier::Near);
        app.refuse(inactive)
    })?;
    let (verdict, tier) = verdict(app, &token).await?;
    let live = match verdict {
        Verdict::Active(live) => live,
        Verdict::Inactive(inactive) => {
            app.metrics().verified(Verified::Inactive, tier);
            return Err(app.refuse(inactive));
        }
    };
    let checked = policy.check(&live, app.symbolon().now());
    app.metrics().verified(
        if checked.is_ok() {
            Verified::Active
        } else {
            Verified::Unmet
        },
        tier,
    );
    match checked {
        Ok(()) => Ok((live, token)),
        Err(Unmet::Age(max_age)) => Err(Problem::reauth_required(max_age)),
        Err(Unmet::Audience) => Err(Problem::unmet_policy("the token is for another audience")),
        Err(Unmet::Scope) => Err(Problem::unmet_policy(
            "the token does not have the scope that is needed",
        )),
    }
}

/// The verdict on a token and the memory that it came from. One that cannot be had is counted here.
///
/// # Errors
/// 503.
pub(crate) async fn verdict(app: &App, token: &Token) -> Result<(Verdict, Tier), Problem> {
    app.symbolon().decide(token).await.map_err(|error| {
        app.metrics().verified(Verified::Undecided, Tier::Store);
        app.undecided(error)
    })
}

/// Names the memory that an answer came from, where a deployment wants to see it.
pub(crate) fn name_tier(app: &App, headers: &mut HeaderMap, tier: Option<Tier>) {
    if !app.settings().debug_tier {
        return;
    }
    let name = match tier {
        Some(Tier::Near) => "near",
        Some(Tier::Shared) => "shared",
        Some(Tier::Store) => "store",
        None => return,
    };
    headers.insert(X_SYMBOLON_TIER, HeaderValue::from_static(name));
}
