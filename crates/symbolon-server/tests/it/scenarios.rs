//! The scenarios of the systems that Symbolon replaces, item by item, against the real binary.

use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};

const BINARY: &str = env!("CARGO_BIN_EXE_symbolon");

/// A server whose sessions have the lives of S0's development file: access and idle life of a week.
fn for_a_week() -> Start {
    Start::binary(BINARY).env("SYMBOLON_PROFILE", "development")
}

async fn log_in(server: &Server, password: &str) -> Value {
    let body = json!({"username": "admin", "password": password});
    let answer = server.client().send(Ask::post("/v1/login", &body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn verify(server: &Server, token: &str) -> u16 {
    server
        .client()
        .send(Ask::get("/verify").bearer(token))
        .await
        .status
}

/// A request without a body.
fn bare_post(path: impl Into<String>) -> Ask {
    Ask::new(Method::POST, path)
}

fn text<'a>(body: &'a Value, path: &str) -> &'a str {
    body.pointer(path)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("no {path} in {body}"))
}

#[tokio::test]
async fn s0_t1_logged_in_an_hour_passes_still_in() {
    // A week's access token is simply good; with the usual half hour, the refresh token brings the
    // next one.
    for (start, access_lives) in [(for_a_week(), true), (Start::binary(BINARY), false)] {
        let mut server = start.ready().await;
        let password = server.first_password().await;
        let pair = log_in(&server, &password).await;
        server.sigterm();
        server.wait_exit().await;
        server.restart_at("+1h").await;
        let status = verify(&server, text(&pair, "/access_token")).await;
        assert_eq!(status, if access_lives { 200 } else { 401 });
        let body = json!({"refresh_token": text(&pair, "/refresh_token")});
        let next = server.client().send(Ask::post("/v1/refresh", &body)).await;
        assert_eq!(next.status, 200, "{}", next.text());
        assert_eq!(verify(&server, text(&next.json(), "/access_token")).await, 200);
    }
}

#[tokio::test]
async fn s0_t2_logged_in_server_stopped_and_started_still_in() {
    let mut server = for_a_week().ready().await;
    let password = server.first_password().await;
    let pair = log_in(&server, &password).await;
    server.sigterm();
    assert!(server.wait_exit().await.success());
    server.restart().await;
    assert_eq!(verify(&server, text(&pair, "/access_token")).await, 200);
    server.kill9().await;
    server.restart().await;
    assert_eq!(verify(&server, text(&pair, "/access_token")).await, 200);
    assert_eq!(
        server.admin_password().as_deref(),
        Some(&*password),
        "no second administrator was made"
    );
}

async fn s3_log_in(server: &Server) -> Value {
    let body = json!({"username": "admin", "password": server.first_password().await});
    let answer = server.client().send(Ask::post("/system/auth/login", &body)).await;
    assert_eq!(answer.status, 200);
    let body = answer.json();
    assert_eq!((&body["code"], &body["msg"]), (&json!(0), &json!("")));
    body["data"].clone()
}

