//! The routes of the yudao family, as their clients know them (S3-1 to S3-4, S3-6, S3-7).

use http::Method;
use serde_json::json;
use symbolon::account::{AccountState, Role};
use symbolon::revocation::RevocationReason;
use symbolon::subject::SubjectId;
use symbolon::{NewAccount, Password};
use symbolon_http::app::Locale;

use crate::served::{Answer, Ask, PASSWORD, Served, Setup};

/// A pair as S3's clients keep it.
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(answer: &Answer) -> Self {
        let data = &answer.json()["data"];
        let text = |name: &str| {
            data[name]
                .as_str()
                .unwrap_or_else(|| panic!("{}", answer.body))
                .to_owned()
        };
        Self {
            access: text("accessToken"),
            refresh: text("refreshToken"),
        }
    }
}

async fn log_in(served: &Served, username: &str, password: &str) -> Answer {
    served
        .post(
            "/system/auth/login",
            json!({"username": username, "password": password}),
        )
        .await
}

async fn person(served: &Served, name: &str) -> Pair {
    served.account(name, Role::User).await;
    Pair::of(&log_in(served, name, PASSWORD).await)
}

fn error(status: u16, code: u32, msg: &str) -> (u16, String) {
    (status, format!(r#"{{"code":{code},"msg":"{msg}","data":null}}"#))
}

fn done() -> (u16, String) {
    (200, r#"{"code":0,"msg":"","data":true}"#.to_owned())
}

#[tokio::test]
async fn s3_1_a_log_in_returns_both_tokens_and_the_access_token_s_end() {
    let served = Served::start().await;
    let before = served.symbolon.now().0;
    served.account("ann", Role::User).await;
    let answer = log_in(&served, "ann", PASSWORD).await;
    let end = answer.json()["data"]["expiresTime"].as_i64().unwrap();
    let expected = format!(
        r#"{{"code":0,"msg":"","data":{{"userId":"ann","accessToken":"<access>","refreshToken":"<refresh>","expiresTime":{end}}}}}"#
    );
    assert_eq!(answer.exact(), (200, expected));
    assert_eq!(answer.header("content-type"), "application/json");
    assert!((before + 1_800_000..before + 1_860_000).contains(&end));
    assert_eq!(served.refused(&Pair::of(&answer).access).await, None);
}

#[tokio::test]
async fn s3_1_a_subject_that_is_a_number_is_a_number() {
    let served = Served::start().await;
    let new = NewAccount {
        name: "admin".to_owned(),
        password: Password::new(PASSWORD).unwrap(),
        subject: Some(SubjectId::new("108473").unwrap()),
        role: Role::Admin,
    };
    served
        .symbolon
        .add_account(new, &served.symbolon.origin_of_system())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        log_in(&served, "admin", PASSWORD).await.json()["data"]["userId"],
        108_473
    );
}

#[tokio::test]
async fn s3_1_a_wrong_password_is_http_200_with_the_code_of_s3() {
    let mut setup = Setup::default();
    setup.settings.locale = Locale::Chinese;
    let served = setup.start().await;
    served.account("ann", Role::User).await;
    let chinese = error(200, 1_002_000_000, "登录失败，账号密码不正确");
    assert_eq!(log_in(&served, "ann", "wrong").await.exact(), chinese);
    assert_eq!(log_in(&served, "nobody", "wrong").await.exact(), chinese);
    let ask = Ask::new(Method::POST, "/system/auth/login").header("accept-language", "en-US,en;q=0.9");
    let answer = served
        .ask(ask.json(&json!({"username": "ann", "password": "wrong"})))
        .await;
    assert_eq!(
        answer.exact(),
        error(200, 1_002_000_000, "Log-in failed: wrong account or password")
    );
}

#[tokio::test]
async fn s3_1_a_disabled_account_has_the_code_of_s3() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let origin = served.symbolon.origin_of_system();
    let changed = served
        .symbolon
        .change_account("ann", None, Some(AccountState::Disabled), &origin)
        .await;
    changed.unwrap().unwrap();
    let refused = error(200, 1_002_000_001, "Log-in failed: the account is disabled");
    assert_eq!(log_in(&served, "ann", PASSWORD).await.exact(), refused);
}

#[tokio::test]
async fn s3_1_unknown_fields_are_ignored_and_missing_ones_are_not() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let body = json!({"username": "ann", "password": PASSWORD, "captchaVerification": "x", "tenantId": 1.5});
    assert_eq!(served.post("/system/auth/login", body).await.json()["code"], 0);
    let bad = error(400, 400, "The request is not valid");
    for body in [
        json!({"username": "ann"}),
        json!([]),
        json!({"username": "ann", "password": 1}),
    ] {
        assert_eq!(served.post("/system/auth/login", body).await.exact(), bad);
    }
    let long = json!({"username": "ann", "password": "x".repeat(1025)});
    assert_eq!(served.post("/system/auth/login", long).await.exact(), bad);
    let ask = Ask::new(Method::POST, "/system/auth/login");
    assert_eq!(
        served.ask(ask.body("text/plain", "x")).await.exact(),
        error(415, 415, "The request is not valid")
    );
    let ask = Ask::new(Method::POST, "/system/auth/login");
    let large = served.ask(ask.body("application/json", "x".repeat(20_000))).await;
    assert_eq!(large.exact(), error(413, 413, "The request is not valid"));
}

