//! Requests that another site makes a browser send.

use http::Method;
use serde_json::json;
use symbolon::account::Role;
use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::cors::AllowedOrigins;

use crate::cookies::Browser;
use crate::served::{Ask, PASSWORD, Served, Setup};

const MARK: (&str, &str) = ("x-symbolon", "1");
const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

type Lines<'l> = &'l [(&'static str, &'l str)];

fn with(ask: Ask, lines: Lines<'_>) -> Ask {
    lines
        .iter()
        .fold(ask, |ask, (name, value)| ask.header(name, value))
}

async fn with_browser(setup: Setup) -> (Served, Browser) {
    let served = setup.start().await;
    served.account("ann", Role::User).await;
    let mut browser = Browser::default();
    browser.log_in(&served, "ann").await;
    (served, browser)
}

/// What each of the unsafe routes answers to a request with cookies and these headers.
async fn answers(served: &Served, browser: &Browser, lines: Lines<'_>) -> Vec<(u16, String)> {
    // Longer than any password: refused as soon as it is looked at, and counted as no try.
    let endless = "x".repeat(1025);
    let log_in = json!({"username": "ann", "password": endless, "cookie": true});
    let change = json!({"current": endless, "new": "nine otters by a blue lantern"});
    let asks = [
        browser.plain(Method::POST, "/v1/refresh"),
        browser.plain(Method::POST, "/v1/login").json(&log_in),
        Ask::new(Method::POST, "/v1/login").json(&log_in),
        browser.plain(Method::POST, "/v1/password").json(&change),
        browser.plain(Method::DELETE, "/v1/sessions/x"),
        browser.plain(Method::POST, "/v1/sessions/revoke-others"),
    ];
    let mut answers = Vec::new();
    for ask in asks {
        let answer = served.ask(with(ask, lines)).await;
        let code = answer
            .json()
            .get("code")
            .map(|code| code.as_str().unwrap().to_owned());
        answers.push((answer.status, code.unwrap_or_default()));
    }
    answers
}

/// What they answer once it is clear that a page of ours asks.
fn let_through() -> Vec<(u16, String)> {
    [
        (200, ""),
        (400, "invalid_request"),
        (400, "invalid_request"),
        (400, "invalid_request"),
        (404, "not_found"),
        (200, ""),
    ]
    .map(|(status, code)| (status, code.to_owned()))
    .to_vec()
}

fn stopped() -> Vec<(u16, String)> {
    vec![(403, "cross_site".to_owned()); 6]
}

#[tokio::test]
async fn asvs_3_5_1_only_a_page_of_this_origin_makes_a_browser_change_anything() {
    let (served, browser) = with_browser(Setup::default()).await;
    let own = "http://symbolon.test";
    let cases: [(&str, Lines<'_>, bool); 24] = [
        ("a page of ours", &[MARK, SAME], true),
        (
            "a page of ours, with its origin",
            &[MARK, SAME, ("origin", own)],
            true,
        ),
        ("an older browser", &[MARK, ("origin", own)], true),
        ("nothing at all, as curl", &[], false),
        (
            "a form or a plain request of ours",
            &[SAME, ("origin", own)],
            false,
        ),
        (
            "a form of another site",
            &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.test")],
            false,
        ),
        (
            "a script of another site",
            &[
                MARK,
                ("sec-fetch-site", "cross-site"),
                ("origin", "https://evil.test"),
            ],
            false,
        ),
        (
            "a sibling subdomain",
            &[
                MARK,
                ("sec-fetch-site", "same-site"),
                ("origin", "http://a.symbolon.test"),
            ],
            false,
        ),
        (
            "a sibling in an older browser",
            &[MARK, ("origin", "http://a.symbolon.test")],
            false,
        ),
        (
            "an address typed or a bookmark",
            &[MARK, ("sec-fetch-site", "none")],
            false,
        ),
        (
            "a word that no browser says",
            &[MARK, ("sec-fetch-site", "Same-Origin")],
            false,
        ),
        ("an empty word", &[MARK, ("sec-fetch-site", "")], false),
        ("two words", &[MARK, SAME, SAME], false),
        ("neither word nor origin", &[MARK], false),
        (
            "the origin of a sandboxed frame",
            &[MARK, ("origin", "null")],
            false,
        ),
        (
            "another scheme",
            &[MARK, ("origin", "https://symbolon.test")],
            false,
        ),
        (
            "another port",
            &[MARK, ("origin", "http://symbolon.test:8080")],
            false,
        ),
        (
            "our name as the beginning",
            &[MARK, ("origin", "http://symbolon.test.evil.test")],
            false,
        ),
        (
            "our name as the end",
            &[MARK, ("origin", "http://evilsymbolon.test")],
            false,
        ),
        (
            "our name as a user",
            &[MARK, ("origin", "http://symbolon.test@evil.test")],
            false,
        ),
        ("two origins", &[MARK, ("origin", own), ("origin", own)], false),
        (
            "a referrer in place of an origin",
            &[MARK, ("referer", "http://symbolon.test/")],
            false,
        ),
        ("another mark", &[("x-symbolon", "true"), SAME], false),
        ("two marks", &[MARK, MARK, SAME], false),
    ];
    for (who, lines, is_ours) in cases {
        let expected = if is_ours { let_through() } else { stopped() };
        assert_eq!(answers(&served, &browser, lines).await, expected, "{who}");
    }
    // None of it ended anything.
    let session = served.ask(browser.plain(Method::GET, "/v1/session")).await;
    assert_eq!(session.status, 200, "{}", session.body);
}

#[tokio::test]
async fn a_log_out_by_cookie_is_asked_for_by_a_page_of_ours() {
    let (served, browser) = with_browser(Setup::default()).await;
    let mut only_refresh = browser.clone();
    only_refresh.cookies.retain(|name, _| name.ends_with("-refresh"));
    for led_here in [&browser, &only_refresh] {
        let answer = served.ask(led_here.plain(Method::POST, "/v1/logout")).await;
        assert_eq!(answer.problem(), (403, "cross_site".to_owned()));
        assert_eq!(answer.header("set-cookie"), "");
    }
    let session = served.ask(browser.plain(Method::GET, "/v1/session")).await;
    assert_eq!(session.status, 200);
}

#[tokio::test]
async fn a_form_cannot_say_json_and_says_nothing_else_either() {
    let (served, browser) = with_browser(Setup::default()).await;
    let text = json!({"username": "ann", "password": PASSWORD, "cookie": true}).to_string();
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        // Without cookies there is nothing to defend but the log-in itself.
        let ask = Ask::new(Method::POST, "/v1/login").body(media_type, text.clone());
        let answer = served.ask(ask).await;
        assert_eq!(answer.status, 415, "{media_type}");
        assert_eq!(answer.header("set-cookie"), "");
        let ask = browser
            .plain(Method::POST, "/v1/login")
            .body(media_type, text.clone());
        assert_eq!(served.ask(ask).await.status, 403, "{media_type}");
    }
}

