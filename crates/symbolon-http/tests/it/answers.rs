//! What every answer has, whatever the route and whatever comes of it.

use std::collections::HashSet;

use http::Method;
use serde_json::json;

use crate::served::{Answer, Ask, Served, Setup};

/// Every route with its methods, and a path that it answers.
const ROUTES: [(&str, &str); 18] = [
    ("/", "GET,HEAD"),
    ("/v1/login", "POST"),
    ("/v1/refresh", "POST"),
    ("/v1/logout", "POST"),
    ("/v1/session", "GET,HEAD"),
    ("/v1/sessions", "GET,HEAD"),
    ("/v1/sessions/x", "DELETE"),
    ("/v1/sessions/revoke-others", "POST"),
    ("/v1/password", "POST"),
    ("/v1/events", "GET,HEAD"),
    ("/v1/service/sessions", "POST"),
    ("/v1/service/sessions/x", "GET,HEAD,PATCH,DELETE"),
    ("/v1/verify", "POST"),
    ("/system/auth/login", "POST"),
    ("/system/auth/refresh-token", "POST"),
    ("/refresh-token", "POST"),
    ("/system/auth/logout", "POST"),
    ("/metrics", "GET,HEAD"),
];

const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

fn methods(allow: &str) -> HashSet<&str> {
    allow
        .split(',')
        .map(str::trim)
        .filter(|method| !method.is_empty())
        .collect()
}

/// What every answer has; its id.
fn sealed(answer: &Answer, asked: &str) -> String {
    assert_eq!(answer.header("cache-control"), "no-store", "{asked}");
    // No browser reads what a gateway is told when a request may pass.
    let sniffed = if asked.ends_with(" /verify") && answer.status == 200 {
        ""
    } else {
        "nosniff"
    };
    assert_eq!(answer.header("x-content-type-options"), sniffed, "{asked}");
    assert!(answer.status < 500, "{asked}: {}", answer.body);
    let challenged = answer.headers.contains_key("www-authenticate");
    assert!(challenged || answer.status != 401, "{asked}");
    assert!(!challenged || matches!(answer.status, 400 | 401 | 403), "{asked}");
    let id = answer.header("x-request-id").to_owned();
    assert_eq!(id.len(), 24, "{asked}");
    id
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_and_is_kept_by_no_cache() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let others = ["/verify", "/healthz", "/readyz", "/docs", "/nowhere"];
    let paths: Vec<_> = ROUTES.iter().map(|(path, _)| *path).chain(others).collect();
    let mut ids = HashSet::new();
    for (method, path) in METHODS
        .iter()
        .flat_map(|method| paths.iter().map(move |path| (*method, *path)))
    {
        // A stream has no end.
        if (method, path) == ("GET", "/v1/events") {
            continue;
        }
        for token in [None, Some("x"), Some(tokens.access.as_str())] {
            let ask = Ask::new(method.parse().unwrap(), path).json(&json!({}));
            let answer = served.ask(token.into_iter().fold(ask, Ask::bearer)).await;
            let asked = format!("{method} {path}");
            assert!(ids.insert(sealed(&answer, &asked)), "{asked}");
        }
    }
}

#[tokio::test]
async fn an_id_that_comes_with_a_request_is_not_ours() {
    let served = Served::start().await;
    let answer = served
        .ask(Ask::new(Method::GET, "/healthz").header("x-request-id", "forged"))
        .await;
    assert_ne!(answer.header("x-request-id"), "forged");
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let served = Served::start().await;
    for (path, allowed) in ROUTES {
        let allowed = methods(allowed);
        for method in METHODS.into_iter().filter(|method| !allowed.contains(method)) {
            let answer = served.ask(Ask::new(method.parse().unwrap(), path)).await;
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(methods(answer.header("allow")), allowed, "{method} {path}");
            if method != "HEAD" {
                assert_eq!(
                    answer.problem(),
                    (405, "method_not_allowed".to_owned()),
                    "{method} {path}"
                );
            }
        }
        let options = served.ask(Ask::new(Method::OPTIONS, path)).await;
        assert_eq!((options.status, options.body.as_str()), (204, ""), "{path}");
        assert_eq!(methods(options.header("allow")), allowed, "{path}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_and_not_a_page() {
    let served = Served::start().await;
    let expected = concat!(
        r#"{"type":"urn:symbolon:problem:not_found","title":"Not found","status":404,"#,
        r#""detail":"there is nothing at this path","code":"not_found"}"#,
    );
    for path in [
        "/x",
        "/v1",
        "/v1/",
        "/v1/login/",
        "/verify/",
        "//verify",
        "/Verify",
        "/v1/service/sessions/",
    ] {
        for method in [Method::GET, Method::POST, Method::OPTIONS] {
            let answer = served.ask(Ask::new(method.clone(), path)).await;
            assert_eq!(answer.exact(), (404, expected.to_owned()), "{method} {path}");
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    for path in ["/", "/v1/session", "/healthz", "/openapi.json"] {
        let get = served.get(path, &tokens.access).await;
        let head = served
            .ask(Ask::new(Method::HEAD, path).bearer(&tokens.access))
            .await;
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        assert_eq!(
            head.header("content-length"),
            get.body.len().to_string(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_address_behind_a_trusted_proxy_is_the_client_s() {
    for (proxies, seen) in [
        (vec![], "127.0.0.1"),
        (vec!["127.0.0.0/8".parse().unwrap()], "203.0.113.9"),
    ] {
        let mut setup = Setup::default();
        setup.settings.trusted_proxies = symbolon_http::client_addr::TrustedProxies::new(proxies);
        let served = setup.start().await;
        served.account("ann", symbolon::account::Role::User).await;
        let body = json!({"username": "ann", "password": crate::served::PASSWORD});
        let ask = Ask::new(Method::POST, "/v1/login").header("x-forwarded-for", "10.9.9.9, 203.0.113.9");
        let tokens = crate::served::Tokens::of(&served.ask(ask.json(&body)).await);
        assert_eq!(served.get("/v1/session", &tokens.access).await.json()["ip"], seen);
    }
}