#[tokio::test]
async fn s3_1_too_many_wrong_passwords_are_a_429() {
    let mut setup = Setup::default();
    setup.builder = setup.builder.free_failures(1);
    let served = setup.start().await;
    served.account("ann", Role::User).await;
    let answer =
        crate::served::until(|| log_in(&served, "ann", "wrong"), |answer| answer.status != 200).await;
    assert_eq!(
        answer.exact(),
        error(429, 429, "Too many requests, try again later")
    );
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn s3_2_a_refresh_takes_its_token_from_the_query_a_form_or_json() {
    let served = Served::start().await;
    let mut pair = person(&served, "ann").await;
    for path in ["/system/auth/refresh-token", "/refresh-token"] {
        for place in ["query", "form", "json"] {
            let ask = match place {
                "query" => Ask::new(Method::POST, &format!("{path}?refreshToken={}", pair.refresh)),
                "form" => Ask::new(Method::POST, path).body(
                    "application/x-www-form-urlencoded",
                    format!("refreshToken={}", pair.refresh),
                ),
                _ => Ask::new(Method::POST, path).json(&json!({"refreshToken": pair.refresh})),
            };
            let answer = served.ask(ask).await;
            let end = answer.json()["data"]["expiresTime"].clone();
            let expected = format!(
                r#"{{"code":0,"msg":"","data":{{"userId":"ann","accessToken":"<access>","refreshToken":"<refresh>","expiresTime":{end}}}}}"#
            );
            assert_eq!(answer.exact(), (200, expected), "{path} {place}");
            pair = Pair::of(&answer);
            assert_eq!(served.refused(&pair.access).await, None);
        }
    }
}

#[tokio::test]
async fn s3_2_a_refused_refresh_is_http_401() {
    let served = Served::start().await;
    let pair = person(&served, "ann").await;
    let ask = |token: &str, language: &'static str| {
        let ask = Ask::new(Method::POST, &format!("/refresh-token?refreshToken={token}"));
        served.ask(ask.header("accept-language", language))
    };
    for token in ["x", "", &pair.access] {
        let answer = ask(token, "en").await;
        assert_eq!(
            answer.exact(),
            error(401, 401, "The refresh token is not valid"),
            "{token}"
        );
        assert!(answer.headers.contains_key("www-authenticate"));
    }
    assert_eq!(ask("x", "zh-CN").await.exact(), error(401, 401, "无效的刷新令牌"));
    let missing = served.ask(Ask::new(Method::POST, "/refresh-token")).await;
    assert_eq!(missing.exact(), error(400, 400, "The request is not valid"));
    let both = Ask::new(
        Method::POST,
        &format!("/refresh-token?refreshToken={}", pair.refresh),
    );
    let both = served.ask(both.json(&json!({"refreshToken": "another"}))).await;
    assert_eq!(both.status, 400);
}

#[tokio::test]
async fn s3_2_an_expired_access_token_is_a_401_and_the_client_goes_on_with_a_refresh() {
    let mut setup = Setup::default();
    let mut policy = symbolon::policy::SessionPolicy::default();
    policy.standard.access_ttl = std::time::Duration::from_secs(1);
    setup.builder = setup.builder.policy(policy);
    let served = setup.start().await;
    let pair = person(&served, "ann").await;
    let expired = crate::served::until(
        || served.get("/v1/session", &pair.access),
        |answer| answer.status != 200,
    )
    .await;
    assert_eq!(
        (expired.status, expired.json()["reason"].as_str()),
        (401, Some("expired"))
    );
    let ask = Ask::new(
        Method::POST,
        &format!("/system/auth/refresh-token?refreshToken={}", pair.refresh),
    );
    let next = Pair::of(&served.ask(ask).await);
    assert_eq!(served.get("/v1/session", &next.access).await.status, 200);
}

#[tokio::test]
async fn s3_3_a_log_out_ends_both_tokens_at_once() {
    let served = Served::start().await;
    let pair = person(&served, "ann").await;
    let log_out = || served.ask(Ask::new(Method::POST, "/system/auth/logout").bearer(&pair.access));
    assert_eq!(log_out().await.exact(), done());
    assert_eq!(served.refused(&pair.access).await.as_deref(), Some("logged_out"));
    let refresh = Ask::new(
        Method::POST,
        &format!("/refresh-token?refreshToken={}", pair.refresh),
    );
    assert_eq!(served.ask(refresh).await.status, 401);
    assert_eq!(log_out().await.exact(), done(), "repeated");
}

