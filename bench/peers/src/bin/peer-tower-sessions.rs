//! axum with tower-sessions and its store in Redis.

use std::error::Error;

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use symbolon_peers::{Who, arguments};
use time::Duration;
use tower_sessions::{Expiry, Session, SessionManagerLayer, session};
use tower_sessions_redis_store::RedisStore;
use tower_sessions_redis_store::fred::prelude::{ClientLike as _, Config, Pool};

/// As many connections as in the library's own example.
const CONNECTIONS: usize = 6;

fn unavailable(_: session::Error) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}

async fn log_in(session: Session, Json(who): Json<Who>) -> Result<(StatusCode, Json<Who>), StatusCode> {
    session
        .insert("subject", &who.subject)
        .await
        .map_err(unavailable)?;
    Ok((StatusCode::CREATED, Json(who)))
}

async fn verify(session: Session) -> Result<Json<Who>, StatusCode> {
    let subject = session.get("subject").await.map_err(unavailable)?;
    subject
        .map(|subject| Json(Who { subject }))
        .ok_or(StatusCode::UNAUTHORIZED)
}

/// The same session under another id: the old one is void.
async fn refresh(session: Session) -> Result<Json<Who>, StatusCode> {
    let who = verify(session.clone()).await?;
    session.cycle_id().await.map_err(unavailable)?;
    Ok(who)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, redis) = arguments()?;
    let pool = Pool::new(Config::from_url(&redis)?, None, None, None, CONNECTIONS)?;
    let _driver = pool.connect();
    pool.wait_for_connect().await?;
    let sessions = SessionManagerLayer::new(RedisStore::new(pool))
        .with_secure(false)
        .with_expiry(Expiry::OnInactivity(Duration::hours(2)));
    let app = Router::new()
        .route("/v1/service/sessions", post(log_in))
        .route("/verify", get(verify))
        .route("/v1/refresh", post(refresh))
        .layer(sessions);
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
