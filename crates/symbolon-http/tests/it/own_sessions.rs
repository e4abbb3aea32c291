//! What a person sees and ends of their own sessions, and the change of their password.

use http::Method;
use serde_json::json;

use crate::served::{Ask, PASSWORD, Served, Setup, Tokens};

const NEW: &str = "nine otters beside a blue door";

#[tokio::test]
async fn one_s_own_sessions_are_listed_and_one_is_the_current_one() {
    let served = Served::start().await;
    served.person("bob").await;
    let first = served.person("ann").await;
    let second = served.log_in("ann").await;
    let list = served.get("/v1/sessions", &first.access).await.json();
    let items = list["items"].as_array().unwrap();
    let seen: Vec<_> = items
        .iter()
        .map(|item| {
            (
                item["session_id"].as_str().unwrap(),
                item["subject"].as_str().unwrap(),
                item.get("current"),
            )
        })
        .collect();
    let current = json!(true);
    let mut expected = [
        (second.session.as_str(), "ann", None),
        (first.session.as_str(), "ann", Some(&current)),
    ];
    // The newest first; within a millisecond, by chance.
    expected.sort_by_key(|(id, ..)| std::cmp::Reverse(*id));
    assert_eq!(seen, expected);
    assert_eq!(list.get("next"), None);
}

#[tokio::test]
async fn ended_sessions_are_not_listed() {
    let served = Served::start().await;
    let (first, second) = (served.person("ann").await, served.log_in("ann").await);
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&second.access))
        .await;
    let list = served.get("/v1/sessions", &first.access).await.json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let served = Served::start().await;
    let mut expected = vec![served.person("ann").await];
    for _ in 0..4 {
        expected.push(served.log_in("ann").await);
    }
    let token = expected[0].access.clone();
    let (mut seen, mut path) = (Vec::new(), "/v1/sessions?limit=2".to_owned());
    let mut pages = 0;
    loop {
        let page = served.get(&path, &token).await.json();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(
            items
                .iter()
                .map(|item| item["session_id"].as_str().unwrap().to_owned()),
        );
        pages += 1;
        let Some(next) = page.get("next") else { break };
        path = format!("/v1/sessions?limit=2&cursor={}", next.as_str().unwrap());
    }
    let mut expected: Vec<_> = expected.into_iter().map(|tokens| tokens.session).collect();
    expected.sort_by(|a, b| b.cmp(a));
    assert_eq!(seen, expected);
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let served = Served::start().await;
    let (ann, bob) = (served.person("ann").await, served.person("bob").await);
    served.log_in("bob").await;
    let bobs = served.get("/v1/sessions?limit=1", &bob.access).await.json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    for query in [
        "limit=0".to_owned(),
        "limit=201".to_owned(),
        "limit=x".to_owned(),
        "limit=1&limit=2".to_owned(),
        "lmit=1".to_owned(),
        "cursor=".to_owned(),
        "cursor=x".to_owned(),
        format!("cursor={}", ann.session),
        format!("cursor={bobs}"),
    ] {
        let answer = served.get(&format!("/v1/sessions?{query}"), &ann.access).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{query}");
    }
    assert_eq!(
        served.get("/v1/sessions?limit=200", &ann.access).await.status,
        200
    );
}

#[tokio::test]
async fn another_session_of_one_s_own_is_ended_and_told_why() {
    let served = Served::start().await;
    let (here, there) = (served.person("ann").await, served.log_in("ann").await);
    let path = format!("/v1/sessions/{}", there.session);
    let answer = served.delete(&path, &here.access).await;
    let seq = answer.json()["seq"].as_u64().unwrap();
    assert_eq!(
        answer.exact(),
        (
            200,
            format!(r#"{{"revoked":true,"seq":{seq},"effective":"now"}}"#)
        )
    );
    assert_eq!(served.refused(&there.access).await.as_deref(), Some("kicked"));
    let again = served.delete(&path, &here.access).await;
    assert_eq!(
        (again.json()["already"].as_bool(), again.json()["seq"].as_u64()),
        (Some(true), Some(seq))
    );
    assert_eq!(served.refused(&here.access).await, None);
}

#[tokio::test]
async fn to_end_the_own_session_is_to_log_out() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let answer = served
        .delete(&format!("/v1/sessions/{}", tokens.session), &tokens.access)
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        served.refused(&tokens.access).await.as_deref(),
        Some("logged_out")
    );
}

#[tokio::test]
async fn someone_else_s_session_is_not_there() {
    let served = Served::start().await;
    let (ann, bob) = (served.person("ann").await, served.person("bob").await);
    for id in [
        bob.session.as_str(),
        "00000000-0000-7000-8000-000000000000",
        "x",
        "%20",
    ] {
        let answer = served.delete(&format!("/v1/sessions/{id}"), &ann.access).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{id}");
        assert_eq!(answer.detail(), "there is no session of that id");
    }
    assert_eq!(served.refused(&bob.access).await, None);
}

