//! What every answer tells a browser, route by route.

use std::collections::BTreeMap;

use http::Method;
use symbolon_http::client_addr::TrustedProxies;

use crate::openapi::{document, operations};
use crate::served::{Answer, Ask, Served, Setup};

/// The headers that say how an answer may be used.
const WATCHED: [&str; 9] = [
    "cache-control",
    "content-security-policy",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "strict-transport-security",
    "x-content-type-options",
    "x-frame-options",
];

const NO_PAGE: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("cross-origin-resource-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

fn said(answer: &Answer) -> BTreeMap<&'static str, String> {
    let said = WATCHED.iter().filter_map(|name| {
        let mut values = answer.headers.get_all(*name).iter();
        let value = values.next()?.to_str().unwrap().to_owned();
        assert!(values.next().is_none(), "{name} is there twice");
        Some((*name, value))
    });
    said.collect()
}

fn expected(lines: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    lines
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

/// A page has its own policy, and more.
fn of_page(policy: &str) -> BTreeMap<&'static str, String> {
    let mut lines = expected(&NO_PAGE);
    lines.insert("content-security-policy", policy.to_owned());
    lines.insert("cross-origin-opener-policy", "same-origin".to_owned());
    let devices = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()";
    lines.insert("permissions-policy", devices.to_owned());
    lines
}

fn of(method: &Method, path: &str) -> BTreeMap<&'static str, String> {
    match (method.as_str(), path) {
        // Public, and asked for by every service that verifies by itself.
        ("GET", "/.well-known/jwks.json") => {
            let mut lines = expected(&NO_PAGE);
            lines.insert("cache-control", "public, max-age=300".to_owned());
            lines
        }
        ("GET", "/") => {
            of_page("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
        }
        ("GET", "/docs") => of_page(
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri \
             'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        _ => expected(&NO_PAGE),
    }
}

#[tokio::test]
async fn asvs_3_4_every_route_says_how_its_answer_may_be_used() {
    let served = Served::start().await;
    let document = document(&served).await;
    let mut asked = 0;
    for one in operations(&document) {
        for body in [None, Some("{}")] {
            let ask = Ask::new(one.method.clone(), &one.place());
            let ask = body
                .into_iter()
                .fold(ask, |ask, body| ask.body("application/json", body));
            let answer = served.ask(ask).await;
            assert_eq!(
                said(&answer),
                of(&one.method, &one.place()),
                "{one} {}",
                answer.status
            );
            asked += 1;
        }
    }
    assert!(asked > 80, "{asked}");
    for (method, path) in [
        (Method::GET, "/nowhere"),
        (Method::OPTIONS, "/v1/login"),
        (Method::PUT, "/v1/login"),
    ] {
        let answer = served.ask(Ask::new(method, path)).await;
        assert_eq!(said(&answer), expected(&NO_PAGE), "{path}");
    }
}

/// What a gateway is refused with may reach a browser as it is; that a request may pass never does.
#[tokio::test]
async fn of_the_answers_to_a_gateway_the_200_alone_says_nothing_to_browsers() {
    let served = Served::start().await;
    let token = served.person("alice").await.access;
    for query in ["", "?max_age=3600"] {
        let passed = served.get(&format!("/verify{query}"), &token).await;
        assert_eq!((passed.status, passed.body.as_str()), (200, ""));
        assert_eq!(
            said(&passed),
            expected(&[("cache-control", "no-store")]),
            "{query}"
        );
    }
    for (query, token, status) in [("", "", 401), ("", "no token", 401), ("?scope=none", &token, 403)] {
        let refused = served.get(&format!("/verify{query}"), token).await;
        assert_eq!(refused.status, status, "{}", refused.body);
        assert_eq!(said(&refused), expected(&NO_PAGE), "{query}");
    }
}

#[tokio::test]
async fn every_page_has_a_policy_of_its_own_and_no_frame_around_it() {
    let served = Served::start().await;
    for path in ["/", "/docs"] {
        let answer = served.ask(Ask::new(Method::GET, path)).await;
        assert!(answer.header("content-type").starts_with("text/html"), "{path}");
        let policy = answer.header("content-security-policy");
        assert!(
            policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(!answer.body.contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn browsers_are_asked_to_insist_on_https_only_where_they_came_over_https() {
    let hsts = async |network: &str, scheme: Option<&str>| {
        let mut setup = Setup::default();
        setup.settings.trusted_proxies = TrustedProxies::new([network.parse().unwrap()]);
        let served = setup.start().await;
        let ask = Ask::new(Method::GET, "/");
        let ask = scheme
            .into_iter()
            .fold(ask, |ask, scheme| ask.header("x-forwarded-proto", scheme));
        let answer = served.ask(ask).await;
        answer.header("strict-transport-security").to_owned()
    };
    assert_eq!(hsts("127.0.0.1/32", Some("https")).await, "max-age=63072000");
    assert_eq!(hsts("127.0.0.1/32", Some("http")).await, "");
    assert_eq!(hsts("127.0.0.1/32", None).await, "");
    assert_eq!(
        hsts("10.0.0.0/8", Some("https")).await,
        "",
        "anyone can write that"
    );
}
