//! A browser that exchanges its pair by its cookies.

use std::time::Duration;

use http::Method;
use serde_json::json;
use symbolon::account::Role;
use symbolon::policy::SessionPolicy;
use symbolon::session::Lives;

use crate::cookies::{
    ACCESS, Browser, REFRESH, session_of, set_cookies, shapes, with_browser, with_browser_of, without_grace,
};
use crate::served::{Ask, Served, Setup};

#[tokio::test]
async fn a_refresh_by_cookie_puts_the_next_pair_into_cookies() {
    let (served, mut browser) = with_browser_of(without_grace()).await;
    let before = browser.clone();
    for body in [None, Some(json!({})), None] {
        let ask = browser.ask(Method::POST, "/v1/refresh");
        let ask = body.iter().fold(ask, Ask::json);
        let answer = served.ask(ask).await;
        assert_eq!(
            (answer.status, answer.json()["subject"].as_str()),
            (200, Some("ann"))
        );
        assert!(!answer.body.contains("_token\""), "{}", answer.body);
        assert_eq!(shapes(&answer).len(), 2);
        let old = browser.clone();
        browser.keep(&answer);
        assert_ne!(old.access(), browser.access());
        assert_ne!(old.refresh(), browser.refresh());
        assert_eq!(session_of(&served, &browser).await.0, 200);
    }
    // An old refresh cookie that comes back is theft here as anywhere.
    let stolen = served.ask(before.ask(Method::POST, "/v1/refresh")).await;
    assert_eq!(stolen.json()["reason"], "reuse_detected");
    // Another tab may have logged in meanwhile: a refusal leaves the cookies alone.
    assert_eq!(set_cookies(&stolen), [""; 0]);
}

#[tokio::test]
async fn a_pair_that_is_only_seconds_old_is_kept_so_that_tabs_do_not_overwrite_each_other() {
    let (served, browser) = with_browser().await;
    for _ in 0..5 {
        let answer = served.ask(browser.ask(Method::POST, "/v1/refresh")).await;
        let body = answer.json();
        assert_eq!((answer.status, set_cookies(&answer)), (200, Vec::new()), "{body}");
        assert_eq!(body["subject"], "ann");
        assert!(body["expires_in"].as_u64() <= Some(1800));
        assert_eq!(body.get("access_token"), None);
    }
    // Nothing was written: the pair in the jar still is the first.
    let answer = served
        .post("/v1/refresh", json!({"refresh_token": browser.refresh()}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_young_pair_whose_access_token_has_ended_is_exchanged_all_the_same() {
    let mut setup = Setup::default();
    let policy = SessionPolicy::default();
    let standard = Lives {
        access_ttl: Duration::from_millis(50),
        ..policy.standard
    };
    setup.builder = setup.builder.policy(SessionPolicy { standard, ..policy });
    let (served, browser) = with_browser_of(setup).await;
    let refresh = || served.ask(browser.ask(Method::POST, "/v1/refresh"));
    let answer = crate::served::until(refresh, |answer| !set_cookies(answer).is_empty()).await;
    assert_eq!(shapes(&answer).len(), 2, "{}", answer.body);
}

#[tokio::test]
async fn a_refresh_cookie_counts_only_beside_an_access_cookie_of_the_same_session() {
    let (served, browser) = with_browser_of(without_grace()).await;
    served.account("eve", Role::User).await;
    let mut eve = Browser::default();
    eve.log_in(&served, "eve").await;
    let refused = async |cookies: &[(&str, String)]| {
        let cookies = cookies
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        let browser = Browser {
            cookies: cookies.collect(),
        };
        let answer = served.ask(browser.ask(Method::POST, "/v1/refresh")).await;
        assert_eq!(set_cookies(&answer), [""; 0]);
        (answer.status, answer.json()["reason"].clone())
    };
    // A host beside ours can set a cookie of this name for the whole domain, but not one with the prefix `__Host-`.
    assert_eq!(refused(&[(REFRESH, eve.refresh())]).await, (401, json!("absent")));
    assert_eq!(
        refused(&[(ACCESS, browser.access()), (REFRESH, eve.refresh())]).await,
        (401, json!("malformed"))
    );
    assert_eq!(
        refused(&[(ACCESS, browser.access())]).await,
        (401, json!("absent"))
    );
    assert_eq!(
        refused(&[(ACCESS, "x".to_owned()), (REFRESH, browser.refresh())]).await,
        (401, json!("malformed"))
    );
    assert_eq!(
        refused(&[(ACCESS, browser.access()), (REFRESH, browser.access())]).await,
        (401, json!("malformed"))
    );
    assert_eq!(
        session_of(&served, &browser).await.0,
        200,
        "nothing of it ended anything"
    );
    let right = served.ask(browser.ask(Method::POST, "/v1/refresh")).await;
    assert_eq!(right.status, 200);
}

#[tokio::test]
async fn a_refresh_without_anything_says_so() {
    let served = Served::start().await;
    let nothing = served
        .ask(Browser::default().ask(Method::POST, "/v1/refresh"))
        .await;
    assert_eq!(
        (nothing.status, nothing.json()["reason"].clone()),
        (401, json!("absent"))
    );
    let empty = served.post("/v1/refresh", json!({})).await;
    assert_eq!(empty.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(empty.detail(), "refresh_token is missing");
}
