//! Routes of a session store over Redis (S1): what its monitoring asks, without a token, in its bodies and its words.

use axum::Json;
use axum::extract::State;
use symbolon::RedisStanding;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::bodies::compat::{CompatData, CompatHealth, CompatStats};
use crate::openapi::tag;

/// S1's routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(stats))
        .routes(routes!(health))
}

/// Count the sessions (S1).
///
/// `redis_available` is false also where there is no Redis. The number is that of the live sessions of everyone; while
/// the store does not answer it is the newest that is known.
#[utoipa::path(
    get, path = "/api/session/stats", tag = tag::OLDER,
    responses((status = 200, description = "How many there are", body = CompatData<CompatStats>))
)]
async fn stats(State(app): State<App>) -> Json<CompatData<CompatStats>> {
    let total_sessions = count(&app).await;
    let redis_available = app.symbolon().redis_standing() == RedisStanding::Here;
    Json(CompatData::of(CompatStats {
        total_sessions,
        redis_available,
    }))
}

/// How Redis is (S1).
///
/// The answer is 200 in each state: `healthy`; `degraded`, where Redis is away and the server goes on without it; `disabled`,
/// where there is none.
#[utoipa::path(
    get, path = "/api/health/redis", tag = tag::OLDER,
    responses((status = 200, description = "How it is", body = CompatData<CompatHealth>))
)]
async fn health(State(app): State<App>) -> Json<CompatData<CompatHealth>> {
    let session_count = count(&app).await;
    let (status, message) = match app.symbolon().redis_standing() {
        RedisStanding::Here => ("healthy", "Redis连接正常"),
        RedisStanding::Away => ("degraded", "Redis连接失败"),
        RedisStanding::FallenBack => ("degraded", "Redis连接失败，已降级为本地文件"),
        RedisStanding::Absent => ("disabled", "Redis未启用"),
    };
    Json(CompatData::of(CompatHealth {
        status,
        message,
        session_count,
    }))
}

/// Monitoring wants a number in each state.
async fn count(app: &App) -> u64 {
    match app.symbolon().count_sessions().await {
        Ok(count) => count,
        Err(_away) => app.symbolon().last_count().unwrap_or_default(),
    }
}
