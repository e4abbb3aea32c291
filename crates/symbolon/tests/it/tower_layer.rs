use axum::body::Body;
use axum::routing::get;
use axum::{Extension, Router};
use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, StatusCode};
use symbolon::{Live, RequireSession, Symbolon};
use tower_service::Service as _;

use super::given::{in_memory, issue, origin, presented};

fn program(symbolon: &Symbolon) -> Router {
    let me = |Extension(live): Extension<Live>| async move { live.identity.subject().to_owned() };
    Router::new()
        .route("/me", get(me))
        .layer(RequireSession::new(symbolon.clone()))
}

async fn ask(program: &mut Router, authorization: &[&str]) -> (StatusCode, HeaderMap, String) {
    let mut request = Request::get("/me").body(Body::empty()).unwrap();
    for value in authorization {
        request
            .headers_mut()
            .append(AUTHORIZATION, value.parse().unwrap());
    }
    let response = program.call(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, 1024).await.unwrap();
    (
        parts.status,
        parts.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn a_live_token_passes_and_the_program_knows_whose_it_is() {
    let symbolon = in_memory().await;
    let issued = issue(&symbolon, "ann").await;
    let bearer = format!("Bearer {}", issued.pair.access.expose().as_str());
    let mut program = program(&symbolon);
    assert_eq!(ask(&mut program, &[&bearer]).await.2, "ann");
    symbolon
        .log_out(&presented(&issued.pair.access), &origin(&symbolon))
        .await
        .unwrap();
    assert_eq!(ask(&mut program, &[&bearer]).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn none_two_or_malformed_ones_are_answered_401_with_a_challenge() {
    let symbolon = in_memory().await;
    let issued = issue(&symbolon, "ann").await;
    let bearer = format!("Bearer {}", issued.pair.access.expose().as_str());
    let refresh = format!("Bearer {}", issued.pair.refresh.expose().as_str());
    let mut program = program(&symbolon);
    for given in [
        &[][..],
        &["Bearer"],
        &["Basic eDp5"],
        &["Bearer x"],
        &[&refresh],
        &[&bearer, &bearer],
    ] {
        let (status, headers, body) = ask(&mut program, given).await;
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::UNAUTHORIZED, ""),
            "{given:?}"
        );
        assert!(headers.contains_key(WWW_AUTHENTICATE));
    }
}

#[tokio::test]
async fn while_it_cannot_be_decided_the_answer_is_503() {
    let symbolon = in_memory().await;
    let issued = issue(&symbolon, "ann").await;
    let bearer = format!("Bearer {}", issued.pair.access.expose().as_str());
    symbolon.stop().await;
    let (status, headers, _) = ask(&mut program(&symbolon), &[&bearer]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(headers[RETRY_AFTER], "1");
}
