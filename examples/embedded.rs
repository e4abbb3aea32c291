//! Sessions inside an axum program: no server beside, no network hop.
//!
//! ```text
//! cargo run --release --example embedded -p symbolon
//! curl -s -X POST 127.0.0.1:8080/login/ann          # prints a token
//! curl -s 127.0.0.1:8080/me -H "Authorization: Bearer $TOKEN"
//! curl -s -X POST 127.0.0.1:8080/logout -H "Authorization: Bearer $TOKEN"
//! ```

use std::error::Error;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Extension, Router};
use symbolon::subject::SubjectId;
use symbolon::{Live, NewSession, RequireSession, Symbolon};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (symbolon, opened) = Symbolon::builder().data_dir("./embedded-data").open().await?;
    println!("sessions are kept in {}", opened.store);
    let program = Router::new()
        .route("/me", get(me))
        // Whatever stands above this line needs a live session.
        .layer(RequireSession::new(symbolon.clone()))
        .route("/login/{name}", post(log_in))
        .route("/logout", post(log_out))
        .with_state(symbolon.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, program)
        .with_graceful_shutdown(async {
            let _stopped = tokio::signal::ctrl_c().await;
        })
        .await?;
    symbolon.stop().await;
    Ok(())
}

/// Your program has checked who it is; Symbolon begins the session.
async fn log_in(State(symbolon): State<Symbolon>, Path(name): Path<String>) -> Result<String, StatusCode> {
    let subject = SubjectId::new(name).map_err(|_| StatusCode::BAD_REQUEST)?;
    let origin = symbolon.origin_of_system();
    match symbolon.issue(NewSession::of(subject), &origin).await {
        Ok(Ok(issued)) => match symbolon.access_text(&issued).await {
            Ok(text) => Ok(text.to_string()),
            Err(_unavailable) => Err(StatusCode::SERVICE_UNAVAILABLE),
        },
        Ok(Err(_refused)) => Err(StatusCode::FORBIDDEN),
        Err(_undecided) => Err(StatusCode::SERVICE_UNAVAILABLE),
    }
}

async fn me(Extension(live): Extension<Live>) -> String {
    format!("{} in session {}\n", live.identity.subject(), live.session_id)
}

async fn log_out(State(symbolon): State<Symbolon>, headers: HeaderMap) -> StatusCode {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    let token = given
        .and_then(|text| text.strip_prefix("Bearer "))
        .map(|text| symbolon.read_token(text));
    let Some(Ok(token)) = token else {
        return StatusCode::UNAUTHORIZED;
    };
    match symbolon.log_out(&token, &symbolon.origin_of_system()).await {
        Ok(_effective) => StatusCode::NO_CONTENT,
        Err(_undecided) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