#[tokio::test]
async fn all_others_end_at_once() {
    let served = Served::start().await;
    let (here, a, b) = (
        served.person("ann").await,
        served.log_in("ann").await,
        served.log_in("ann").await,
    );
    let bob = served.person("bob").await;
    let answer = served
        .ask(Ask::new(Method::POST, "/v1/sessions/revoke-others").bearer(&here.access))
        .await;
    let seq = answer.json()["seq"].as_u64().unwrap();
    assert_eq!(
        answer.exact(),
        (
            200,
            format!(r#"{{"revoked":true,"count":2,"seq":{seq},"effective":"now"}}"#)
        )
    );
    for gone in [a, b] {
        assert_eq!(served.refused(&gone.access).await.as_deref(), Some("kicked"));
    }
    for still in [here, bob] {
        assert_eq!(served.refused(&still.access).await, None);
    }
}

#[tokio::test]
async fn a_revocation_takes_an_empty_body_and_no_other() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let ask = |body| served.post_as("/v1/sessions/revoke-others", &tokens.access, body);
    assert_eq!(ask(json!({})).await.status, 200);
    assert_eq!(
        ask(json!({"everyone": true})).await.problem(),
        (400, "invalid_request".to_owned())
    );
}

#[tokio::test]
async fn a_changed_password_gives_the_own_session_a_new_pair_and_ends_the_others() {
    let served = Served::start().await;
    let (here, there) = (served.person("ann").await, served.log_in("ann").await);
    let body = json!({"current": PASSWORD, "new": NEW});
    let answer = served.post_as("/v1/password", &here.access, body).await;
    let seq = answer.json()["seq"].as_u64().unwrap();
    let left = answer.json()["refresh_expires_in"].as_u64().unwrap();
    let expected = format!(
        concat!(
            r#"{{"revoked":true,"count":1,"seq":{},"effective":"now","access_token":"<access>","#,
            r#""refresh_token":"<refresh>","token_type":"Bearer","expires_in":1800,"refresh_expires_in":{},"#,
            r#""session_id":"<id>","subject":"ann"}}"#,
        ),
        seq, left
    );
    assert_eq!(answer.exact(), (200, expected));
    let next = Tokens::of(&answer);
    assert_eq!(next.session, here.session);
    assert_eq!(served.refused(&next.access).await, None);
    assert_eq!(served.refused(&here.access).await.as_deref(), Some("superseded"));
    assert_eq!(
        served.refused(&there.access).await.as_deref(),
        Some("password_changed")
    );
    let old = served
        .post("/v1/login", json!({"username": "ann", "password": PASSWORD}))
        .await;
    assert_eq!(old.status, 401);
    assert_eq!(
        served
            .post("/v1/login", json!({"username": "ann", "password": NEW}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_changed_password_may_end_the_own_session_too() {
    let served = Served::start().await;
    let here = served.person("ann").await;
    let body = json!({"current": PASSWORD, "new": NEW, "keep_current": false});
    let answer = served.post_as("/v1/password", &here.access, body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json().get("access_token"), None);
    assert_eq!(
        served.refused(&here.access).await.as_deref(),
        Some("password_changed")
    );
}

#[tokio::test]
async fn a_password_is_not_changed_without_the_right_one_or_for_a_weak_one() {
    let served = Served::start().await;
    let here = served.person("ann").await;
    let ask = |body| served.post_as("/v1/password", &here.access, body);
    let wrong = ask(json!({"current": "wrong", "new": NEW})).await;
    assert_eq!(wrong.problem(), (401, "invalid_credentials".to_owned()));
    let weak = ask(json!({"current": PASSWORD, "new": "short"})).await;
    assert_eq!(weak.problem(), (400, "invalid_request".to_owned()));
    assert!(
        weak.detail().starts_with("new: the password has 5 characters"),
        "{}",
        weak.detail()
    );
    let long = ask(json!({"current": PASSWORD, "new": "x".repeat(1025)})).await;
    assert_eq!(long.problem(), (400, "invalid_request".to_owned()));
    assert!(long.detail().starts_with("new: "), "{}", long.detail());
    for body in [
        json!({"new": NEW}),
        json!({"current": PASSWORD, "new": NEW, "force": true}),
    ] {
        assert_eq!(ask(body).await.problem(), (400, "invalid_request".to_owned()));
    }
    assert_eq!(served.refused(&here.access).await, None);
    assert_eq!(served.log_in("ann").await.session.len(), 36);
}

#[tokio::test]
async fn guesses_at_the_current_password_are_throttled() {
    let mut setup = Setup::default();
    setup.builder = setup.builder.free_failures(1);
    let served = setup.start().await;
    let here = served.person("ann").await;
    let ask = || {
        served.post_as(
            "/v1/password",
            &here.access,
            json!({"current": "wrong", "new": NEW}),
        )
    };
    let answer = crate::served::until(ask, |answer| answer.status != 401).await;
    assert_eq!(answer.problem(), (429, "throttled".to_owned()));
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn a_session_without_an_account_has_no_password_to_change() {
    let served = Served::start().await;
    let tokens = served.issue(json!({"subject": "from-elsewhere"})).await;
    let answer = served
        .post_as(
            "/v1/password",
            &tokens.access,
            json!({"current": PASSWORD, "new": NEW}),
        )
        .await;
    assert_eq!(answer.problem(), (401, "invalid_credentials".to_owned()));
}
