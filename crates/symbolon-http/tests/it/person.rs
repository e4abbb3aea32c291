//! What a person does: log in, go on, log out.

use std::time::Duration;

use http::Method;
use serde_json::json;
use symbolon::account::{AccountState, Role};
use symbolon::policy::{OnMax, SessionPolicy};
use symbolon_http::app::Reasons;

use crate::served::{Ask, PASSWORD, Served, Setup, Tokens};

const PAIR: &str = concat!(
    r#"{"access_token":"<access>","refresh_token":"<refresh>","token_type":"Bearer","expires_in":1800,"#,
    r#""refresh_expires_in":2592000,"session_id":"<id>","subject":"ann"}"#,
);

const LOGGED_IN: &str = concat!(
    r#"{"access_token":"<access>","refresh_token":"<refresh>","token_type":"Bearer","expires_in":1800,"#,
    r#""refresh_expires_in":2592000,"session_id":"<id>","subject":"ann","known_device":"<device>"}"#,
);

#[tokio::test]
async fn a_log_in_answers_with_a_pair_that_works() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let answer = served
        .post("/v1/login", json!({"username": " ANN ", "password": PASSWORD}))
        .await;
    assert_eq!(answer.exact(), (200, LOGGED_IN.to_owned()));
    let tokens = Tokens::of(&answer);
    assert_eq!(served.refused(&tokens.access).await, None);
    assert_eq!(served.get("/v1/session", &tokens.access).await.status, 200);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let refusal = concat!(
        r#"{"type":"urn:symbolon:problem:invalid_credentials","title":"Name or password are wrong","status":401,"#,
        r#""detail":"the name or the password is wrong","code":"invalid_credentials"}"#,
    );
    for name in ["ann", "nobody", "", "a\u{0}b", &"x".repeat(5000)] {
        let answer = served
            .post("/v1/login", json!({"username": name, "password": "wrong"}))
            .await;
        assert_eq!(answer.exact(), (401, refusal.to_owned()), "{name:?}");
        assert_eq!(answer.header("www-authenticate"), r#"Bearer realm="symbolon""#);
    }
}

#[tokio::test]
async fn a_log_in_that_is_not_understood_is_refused() {
    let served = Served::start().await;
    let right = json!({"username": "ann", "password": PASSWORD});
    let with = |name: &str, value: serde_json::Value| {
        let mut body = right.clone();
        body[name] = value;
        body
    };
    for body in [
        json!({}),
        json!([]),
        json!("ann"),
        json!({"username": "ann"}),
        json!({"username": "ann", "password": null}),
        json!({"username": 1, "password": PASSWORD}),
        with("admin", json!(true)),
        with("cookie", json!("yes")),
        with("remember", json!("yes")),
        with("client_id", json!("")),
        with("client_id", json!("a\nb")),
        with("client_id", json!("x".repeat(129))),
        with("device", json!("phone")),
        with("device", json!({"os": "mine"})),
        with("password", json!("x".repeat(1025))),
    ] {
        let answer = served.post("/v1/login", body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{body}");
        assert!(!answer.body.contains(PASSWORD), "{}", answer.body);
    }
    let text = right.to_string();
    let ask = |media_type: &str, body: String| {
        served.ask(Ask::new(Method::POST, "/v1/login").body(media_type, body))
    };
    assert_eq!(
        ask("text/plain", text.clone()).await.problem(),
        (415, "unsupported_media_type".to_owned())
    );
    assert_eq!(
        ask("application/json", text[1..].to_owned()).await.problem().0,
        400
    );
    let large = with("device", json!({"name": "x".repeat(17 * 1024)})).to_string();
    assert_eq!(
        ask("application/json", large).await.problem(),
        (413, "payload_too_large".to_owned())
    );
}

#[tokio::test]
async fn a_disabled_account_is_told_so_only_after_a_right_password() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let origin = served.symbolon.origin_of_system();
    let changed = served
        .symbolon
        .change_account("ann", None, Some(AccountState::Disabled), &origin)
        .await;
    changed.unwrap().unwrap();
    let ask = |password: &str| served.post("/v1/login", json!({"username": "ann", "password": password}));
    assert_eq!(ask(PASSWORD).await.problem(), (403, "account_banned".to_owned()));
    assert_eq!(
        ask("wrong").await.problem(),
        (401, "invalid_credentials".to_owned())
    );
}

#[tokio::test]
async fn too_many_wrong_passwords_are_throttled() {
    let mut setup = Setup::default();
    setup.builder = setup.builder.free_failures(1);
    let served = setup.start().await;
    served.account("ann", Role::User).await;
    let ask =
        |password: &'static str| served.post("/v1/login", json!({"username": "ann", "password": password}));
    let mut answer = ask("wrong").await;
    assert_eq!(answer.status, 401);
    for _ in 0..3 {
        answer = ask("wrong").await;
    }
    assert_eq!(answer.problem(), (429, "throttled".to_owned()));
    let wait: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=300).contains(&wait), "{wait}");
    assert_eq!(
        ask(PASSWORD).await.status,
        429,
        "a right password is not looked at either"
    );
}

