//! The end of a session, told when it happens: server-sent events (WHATWG HTML §9.2).
//!
//! A stream says one thing, `ended {reason, at}`, and closes after it. Comments keep it alive through proxies. The
//! revocation log of this process is what it listens to; ends that nobody writes down (expired, idle) are looked up
//! when they are due.

mod body;
mod places;
mod watch;

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::caller::{self, Shown};
use crate::listen::Peer;
use crate::openapi::tag;
use crate::problem::Problem;
use body::EventBody;
pub(crate) use places::Places;
use places::Taken;
use watch::Watch;

/// Asks nginx not to hold the stream back.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// The routes of events.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(events))
}

/// Be told when one's own session ends.
///
/// One event, `ended`, with the data `{"reason": "kicked", "at": "…"}`; then the stream closes. Whoever opens it
/// again then is refused with 401.
#[utoipa::path(
    get, path = "/v1/events", tag = tag::PERSONS, security(("access_token" = [])),
    responses(
        (status = 200, description = "The stream", body = String, content_type = "text/event-stream"),
        (status = 409, description = "`limit_reached`: the session has as many streams as it may have"),
    )
)]
async fn events(
    State(app): State<App>,
    Shown(presented): Shown,
    peer: Option<Extension<Peer>>,
) -> Result<Response, Problem> {
    let token = presented.token().map_err(|inactive| app.refuse(inactive))?;
    // Listening comes first: an end between the two would be heard by nobody otherwise.
    let rows = app.symbolon().listen();
    let live = caller::live(&app, &token).await?;
    let place = app.places().enter(live.session_id).map_err(|taken| match taken {
        Taken::All => Problem::unavailable(1 + app.spread()),
        Taken::OfSession => Problem::limit_reached("the session has as many event streams as it may have"),
    })?;
    let long = peer.map(|Extension(peer)| peer.long_work());
    let watch = Watch::new(app, live, rows, place, long);
    let mut response = Response::new(Body::new(EventBody::new(watch)));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/event-stream"),
    );
    headers.insert(X_ACCEL_BUFFERING, HeaderValue::from_static("no"));
    Ok(response)
}