#[tokio::test]
async fn s3_1_a_log_in_answers_both_tokens_with_the_access_tokens_end() {
    let server = Start::binary(BINARY).ready().await;
    let data = s3_log_in(&server).await;
    let fields: Vec<&String> = data.as_object().unwrap().keys().collect();
    assert_eq!(fields.len(), 4, "{data}");
    assert_eq!(data["userId"], "admin");
    assert!(data["expiresTime"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(verify(&server, text(&data, "/accessToken")).await, 200);
    let wrong = json!({"username": "admin", "password": "not the password at all"});
    let answer = server
        .client()
        .send(Ask::post("/system/auth/login", &wrong))
        .await;
    let body = answer.json();
    assert_eq!(
        (answer.status, &body["code"], &body["data"]),
        (200, &json!(1_002_000_000), &Value::Null)
    );
}

#[tokio::test]
async fn s3_2_an_expired_access_token_is_401_and_a_refresh_repeats_the_request() {
    let mut server = Start::binary(BINARY).ready().await;
    let data = s3_log_in(&server).await;
    server.sigterm();
    server.wait_exit().await;
    server.restart_at("+31m").await;
    assert_eq!(verify(&server, text(&data, "/accessToken")).await, 401);
    let path = format!(
        "/system/auth/refresh-token?refreshToken={}",
        text(&data, "/refreshToken")
    );
    let answer = server.client().send(bare_post(path)).await;
    let next = answer.json();
    assert_eq!((answer.status, &next["code"]), (200, &json!(0)), "{next}");
    assert_eq!(verify(&server, text(&next, "/data/accessToken")).await, 200);
}

#[tokio::test]
async fn s3_3_a_log_out_ends_both_tokens_in_one_go_and_any_token_is_success() {
    let server = Start::binary(BINARY).ready().await;
    let data = s3_log_in(&server).await;
    let access = text(&data, "/accessToken");
    let log_out = |token: Option<&str>| {
        let ask = bare_post("/system/auth/logout");
        token.map_or(ask.clone(), |token| ask.bearer(token))
    };
    let done = json!({"code": 0, "msg": "", "data": true});
    for token in [Some(access), Some(access), Some("not-a-token"), None] {
        let answer = server.client().send(log_out(token)).await;
        assert_eq!((answer.status, answer.json()), (200, done.clone()));
    }
    assert_eq!(verify(&server, access).await, 401);
    let path = format!(
        "/system/auth/refresh-token?refreshToken={}",
        text(&data, "/refreshToken")
    );
    let answer = server.client().send(bare_post(path)).await;
    assert_eq!((answer.status, &answer.json()["code"]), (401, &json!(401)));
}

#[tokio::test]
async fn s3_4_a_server_killed_at_a_log_out_leaves_no_half_of_it() {
    let mut server = Start::binary(BINARY).ready().await;
    for _ in 0..5 {
        let data = s3_log_in(&server).await;
        let access = text(&data, "/accessToken").to_owned();
        let refresh = json!({"refresh_token": text(&data, "/refreshToken")});
        let mut client = server.client();
        let ask = bare_post("/system/auth/logout").bearer(&access);
        let (asked, ()) = tokio::join!(client.try_send(ask), server.kill9());
        let answered = asked.is_ok_and(|answer| answer.status == 200);
        server.restart().await;
        let lives = verify(&server, &access).await == 200;
        let refreshes = server
            .client()
            .send(Ask::post("/v1/refresh", &refresh))
            .await
            .status
            == 200;
        assert_eq!(lives, refreshes, "either both tokens live or neither");
        assert!(!(answered && lives), "an answered log-out holds");
    }
}

#[tokio::test]
async fn s3_6_and_s3_7_a_users_devices_are_listed_and_kicked_by_user_id() {
    let server = Start::binary(BINARY).ready().await;
    let admin = log_in(&server, &server.first_password().await).await;
    let key = server.api_key("shop", "issue,verify");
    let mut tokens = Vec::new();
    for kind in ["web", "ios"] {
        let body = json!({"subject": "1024", "device": {"kind": kind}});
        let answer = server
            .client()
            .send(Ask::post("/v1/service/sessions", &body).bearer(&key))
            .await;
        assert_eq!(answer.status, 201);
        tokens.push(text(&answer.json(), "/access_token").to_owned());
    }
    let list = Ask::get("/v1/admin/subjects/1024/sessions").bearer(text(&admin, "/access_token"));
    let listed = server.client().send(list).await.json();
    let kinds: Vec<&str> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| text(item, "/device/kind"))
        .collect();
    assert_eq!(kinds, ["ios", "web"], "the newest first");
    let kick = Ask::post("/v1/admin/subjects/1024/revoke", &json!({})).bearer(text(&admin, "/access_token"));
    let receipt = server.client().send(kick).await.json();
    assert_eq!(
        (&receipt["count"], &receipt["effective"]),
        (&json!(2), &json!("now"))
    );
    for token in &tokens {
        assert_eq!(verify(&server, token).await, 401);
    }
}
