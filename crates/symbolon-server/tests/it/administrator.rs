//! The administrator that a server makes at its first start, as a client of that server.

use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::http::{Answer, Ask};
use symbolon_testkit::server::Server;

/// Logs in; `None`: it cannot be done now, and when to come again is said.
pub(crate) async fn try_log_in(server: &Server) -> Option<Value> {
    let body = json!({ "username": "admin", "password": server.first_password().await });
    let answer = server.client().send(Ask::post("/v1/login", &body)).await;
    if answer.status == 503 {
        assert!(answer.header("retry-after").is_some(), "{}", answer.text());
        return None;
    }
    assert_eq!(answer.status, 200, "{}", answer.text());
    Some(answer.json())
}

pub(crate) async fn log_in(server: &Server) -> Value {
    try_log_in(server).await.expect("a log-in")
}

fn text<'p>(pair: &'p Value, name: &str) -> &'p str {
    pair[name]
        .as_str()
        .unwrap_or_else(|| panic!("no {name} in {pair}"))
}

/// What a gateway is told of the access token.
pub(crate) async fn verify(server: &Server, pair: &Value) -> u16 {
    let ask = Ask::get("/verify").bearer(text(pair, "access_token"));
    server.client().send(ask).await.status
}

pub(crate) async fn refresh(server: &Server, pair: &Value) -> Answer {
    let body = json!({ "refresh_token": text(pair, "refresh_token") });
    server.client().send(Ask::post("/v1/refresh", &body)).await
}

/// The receipt.
pub(crate) async fn log_out(server: &Server, pair: &Value) -> Value {
    let ask = Ask::new(Method::POST, "/v1/logout").bearer(text(pair, "access_token"));
    server.client().send(ask).await.json()
}
