//! What gateways ask on each request.

use http::{HeaderName, Method};
use serde_json::json;

use crate::served::{Answer, Ask, Served, Setup};

const IDENTITY: [&str; 4] = [
    "x-symbolon-subject",
    "x-symbolon-session",
    "x-symbolon-client",
    "x-symbolon-claims",
];

fn identity(answer: &Answer) -> [&str; 4] {
    IDENTITY.map(|name| answer.header(name))
}

#[tokio::test]
async fn a_live_token_passes_and_all_four_headers_say_whose_it_is() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let answer = served.get("/verify", &tokens.access).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert_eq!(identity(&answer), ["ann", &tokens.session, "default", "e30"]);
    let mut names: Vec<_> = answer.headers.keys().map(HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "cache-control",
            "content-length",
            "date",
            "x-request-id",
            "x-symbolon-claims",
            "x-symbolon-client",
            "x-symbolon-session",
            "x-symbolon-subject",
        ]
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn names_and_claims_cannot_break_out_of_their_headers() {
    let served = Served::start().await;
    let tokens = served
        .issue(json!({"subject": "虎 a,b\"%", "client_id": "c d", "claims": {"名": "虎"}}))
        .await;
    let answer = served.get("/verify", &tokens.access).await;
    let claims = data_encoding::BASE64URL_NOPAD.encode(r#"{"名":"虎"}"#.as_bytes());
    let expected = [
        "%E8%99%8E%20a%2Cb%22%25",
        tokens.session.as_str(),
        "c%20d",
        claims.as_str(),
    ];
    assert_eq!(identity(&answer), expected);
}

#[tokio::test]
async fn headers_that_a_client_sends_have_no_say() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let forge = |ask: Ask| {
        IDENTITY
            .into_iter()
            .fold(ask, |ask, name| ask.header(name, "admin"))
            .header("x-forwarded-uri", "/public")
            .header("x-original-method", "GET")
            .header("x-forwarded-for", "10.0.0.1")
            .header("connection", "authorization")
    };
    let passed = served
        .ask(forge(Ask::new(Method::GET, "/verify").bearer(&tokens.access)))
        .await;
    assert_eq!(identity(&passed), ["ann", &tokens.session, "default", "e30"]);
    for name in IDENTITY {
        assert_eq!(passed.headers.get_all(name).iter().count(), 1);
    }
    let refused = served.ask(forge(Ask::new(Method::GET, "/verify"))).await;
    assert_eq!(refused.status, 401);
    assert_eq!(identity(&refused), [""; 4]);
}

#[tokio::test]
async fn every_method_is_answered_and_no_body_is_read() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    for method in [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE",
    ] {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let ask = |method: &Method| Ask::new(method.clone(), "/verify").body("text/plain", "{not json");
        let passed = served.ask(ask(&method).bearer(&tokens.access)).await;
        assert_eq!(
            (passed.status, passed.header("x-symbolon-subject")),
            (200, "ann"),
            "{method}"
        );
        assert_eq!(served.ask(ask(&method)).await.status, 401, "{method}");
    }
}

#[tokio::test]
async fn whatever_is_not_understood_is_a_401_and_never_a_400() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let good = || Ask::new(Method::GET, "/verify").bearer(&tokens.access);
    let at = |path: String| Ask::new(Method::GET, &path).bearer(&tokens.access);
    let asks = [
        (Ask::new(Method::GET, "/verify"), "absent"),
        (
            Ask::new(Method::GET, "/verify").header("authorization", "Basic YWJj"),
            "absent",
        ),
        (Ask::new(Method::GET, "/verify").bearer("x"), "malformed"),
        (
            Ask::new(Method::GET, "/verify").bearer(&tokens.refresh),
            "malformed",
        ),
        (
            Ask::new(Method::GET, "/verify")
                .header("authorization", &format!("Bearer {0} {0}", tokens.access)),
            "malformed",
        ),
        (good().bearer(&tokens.access), "malformed"),
        (at(format!("/verify?token={}", tokens.access)), "malformed"),
        (at(format!("/verify?x={}", tokens.access)), "malformed"),
        (at("/verify?scpoe=read".to_owned()), "malformed"),
        (at("/verify?scope=".to_owned()), "malformed"),
        (at("/verify?max_age=never".to_owned()), "malformed"),
    ];
    for (index, (ask, reason)) in asks.into_iter().enumerate() {
        let answer = served.ask(ask).await;
        assert_eq!(answer.problem(), (401, "invalid_token".to_owned()), "{index}");
        assert_eq!(answer.json()["reason"], reason, "{index}");
        assert!(answer.headers.contains_key("www-authenticate"), "{index}");
    }
    assert_eq!(served.ask(good()).await.status, 200);
}