#[tokio::test]
async fn reading_needs_no_page_of_ours() {
    let (served, browser) = with_browser(Setup::default()).await;
    for method in [Method::GET, Method::HEAD] {
        for path in ["/v1/session", "/v1/sessions", "/verify"] {
            let ask = browser
                .plain(method.clone(), path)
                .header("sec-fetch-site", "cross-site");
            assert_eq!(served.ask(ask).await.status, 200, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_token_in_the_header_is_no_browser_s_doing() {
    let (served, browser) = with_browser(Setup::default()).await;
    let token = browser.cookies["__Host-symbolon"].clone();
    let other = served.log_in("ann").await.access;
    for token in [&token, &other] {
        let ask = Ask::new(Method::POST, "/v1/sessions/revoke-others").bearer(token);
        // As a browser whose page is elsewhere would mark it.
        let ask = ask
            .header("origin", "https://evil.test")
            .header("sec-fetch-site", "cross-site");
        let answer = served.ask(ask).await;
        assert!(matches!(answer.status, 200 | 401), "{}", answer.body);
        assert_ne!(answer.status, 403);
    }
    let beside = browser
        .plain(Method::POST, "/v1/logout")
        .bearer(&browser.cookies["__Host-symbolon"]);
    assert_eq!(
        served.ask(beside).await.status,
        200,
        "the same token in both is proof without the cookie"
    );
}

#[tokio::test]
async fn behind_a_trusted_proxy_its_word_says_where_the_browser_is() {
    let trusting = |network: &str| {
        let mut setup = Setup::default();
        setup.settings.trusted_proxies = TrustedProxies::new([network.parse().unwrap()]);
        setup
    };
    let lines = |origin: &'static str| {
        [
            MARK,
            ("origin", origin),
            ("x-forwarded-host", "app.example"),
            ("x-forwarded-proto", "https"),
        ]
    };
    let (served, browser) = with_browser(trusting("127.0.0.1/32")).await;
    assert_eq!(
        answers(&served, &browser, &lines("https://app.example")).await,
        let_through()
    );
    assert_eq!(
        answers(&served, &browser, &lines("http://app.example")).await,
        stopped()
    );
    assert_eq!(
        answers(&served, &browser, &lines("http://symbolon.test")).await,
        stopped()
    );
    let (served, browser) = with_browser(trusting("10.0.0.0/8")).await;
    assert_eq!(
        answers(&served, &browser, &lines("https://app.example")).await,
        stopped()
    );
    assert_eq!(
        answers(&served, &browser, &lines("http://symbolon.test")).await,
        let_through()
    );
}

#[tokio::test]
async fn a_page_of_a_listed_origin_may_use_its_cookies() {
    let mut setup = Setup::default();
    setup.settings.cors_origins = AllowedOrigins::new(["https://app.example".to_owned()]);
    let (served, browser) = with_browser(setup).await;
    let from = |origin: &'static str| [MARK, ("sec-fetch-site", "same-site"), ("origin", origin)];
    assert_eq!(
        answers(&served, &browser, &from("https://app.example")).await,
        let_through()
    );
    assert_eq!(
        answers(&served, &browser, &from("https://app.example")[1..]).await,
        stopped()
    );
    for other in [
        "https://b.app.example",
        "http://app.example",
        "https://app.example:8443",
        "null",
    ] {
        assert_eq!(
            answers(&served, &browser, &from(other)).await,
            stopped(),
            "{other}"
        );
    }
}
