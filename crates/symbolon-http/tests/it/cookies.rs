//! A browser that keeps its tokens in cookies.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use http::header::SET_COOKIE;
use serde_json::{Value, json};
use symbolon::account::Role;
use symbolon::policy::SessionPolicy;

use crate::served::{Answer, Ask, PASSWORD, Served, Setup};

pub(crate) const ACCESS: &str = "__Host-symbolon";
pub(crate) const REFRESH: &str = "__Secure-symbolon-refresh";

const WITHOUT_TOKENS: &str = r#"{"token_type":"Bearer","expires_in":1800,"refresh_expires_in":2592000,"session_id":"<id>","subject":"ann"}"#;

/// The jar of a browser that is on a page of the server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Browser {
    pub(crate) cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A request as a page of the server makes it.
    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask {
        self.plain(method, path)
            .header("x-symbolon", "1")
            .header("sec-fetch-site", "same-origin")
    }

    /// A request that has the cookies and nothing else.
    pub(crate) fn plain(&self, method: Method, path: &str) -> Ask {
        let line: Vec<_> = self
            .cookies
            .iter()
            // As the paths of the cookies say.
            .filter(|(name, _)| !name.ends_with("-refresh") || path.starts_with("/v1"))
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let ask = Ask::new(method, path);
        if line.is_empty() {
            ask
        } else {
            ask.header("cookie", &line.join("; "))
        }
    }

    /// Takes over what an answer puts into cookies.
    pub(crate) fn keep(&mut self, answer: &Answer) {
        for line in set_cookies(answer) {
            let (pair, attributes) = line.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    pub(crate) async fn log_in(&mut self, served: &Served, name: &str) -> Answer {
        let body = json!({"username": name, "password": PASSWORD, "cookie": true});
        self.log_in_with(served, body).await
    }

    async fn log_in_with(&mut self, served: &Served, body: Value) -> Answer {
        let answer = served.ask(self.ask(Method::POST, "/v1/login").json(&body)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        self.keep(&answer);
        answer
    }

    pub(crate) fn access(&self) -> String {
        self.cookies[ACCESS].clone()
    }

    pub(crate) fn refresh(&self) -> String {
        self.cookies[REFRESH].clone()
    }
}

pub(crate) fn set_cookies(answer: &Answer) -> Vec<String> {
    answer
        .headers
        .get_all(SET_COOKIE)
        .iter()
        .map(|value| value.to_str().unwrap().to_owned())
        .collect()
}

/// The lines of `Set-Cookie` with each value replaced by its kind.
pub(crate) fn shapes(answer: &Answer) -> Vec<String> {
    let shape = |line: String| {
        let (pair, attributes) = line.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let kind = match value {
            value if value.starts_with("sya_") => "<access>",
            value if value.starts_with("syr_") && value.ends_with(".remember") => "<refresh>.remember",
            value if value.starts_with("syr_") => "<refresh>",
            value if value.starts_with("syd_") => "<device>",
            value => value,
        };
        format!("{name}={kind};{attributes}")
    };
    set_cookies(answer).into_iter().map(shape).collect()
}

/// A server with one account and a browser that is logged in to it.
pub(crate) async fn with_browser() -> (Served, Browser) {
    with_browser_of(Setup::default()).await
}

pub(crate) async fn with_browser_of(setup: Setup) -> (Served, Browser) {
    let served = setup.start().await;
    served.account("ann", Role::User).await;
    let mut browser = Browser::default();
    browser.log_in(&served, "ann").await;
    (served, browser)
}

/// Pairs that are exchanged as soon as they are asked for.
pub(crate) fn without_grace() -> Setup {
    let mut setup = Setup::default();
    setup.builder = setup.builder.policy(SessionPolicy {
        rotation_grace: Duration::ZERO,
        ..SessionPolicy::default()
    });
    setup
}

pub(crate) async fn session_of(served: &Served, browser: &Browser) -> (u16, Value) {
    let answer = served.ask(browser.plain(Method::GET, "/v1/session")).await;
    let body = answer.json();
    (
        answer.status,
        body.get("session_id")
            .or(body.get("reason"))
            .cloned()
            .unwrap_or_default(),
    )
}

#[tokio::test]
async fn a_log_in_with_cookies_puts_both_tokens_away_and_none_into_the_body() {
    let served = Served::start().await;
    served.account("ann", Role::User).await;
    let mut browser = Browser::default();
    let answer = browser.log_in(&served, "ann").await;
    assert_eq!(answer.exact(), (200, WITHOUT_TOKENS.to_owned()));
    assert_eq!(
        shapes(&answer),
        [
            "__Host-symbolon=<access>; Path=/; Secure; HttpOnly; SameSite=Lax",
            "__Secure-symbolon-refresh=<refresh>; Path=/v1; Secure; HttpOnly; SameSite=Strict",
            "__Host-symbolon-device=<device>; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=7776000",
        ]
    );
    for line in set_cookies(&answer) {
        assert!(line.len() <= 4096, "{line}");
    }
    let (status, id) = session_of(&served, &browser).await;
    assert_eq!((status, id), (200, answer.json()["session_id"].clone()));
}

#[tokio::test]
async fn d8_a_browser_that_was_here_before_logs_in_while_a_stranger_guesses() {
    let (served, mut browser) = with_browser().await;
    let guess = || served.post("/v1/login", json!({"username": "ann", "password": "wrong"}));
    crate::served::until(guess, |answer| answer.status == 429).await;
    // The browser was closed: what does not outlive it is gone.
    browser.cookies.retain(|name, _| name == "__Host-symbolon-device");
    let stranger = Browser::default();
    let body = json!({"username": "ann", "password": PASSWORD, "cookie": true});
    let refused = served
        .ask(stranger.ask(Method::POST, "/v1/login").json(&body))
        .await;
    assert_eq!(refused.problem(), (429, "throttled".to_owned()));
    let before = browser.cookies["__Host-symbolon-device"].clone();
    browser.log_in(&served, "ann").await;
    assert_ne!(browser.cookies["__Host-symbolon-device"], before, "it is renewed");
    // Without `cookie: true` no page of ours asks, and the cookie is not looked at.
    let body = json!({"username": "ann", "password": PASSWORD});
    let plain = served
        .ask(browser.plain(Method::POST, "/v1/login").json(&body))
        .await;
    assert_ne!(plain.status, 200);
}

#[tokio::test]
async fn a_browser_that_is_to_be_remembered_keeps_its_cookies_as_long_as_the_refresh_token_lives() {
    let served = without_grace().start().await;
    served.account("ann", Role::User).await;
    let mut browser = Browser::default();
    let body = json!({"username": "ann", "password": PASSWORD, "cookie": true, "remember": true});
    let answer = browser.log_in_with(&served, body).await;
    let lasting = |age: &Value| {
        [
            format!("__Host-symbolon=<access>; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={age}"),
            format!(
                "__Secure-symbolon-refresh=<refresh>.remember; Path=/v1; Secure; HttpOnly; SameSite=Strict; \
                 Max-Age={age}"
            ),
        ]
    };
    let life = answer.json()["refresh_expires_in"].clone();
    assert_eq!(life, 7_776_000);
    assert_eq!(shapes(&answer)[..2], lasting(&life));
    let next = served.ask(browser.ask(Method::POST, "/v1/refresh")).await;
    assert_eq!(shapes(&next), lasting(&next.json()["refresh_expires_in"]));
    assert!(next.json()["refresh_expires_in"].as_u64() >= Some(7_775_990));
    browser.keep(&next);
    assert_eq!(session_of(&served, &browser).await.0, 200);
}

#[tokio::test]
async fn over_plain_http_in_development_the_names_have_no_prefix() {
    let mut setup = Setup::default();
    setup.settings.cookies.secure = false;
    let served = setup.start().await;
    served.account("ann", Role::User).await;
    let mut browser = Browser::default();
    let answer = browser.log_in(&served, "ann").await;
    assert_eq!(
        shapes(&answer),
        [
            "symbolon=<access>; Path=/; HttpOnly; SameSite=Lax",
            "symbolon-refresh=<refresh>; Path=/v1; HttpOnly; SameSite=Strict",
            "symbolon-device=<device>; Path=/; HttpOnly; SameSite=Strict; Max-Age=7776000",
        ]
    );
    assert_eq!(session_of(&served, &browser).await.0, 200);
    let log_out = served.ask(browser.ask(Method::POST, "/v1/logout")).await;
    assert_eq!(
        shapes(&log_out)[0],
        "symbolon=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"
    );
    // The name of the other form is another's cookie.
    let prefixed = Browser {
        cookies: [(ACCESS.to_owned(), browser.cookies["symbolon"].clone())].into(),
    };
    assert_eq!(session_of(&served, &prefixed).await, (401, json!("absent")));
}

#[tokio::test]
async fn a_log_out_by_either_cookie_ends_the_session_and_takes_both_back() {
    let taken_back = [
        "__Host-symbolon=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
        "__Secure-symbolon-refresh=; Path=/v1; Secure; HttpOnly; SameSite=Strict; Max-Age=0",
    ];
    for only in [None, Some(ACCESS), Some(REFRESH)] {
        let (served, browser) = with_browser().await;
        let mut shown = browser.clone();
        shown
            .cookies
            .retain(|name, _| only.is_none_or(|only| only == name.as_str()));
        for already in [None, Some(true)] {
            let answer = served.ask(shown.ask(Method::POST, "/v1/logout")).await;
            let body = answer.json();
            assert_eq!((answer.status, &body["revoked"]), (200, &json!(true)), "{only:?}");
            assert_eq!(body.get("already").and_then(Value::as_bool), already);
            assert_eq!(set_cookies(&answer), taken_back);
            assert_eq!(answer.header("clear-site-data"), r#""cookies", "storage""#);
        }
        assert_eq!(session_of(&served, &browser).await, (401, json!("logged_out")));
    }
}

#[tokio::test]
async fn a_log_out_takes_cookies_back_also_where_they_prove_nothing_but_not_where_it_is_not_known() {
    let (served, browser) = with_browser().await;
    let useless = Browser {
        cookies: [(ACCESS.to_owned(), "x".to_owned())].into(),
    };
    let answer = served.ask(useless.ask(Method::POST, "/v1/logout")).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (200, r#"{"revoked":false}"#)
    );
    assert_eq!(set_cookies(&answer).len(), 2);
    served.symbolon.stop().await;
    let answer = served.ask(browser.ask(Method::POST, "/v1/logout")).await;
    assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
    assert_eq!(set_cookies(&answer), [""; 0]);
    assert_eq!(answer.header("clear-site-data"), "");
}

#[tokio::test]
async fn a_log_out_without_cookies_says_nothing_about_them() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let answer = served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access))
        .await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (200, 0));
    assert_eq!(answer.header("clear-site-data"), "");
}

