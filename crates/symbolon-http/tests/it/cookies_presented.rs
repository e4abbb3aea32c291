//! Cookies as proof of who asks: of a page, of a gateway, of an operator; and cookies that prove nothing.

use http::Method;
use serde_json::json;
use symbolon::account::Role;

use crate::cookies::{ACCESS, Browser, REFRESH, session_of, set_cookies, with_browser, with_browser_of};
use crate::served::{Ask, Served, Setup};

#[tokio::test]
async fn a_header_and_a_cookie_may_hold_the_same_token_and_no_different_ones() {
    let (served, browser) = with_browser().await;
    let other = served.log_in("ann").await;
    for path in ["/v1/session", "/v1/sessions", "/v1/events"] {
        let ask = browser.plain(Method::GET, path).bearer(&other.access);
        let answer = served.ask(ask).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{path}");
        assert_eq!(answer.detail(), "the header and the cookie hold different tokens");
    }
    let same = browser
        .plain(Method::GET, "/v1/session")
        .bearer(&browser.access());
    assert_eq!(served.ask(same).await.status, 200);
    let basic = browser
        .plain(Method::GET, "/v1/session")
        .header("authorization", "Basic YWJj");
    assert_eq!(served.ask(basic).await.status, 200, "another scheme is no token");
}

#[tokio::test]
async fn cookies_that_are_malformed_are_no_proof_and_those_of_others_do_not_matter() {
    let (served, browser) = with_browser().await;
    let ask = async |line: &str| {
        let ask = Ask::new(Method::GET, "/v1/session").header("cookie", line);
        let answer = served.ask(ask).await;
        let reason = answer.json().get("reason").cloned();
        (answer.status, reason.unwrap_or_default())
    };
    let token = browser.access();
    for line in [
        format!("{ACCESS}={token}"),
        format!("=; ;;a; \"b=c; {ACCESS}={token}; d"),
        format!("x={ACCESS}; {ACCESS}={token};"),
    ] {
        assert_eq!(ask(&line).await.0, 200, "{line}");
    }
    for line in [
        format!("{ACCESS}=\"{token}\""),
        format!("{ACCESS}= {token}"),
        format!("{ACCESS}={token} "),
        format!("{ACCESS}={token},x"),
        format!("{ACCESS}="),
        format!("{ACCESS}={}", browser.refresh()),
    ] {
        // A header's value has no blank at its end: what seems to have one is a good token.
        let expected = if line.ends_with(' ') { 200 } else { 401 };
        assert_eq!(ask(&line).await.0, expected, "{line}");
    }
    for line in [
        format!("__host-symbolon={token}"),
        format!("symbolon={token}"),
        format!("{ACCESS} ={token}"),
        ACCESS.to_owned(),
    ] {
        assert_eq!(ask(&line).await, (401, json!("absent")), "{line}");
    }
}

#[tokio::test]
async fn a_cookie_of_ours_that_is_there_twice_is_refused() {
    let (served, browser) = with_browser().await;
    let (access, refresh) = (browser.access(), browser.refresh());
    let twice = Ask::new(Method::GET, "/v1/session")
        .header("cookie", &format!("{ACCESS}={access}; {ACCESS}={access}"));
    let answer = served.ask(twice).await;
    assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(answer.detail(), "a cookie of this server is there more than once");
    let lines = [
        format!("{ACCESS}={access}; {REFRESH}={refresh}"),
        format!("{REFRESH}=x"),
    ];
    let ask = |path: &str| {
        lines
            .iter()
            .fold(Browser::default().ask(Method::POST, path), |ask, line| {
                ask.header("cookie", line)
            })
    };
    assert_eq!(served.ask(ask("/v1/refresh")).await.status, 400);
    // A sibling that adds a refresh cookie keeps nobody from logging out.
    assert_eq!(served.ask(ask("/v1/logout")).await.status, 200);
}

#[tokio::test]
async fn more_cookies_than_eight_kibibytes_are_refused() {
    let (served, browser) = with_browser().await;
    let own = format!("{ACCESS}={}; x=", browser.access());
    let line = |size: usize| format!("{own}{}", "x".repeat(size - own.len()));
    let ask = |path: &str, size: usize| served.ask(Ask::new(Method::GET, path).header("cookie", &line(size)));
    assert_eq!(ask("/v1/session", 8192).await.status, 200);
    assert_eq!(
        ask("/v1/session", 8193).await.problem(),
        (431, "header_fields_too_large".to_owned())
    );
    assert_eq!(ask("/verify", 8192).await.status, 200);
    assert_eq!(
        ask("/verify", 8193).await.status,
        401,
        "a gateway turns all else into a 500"
    );
}

