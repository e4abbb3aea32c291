//! Back ends with one token and no refresh: S2's routes, and S0's renewal near the end, on the real binary.

use std::collections::HashSet;

use data_encoding::BASE64URL_NOPAD;
use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::http::{Answer, Ask, Client};
use symbolon_testkit::server::{Server, Start};
use tokio::task::JoinSet;

use crate::place::{BINARY, instant};

async fn log_in(server: &Server, password: &str) -> Answer {
    let body = json!({"username": "admin", "password": password});
    server.client().send(Ask::post("/login", &body)).await
}

/// The one token of a log-in.
async fn token(server: &Server) -> String {
    let answer = log_in(server, &server.first_password().await).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["token"].as_str().unwrap().to_owned()
}

async fn protected(server: &Server, token: &str) -> (u16, Value) {
    let answer = server.client().send(Ask::get("/protected").bearer(token)).await;
    (answer.status, answer.json())
}

async fn verify(server: &Server, token: &str) -> Answer {
    server.client().send(Ask::get("/verify").bearer(token)).await
}

fn message(text: &str) -> Value {
    json!({ "message": text })
}

/// Header and claims of a JWT.
fn parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).unwrap();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    });
    let read = (parts.next().unwrap(), parts.next().unwrap());
    assert_eq!(parts.count(), 1, "{token}");
    read
}

/// The claims, each as a number.
fn seconds(claims: &Value, name: &str) -> i64 {
    claims[name]
        .as_i64()
        .unwrap_or_else(|| panic!("{name} in {claims}"))
}

#[tokio::test]
async fn s2_1_a_log_in_answers_a_token_and_a_wrong_one_401() {
    let server = Start::binary(BINARY).ready().await;
    let token = token(&server).await;
    assert_eq!(protected(&server, &token).await, (200, message("Welcome, admin")));
    let wrong = log_in(&server, "not the password at all").await;
    assert_eq!(
        (wrong.status, wrong.text()),
        (401, r#"{"message":"Invalid credentials"}"#.to_owned())
    );
    for method in [Method::GET, Method::HEAD] {
        assert_eq!(server.client().send(Ask::new(method, "/login")).await.status, 405);
    }
}

#[tokio::test]
async fn s2_2_the_token_is_a_jwt_of_half_an_hour_recorded_as_a_session_of_the_same_life() {
    let mut server = Start::binary(BINARY).ready().await;
    let token = token(&server).await;
    let (header, claims) = parts(&token);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("HS256"), &json!("JWT")));
    let mut names: Vec<&String> = claims.as_object().unwrap().keys().collect();
    names.sort_unstable();
    assert_eq!(names, ["exp", "iat", "jti", "sid", "sub", "user"]);
    assert_eq!(
        (&claims["user"], &claims["sub"]),
        (&json!("admin"), &json!("admin"))
    );
    assert_eq!(seconds(&claims, "exp") - seconds(&claims, "iat"), 1_800);
    let session = server
        .client()
        .send(Ask::get("/v1/session").bearer(&token))
        .await
        .json();
    assert_eq!(session["session_id"], claims["sid"]);
    let at = |name: &str| instant(&session, name);
    assert_eq!(at("expires_at").duration_since(at("created_at")).as_secs(), 1_800);
    server.sigterm();
    server.wait_exit().await;
    server.restart_at("+29m").await;
    assert_eq!(protected(&server, &token).await.0, 200, "it outlives a restart");
    server.sigterm();
    server.wait_exit().await;
    server.restart_at("+31m").await;
    assert_eq!(
        protected(&server, &token).await,
        (401, message("Token is invalid or expired"))
    );
}

#[tokio::test]
async fn s2_2_jwt_expire_minutes_is_the_life_of_the_token() {
    let server = Start::binary(BINARY)
        .env("JWT_EXPIRE_MINUTES", "10080")
        .ready()
        .await;
    let (_, claims) = parts(&token(&server).await);
    assert_eq!(seconds(&claims, "exp") - seconds(&claims, "iat"), 10_080 * 60);
}

