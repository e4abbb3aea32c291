//! What services do with an API key.

use http::Method;
use serde_json::{Value, json};
use symbolon::account::Role;

use crate::served::{Ask, Served, Tokens};

#[tokio::test]
async fn an_issued_session_is_a_201_with_its_place() {
    let served = Served::start().await;
    let key = served.key("issue").await;
    let answer = served
        .post_as("/v1/service/sessions", &key, json!({"subject": "user-1024"}))
        .await;
    let expected = concat!(
        r#"{"access_token":"<access>","refresh_token":"<refresh>","token_type":"Bearer","expires_in":1800,"#,
        r#""refresh_expires_in":2592000,"session_id":"<id>","subject":"user-1024"}"#,
    );
    assert_eq!(answer.exact(), (201, expected.to_owned()));
    let tokens = Tokens::of(&answer);
    assert_eq!(
        answer.header("location"),
        format!("/v1/service/sessions/{}", tokens.session)
    );
    assert_eq!(served.refused(&tokens.access).await, None);
}

#[tokio::test]
async fn a_session_is_the_client_s_whose_key_began_it_unless_another_is_named() {
    let served = Served::start().await;
    let (_, of_shop) = served.client_key("issue,verify", "shop").await;
    let of_none = served.key("issue").await;
    for (key, named, expected) in [
        (&of_shop, json!({}), "shop"),
        (&of_shop, json!({"client_id": "kiosk"}), "kiosk"),
        (&of_none, json!({}), "default"),
    ] {
        let mut body = named;
        body["subject"] = json!("ann");
        let issued = served.post_as("/v1/service/sessions", key, body).await;
        let token = Tokens::of(&issued).access;
        let verified = served
            .post_as("/v1/verify", &of_shop, json!({"token": token}))
            .await;
        assert_eq!(verified.json()["client_id"], expected);
    }
}

#[tokio::test]
async fn everything_that_was_given_at_issue_is_read_again() {
    let served = Served::start().await;
    let tokens = served
        .issue(json!({
            "subject": "虎", "client_id": "shop", "device": {"id": "d", "kind": "ios", "name": "n"},
            "ip": "2001:db8::7", "user_agent": "curl/8.5.0", "claims": {"roles": ["b"], "dept": 7},
            "audience": ["api", "files"], "scope": "read write", "remember": true, "access_ttl": "5m",
            "refresh_ttl": 600, "idle_timeout": "1h", "absolute_timeout": "1d", "token_style": "opaque",
        }))
        .await;
    let key = served.key("verify").await;
    let session = served
        .get(&format!("/v1/service/sessions/{}", tokens.session), &key)
        .await;
    let expected = concat!(
        r#"{"session_id":"<id>","subject":"虎","client_id":"shop","state":"active","created_at":"<instant>","#,
        r#""authenticated_at":"<instant>","last_seen_at":"<instant>","expires_at":"<instant>","idle_expires_at":"<instant>","#,
        r#""device":{"id":"d","kind":"ios","name":"n","os":null,"browser":"curl"},"ip":"2001:db8::7","#,
        r#""user_agent":"curl/8.5.0","audience":["api","files"],"scope":"read write","claims":{"dept":7,"roles":["b"]}}"#,
    );
    assert_eq!(session.exact(), (200, expected.to_owned()));
    let body = session.json();
    let span = |name: &str| millis(&body[name]) - millis(&body["created_at"]);
    assert_eq!(span("expires_at"), 24 * 3600 * 1000);
    // An hour, and the minute that recorded activity may lag behind.
    assert_eq!(span("idle_expires_at"), 3660 * 1000);
}

fn millis(instant: &Value) -> i64 {
    let instant: jiff::Timestamp = instant.as_str().unwrap().parse().unwrap();
    instant.as_millisecond()
}

#[tokio::test]
async fn lives_are_seconds_or_texts_and_a_refresh_life_of_zero_is_none() {
    let served = Served::start().await;
    let key = served.key("issue").await;
    let issue = |body| served.post_as("/v1/service/sessions", &key, body);
    let seconds = issue(json!({"subject": "a", "access_ttl": 90, "refresh_ttl": "2m"}))
        .await
        .json();
    assert_eq!(
        (&seconds["expires_in"], &seconds["refresh_expires_in"]),
        (&json!(90), &json!(120))
    );
    let none = issue(json!({"subject": "a", "refresh_ttl": 0})).await;
    let expected = r#"{"access_token":"<access>","token_type":"Bearer","expires_in":1800,"session_id":"<id>","subject":"a"}"#;
    assert_eq!(none.exact(), (201, expected.to_owned()));
}