#[tokio::test]
async fn a_gateway_passes_a_browser_by_its_cookie_from_memory() {
    let mut setup = Setup::default();
    setup.settings.debug_tier = true;
    let (served, browser) = with_browser_of(setup).await;
    for method in [Method::GET, Method::POST, Method::DELETE] {
        // What the application does with it, and whether its own page asked, is the application's to judge.
        let answer = served.ask(browser.plain(method.clone(), "/verify")).await;
        assert_eq!(
            (answer.status, answer.header("x-symbolon-subject")),
            (200, "ann"),
            "{method}"
        );
        assert_eq!(answer.header("x-symbolon-tier"), "near");
        assert_eq!(set_cookies(&answer), [""; 0]);
    }
    let more = served.ask(browser.plain(Method::GET, "/verify?max_age=1h")).await;
    assert_eq!(more.status, 200);
    let log_out = served.ask(browser.ask(Method::POST, "/v1/logout")).await;
    assert_eq!(log_out.status, 200);
    let after = served.ask(browser.plain(Method::GET, "/verify")).await;
    assert_eq!(
        (after.status, after.json()["reason"].clone()),
        (401, json!("logged_out"))
    );
}

#[tokio::test]
async fn l14_a_gateway_answers_whatever_is_wrong_with_cookies_by_401() {
    let (served, browser) = with_browser().await;
    let (access, refresh) = (browser.access(), browser.refresh());
    let other = served.log_in("ann").await.access;
    let bearer = |token: &str| vec![("authorization", format!("Bearer {token}"))];
    let cookie = |line: String| vec![("cookie", line)];
    for lines in [
        cookie(format!("{ACCESS}={access}; {ACCESS}={access}")),
        [
            cookie(format!("{ACCESS}={access}")),
            cookie(format!("{ACCESS}=x")),
        ]
        .concat(),
        cookie(format!("{ACCESS}=x")),
        cookie(format!("{ACCESS}=\"{access}\"")),
        cookie(format!("{ACCESS}={refresh}")),
        cookie(format!("{REFRESH}={access}")),
        cookie(format!("{ACCESS}={access}\u{e9}")),
        cookie(format!("__HOST-symbolon={access}")),
        [bearer(&other), cookie(format!("{ACCESS}={access}"))].concat(),
        [bearer("x"), cookie(format!("{ACCESS}={access}"))].concat(),
        [bearer(&access), cookie(format!("{ACCESS}=x"))].concat(),
        [
            bearer(&access),
            cookie(format!("{ACCESS}={access}; {ACCESS}={access}")),
        ]
        .concat(),
    ] {
        let ask = Ask::new(Method::GET, "/verify");
        let ask = lines
            .iter()
            .fold(ask, |ask, (name, value)| ask.header(name, value));
        let answer = served.ask(ask).await;
        assert_eq!(answer.problem(), (401, "invalid_token".to_owned()), "{lines:?}");
    }
    for lines in [
        bearer(&access),
        cookie(format!("{ACCESS}={access}")),
        [bearer(&access), cookie(format!("{ACCESS}={access}"))].concat(),
        [bearer(&access), cookie("a=b; c".to_owned())].concat(),
    ] {
        let ask = Ask::new(Method::GET, "/verify");
        let ask = lines
            .iter()
            .fold(ask, |ask, (name, value)| ask.header(name, value));
        assert_eq!(served.ask(ask).await.status, 200, "{lines:?}");
    }
}

#[tokio::test]
async fn an_operator_s_browser_reads_and_kicks_by_its_cookie() {
    let served = Served::start().await;
    served.account("root", Role::Admin).await;
    let mut browser = Browser::default();
    let id = browser.log_in(&served, "root").await.json()["session_id"].clone();
    let path = format!("/v1/admin/sessions/{}", id.as_str().unwrap());
    let read = served.ask(browser.plain(Method::GET, &path)).await;
    assert_eq!(read.status, 200, "{}", read.body);
    let led_here = served.ask(browser.plain(Method::DELETE, &path)).await;
    assert_eq!(led_here.problem(), (403, "cross_site".to_owned()));
    let kicked = served.ask(browser.ask(Method::DELETE, &path)).await;
    assert_eq!(kicked.status, 200, "{}", kicked.body);
    assert_eq!(session_of(&served, &browser).await, (401, json!("kicked")));
}