#[tokio::test]
async fn a_gateway_may_ask_for_more_than_a_live_token() {
    let served = Served::start().await;
    let tokens = served
        .issue(json!({"subject": "a", "audience": "api", "scope": "read"}))
        .await;
    // Twice: the second time from a memory that has answered before.
    for _ in 0..2 {
        for (query, status) in [
            ("", 200),
            ("audience=api", 200),
            ("audience=other+api&scope=read&max_age=1h", 200),
            ("audience=other", 403),
            ("scope=write", 403),
            ("scope=read+write", 403),
        ] {
            let answer = served.get(&format!("/verify?{query}"), &tokens.access).await;
            assert_eq!(answer.status, status, "{query}");
            assert_eq!(
                identity(&answer)[0],
                if status == 200 { "a" } else { "" },
                "{query}"
            );
        }
    }
    let refused = served.get("/verify?scope=write", &tokens.access).await;
    assert_eq!(refused.problem(), (403, "insufficient_scope".to_owned()));
    assert_eq!(
        refused.header("www-authenticate"),
        r#"Bearer realm="symbolon", error="insufficient_scope""#
    );
}

#[tokio::test]
async fn a_gateway_may_ask_for_a_recent_proof() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let ask = || served.get("/verify?max_age=0", &tokens.access);
    let answer = crate::served::until(ask, |answer| answer.status != 200).await;
    assert_eq!(answer.problem(), (401, "reauth_required".to_owned()));
}

#[tokio::test]
async fn a_revocation_is_effective_when_it_is_answered() {
    let served = Served::start().await;
    for index in 0..20 {
        let tokens = served.issue(json!({"subject": format!("user-{index}")})).await;
        assert_eq!(served.refused(&tokens.access).await, None);
        served
            .ask(Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access))
            .await;
        assert_eq!(
            served.refused(&tokens.access).await.as_deref(),
            Some("logged_out")
        );
    }
}

#[tokio::test]
async fn what_cannot_be_decided_is_a_503_and_says_when_to_come_back() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    served.symbolon.stop().await;
    let answer = served.get("/verify", &tokens.access).await;
    assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
    let wait: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=3).contains(&wait), "{wait}");
    assert_eq!(
        served.get("/verify", "x").await.status,
        401,
        "what is no token needs no store"
    );
}

#[tokio::test]
async fn the_memory_that_answered_is_named_where_a_deployment_wants_to_see_it() {
    let mut setup = Setup::default();
    setup.settings.debug_tier = true;
    let served = setup.start().await;
    let tokens = served.person("ann").await;
    assert_eq!(
        served
            .get("/verify", &tokens.access)
            .await
            .header("x-symbolon-tier"),
        "near"
    );
    assert_eq!(
        served
            .get("/verify?max_age=1h", &tokens.access)
            .await
            .header("x-symbolon-tier"),
        "near"
    );
    assert_eq!(served.get("/verify", "x").await.header("x-symbolon-tier"), "");
}

#[tokio::test]
async fn a_token_that_memory_does_not_know_is_looked_up() {
    let mut setup = Setup::default();
    setup.settings.debug_tier = true;
    setup.builder = setup.builder.near_capacity(1);
    let served = setup.start().await;
    let mut tokens = Vec::new();
    for index in 0..64 {
        tokens.push(served.issue(json!({"subject": format!("user-{index}")})).await);
    }
    let mut tiers = std::collections::BTreeSet::new();
    for (index, tokens) in tokens.iter().enumerate() {
        let answer = served.get("/verify", &tokens.access).await;
        assert_eq!(answer.header("x-symbolon-subject"), format!("user-{index}"));
        tiers.insert(answer.header("x-symbolon-tier").to_owned());
    }
    assert!(tiers.contains("store"), "{tiers:?}");
}
