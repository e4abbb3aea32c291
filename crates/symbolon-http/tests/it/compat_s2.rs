//! The routes of a back end with one signed token, as its clients know them (S2-1 to S2-4).

use http::Method;
use serde_json::{Value, json};
use symbolon::account::{AccountState, Role};
use symbolon::policy::{OnMax, SessionPolicy};

use crate::served::{Answer, Ask, PASSWORD, Served, Setup};

async fn log_in(served: &Served, username: &str, password: &str) -> Answer {
    served
        .post("/login", json!({"username": username, "password": password}))
        .await
}

/// The token of a log-in.
async fn token(served: &Served, name: &str) -> String {
    served.account(name, Role::User).await;
    let answer = log_in(served, name, PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// An instant of a session, as the wire has it.
fn instant(session: &Value, name: &str) -> jiff::Timestamp {
    session[name].as_str().unwrap().parse().unwrap()
}

fn message(status: u16, message: &str) -> (u16, String) {
    (status, format!(r#"{{"message":"{message}"}}"#))
}

async fn with_query_token() -> Served {
    let mut setup = Setup::default();
    setup.settings.query_token = true;
    setup.start().await
}

#[tokio::test]
async fn s2_1_a_log_in_answers_one_token_and_nothing_else() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let answer = log_in(&served, "ann", PASSWORD).await;
    let body = answer.json();
    assert_eq!(answer.status, 200);
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["token"]);
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(served.refused(body["token"].as_str().unwrap()).await, None);
}

#[tokio::test]
async fn s2_1_a_wrong_password_and_an_unknown_name_are_401_with_one_body() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let wrong = log_in(&served, "ann", "wrong").await;
    assert_eq!(wrong.exact(), message(401, "Invalid credentials"));
    assert_eq!(wrong.header("content-type"), "application/json");
    assert!(wrong.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(
        log_in(&served, "nobody", "wrong").await.exact(),
        message(401, "Invalid credentials")
    );
}

#[tokio::test]
async fn s2_1_other_refusals_have_our_status_and_the_shape_of_s2() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let origin = served.symbolon.origin_of_system();
    let disabled = Some(AccountState::Disabled);
    served
        .symbolon
        .change_account("ann", None, disabled, &origin)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        log_in(&served, "ann", PASSWORD).await.exact(),
        message(403, "the account is banned")
    );
    for (body, status) in [
        (json!({"username": "ann"}), 400),
        (json!([]), 400),
        (json!({"username": 1, "password": "x"}), 400),
    ] {
        let answer = served.post("/login", body).await;
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.json().as_object().unwrap().keys().collect::<Vec<_>>(),
            ["message"]
        );
    }
    let form =
        Ask::new(Method::POST, "/login").body("application/x-www-form-urlencoded", "username=ann&password=x");
    assert_eq!(
        served.ask(form).await.exact(),
        message(415, "the body must be application/json")
    );
    // Fields that S2's clients send besides are not read.
    let more = json!({"username": "ann", "password": "wrong", "captcha": null, "remember_me": "yes"});
    assert_eq!(served.post("/login", more).await.status, 401);
}

#[tokio::test]
async fn s2_1_too_many_wrong_passwords_are_a_429_and_too_many_sessions_a_409() {
    let mut setup = Setup::default();
    let policy = SessionPolicy {
        per_subject_max: 1,
        on_max: OnMax::Refuse,
        ..SessionPolicy::default()
    };
    setup.builder = setup.builder.free_failures(1).policy(policy);
    let served = setup.start().await;
    token(&served, "bob").await;
    let full = log_in(&served, "bob", PASSWORD).await;
    assert_eq!((full.status, full.json()["message"].is_string()), (409, true));
    served.account("ann", Role::User).await;
    let answer =
        crate::served::until(|| log_in(&served, "ann", "wrong"), |answer| answer.status != 401).await;
    assert_eq!((answer.status, answer.json()["message"].is_string()), (429, true));
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn s2_1_only_post_logs_in() {
    let served = Served::start().await;
    for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE] {
        let answer = served.ask(Ask::new(method.clone(), "/login")).await;
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "POST", "{method}");
    }
}

#[tokio::test]
async fn s2_2_the_session_ends_with_its_token_and_has_no_refresh_token() {
    let served = Served::start().await;
    let token = token(&served, "ann").await;
    let session = served.get("/v1/session", &token).await.json();
    let at = |name: &str| instant(&session, name);
    let life = at("expires_at").duration_since(at("created_at"));
    assert_eq!(life.as_secs(), 1_800);
    assert_eq!(session["subject"], "ann");
}

#[tokio::test]
async fn s2_3_a_live_token_is_welcome_by_its_header() {
    let served = Served::start().await;
    let token = token(&served, "ann").await;
    let welcome = message(200, "Welcome, ann");
    assert_eq!(served.get("/protected", &token).await.exact(), welcome);
    // As S2's clients send it.
    let bare = Ask::new(Method::GET, "/protected").header("authorization", &token);
    assert_eq!(served.ask(bare).await.exact(), welcome);
}

