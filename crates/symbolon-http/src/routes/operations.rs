//! What keeps it running: health for a supervisor, readiness for a balancer, counters for Prometheus.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderName;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::tag;
use crate::problem::Problem;

/// The media type of a scrape (OpenMetrics 1.0).
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The routes of operations.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
}

/// A state in one word.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Status {
    /// `alive` or `ready`.
    #[schema(value_type = String, example = "ready")]
    status: &'static str,
}

/// Whether the process lives.
///
/// It says nothing about the store: a restart would not mend that.
#[utoipa::path(
    get, path = "/healthz", tag = tag::OPERATIONS,
    responses((status = 200, description = "It lives", body = Status))
)]
async fn healthz() -> Json<Status> {
    Json(Status { status: "alive" })
}

/// Whether requests should come here.
///
/// 503 while it drains, and while it may not answer from memory.
#[utoipa::path(
    get, path = "/readyz", tag = tag::OPERATIONS,
    responses(
        (status = 200, description = "They should", body = Status),
        (status = 503, description = "`unavailable`: they should go elsewhere"),
    )
)]
async fn readyz(State(app): State<App>) -> Result<Json<Status>, Problem> {
    if app.draining().is_cancelled() || !app.symbolon().is_ready() {
        return Err(Problem::unavailable(1));
    }
    Ok(Json(Status { status: "ready" }))
}

/// Counters and gauges, in the text format of OpenMetrics.
#[utoipa::path(
    get, path = "/metrics", tag = tag::OPERATIONS,
    responses((status = 200, description = "All metrics", body = String, content_type = "application/openmetrics-text"))
)]
async fn metrics(State(app): State<App>) -> Response {
    let headers: [(HeaderName, &str); 1] = [(CONTENT_TYPE, OPEN_METRICS)];
    (headers, app.metrics().scrape(&app)).into_response()
}