#[tokio::test]
async fn s2_3_a_token_that_cannot_be_read_is_told_from_one_that_is_not_live() {
    let server = Start::binary(BINARY)
        .env("SYMBOLON_COMPAT__QUERY_TOKEN", "true")
        .ready()
        .await;
    let token = token(&server).await;
    let at = async |token: &str| {
        let answer = server
            .client()
            .send(Ask::get(format!("/protected?token={token}")))
            .await;
        (answer.status, answer.json())
    };
    assert_eq!(at(&token).await, (200, message("Welcome, admin")));
    let (head, signature) = token.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { 'B' } else { 'A' };
    let forged = format!("{head}.{flipped}{}", &signature[1..]);
    for text in ["x", "a.b.c", &forged, &format!("{head}."), head] {
        assert_eq!(at(text).await, (401, message("Token is invalid")), "{text}");
        assert_eq!(
            protected(&server, text).await,
            (401, message("Token is invalid")),
            "{text}"
        );
    }
    let log_out = Ask::new(Method::POST, "/v1/logout").bearer(&token);
    assert_eq!(server.client().send(log_out).await.json()["effective"], "now");
    let dead = (401, message("Token is invalid or expired"));
    assert_eq!(at(&token).await, dead);
    assert_eq!(protected(&server, &token).await, dead);
    assert_eq!(verify(&server, &token).await.status, 401);
}

#[tokio::test]
async fn s2_4_one_token_for_many_services_ends_for_all_of_them_at_once() {
    let mut server = Start::binary(BINARY).ready().await;
    let token = token(&server).await;
    let services = [
        server.api_key("shop", "verify"),
        server.api_key("files", "verify"),
    ];
    let active = async |server: &Server, key: &str| {
        let ask = Ask::post("/v1/verify", &json!({ "token": token })).bearer(key);
        server.client().send(ask).await.json()["active"].clone()
    };
    for key in &services {
        assert_eq!(active(&server, key).await, true);
    }
    let log_out = Ask::new(Method::POST, "/v1/logout").bearer(&token);
    assert_eq!(server.client().send(log_out).await.status, 200);
    for key in &services {
        assert_eq!(active(&server, key).await, false);
    }
    server.kill9().await;
    server.restart().await;
    assert_eq!(
        protected(&server, &token).await,
        (401, message("Token is invalid or expired")),
        "a restart brings nothing back"
    );
}

/// How many users are on at a time, and on how many connections they come.
const USERS: usize = 3_000;
const CONNECTIONS: usize = 24;

/// Begins sessions of `users` on one connection, and verifies each.
async fn users_come(mut client: Client, key: String, users: Vec<usize>) -> Vec<String> {
    let mut tokens = Vec::new();
    for user in users {
        let subject = format!("user-{user}");
        let ask = Ask::post(
            "/v1/service/sessions",
            &json!({"subject": subject, "token_style": "jwt"}),
        )
        .bearer(&key);
        let issued = client.send(ask).await;
        assert_eq!(issued.status, 201, "{}", issued.text());
        let token = issued.json()["access_token"].as_str().unwrap().to_owned();
        let verified = client.send(Ask::get("/verify").bearer(&token)).await;
        assert_eq!(
            (verified.status, verified.header("x-symbolon-subject")),
            (200, Some(&*subject))
        );
        tokens.push(token);
    }
    tokens
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s2_4_thousands_of_users_at_once_are_each_let_in_and_put_out_in_one_step() {
    let server = Start::binary(BINARY).ready().await;
    let key = server.api_key("shop", "issue,verify,admin");
    let mut coming = JoinSet::new();
    for first in 0..CONNECTIONS {
        let users = (first..USERS).step_by(CONNECTIONS).collect();
        coming.spawn(users_come(server.client(), key.clone(), users));
    }
    let tokens: Vec<String> = coming.join_all().await.into_iter().flatten().collect();
    assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), USERS);
    let active = async |tokens: &[String]| {
        let mut count = 0;
        for some in tokens.chunks(1_000) {
            let ask = Ask::post("/v1/verify", &json!({ "tokens": some })).bearer(&key);
            let answer = server.client().send(ask).await.json();
            let results = answer["results"].as_array().unwrap();
            assert_eq!(results.len(), some.len());
            count += results.iter().filter(|result| result["active"] == true).count();
        }
        count
    };
    assert_eq!(active(&tokens).await, USERS);
    let everyone = Ask::post("/v1/admin/revoke-all", &json!({})).bearer(&key);
    let receipt = server.client().send(everyone).await.json();
    assert_eq!(
        (&receipt["count"], &receipt["effective"]),
        (&json!(USERS), &json!("now"))
    );
    assert_eq!(active(&tokens).await, 0);
}

