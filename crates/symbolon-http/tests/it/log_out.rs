//! A log-out: by which token, of which session, and what it says.

use http::Method;
use serde_json::json;

use crate::served::{Ask, Served, Tokens};

#[tokio::test]
async fn a_log_out_ends_the_session_and_repeated_says_so() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let log_out = || served.ask(Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access));
    let answer = log_out().await;
    let seq = answer.json()["seq"].as_u64().unwrap();
    assert_eq!(
        answer.exact(),
        (
            200,
            format!(r#"{{"revoked":true,"seq":{seq},"effective":"now"}}"#)
        )
    );
    assert_eq!(
        served.refused(&tokens.access).await.as_deref(),
        Some("logged_out")
    );
    let again = format!(r#"{{"revoked":true,"already":true,"seq":{seq},"effective":"now"}}"#);
    assert_eq!(log_out().await.exact(), (200, again));
    let refreshed = served
        .post("/v1/refresh", json!({"refresh_token": tokens.refresh}))
        .await;
    assert_eq!(refreshed.json()["reason"], "logged_out");
}

#[tokio::test]
async fn a_log_out_takes_any_token_of_the_session() {
    let served = Served::start().await;
    let by_body = served.person("ann").await;
    let body = json!({"refresh_token": by_body.refresh});
    assert_eq!(served.post("/v1/logout", body).await.json()["revoked"], true);
    assert_eq!(
        served.refused(&by_body.access).await.as_deref(),
        Some("logged_out")
    );

    let by_header = served.log_in("ann").await;
    let ask = Ask::new(Method::POST, "/v1/logout").bearer(&by_header.refresh);
    assert_eq!(served.ask(ask).await.json()["revoked"], true);
    assert_eq!(
        served.refused(&by_header.access).await.as_deref(),
        Some("logged_out")
    );

    let old = served.log_in("ann").await;
    let mut newest = old.clone();
    for _ in 0..2 {
        let body = json!({"refresh_token": newest.refresh});
        newest = Tokens::of(&served.post("/v1/refresh", body).await);
    }
    assert_eq!(served.refused(&old.access).await.as_deref(), Some("superseded"));
    let ask = Ask::new(Method::POST, "/v1/logout").bearer(&old.access);
    assert_eq!(served.ask(ask).await.json()["revoked"], true);
    assert_eq!(
        served.refused(&newest.access).await.as_deref(),
        Some("logged_out")
    );

    let both = served.log_in("ann").await;
    let body = json!({"refresh_token": both.refresh});
    assert_eq!(
        served.post_as("/v1/logout", &both.access, body).await.json()["revoked"],
        true
    );
}

#[tokio::test]
async fn a_log_out_without_a_session_ends_nothing() {
    let served = Served::start().await;
    let nothing = (200, r#"{"revoked":false}"#.to_owned());
    for token in ["nonsense", "sya_x", &served.key("verify").await] {
        let answer = served
            .ask(Ask::new(Method::POST, "/v1/logout").bearer(token))
            .await;
        assert_eq!(answer.exact(), nothing, "{token}");
    }
    assert_eq!(
        served
            .post("/v1/logout", json!({"refresh_token": ""}))
            .await
            .exact(),
        nothing
    );
    let absent = served.ask(Ask::new(Method::POST, "/v1/logout")).await;
    assert_eq!(absent.problem(), (401, "invalid_token".to_owned()));
    assert_eq!(absent.json()["reason"], "absent");
    assert_eq!(served.post("/v1/logout", json!({})).await.status, 401);
}

#[tokio::test]
async fn a_log_out_of_two_sessions_at_once_is_refused() {
    let served = Served::start().await;
    let (a, b) = (served.person("ann").await, served.log_in("ann").await);
    let answer = served
        .post_as("/v1/logout", &a.access, json!({"refresh_token": b.refresh}))
        .await;
    assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(served.refused(&a.access).await, None);
    assert_eq!(served.refused(&b.access).await, None);
}