#[tokio::test]
async fn an_issue_that_cannot_be_is_refused_and_names_its_field() {
    let served = Served::start().await;
    let key = served.key("issue").await;
    for (field, value) in [
        ("subject", json!("")),
        ("subject", json!("a\nb")),
        ("subject", json!("x".repeat(256))),
        ("subject", json!(7)),
        ("client_id", json!("")),
        ("device", json!({"kind": 1})),
        ("ip", json!("999.1.1.1")),
        ("claims", json!([])),
        ("claims", json!("{}")),
        ("claims", json!({"a": "x".repeat(4096)})),
        ("audience", json!([])),
        ("audience", json!("a b")),
        ("scope", json!("a  b")),
        ("scope", json!("\"")),
        ("remember", json!(1)),
        ("access_ttl", json!(0)),
        ("access_ttl", json!("999ms")),
        ("access_ttl", json!(-1)),
        ("access_ttl", json!("3651d")),
        ("refresh_ttl", json!("soon")),
        ("idle_timeout", json!(0)),
        ("absolute_timeout", json!(i64::MAX)),
        ("token_style", json!("signed")),
        ("colour", json!("red")),
    ] {
        let mut body = json!({"subject": "a"});
        body[field] = value;
        let answer = served.post_as("/v1/service/sessions", &key, body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{body}");
        assert!(answer.detail().contains(field), "{body}: {}", answer.detail());
    }
    let floats = r#"{"subject": "a", "claims": {"x": 1.5}}"#;
    let ask = Ask::new(Method::POST, "/v1/service/sessions")
        .bearer(&key)
        .body("application/json", floats);
    assert_eq!(served.ask(ask).await.problem().0, 400);
    assert_eq!(
        served
            .post_as("/v1/service/sessions", &key, json!({}))
            .await
            .problem()
            .0,
        400
    );
}

#[tokio::test]
async fn each_route_needs_its_scope() {
    let served = Served::start().await;
    let asks = |key: &str, path: &str| {
        [
            ("verify", Ask::new(Method::GET, path).bearer(key)),
            (
                "verify",
                Ask::new(Method::POST, "/v1/verify")
                    .bearer(key)
                    .json(&json!({"token": "x"})),
            ),
            (
                "issue",
                Ask::new(Method::POST, "/v1/service/sessions")
                    .bearer(key)
                    .json(&json!({"subject": "a"})),
            ),
            (
                "issue",
                Ask::new(Method::PATCH, path)
                    .bearer(key)
                    .json(&json!({"claims": {}})),
            ),
            ("revoke", Ask::new(Method::DELETE, path).bearer(key)),
        ]
    };
    for has in ["verify", "issue", "revoke", "admin:read", "admin"] {
        let key = served.key(has).await;
        let tokens = served.issue(json!({"subject": "a"})).await;
        for (needs, ask) in asks(&key, &format!("/v1/service/sessions/{}", tokens.session)) {
            let name = format!("{has}: {} {}", ask.0.method(), ask.0.uri());
            let answer = served.ask(ask).await;
            if needs == has || has == "admin" {
                assert!(answer.status < 300, "{name}: {}", answer.body);
                continue;
            }
            assert_eq!(answer.problem(), (403, "insufficient_scope".to_owned()), "{name}");
            assert_eq!(answer.detail(), format!("scope {needs} is needed"));
            let challenge =
                format!(r#"Bearer realm="symbolon", error="insufficient_scope", scope="{needs}""#);
            assert_eq!(answer.header("www-authenticate"), challenge);
        }
    }
}

#[tokio::test]
async fn a_person_is_a_caller_by_the_role_of_their_account() {
    let served = Served::start().await;
    let ask = |token: String| async move { (token, json!({"token": "x"})) };
    for (name, role, status) in [
        ("u", Role::User, 403),
        ("v", Role::Viewer, 403),
        ("a", Role::Admin, 200),
    ] {
        served.account(name, role).await;
        let (token, body) = ask(served.log_in(name).await.access).await;
        assert_eq!(
            served.post_as("/v1/verify", &token, body).await.status,
            status,
            "{name}"
        );
    }
}

#[tokio::test]
async fn nobody_is_a_caller_without_a_live_key() {
    let served = Served::start().await;
    let (id, key) = served.key_with_id("verify").await;
    let ask = |ask: Ask| served.ask(ask.json(&json!({"token": "x"})));
    let verify = || Ask::new(Method::POST, "/v1/verify");
    assert_eq!(ask(verify()).await.json()["reason"], "absent");
    assert_eq!(ask(verify().bearer("syk_x")).await.json()["reason"], "malformed");
    assert_eq!(ask(verify().bearer(&key)).await.status, 200);
    let origin = served.symbolon.origin_of_system();
    served
        .symbolon
        .revoke_api_key(id, &origin)
        .await
        .unwrap()
        .unwrap();
    let answer = ask(verify().bearer(&key)).await;
    assert_eq!(
        (answer.status, answer.json()["reason"].as_str()),
        (401, Some("unknown"))
    );
}

#[tokio::test]
async fn a_session_is_changed_and_seen_changed_at_the_next_verify() {
    let served = Served::start().await;
    let (issue, verify) = (served.key("issue").await, served.key("verify").await);
    let tokens = served
        .issue(json!({"subject": "a", "claims": {"role": "user"}}))
        .await;
    let ask = || served.post_as("/v1/verify", &verify, json!({"token": tokens.access}));
    assert_eq!(ask().await.json()["claims"], json!({"role": "user"}));
    let path = format!("/v1/service/sessions/{}", tokens.session);
    let change = json!({"claims": {"role": "admin"}, "absolute_timeout": "60d", "idle_timeout": "10d"});
    let answer = served
        .ask(Ask::new(Method::PATCH, &path).bearer(&issue).json(&change))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    assert_eq!(
        millis(&body["expires_at"]) - millis(&body["created_at"]),
        60 * 24 * 3600 * 1000
    );
    assert_eq!(body["claims"], json!({"role": "admin"}));
    assert_eq!(ask().await.json()["claims"], json!({"role": "admin"}));
}

#[tokio::test]
async fn a_change_of_nothing_or_of_no_live_session_is_refused() {
    let served = Served::start().await;
    let (issue, revoke) = (served.key("issue").await, served.key("revoke").await);
    let tokens = served.issue(json!({"subject": "a"})).await;
    let path = format!("/v1/service/sessions/{}", tokens.session);
    let change =
        |path: &str, body: Value| served.ask(Ask::new(Method::PATCH, path).bearer(&issue).json(&body));
    let nothing = change(&path, json!({})).await;
    assert_eq!(nothing.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(
        change(&path, json!({"claims": null, "subject": "b"}))
            .await
            .problem()
            .0,
        400
    );
    assert_eq!(change(&path, json!({"idle_timeout": 0})).await.problem().0, 400);
    let nowhere = "/v1/service/sessions/00000000-0000-7000-8000-000000000000";
    assert_eq!(
        change(nowhere, json!({"claims": {}})).await.problem(),
        (404, "not_found".to_owned())
    );
    served.delete(&path, &revoke).await;
    assert_eq!(
        change(&path, json!({"claims": {}})).await.problem(),
        (404, "not_found".to_owned())
    );
}

#[tokio::test]
async fn an_ended_session_says_why_and_when() {
    let served = Served::start().await;
    let (revoke, verify) = (served.key("revoke").await, served.key("verify").await);
    let tokens = served.issue(json!({"subject": "a"})).await;
    let path = format!("/v1/service/sessions/{}", tokens.session);
    let answer = served.delete(&path, &revoke).await;
    let seq = answer.json()["seq"].as_u64().unwrap();
    assert_eq!(
        answer.exact(),
        (
            200,
            format!(r#"{{"revoked":true,"seq":{seq},"effective":"now"}}"#)
        )
    );
    assert_eq!(served.delete(&path, &revoke).await.json()["already"], true);
    assert_eq!(served.refused(&tokens.access).await.as_deref(), Some("revoked"));
    let body = served.get(&path, &verify).await.json();
    assert_eq!(
        (&body["state"], &body["reason"]),
        (&json!("revoked"), &json!("revoked"))
    );
    assert!(millis(&body["ended_at"]) >= millis(&body["created_at"]));
    for path in [
        "/v1/service/sessions/x",
        "/v1/service/sessions/00000000-0000-7000-8000-000000000000",
    ] {
        assert_eq!(
            served.get(path, &verify).await.problem(),
            (404, "not_found".to_owned())
        );
        assert_eq!(
            served.delete(path, &revoke).await.problem(),
            (404, "not_found".to_owned())
        );
    }
}