/// A server that renews in the last five minutes, and a token of a session that has no refresh token.
async fn renewing() -> Server {
    Start::binary(BINARY)
        .env("SYMBOLON_SESSION__RENEW_BEFORE", "5m")
        .ready()
        .await
}

async fn begin_at(server: &mut Server, offset: &str) {
    server.sigterm();
    server.wait_exit().await;
    server.restart_at(offset).await;
}

#[tokio::test]
async fn s0_5_near_its_end_a_token_is_renewed_and_before_it_is_not() {
    let mut server = renewing().await;
    let first = token(&server).await;
    assert_eq!(protected(&server, &first).await, (200, message("Welcome, admin")));
    begin_at(&mut server, "+24m").await;
    assert_eq!(protected(&server, &first).await, (200, message("Welcome, admin")));
    assert_eq!(verify(&server, &first).await.header("x-symbolon-token"), None);
    begin_at(&mut server, "+26m").await;
    let (status, body) = protected(&server, &first).await;
    assert_eq!(
        (status, &body["message"], &body["refresh"]),
        (200, &json!("Welcome, admin"), &json!(true))
    );
    let second = body["token"].as_str().unwrap().to_owned();
    let (of_first, of_second) = (parts(&first).1, parts(&second).1);
    assert_eq!(of_first["sid"], of_second["sid"], "the same session");
    assert_eq!(seconds(&of_second, "exp") - seconds(&of_second, "iat"), 1_800);
    // The other two routes give the very same token.
    assert_eq!(
        verify(&server, &first).await.header("x-symbolon-token"),
        Some(&*second)
    );
    let session = server
        .client()
        .send(Ask::get("/v1/session").bearer(&first))
        .await
        .json();
    assert_eq!(
        (&session["token"], &session["refresh"]),
        (&json!(second), &json!(true))
    );
    assert_eq!(
        protected(&server, &second).await,
        (200, message("Welcome, admin"))
    );
    begin_at(&mut server, "+31m").await;
    assert_eq!(
        protected(&server, &first).await,
        (401, message("Token is invalid or expired"))
    );
    assert_eq!(protected(&server, &second).await.0, 200);
}

#[tokio::test]
async fn s0_5_a_session_with_a_refresh_token_is_given_a_hint_alone() {
    let mut server = renewing().await;
    let body = json!({"username": "admin", "password": server.first_password().await});
    let pair = server.client().send(Ask::post("/v1/login", &body)).await.json();
    let access = pair["access_token"].as_str().unwrap();
    assert_eq!(verify(&server, access).await.header("x-symbolon-refresh"), None);
    begin_at(&mut server, "+26m").await;
    let answer = verify(&server, access).await;
    assert_eq!(answer.header("x-symbolon-refresh"), Some("due"));
    assert_eq!(answer.header("x-symbolon-token"), None);
}