#[tokio::test]
async fn a_full_house_is_told_where_the_policy_refuses() {
    let mut setup = Setup::default();
    let policy = SessionPolicy {
        per_subject_max: 1,
        on_max: OnMax::Refuse,
        ..SessionPolicy::default()
    };
    setup.builder = setup.builder.policy(policy);
    let served = setup.start().await;
    let first = served.person("ann").await;
    let answer = served
        .post("/v1/login", json!({"username": "ann", "password": PASSWORD}))
        .await;
    assert_eq!(answer.problem(), (409, "limit_reached".to_owned()));
    assert_eq!(served.refused(&first.access).await, None);
}

#[tokio::test]
async fn a_live_token_that_comes_along_with_a_log_in_is_ended() {
    let served = Served::start().await;
    let first = served.person("ann").await;
    let body = json!({"username": "ann", "password": PASSWORD});
    let second = Tokens::of(&served.post_as("/v1/login", &first.access, body).await);
    assert_eq!(served.refused(&first.access).await.as_deref(), Some("replaced"));
    assert_eq!(served.refused(&second.access).await, None);
}

#[tokio::test]
async fn a_remembered_session_lives_longer() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let body = json!({"username": "ann", "password": PASSWORD, "remember": true});
    assert_eq!(
        served.post("/v1/login", body).await.json()["refresh_expires_in"],
        90 * 24 * 3600
    );
}

#[tokio::test]
async fn a_refresh_answers_with_the_next_pair_and_repeated_with_the_same() {
    let served = Served::start().await;
    let first = served.person("ann").await;
    let refresh = |token: &str| served.post("/v1/refresh", json!({"refresh_token": token}));
    let answer = refresh(&first.refresh).await;
    // No refresh moves the session's end, which is where the refresh token's own life ends too.
    let left = answer.json()["refresh_expires_in"].as_u64().unwrap();
    assert!((2_591_990..=2_592_000).contains(&left), "{left}");
    assert_eq!(answer.exact(), (200, PAIR.replace("2592000", &left.to_string())));
    let second = Tokens::of(&answer);
    assert_ne!(second.access, first.access);
    assert_ne!(second.refresh, first.refresh);
    assert_eq!(second.session, first.session);
    assert_eq!(Tokens::of(&refresh(&first.refresh).await), second);
    assert_eq!(served.refused(&second.access).await, None);
}

#[tokio::test]
async fn an_old_refresh_token_that_comes_back_ends_the_session() {
    let served = Served::start().await;
    let first = served.person("ann").await;
    let refresh = |token: String| served.post("/v1/refresh", json!({"refresh_token": token}));
    let second = Tokens::of(&refresh(first.refresh.clone()).await);
    let third = Tokens::of(&refresh(second.refresh).await);
    let answer = refresh(first.refresh).await;
    let refusal = concat!(
        r#"{"type":"urn:symbolon:problem:invalid_token","title":"The token is not valid","status":401,"#,
        r#""detail":"the token is not valid","code":"invalid_token","reason":"reuse_detected","at":"<instant>"}"#,
    );
    assert_eq!(answer.exact(), (401, refusal.to_owned()));
    assert_eq!(
        served.refused(&third.access).await.as_deref(),
        Some("reuse_detected")
    );
}

#[tokio::test]
async fn what_is_no_refresh_token_is_refused_with_its_reason() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let key = served.key("admin").await;
    for (token, reason) in [
        (tokens.access.as_str(), "malformed"),
        (key.as_str(), "malformed"),
        ("", "malformed"),
        ("syr_", "malformed"),
        ("no token", "malformed"),
    ] {
        let answer = served.post("/v1/refresh", json!({"refresh_token": token})).await;
        assert_eq!(answer.problem(), (401, "invalid_token".to_owned()));
        assert_eq!(answer.json()["reason"], reason, "{token}");
        assert_eq!(
            answer.header("www-authenticate"),
            r#"Bearer realm="symbolon", error="invalid_token""#
        );
    }
    for body in [
        json!({}),
        json!({"refresh_token": 1}),
        json!({"refresh_token": "x", "scope": "y"}),
    ] {
        assert_eq!(
            served.post("/v1/refresh", body).await.problem(),
            (400, "invalid_request".to_owned())
        );
    }
}

#[tokio::test]
async fn a_session_is_read_with_what_its_owner_knows_it_by() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
    let body = json!({
        "username": "ann", "password": PASSWORD, "client_id": "web-shop",
        "device": {"id": "d-1", "kind": "web", "name": "Ann's laptop"},
    });
    let ask = Ask::new(Method::POST, "/v1/login")
        .header("user-agent", firefox)
        .json(&body);
    let tokens = Tokens::of(&served.ask(ask).await);
    let expected = concat!(
        r#"{"session_id":"<id>","subject":"ann","client_id":"web-shop","state":"active","created_at":"<instant>","#,
        r#""authenticated_at":"<instant>","last_seen_at":"<instant>","expires_at":"<instant>","idle_expires_at":"<instant>","#,
        r#""device":{"id":"d-1","kind":"web","name":"Ann's laptop","os":"Linux","browser":"Firefox"},"ip":"127.0.0.1","#,
        r#""user_agent":"Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0","audience":null,"#,
        r#""scope":null,"claims":{}}"#,
    );
    assert_eq!(
        served.get("/v1/session", &tokens.access).await.exact(),
        (200, expected.to_owned())
    );
}

