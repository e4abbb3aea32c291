//! A browser that keeps its tokens in cookies.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use http::header::SET_COOKIE;
use serde_json::{Value, json};
use symbolon::account::Role;
use symbolon::policy::SessionPolicy;
use symbolon::session::Lives;

use crate::served::{Answer, Ask, PASSWORD, Served, Setup};

const ACCESS: &str = "__Host-symbolon";
const REFRESH: &str = "__Secure-symbolon-refresh";

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
fn shapes(answer: &Answer) -> Vec<String> {
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
async fn with_browser() -> (Served, Browser) {
    with_browser_of(Setup::default()).await
}

async fn with_browser_of(setup: Setup) -> (Served, Browser) {
    let served = setup.start().await;
    served.account("ann", Role::User).await;
    let mut browser = Browser::default();
    browser.log_in(&served, "ann").await;
    (served, browser)
}

/// Pairs that are exchanged as soon as they are asked for.
fn without_grace() -> Setup {
    let mut setup = Setup::default();
    setup.builder = setup.builder.policy(SessionPolicy {
        rotation_grace: Duration::ZERO,
        ..SessionPolicy::default()
    });
    setup
}

async fn session_of(served: &Served, browser: &Browser) -> (u16, Value) {
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
