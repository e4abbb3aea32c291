//! Pages of other sites.

use http::Method;
use serde_json::json;
use symbolon::account::Role;
use symbolon_http::cors::AllowedOrigins;

use crate::served::{Answer, Ask, Served, Setup};

const APP: &str = "https://app.example";

async fn allowing(origins: &[&str]) -> Served {
    let mut setup = Setup::default();
    setup.settings.cors_origins = AllowedOrigins::new(origins.iter().map(|origin| (*origin).to_owned()));
    setup.start().await
}

/// Every header that CORS knows, and `Vary`.
fn said(answer: &Answer) -> Vec<String> {
    let mut said: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| name.as_str().starts_with("access-control-") || *name == "vary")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    said.sort_unstable();
    said
}

fn question(path: &str, origin: &str) -> Ask {
    Ask::new(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type,x-symbolon")
}

#[tokio::test]
async fn a_listed_origin_may_read_answers_of_every_status() {
    let served = allowing(&["https://other.example", APP]).await;
    served.account("ann", Role::User).await;
    let expected = [
        "access-control-allow-credentials: true",
        "access-control-allow-origin: https://app.example",
        "access-control-expose-headers: X-Request-Id, Retry-After, WWW-Authenticate",
        "vary: Origin",
    ];
    let token = served.log_in("ann").await.access;
    let good = served
        .ask(
            Ask::new(Method::GET, "/v1/session")
                .bearer(&token)
                .header("origin", APP),
        )
        .await;
    assert_eq!(
        (good.status, said(&good)),
        (200, expected.map(str::to_owned).to_vec())
    );
    let refused = served
        .ask(Ask::new(Method::GET, "/v1/session").header("origin", APP))
        .await;
    assert_eq!(
        (refused.status, said(&refused)),
        (401, expected.map(str::to_owned).to_vec())
    );
    served.symbolon.stop().await;
    let unknown = served
        .ask(
            Ask::new(Method::POST, "/v1/refresh")
                .json(&json!({"refresh_token": token}))
                .header("origin", APP),
        )
        .await;
    assert_eq!(said(&unknown), expected, "{}", unknown.body);
}

#[tokio::test]
async fn a_browser_that_asks_beforehand_is_told_what_a_page_may_send() {
    let served = allowing(&[APP]).await;
    for path in [
        "/v1/login",
        "/v1/refresh",
        "/v1/logout",
        "/v1/session",
        "/v1/sessions/x",
        "/v1/password",
    ] {
        let answer = served.ask(question(path, APP)).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""), "{path}");
        assert_eq!(
            said(&answer),
            [
                "access-control-allow-credentials: true",
                "access-control-allow-headers: Authorization, Content-Type, X-Symbolon",
                "access-control-allow-methods: GET, HEAD, POST, PATCH, DELETE",
                "access-control-allow-origin: https://app.example",
                "access-control-max-age: 600",
                "vary: Origin",
            ],
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[tokio::test]
async fn asvs_3_4_2_an_origin_that_is_not_exactly_a_listed_one_is_told_nothing() {
    let served = allowing(&[APP, "null", "*"]).await;
    for origin in [
        "https://evil.test",
        "null",
        "*",
        "",
        "http://app.example",
        "https://app.example:443",
        "https://app.example:8443",
        "https://app.example.evil.test",
        "https://evilapp.example",
        "https://a.app.example",
        "https://app.example/",
        "https://app.example https://evil.test",
        "https://evil.test, https://app.example",
        "HTTPS://APP.EXAMPLE",
        "https://app.exampl",
        "https://app.examplf",
    ] {
        for ask in [
            Ask::new(Method::GET, "/v1/session").header("origin", origin),
            question("/v1/login", origin),
        ] {
            let answer = served.ask(ask).await;
            assert_eq!(said(&answer), ["vary: Origin"], "{origin}");
        }
    }
    let two = Ask::new(Method::GET, "/v1/session")
        .header("origin", APP)
        .header("origin", APP);
    assert_eq!(said(&served.ask(two).await), ["vary: Origin"]);
    let none = served.ask(Ask::new(Method::GET, "/v1/session")).await;
    assert_eq!(
        said(&none),
        ["vary: Origin"],
        "a cache must not give it to the next who asks"
    );
}

#[tokio::test]
async fn a_server_that_lists_nobody_tells_nobody_anything() {
    let served = Served::start().await;
    for ask in [
        Ask::new(Method::GET, "/v1/session").header("origin", APP),
        question("/v1/login", APP),
    ] {
        assert_eq!(said(&served.ask(ask).await), [""; 0]);
    }
}

#[tokio::test]
async fn routes_of_services_operators_and_gateways_are_for_no_page_of_another_site() {
    let served = allowing(&[APP]).await;
    for path in [
        "/v1/admin/sessions/x",
        "/v1/admin/accounts",
        "/v1/service/sessions",
        "/v1/verify",
        "/verify",
        "/oauth2/introspect",
        "/metrics",
        "/healthz",
        "/",
        "/docs",
        "/openapi.json",
        "/nowhere",
    ] {
        for ask in [
            Ask::new(Method::GET, path).header("origin", APP),
            question(path, APP),
        ] {
            assert_eq!(said(&served.ask(ask).await), [""; 0], "{path}");
        }
    }
}