#[tokio::test]
async fn a_refused_token_says_why() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let get = |ask: Ask| served.ask(ask);
    let session = || Ask::new(Method::GET, "/v1/session");
    for ask in [
        session(),
        session().header("authorization", "Basic YWJj"),
        session().header("authorization", "Bearer "),
    ] {
        let answer = get(ask).await;
        assert_eq!(answer.problem(), (401, "invalid_token".to_owned()));
        assert_eq!(
            (
                answer.json()["reason"].as_str(),
                answer.header("www-authenticate")
            ),
            (Some("absent"), r#"Bearer realm="symbolon""#)
        );
    }
    let mut forged = tokens.access.clone();
    // The last character but one is all of one byte of the tag.
    let last = if forged.as_bytes()[forged.len() - 2] == b'A' {
        'B'
    } else {
        'A'
    };
    forged.replace_range(forged.len() - 2..forged.len() - 1, &last.to_string());
    for token in ["x", "sya_x", &tokens.refresh, &served.key("admin").await] {
        assert_eq!(
            get(session().bearer(token)).await.json()["reason"],
            "malformed",
            "{token}"
        );
    }
    let answer = get(session().bearer(&forged)).await;
    assert!(matches!(answer.status, 200 | 401), "{}", answer.body);
}

#[tokio::test]
async fn a_token_is_taken_from_one_place_only() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let session = |path: &str| Ask::new(Method::GET, path);
    let twice = session("/v1/session")
        .bearer(&tokens.access)
        .bearer(&tokens.access);
    assert_eq!(
        served.ask(twice).await.problem(),
        (400, "invalid_request".to_owned())
    );
    for query in [
        format!("token={}", tokens.access),
        "access_token=x".to_owned(),
        format!("x={}", tokens.access),
    ] {
        let answer = served
            .ask(session(&format!("/v1/session?{query}")).bearer(&tokens.access))
            .await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{query}");
        assert!(!answer.body.contains(&tokens.access));
    }
    let bare = session("/v1/session").header("authorization", &tokens.access);
    assert_eq!(served.ask(bare).await.status, 200);
    let lower = session("/v1/session").header("authorization", &format!("bearer  {}", tokens.access));
    assert_eq!(served.ask(lower).await.status, 200);
}

#[tokio::test]
async fn coarse_reasons_do_not_tell_a_guess_from_an_end() {
    let mut setup = Setup::default();
    setup.settings.reasons = Reasons::Coarse;
    let served = setup.start().await;
    let tokens = served.person("ann").await;
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access))
        .await;
    for token in [&tokens.access, "nonsense"] {
        let answer = served.get("/v1/session", token).await;
        let refusal = concat!(
            r#"{"type":"urn:symbolon:problem:invalid_token","title":"The token is not valid","status":401,"#,
            r#""detail":"the token is not valid","code":"invalid_token","reason":"revoked"}"#,
        );
        assert_eq!(answer.exact(), (401, refusal.to_owned()));
    }
}

#[tokio::test]
async fn an_expired_access_token_is_refused_and_its_refresh_goes_on() {
    let mut setup = Setup::default();
    let mut policy = SessionPolicy::default();
    policy.standard.access_ttl = Duration::from_secs(1);
    setup.builder = setup.builder.policy(policy);
    let served = setup.start().await;
    let tokens = served.person("ann").await;
    let answer = crate::served::until(
        || served.get("/v1/session", &tokens.access),
        |answer| answer.status == 401,
    )
    .await;
    assert_eq!(answer.json()["reason"], "expired");
    assert!(answer.json()["at"].is_string());
    let next = Tokens::of(
        &served
            .post("/v1/refresh", json!({"refresh_token": tokens.refresh}))
            .await,
    );
    assert_eq!(served.refused(&next.access).await, None);
}

#[tokio::test]
async fn a_store_that_is_away_is_a_503_and_never_a_401() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    served.symbolon.stop().await;
    let asks = [
        Ask::new(Method::GET, "/v1/session").bearer(&tokens.access),
        Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access),
        Ask::new(Method::POST, "/v1/refresh").json(&json!({"refresh_token": tokens.refresh})),
        Ask::new(Method::POST, "/v1/login").json(&json!({"username": "ann", "password": PASSWORD})),
    ];
    for ask in asks {
        let path = ask.0.uri().path().to_owned();
        let answer = served.ask(ask).await;
        assert_eq!(answer.problem(), (503, "unavailable".to_owned()), "{path}");
        let wait: u32 = answer.header("retry-after").parse().unwrap();
        assert!((1..=5).contains(&wait), "{path} {wait}");
        assert_eq!(
            answer.json()["request_id"],
            answer.header("x-request-id"),
            "{path}"
        );
    }
}