#[tokio::test]
async fn a_deployment_that_shares_its_domain_leaves_the_rest_of_it_alone() {
    let mut setup = Setup::default();
    setup.settings.cookies.clear_site_data = false;
    let (served, browser) = with_browser_of(setup).await;
    let answer = served.ask(browser.ask(Method::POST, "/v1/logout")).await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (200, 2));
    assert_eq!(answer.header("clear-site-data"), "");
}

#[tokio::test]
async fn to_end_the_own_session_takes_the_cookies_back_and_to_end_another_does_not() {
    let (served, browser) = with_browser().await;
    let other = served.log_in("ann").await;
    let end = |id: &str| served.ask(browser.ask(Method::DELETE, &format!("/v1/sessions/{id}")));
    let answer = end(&other.session).await;
    assert_eq!(
        (answer.status, set_cookies(&answer).len()),
        (200, 0),
        "{}",
        answer.body
    );
    let (_, own) = session_of(&served, &browser).await;
    let answer = end(own.as_str().unwrap()).await;
    assert_eq!(
        (answer.status, set_cookies(&answer).len()),
        (200, 2),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn asvs_7_2_4_a_cookie_set_before_the_log_in_never_becomes_the_one_that_is_logged_in() {
    let (served, attacker) = with_browser().await;
    served.account("bob", Role::User).await;
    for only in [None, Some(REFRESH)] {
        // Whoever sets cookies in a victim's browser knows the session that they belong to.
        let mut fixed = Browser::default();
        fixed.log_in(&served, "ann").await;
        let mut victim = fixed.clone();
        victim
            .cookies
            .retain(|name, _| only.is_none_or(|only| only == name.as_str()));
        let answer = victim.log_in(&served, "bob").await;
        assert_eq!(answer.json()["subject"], "bob");
        assert_ne!(victim.access(), fixed.access());
        assert_eq!(
            session_of(&served, &fixed).await,
            (401, json!("replaced")),
            "{only:?}"
        );
        let (status, id) = session_of(&served, &victim).await;
        assert_eq!((status, id), (200, answer.json()["session_id"].clone()));
    }
    assert_eq!(session_of(&served, &attacker).await.0, 200, "others stay");
}

#[tokio::test]
async fn a_wrong_password_leaves_the_session_of_the_cookie_alone() {
    let (served, browser) = with_browser().await;
    let body = json!({"username": "ann", "password": "wrong", "cookie": true});
    let answer = served
        .ask(browser.ask(Method::POST, "/v1/login").json(&body))
        .await;
    assert_eq!((answer.status, set_cookies(&answer).len()), (401, 0));
    assert_eq!(session_of(&served, &browser).await.0, 200);
}

#[tokio::test]
async fn a_changed_password_gives_the_browser_new_cookies() {
    let (served, mut browser) = with_browser().await;
    let (_, id) = session_of(&served, &browser).await;
    let old = browser.clone();
    let body = json!({"current": PASSWORD, "new": "nine otters by a blue lantern"});
    let answer = served
        .ask(browser.ask(Method::POST, "/v1/password").json(&body))
        .await;
    assert_eq!(
        (answer.status, shapes(&answer).len()),
        (200, 2),
        "{}",
        answer.body
    );
    assert!(
        !answer.body.contains("sya_") && !answer.body.contains("syr_"),
        "{}",
        answer.body
    );
    browser.keep(&answer);
    assert_eq!(session_of(&served, &browser).await, (200, id));
    assert_eq!(session_of(&served, &old).await.0, 401, "the old pair is dead");
    let body = json!({
        "current": "nine otters by a blue lantern", "new": "ten voles at a red door", "keep_current": false,
    });
    let answer = served
        .ask(browser.ask(Method::POST, "/v1/password").json(&body))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    browser.keep(&answer);
    let left: Vec<_> = browser.cookies.keys().collect();
    assert_eq!(
        left,
        ["__Host-symbolon-device"],
        "a session that ended leaves no token"
    );
}
