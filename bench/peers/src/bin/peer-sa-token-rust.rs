//! axum with sa-token-rust and its storage in Redis, as it is set by default, but with refresh tokens.

use std::error::Error;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use sa_token_core::RefreshTokenManager;
use sa_token_core::session::SaTerminalInfo;
use sa_token_plugin_axum::{LoginIdExtractor, SaTokenLayer, SaTokenState};
use sa_token_storage_redis::RedisStorage;
use serde::{Deserialize, Serialize};
use symbolon_peers::{Who, arguments};

/// How long a token lives, in seconds.
const LIFE: i64 = 7_200;

#[derive(Serialize)]
struct Pair {
    access_token: String,
    refresh_token: String,
}

#[derive(Deserialize)]
struct Refresh {
    refresh_token: String,
}

#[derive(Serialize)]
struct Page {
    items: Vec<SaTerminalInfo>,
}

fn unavailable<E>(_: E) -> StatusCode {
    StatusCode::SERVICE_UNAVAILABLE
}

/// A log-in answers the token alone; the other one is read from what is kept of it.
async fn log_in(
    State(state): State<SaTokenState>,
    Json(who): Json<Who>,
) -> Result<(StatusCode, Json<Pair>), StatusCode> {
    let token = state.manager.login(who.subject).await.map_err(unavailable)?;
    let kept = state.manager.get_token_info(&token).await.map_err(unavailable)?;
    let pair = Pair {
        access_token: token.to_string(),
        refresh_token: kept.refresh_token.ok_or(StatusCode::SERVICE_UNAVAILABLE)?,
    };
    Ok((StatusCode::CREATED, Json(pair)))
}

async fn verify(LoginIdExtractor(subject): LoginIdExtractor) -> Json<Who> {
    Json(Who { subject })
}

/// Another token for the same session, whose refresh token stays: the old token is void.
async fn refresh(
    State(state): State<SaTokenState>,
    Json(Refresh { refresh_token }): Json<Refresh>,
) -> Result<Json<Pair>, StatusCode> {
    let refreshing = RefreshTokenManager::from_dao(Arc::clone(state.manager.dao()));
    let refreshed = refreshing.refresh_access_token(&refresh_token).await;
    let (token, _subject) = refreshed.map_err(unavailable)?;
    Ok(Json(Pair {
        access_token: token.to_string(),
        refresh_token,
    }))
}

/// Where whoever asks is logged in.
async fn list(
    State(state): State<SaTokenState>,
    LoginIdExtractor(subject): LoginIdExtractor,
) -> Result<Json<Page>, StatusCode> {
    let listed = state.manager.get_terminal_list("default", &subject, None).await;
    Ok(Json(Page {
        items: listed.map_err(unavailable)?,
    }))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (address, redis) = arguments()?;
    let state = SaTokenState::builder()
        .storage(Arc::new(RedisStorage::new(&redis, "").await?))
        .token_name("Authorization")
        .timeout(LIFE)
        .enable_refresh_token(true)
        .build();
    let app = Router::new()
        .route("/v1/service/sessions", post(log_in))
        .route("/verify", get(verify))
        .route("/v1/refresh", post(refresh))
        .route("/v1/sessions", get(list))
        .layer(SaTokenLayer::new(state.clone()))
        .with_state(state);
    let listener = tokio::net::TcpListener::bind(address).await?;
    axum::serve(listener, app).await?;
    Ok(())
}