#[tokio::test]
async fn s2_3_what_is_no_token_is_invalid_and_what_is_not_live_is_invalid_or_expired() {
    let served = Served::start().await;
    let invalid = message(401, "Token is invalid");
    let nothing = served.ask(Ask::new(Method::GET, "/protected")).await;
    assert_eq!(nothing.exact(), invalid);
    assert!(nothing.header("www-authenticate").starts_with("Bearer"));
    let key = served.key("verify").await;
    for text in ["x", "eyJ.e30.x", "sya_AAAA", &key] {
        assert_eq!(served.get("/protected", text).await.exact(), invalid, "{text}");
    }
    let pair = served.person("ann").await;
    assert_eq!(served.get("/protected", &pair.refresh).await.exact(), invalid);
    let dead = message(401, "Token is invalid or expired");
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&pair.access))
        .await;
    assert_eq!(served.get("/protected", &pair.access).await.exact(), dead);
    // Ours by its form, and of a session that is not there.
    let other = Served::start().await.person("bob").await;
    assert_eq!(
        served.get("/protected", &other.access).await.exact(),
        invalid,
        "its tag is not ours"
    );
}

#[tokio::test]
async fn s2_3_a_token_in_the_address_is_taken_only_where_it_is_configured() {
    let served = Served::start().await;
    let token = token(&served, "ann").await;
    let off = served
        .ask(Ask::new(Method::GET, &format!("/protected?token={token}")))
        .await;
    assert_eq!(
        off.exact(),
        message(400, "a token in the query is not taken here (compat.query_token)")
    );
    let served = with_query_token().await;
    let token = self::token(&served, "ann").await;
    let at = |query: &str| Ask::new(Method::GET, &format!("/protected?{query}"));
    assert_eq!(
        served.ask(at(&format!("token={token}"))).await.exact(),
        message(200, "Welcome, ann")
    );
    assert_eq!(
        served
            .ask(at(&format!("token={token}")).bearer(&token))
            .await
            .status,
        200
    );
    assert_eq!(
        served
            .ask(at(&format!("token={token}&token={token}")))
            .await
            .status,
        200
    );
    for query in ["", "token=", "other=1"] {
        assert_eq!(
            served.ask(at(query)).await.exact(),
            message(401, "Token is invalid"),
            "{query}"
        );
    }
    assert_eq!(
        served.ask(at("token=x")).await.exact(),
        message(401, "Token is invalid")
    );
    assert_eq!(
        served.ask(at(&format!("token={token}&token=x"))).await.status,
        400
    );
    assert_eq!(
        served.ask(at(&format!("token={token}")).bearer("x")).await.status,
        400
    );
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&token))
        .await;
    assert_eq!(
        served.ask(at(&format!("token={token}"))).await.exact(),
        message(401, "Token is invalid or expired")
    );
}

#[tokio::test]
async fn s2_4_a_log_out_ends_the_token_on_every_route_at_once() {
    let served = Served::start().await;
    let (kept, ended) = (token(&served, "ann").await, token(&served, "bob").await);
    assert_eq!(served.get("/verify", &ended).await.status, 200);
    let receipt = served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&ended))
        .await
        .json();
    assert_eq!(
        (&receipt["revoked"], &receipt["effective"]),
        (&json!(true), &json!("now"))
    );
    assert_eq!(
        served.get("/protected", &ended).await.exact(),
        message(401, "Token is invalid or expired")
    );
    assert_eq!(served.get("/verify", &ended).await.status, 401);
    assert_eq!(served.get("/protected", &kept).await.status, 200);
}

#[tokio::test]
async fn s2_5_a_token_that_comes_with_a_log_in_is_ended_by_it() {
    let served = Served::start().await;
    let before = token(&served, "ann").await;
    let body = json!({"username": "ann", "password": PASSWORD});
    let after = served
        .ask(Ask::new(Method::POST, "/login").bearer(&before).json(&body))
        .await
        .json();
    assert_eq!(served.refused(&before).await.as_deref(), Some("replaced"));
    assert_eq!(served.refused(after["token"].as_str().unwrap()).await, None);
}

#[tokio::test]
async fn without_the_older_systems_their_routes_are_not_there() {
    let mut setup = Setup::default();
    setup.settings.compat = false;
    let served = setup.start().await;
    assert_eq!(log_in(&served, "ann", PASSWORD).await.status, 404);
    assert_eq!(served.ask(Ask::new(Method::GET, "/protected")).await.status, 404);
}

#[tokio::test]
async fn s0_5_a_welcome_near_the_end_carries_the_next_token() {
    let mut setup = Setup::default();
    let policy = SessionPolicy {
        renew_before: std::time::Duration::from_secs(31 * 60),
        ..SessionPolicy::default()
    };
    setup.builder = setup.builder.policy(policy);
    let served = setup.start().await;
    let token = token(&served, "ann").await;
    let is_renewed = |answer: &Answer| answer.body.contains("refresh");
    let body = crate::served::until(|| served.get("/protected", &token), is_renewed)
        .await
        .json();
    assert_eq!(
        (&body["message"], &body["refresh"]),
        (&json!("Welcome, ann"), &json!(true))
    );
    let next = body["token"].as_str().unwrap();
    assert_ne!(next, token);
    assert_eq!(
        served.get("/protected", &token).await.json()["token"],
        json!(next)
    );
    assert_eq!(
        served.get("/protected", next).await.json()["message"],
        "Welcome, ann"
    );
    // It can go on being renewed until the usual end of a session.
    let session = served.get("/v1/session", next).await.json();
    let at = |name: &str| instant(&session, name);
    let life = at("expires_at").duration_since(at("created_at"));
    assert_eq!(life.as_hours(), 30 * 24);
}
