//! Health, metrics, the first page, and which listener serves what.

use http::Method;
use serde_json::json;
use symbolon::account::Role;
use symbolon::session::TokenStyle;
use symbolon_http::app::ServiceContext;

use crate::served::{Ask, Served, Setup};

async fn get(served: &Served, path: &str) -> crate::served::Answer {
    served.ask(Ask::new(Method::GET, path)).await
}

#[tokio::test]
async fn a_living_process_says_so_whatever_its_store_does() {
    let served = Served::start().await;
    assert_eq!(
        get(&served, "/healthz").await.exact(),
        (200, r#"{"status":"alive"}"#.to_owned())
    );
    assert_eq!(
        get(&served, "/readyz").await.exact(),
        (200, r#"{"status":"ready"}"#.to_owned())
    );
    served.symbolon.stop().await;
    assert_eq!(get(&served, "/healthz").await.status, 200);
    assert_eq!(
        get(&served, "/readyz").await.problem(),
        (503, "unavailable".to_owned())
    );
}

#[tokio::test]
async fn a_draining_server_is_not_ready_but_still_answers() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    served.app.begin_draining();
    let answer = get(&served, "/readyz").await;
    assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(served.refused(&tokens.access).await, None);
}

/// The value of a line of a scrape.
fn value(scrape: &str, series: &str) -> u64 {
    let line = scrape
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {series} in\n{scrape}"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn a_scrape_counts_what_was_answered() {
    let served = Served::start().await;
    let tokens = served.person("zq-7").await;
    for _ in 0..3 {
        served.get("/verify", &tokens.access).await;
    }
    served.get("/verify", "x").await;
    served.get("/verify?audience=other", &tokens.access).await;
    served
        .post("/v1/login", json!({"username": "zq-7", "password": "wrong"}))
        .await;
    served
        .post("/v1/refresh", json!({"refresh_token": tokens.refresh}))
        .await;
    served.post("/v1/refresh", json!({"refresh_token": "x"})).await;
    served.issue(json!({"subject": "b"})).await;
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access))
        .await;
    get(&served, "/nowhere/zq-7").await;
    let answer = get(&served, "/metrics").await;
    assert_eq!(
        answer.header("content-type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    );
    let scrape = answer.body;
    assert!(scrape.ends_with("# EOF\n"));
    for (series, expected) in [
        (r#"symbolon_verified_total{result="active",tier="near"}"#, 3),
        (r#"symbolon_verified_total{result="inactive",tier="near"}"#, 1),
        (r#"symbolon_verified_total{result="unmet",tier="near"}"#, 1),
        (r#"symbolon_verified_total{result="undecided",tier="store"}"#, 0),
        (r#"symbolon_logins_total{result="issued"}"#, 1),
        (r#"symbolon_logins_total{result="invalid_credentials"}"#, 1),
        (r#"symbolon_logins_total{result="throttled_by_account"}"#, 0),
        (r#"symbolon_logins_total{result="throttled_by_address"}"#, 0),
        (r#"symbolon_refreshed_total{result="pair"}"#, 1),
        (r#"symbolon_refreshed_total{result="refused"}"#, 1),
        ("symbolon_issued_total", 1),
        ("symbolon_revoked_total", 1),
        (r#"symbolon_http_requests_total{route="gateway",status="2xx"}"#, 3),
        (r#"symbolon_http_requests_total{route="gateway",status="4xx"}"#, 2),
        (r#"symbolon_http_requests_total{route="person",status="2xx"}"#, 3),
        (r#"symbolon_http_requests_total{route="other",status="4xx"}"#, 1),
        ("symbolon_passwords_waiting", 0),
        ("symbolon_passwords_compared_total", 2),
        ("symbolon_throttle_addresses", 1),
        ("symbolon_event_streams", 0),
        ("symbolon_fallback", 0),
        (r#"symbolon_renewed_total{result="token"}"#, 0),
        (r#"symbolon_signing_keys{state="active"}"#, 0),
    ] {
        assert_eq!(value(&scrape, series), expected, "{series}");
    }
    assert_eq!(
        value(&scrape, "symbolon_near_sessions"),
        1,
        "the other one was ended"
    );
    let build = format!(
        r#"symbolon_build_info{{version="{}"}}"#,
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(value(&scrape, &build), 1);
    for secret in [tokens.access.as_str(), tokens.session.as_str(), "zq-7", "nowhere"] {
        assert!(!scrape.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn a_scrape_says_what_the_signing_keys_do() {
    let served = Setup::default()
        .signed("https://id.example.com", TokenStyle::Jwt)
        .start()
        .await;
    let key = served.key("admin").await;
    let states = async || {
        let scrape = get(&served, "/metrics").await.body;
        ["next", "active", "retired", "revoked", "given"]
            .map(|state| value(&scrape, &format!(r#"symbolon_signing_keys{{state="{state}"}}"#)))
    };
    let rotate = async |body| {
        let answer = served.post_as("/v1/admin/signing-keys/rotate", &key, body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    assert_eq!(states().await, [0, 1, 0, 0, 0]);
    rotate(json!({})).await;
    assert_eq!(states().await, [1, 1, 0, 0, 0]);
    rotate(json!({"revoke": true})).await;
    assert_eq!(states().await[3], 2);
}

#[tokio::test]
async fn the_first_page_has_links_that_work_and_no_script() {
    let served = Served::start().await;
    let page = get(&served, "/").await;
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, "text/html; charset=utf-8")
    );
    assert!(
        page.header("content-security-policy")
            .starts_with("default-src 'none'")
    );
    assert!(
        !page.body.contains("<script") && !page.body.contains("http"),
        "{}",
        page.body
    );
    let links: Vec<_> = page
        .body
        .split("href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(
        links,
        ["/docs", "/openapi.json", "/healthz", "/readyz", "/metrics"]
    );
    for link in links {
        assert_eq!(get(&served, link).await.status, 200, "{link}");
    }
}

#[tokio::test]
async fn each_listener_serves_its_own_groups() {
    let served = Served::start().await;
    let api = served.listen(ServiceContext {
        admin: false,
        operations: false,
        ..ServiceContext::PUBLIC
    });
    let admin = served.listen(ServiceContext::ADMIN);
    let operations = served.listen(ServiceContext::OPERATIONS);
    let paths = [
        "/",
        "/verify",
        "/v1/session",
        "/v1/admin/accounts",
        "/healthz",
        "/metrics",
        "/openapi.json",
    ];
    for (addr, found) in [
        (served.addr, [true; 7]),
        (api, [true, true, true, false, false, false, true]),
        (admin, [false, false, false, true, false, false, false]),
        (operations, [false, false, false, false, true, true, false]),
    ] {
        for (path, found) in paths.into_iter().zip(found) {
            let answer = served.ask_at(addr, Ask::new(Method::GET, path)).await;
            assert_eq!(answer.status != 404, found, "{addr} {path}: {}", answer.status);
        }
    }
    let page = served.ask_at(api, Ask::new(Method::GET, "/")).await;
    assert!(!page.body.contains("/metrics"), "{}", page.body);
}

#[tokio::test]
async fn the_socket_s_peer_is_the_operator_unless_a_token_says_otherwise() {
    let served = Served::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (trusted, plain) = (
        folder.path().join("trusted.sock"),
        folder.path().join("plain.sock"),
    );
    served.listen_unix(&trusted, ServiceContext::SOCKET);
    served.listen_unix(&plain, ServiceContext::PUBLIC);
    let issue = || Ask::new(Method::POST, "/v1/service/sessions").json(&json!({"subject": "a"}));
    assert_eq!(served.ask_unix(&trusted, issue()).await.status, 201);
    assert_eq!(served.ask_unix(&plain, issue()).await.json()["reason"], "absent");
    assert_eq!(served.ask(issue()).await.json()["reason"], "absent");
    served.account("ann", Role::User).await;
    let ann = served.log_in("ann").await;
    let as_ann = served.ask_unix(&trusted, issue().bearer(&ann.access)).await;
    assert_eq!(as_ann.problem(), (403, "insufficient_scope".to_owned()));
    let session = served
        .ask_unix(&trusted, Ask::new(Method::GET, "/v1/session"))
        .await;
    assert_eq!(session.json()["reason"], "absent", "the operator is no person");
}

#[tokio::test]
async fn a_context_that_trusts_the_socket_trusts_no_tcp_peer() {
    let served = Served::start().await;
    let addr = served.listen(ServiceContext::SOCKET);
    let ask = Ask::new(Method::POST, "/v1/service/sessions").json(&json!({"subject": "a"}));
    assert_eq!(served.ask_at(addr, ask).await.json()["reason"], "absent");
}
