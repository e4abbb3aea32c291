//! Going on without Redis, with the real binary and a real one.

use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::{Redis, StartRedis};
use tokio::time::{Duration, Instant};

use crate::place::BINARY;

/// How long anything may take that is waited for.
const LONG: Duration = Duration::from_secs(20);

/// A Redis that keeps what it acknowledged.
fn kept() -> Redis {
    StartRedis::default()
        .setting("appendonly", "yes")
        .setting("appendfsync", "always")
        .start()
}

async fn start(redis: &Redis) -> Server {
    let server = Start::binary(BINARY).env("SYMBOLON_STORE__URL", redis.url());
    let server = server.ready().await;
    until_said(&server, "this node would go on without redis").await;
    server
}

async fn until_said(server: &Server, words: &str) {
    until(async || server.stderr().contains(words)).await;
}

async fn until(mut look: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !look().await {
        assert!(begun.elapsed() < LONG, "it did not come about");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn try_log_in(server: &Server) -> Option<Value> {
    let password = server.admin_password().expect("it was said at the first start");
    let body = json!({ "username": "admin", "password": password });
    let answer = server.client().send(Ask::post("/v1/login", &body)).await;
    assert!(matches!(answer.status, 200 | 503), "{}", answer.text());
    (answer.status == 200).then(|| answer.json())
}

async fn log_in(server: &Server) -> Value {
    try_log_in(server).await.expect("a log-in")
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().expect(name).to_owned()
}

async fn verify(server: &Server, pair: &Value) -> u16 {
    let ask = Ask::get("/verify").bearer(&text(pair, "access_token"));
    server.client().send(ask).await.status
}

async fn refresh(server: &Server, pair: &Value) -> (u16, Value) {
    let body = json!({ "refresh_token": text(pair, "refresh_token") });
    let answer = server.client().send(Ask::post("/v1/refresh", &body)).await;
    (answer.status, answer.json())
}

async fn log_out(server: &Server, pair: &Value) -> Value {
    let ask = Ask::new(Method::POST, "/v1/logout").bearer(&text(pair, "access_token"));
    server.client().send(ask).await.json()
}

#[tokio::test]
async fn s1_2_redis_away_log_ins_go_on_within_a_second_and_a_restart_loses_none() {
    let redis = kept();
    let mut server = start(&redis).await;
    let seen = log_in(&server).await;
    assert_eq!(verify(&server, &seen).await, 200);
    redis.kill9();
    let killed = Instant::now();
    let local = loop {
        if let Some(pair) = try_log_in(&server).await {
            break pair;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    // The password's own time is in it.
    assert!(
        killed.elapsed() < Duration::from_secs(2),
        "{:?}",
        killed.elapsed()
    );
    until_said(&server, "sessions are kept in a local file (degraded)").await;
    assert_eq!(verify(&server, &seen).await, 200);
    assert_eq!(refresh(&server, &seen).await.0, 503);
    let (status, local) = refresh(&server, &local).await;
    assert_eq!((status, verify(&server, &local).await), (200, 200));
    let ended = log_in(&server).await;
    let receipt = log_out(&server, &ended).await;
    assert_eq!(
        (&receipt["revoked"], &receipt["effective"]),
        (&json!(true), &json!("now"))
    );
    assert_eq!(verify(&server, &ended).await, 401);

    server.kill9().await;
    server.restart().await;
    assert_eq!(verify(&server, &local).await, 200);
    assert_ne!(verify(&server, &ended).await, 200);
    assert_eq!(
        verify(&server, &seen).await,
        503,
        "it is in Redis, and was not seen since the start"
    );
    let after = log_in(&server).await;
    assert_eq!(verify(&server, &after).await, 200);
    assert_eq!(refresh(&server, &local).await.0, 200);
}

#[tokio::test]
async fn s1_3_redis_back_everything_is_there_and_goes_on_there() {
    let redis = kept();
    let mut server = start(&redis).await;
    let (seen, gone) = (log_in(&server).await, log_in(&server).await);
    redis.kill9();
    until(async || try_log_in(&server).await.is_some()).await;
    let local = log_in(&server).await;
    let receipt = log_out(&server, &gone).await;
    assert_eq!(
        (&receipt["scope"], &receipt["effective_by"]),
        (&json!("this node"), &Value::Null),
        "{receipt}"
    );
    assert_eq!(verify(&server, &gone).await, 401);
    redis.start_again();
    until_said(&server, "redis has all sessions again").await;
    for pair in [&seen, &local] {
        assert_eq!(verify(&server, pair).await, 200);
    }
    assert_eq!(verify(&server, &gone).await, 401);
    let (status, local) = refresh(&server, &local).await;
    assert_eq!(status, 200);
    // From Redis alone, as a node sees it that has nothing else.
    server.kill9().await;
    std::fs::remove_dir_all(server.data_dir().join("fallback")).expect("the mirror");
    server.restart().await;
    for pair in [&seen, &local] {
        assert_eq!(verify(&server, pair).await, 200);
    }
    assert_eq!(verify(&server, &gone).await, 401);
}

#[tokio::test]
async fn redis_back_empty_gets_the_accounts_again_and_no_second_administrator_is_made() {
    let redis = StartRedis::default().start();
    let server = start(&redis).await;
    let password = server.admin_password();
    redis.kill9();
    until(async || try_log_in(&server).await.is_some()).await;
    let local = log_in(&server).await;
    redis.start_again();
    until_said(&server, "redis came back empty").await;
    until_said(&server, "redis has all sessions again").await;
    assert_eq!(verify(&server, &local).await, 200);
    let again = log_in(&server).await;
    assert_eq!(verify(&server, &again).await, 200);
    assert_eq!(server.admin_password(), password);
}
