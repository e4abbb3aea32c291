//! What keeps it running: health for a supervisor, readiness for a balancer, counters for Prometheus.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderName;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use symbolon::RedisStanding;
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

/// Whether requests should come here, and what a person should know of it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Readiness {
    /// `ready`.
    #[schema(value_type = String, example = "ready")]
    status: &'static str,
    /// True while Redis, which is the store, is away and this node goes on without it; else it is not there.
    #[serde(skip_serializing_if = "is_false")]
    #[schema(required = false)]
    fallback: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(flag: &bool) -> bool {
    !flag
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
        (status = 200, description = "They should", body = Readiness),
        (status = 503, description = "`unavailable`: they should go elsewhere"),
    )
)]
async fn readyz(State(app): State<App>) -> Result<Json<Readiness>, Problem> {
    if app.draining().is_cancelled() || !app.symbolon().is_ready() {
        return Err(Problem::unavailable(1));
    }
    Ok(Json(Readiness {
        status: "ready",
        fallback: app.symbolon().redis_standing() == RedisStanding::FallenBack,
    }))
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