#[tokio::test]
async fn s3_3_a_log_out_of_nothing_is_a_success_too() {
    let served = Served::start().await;
    let log_out = || Ask::new(Method::POST, "/system/auth/logout");
    let asks = [
        log_out(),
        log_out().bearer("unknown"),
        log_out().header("authorization", ""),
        log_out().header("authorization", "Bearer "),
        log_out().body("application/json", "{}"),
        log_out().body("text/plain", "nobody reads this"),
    ];
    for ask in asks {
        assert_eq!(served.ask(ask).await.exact(), done());
    }
}

#[tokio::test]
async fn s3_3_a_token_in_the_query_is_taken_only_where_that_is_allowed() {
    for query_token in [false, true] {
        let mut setup = Setup::default();
        setup.settings.query_token = query_token;
        let served = setup.start().await;
        let pair = person(&served, "ann").await;
        let ask = Ask::new(
            Method::POST,
            &format!("/system/auth/logout?token={}", pair.access),
        );
        let answer = served.ask(ask).await;
        if query_token {
            assert_eq!(answer.exact(), done());
            assert_eq!(served.refused(&pair.access).await.as_deref(), Some("logged_out"));
        } else {
            assert_eq!(answer.exact(), error(400, 400, "The request is not valid"));
            assert_eq!(served.refused(&pair.access).await, None);
        }
        let form = Ask::new(Method::POST, "/system/auth/logout");
        let form = form.body(
            "application/x-www-form-urlencoded",
            format!("token={}", pair.access),
        );
        assert_eq!(served.ask(form).await.exact(), done());
        assert_eq!(served.refused(&pair.access).await.as_deref(), Some("logged_out"));
    }
}

#[tokio::test]
async fn s3_4_a_log_out_that_is_not_durable_is_never_a_success() {
    let served = Served::start().await;
    let pair = person(&served, "ann").await;
    served.symbolon.stop().await;
    let answer = served
        .ask(Ask::new(Method::POST, "/system/auth/logout").bearer(&pair.access))
        .await;
    assert_eq!(
        answer.exact(),
        error(503, 503, "Not available now, try again later")
    );
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn s3_4_after_a_log_out_no_refresh_in_flight_brings_the_session_back() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    for _ in 0..20 {
        let pair = Pair::of(&log_in(&served, "ann", PASSWORD).await);
        let refresh = || {
            Ask::new(
                Method::POST,
                &format!("/refresh-token?refreshToken={}", pair.refresh),
            )
        };
        let log_out = Ask::new(Method::POST, "/system/auth/logout").bearer(&pair.access);
        let (a, out, b) = tokio::join!(served.ask(refresh()), served.ask(log_out), served.ask(refresh()));
        assert_eq!(out.exact(), done());
        for raced in [a, b].iter().filter(|raced| raced.status == 200) {
            assert_eq!(
                served.refused(&Pair::of(raced).access).await.as_deref(),
                Some("logged_out")
            );
        }
        assert_eq!(served.ask(refresh()).await.status, 401);
    }
}

#[tokio::test]
async fn s3_6_a_user_sees_their_devices() {
    let served = Served::start().await;
    let phone = person(&served, "ann").await;
    let chrome = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36";
    let ask = Ask::new(Method::POST, "/system/auth/login").header("user-agent", chrome);
    served
        .ask(ask.json(&json!({"username": "ann", "password": PASSWORD})))
        .await;
    let list = served.get("/v1/sessions", &phone.access).await.json();
    let items = list["items"].as_array().unwrap();
    let mut seen: Vec<_> = items.iter().map(|item| item["device"]["os"].as_str()).collect();
    seen.sort_unstable();
    assert_eq!(seen, [None, Some("Android")]);
}

#[tokio::test]
async fn s3_7_a_kick_by_user_ends_both_tokens_of_every_device() {
    let served = Served::start().await;
    let (a, b) = (
        person(&served, "ann").await,
        Pair::of(&log_in(&served, "ann", PASSWORD).await),
    );
    let (subject, origin) = (SubjectId::new("ann").unwrap(), served.symbolon.origin_of_system());
    let kick = served
        .symbolon
        .revoke_subject(&subject, RevocationReason::Kicked, Vec::new(), None, &origin);
    assert_eq!(kick.await.unwrap().count, Some(2));
    for pair in [a, b] {
        assert_eq!(served.refused(&pair.access).await.as_deref(), Some("kicked"));
        let refresh = Ask::new(
            Method::POST,
            &format!("/refresh-token?refreshToken={}", pair.refresh),
        );
        assert_eq!(served.ask(refresh).await.status, 401);
    }
}

#[tokio::test]
async fn the_routes_are_gone_where_they_are_not_wanted() {
    let mut setup = Setup::default();
    setup.settings.compat = false;
    let served = setup.start().await;
    for path in [
        "/system/auth/login",
        "/system/auth/refresh-token",
        "/refresh-token",
        "/system/auth/logout",
    ] {
        assert_eq!(
            served.post(path, json!({})).await.problem(),
            (404, "not_found".to_owned()),
            "{path}"
        );
    }
}