/// Asks `/verify` with the same token on many connections at once; the tokens that came.
async fn renewals(server: &Server, token: &str, count: usize) -> Vec<String> {
    let mut asked = JoinSet::new();
    for _ in 0..count {
        let (mut client, ask) = (server.client(), Ask::get("/verify").bearer(token));
        asked.spawn(async move {
            let answer = client.try_send(ask).await.ok()?;
            answer.header("x-symbolon-token").map(str::to_owned)
        });
    }
    asked.join_all().await.into_iter().flatten().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s0_5_sixty_four_renewals_at_once_are_one_token_for_either_style() {
    let mut server = renewing().await;
    let key = server.api_key("shop", "issue");
    let mut tokens = vec![token(&server).await];
    for style in ["opaque", "jwt"] {
        let body = json!({"subject": "1024", "refresh_ttl": 0, "token_style": style});
        let ask = Ask::post("/v1/service/sessions", &body).bearer(&key);
        let issued = server.client().send(ask).await.json();
        assert_eq!(issued.get("refresh_token"), None, "{issued}");
        tokens.push(issued["access_token"].as_str().unwrap().to_owned());
    }
    begin_at(&mut server, "+26m").await;
    for token in tokens {
        let renewed = renewals(&server, &token, 64).await;
        let distinct: HashSet<&String> = renewed.iter().collect();
        assert_eq!((renewed.len(), distinct.len()), (64, 1), "{token}");
        assert_eq!(verify(&server, &renewed[0]).await.status, 200);
        assert_eq!(verify(&server, &token).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s0_5_a_kill_between_renewal_and_answer_leaves_one_successor_and_nobody_out() {
    let mut server = renewing().await;
    let key = server.api_key("shop", "issue");
    let mut given = Vec::new();
    for number in 0..5 {
        let body = json!({"subject": format!("user-{number}"), "refresh_ttl": 0, "token_style": if number % 2 == 0 { "opaque" } else { "jwt" }});
        let issued = server
            .client()
            .send(Ask::post("/v1/service/sessions", &body).bearer(&key))
            .await
            .json();
        given.push(issued["access_token"].as_str().unwrap().to_owned());
    }
    begin_at(&mut server, "+26m").await;
    for token in given {
        let mut first = server.client();
        let ask = Ask::get("/verify").bearer(&token);
        let (before, ()) = tokio::join!(first.try_send(ask), server.kill9());
        let before = before
            .ok()
            .and_then(|answer| answer.header("x-symbolon-token").map(str::to_owned));
        server.restart().await;
        let after = renewals(&server, &token, 8).await;
        let distinct: HashSet<&String> = after.iter().chain(&before).collect();
        assert_eq!(
            (after.len(), distinct.len()),
            (8, 1),
            "before the kill: {before:?}"
        );
        assert_eq!(verify(&server, &after[0]).await.status, 200);
    }
}

#[tokio::test]
async fn s0_5_no_renewal_goes_beyond_the_session_s_absolute_end() {
    let start = Start::binary(BINARY)
        .env("SYMBOLON_SESSION__RENEW_BEFORE", "5m")
        .env("SYMBOLON_SESSION__ABSOLUTE_TIMEOUT", "40m");
    let mut server = start.ready().await;
    let first = token(&server).await;
    begin_at(&mut server, "+26m").await;
    let renewed = verify(&server, &first).await;
    let second = renewed.header("x-symbolon-token").unwrap().to_owned();
    let (of_first, of_second) = (parts(&first).1, parts(&second).1);
    let whole = seconds(&of_second, "exp") - seconds(&of_first, "iat");
    assert!((2_399..=2_400).contains(&whole), "{whole}");
    begin_at(&mut server, "+38m").await;
    let last = verify(&server, &second).await;
    assert_eq!((last.status, last.header("x-symbolon-token")), (200, None));
    begin_at(&mut server, "+41m").await;
    assert_eq!(
        protected(&server, &second).await,
        (401, message("Token is invalid or expired"))
    );
}
