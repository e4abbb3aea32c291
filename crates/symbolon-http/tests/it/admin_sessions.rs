//! What an operator does with sessions: read any, end one, end a subject's, end everyone's.

use http::Method;
use serde_json::{Value, json};

use crate::admin::{ENDED, administrator, ended, exact};
use crate::served::{Answer, Ask, Served, Tokens};

const NO_SESSION: &str = concat!(
    r#"{"type":"urn:symbolon:problem:not_found","title":"Not found","status":404,"#,
    r#""detail":"there is no session of that id","code":"not_found"}"#,
);

/// Three devices of one subject, the oldest first.
async fn devices(served: &Served, subject: &str) -> [Tokens; 3] {
    let issue = |kind: &str, id: &str| {
        served.issue(json!({"subject": subject, "device": {"id": id, "kind": kind, "name": "x"}}))
    };
    [
        issue("web", "a").await,
        issue("ios", "b").await,
        issue("ios", "c").await,
    ]
}

async fn list(served: &Served, subject: &str, query: &str, key: &str) -> Answer {
    served
        .get(&format!("/v1/admin/subjects/{subject}/sessions{query}"), key)
        .await
}

fn ids(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    let items = body["items"].as_array().unwrap();
    items
        .iter()
        .map(|item| item["session_id"].as_str().unwrap().to_owned())
        .collect()
}

/// An id begins with its time; sessions of one millisecond have no order but that of their ids.
fn newest_first(ids: &mut [String]) {
    ids.sort_by(|a, b| b.cmp(a));
}

async fn revoke(served: &Served, subject: &str, key: &str, body: Value) -> Answer {
    served
        .post_as(&format!("/v1/admin/subjects/{subject}/revoke"), key, body)
        .await
}

#[tokio::test]
async fn any_session_is_read_whole_and_without_its_tokens() {
    let served = Served::start().await;
    let key = served.key("admin:read").await;
    let phone = served
        .issue(json!({
            "subject": "user-1024", "client_id": "shop", "claims": {"roles": ["editor"]}, "ip": "192.0.2.7",
            "device": {"id": "phone-1", "kind": "ios", "name": "Ann's phone"}, "scope": "read write", "audience": "shop",
        }))
        .await;
    let answer = served
        .get(&format!("/v1/admin/sessions/{}", phone.session), &key)
        .await;
    let body = concat!(
        r#"{"session_id":"<id>","subject":"user-1024","client_id":"shop","state":"active","#,
        r#""created_at":"<instant>","authenticated_at":"<instant>","last_seen_at":"<instant>","#,
        r#""expires_at":"<instant>","idle_expires_at":"<instant>","#,
        r#""device":{"id":"phone-1","kind":"ios","name":"Ann's phone","os":null,"browser":null},"#,
        r#""ip":"192.0.2.7","user_agent":null,"audience":["shop"],"scope":"read write","#,
        r#""claims":{"roles":["editor"]}}"#,
    );
    assert_eq!(answer.exact(), (200, body.to_owned()));
    assert_eq!(answer.json()["session_id"], phone.session.as_str());
}

#[tokio::test]
async fn what_is_no_session_is_not_found() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    for id in [
        "01890000-0000-7000-8000-000000000000",
        "1",
        "nobody",
        "%20",
        "a%2Fb",
    ] {
        let path = format!("/v1/admin/sessions/{id}");
        assert_eq!(
            served.get(&path, &key).await.exact(),
            (404, NO_SESSION.to_owned()),
            "{id}"
        );
        assert_eq!(
            served.delete(&path, &key).await.exact(),
            (404, NO_SESSION.to_owned()),
            "{id}"
        );
    }
}

#[tokio::test]
async fn a_kick_ends_both_tokens_at_once_and_can_be_repeated() {
    let served = Served::start().await;
    let root = administrator(&served).await;
    let ann = served.person("ann").await;
    let path = format!("/v1/admin/sessions/{}", ann.session);

    let first = served.delete(&path, &root.access).await;
    assert_eq!(exact(&first), (200, ENDED.to_owned()));
    assert_eq!(served.refused(&ann.access).await.as_deref(), Some("kicked"));
    let refresh = served
        .post("/v1/refresh", json!({"refresh_token": ann.refresh}))
        .await;
    assert_eq!(
        (refresh.status, refresh.json()["reason"].as_str()),
        (401, Some("kicked"))
    );

    let again = served.delete(&path, &root.access).await;
    let already = r#"{"revoked":true,"already":true,"seq":<seq>,"effective":"now"}"#;
    assert_eq!(exact(&again), (200, already.to_owned()));
    assert_eq!(again.json()["seq"], first.json()["seq"]);

    let read = served.get(&path, &root.access).await.json();
    assert_eq!(
        (read["state"].as_str(), read["reason"].as_str()),
        (Some("revoked"), Some("kicked"))
    );
    assert!(read["ended_at"].is_string(), "{read}");
}

#[tokio::test]
async fn a_kick_may_wait_and_takes_an_empty_body() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let [a, b, c] = devices(&served, "ann").await;
    let path = |tokens: &Tokens, query: &str| format!("/v1/admin/sessions/{}{query}", tokens.session);
    assert_eq!(
        exact(&served.delete(&path(&a, "?wait=full"), &key).await),
        (200, ENDED.to_owned())
    );
    let with = |tokens: &Tokens, body: &Value| {
        served.ask(
            Ask::new(Method::DELETE, &path(tokens, ""))
                .bearer(&key)
                .json(body),
        )
    };
    assert_eq!(exact(&with(&b, &json!({})).await), (200, ENDED.to_owned()));
    let odd = with(&c, &json!({"reason": "x"})).await;
    assert_eq!(odd.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(served.refused(&c.access).await, None);
    let half = served.delete(&path(&c, "?wait=half"), &key).await;
    assert_eq!(
        (half.status, half.detail()),
        (400, "wait must be full".to_owned())
    );
    assert_eq!(served.refused(&c.access).await, None);
}

#[tokio::test]
async fn a_kick_by_subject_ends_every_device_but_those_kept() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let [a, b, c] = devices(&served, "ann").await;
    let other = served.issue(json!({"subject": "bea"})).await;
    let answer = revoke(&served, "ann", &key, json!({"keep": [b.session]})).await;
    assert_eq!(exact(&answer), ended(2));
    assert_eq!(served.refused(&a.access).await.as_deref(), Some("kicked"));
    assert_eq!(served.refused(&b.access).await, None);
    assert_eq!(served.refused(&c.access).await.as_deref(), Some("kicked"));
    assert_eq!(served.refused(&other.access).await, None);
    assert_eq!(
        ids(&list(&served, "ann", "", &key).await),
        std::slice::from_ref(&b.session)
    );
    let mut all = vec![a.session, b.session, c.session];
    newest_first(&mut all);
    assert_eq!(ids(&list(&served, "ann", "?state=any", &key).await), all);
}

#[tokio::test]
async fn a_kick_by_kind_of_device_ends_only_those() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let [web, phone, kept] = devices(&served, "ann").await;
    let body = json!({"device_kind": "ios", "keep": [kept.session]});
    assert_eq!(exact(&revoke(&served, "ann", &key, body).await), ended(1));
    assert_eq!(served.refused(&web.access).await, None);
    assert_eq!(served.refused(&phone.access).await.as_deref(), Some("kicked"));
    assert_eq!(served.refused(&kept.access).await, None);
    let none = revoke(&served, "ann", &key, json!({"device_kind": "tv"})).await;
    assert_eq!(none.exact(), (200, r#"{"revoked":false,"count":0}"#.to_owned()));
}

#[tokio::test]
async fn without_a_body_a_kick_by_subject_ends_all_and_a_new_log_in_lives() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let ann = served.person("ann").await;
    let ask = Ask::new(Method::POST, "/v1/admin/subjects/ann/revoke?wait=full").bearer(&key);
    assert_eq!(exact(&served.ask(ask).await), ended(1));
    assert_eq!(served.refused(&ann.access).await.as_deref(), Some("kicked"));
    let again = served.log_in("ann").await;
    assert_eq!(served.refused(&again.access).await, None);
    let nobody = revoke(&served, "nobody", &key, json!({})).await;
    assert_eq!(exact(&nobody), ended(0));
}

#[tokio::test]
async fn the_reason_given_is_the_reason_told() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    for reason in ["kicked", "logged_out", "banned", "password_changed", "revoked"] {
        let session = served.issue(json!({"subject": "ann"})).await;
        assert_eq!(
            exact(&revoke(&served, "ann", &key, json!({"reason": reason})).await),
            ended(1)
        );
        assert_eq!(served.refused(&session.access).await.as_deref(), Some(reason));
    }
    let live = served.issue(json!({"subject": "ann"})).await;
    for reason in [
        "replaced",
        "reuse_detected",
        "expired",
        "Kicked",
        "",
        "he was rude",
    ] {
        let answer = revoke(&served, "ann", &key, json!({"reason": reason})).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{reason}");
    }
    assert_eq!(served.refused(&live.access).await, None);
}

#[tokio::test]
async fn a_kick_by_subject_that_is_not_understood_ends_nothing() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let live = served.issue(json!({"subject": "ann"})).await;
    let id = live.session.as_str();
    for body in [
        json!({"keep": [id, "typo"]}),
        json!({"keep": id}),
        json!({"keep": vec!["01890000-0000-7000-8000-000000000000"; 9]}),
        json!({"device_kind": ""}),
        json!({"device_kind": "x".repeat(257)}),
        json!({"kepp": [id]}),
        json!([]),
        json!(["kicked"]),
    ] {
        let answer = revoke(&served, "ann", &key, body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{body}");
        assert_eq!(served.refused(&live.access).await, None, "{body}");
    }
}

#[tokio::test]
async fn eight_sessions_are_kept_and_nine_are_refused() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let mut kept = Vec::new();
    for _ in 0..8 {
        kept.push(served.issue(json!({"subject": "ann"})).await);
    }
    let ends = served.issue(json!({"subject": "ann"})).await;
    let mut keep: Vec<&str> = kept.iter().map(|tokens| tokens.session.as_str()).collect();
    keep.push(&ends.session);
    let nine = revoke(&served, "ann", &key, json!({"keep": keep})).await;
    assert_eq!(
        (nine.status, nine.detail()),
        (400, "keep must have at most 8 ids".to_owned())
    );
    keep.pop();
    assert_eq!(
        exact(&revoke(&served, "ann", &key, json!({"keep": keep})).await),
        ended(1)
    );
    assert_eq!(served.refused(&ends.access).await.as_deref(), Some("kicked"));
    for tokens in kept {
        assert_eq!(served.refused(&tokens.access).await, None);
    }
}

#[tokio::test]
async fn a_subject_may_have_any_characters_in_its_path() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    for (subject, path) in [
        ("a/b", "a%2Fb"),
        ("虎 + 符?", "%E8%99%8E%20+%20%E7%AC%A6%3F"),
        ("%41", "%2541"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("#", "%23"),
    ] {
        let session = served.issue(json!({"subject": subject})).await;
        assert_eq!(
            ids(&list(&served, path, "", &key).await),
            [session.session],
            "{subject}"
        );
        assert_eq!(
            exact(&revoke(&served, path, &key, json!({})).await),
            ended(1),
            "{subject}"
        );
        assert_eq!(
            served.refused(&session.access).await.as_deref(),
            Some("kicked"),
            "{subject}"
        );
    }
}

#[tokio::test]
async fn a_subject_of_255_bytes_is_one_and_of_256_is_none() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let of = |len: usize| "a".repeat(len);
    assert!(ids(&list(&served, &of(255), "", &key).await).is_empty());
    let answer = list(&served, &of(256), "", &key).await;
    assert_eq!(
        (answer.status, answer.detail()),
        (400, "subject: it must have at most 255 bytes".to_owned())
    );
    let control = list(&served, "a%0Ab", "", &key).await;
    let detail = "subject: it must not contain control characters".to_owned();
    assert_eq!((control.status, control.detail()), (400, detail));
}

#[tokio::test]
async fn the_pages_of_a_subject_are_all_of_it_the_newest_first() {
    let served = Served::start().await;
    let key = served.key("admin:read").await;
    let mut issued = Vec::new();
    for _ in 0..5 {
        issued.push(served.issue(json!({"subject": "ann"})).await.session);
    }
    newest_first(&mut issued);
    let mut seen = Vec::new();
    let mut sizes = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = list(&served, "ann", &query, &key).await;
        let items = ids(&page);
        sizes.push(items.len());
        seen.extend(items);
        let body = page.json();
        let Some(next) = body["next"].as_str() else { break };
        query = format!("?limit=2&cursor={next}");
    }
    assert_eq!((sizes, seen), (vec![2, 2, 1], issued));
    // A page that is full and the last says so.
    assert!(
        list(&served, "ann", "?limit=5", &key)
            .await
            .json()
            .get("next")
            .is_none()
    );
    assert_eq!(list(&served, "nobody", "", &key).await.body, r#"{"items":[]}"#);
}

#[tokio::test]
async fn a_page_has_from_1_to_200_items() {
    let served = Served::start().await;
    let key = served.key("admin:read").await;
    for path in [
        "/v1/admin/subjects/ann/sessions",
        "/v1/admin/accounts",
        "/v1/admin/api-keys",
    ] {
        for limit in ["1", "200"] {
            assert_eq!(
                served.get(&format!("{path}?limit={limit}"), &key).await.status,
                200,
                "{path} {limit}"
            );
        }
        for limit in ["0", "201", "-1", "many", "", "1.5", "4294967296"] {
            let answer = served.get(&format!("{path}?limit={limit}"), &key).await;
            assert_eq!(
                answer.detail(),
                "limit must be a number from 1 to 200",
                "{path} {limit}"
            );
            assert_eq!(answer.status, 400);
        }
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_alone() {
    let served = Served::start().await;
    let key = served.key("admin:read").await;
    devices(&served, "ann").await;
    devices(&served, "bea").await;
    let page = list(&served, "ann", "?limit=1", &key).await.json();
    let next = page["next"].as_str().unwrap();
    assert_eq!(
        ids(&list(&served, "ann", &format!("?cursor={next}"), &key).await).len(),
        2
    );
    let (head, tail) = next.split_at(next.len() - 1);
    let other_end = if tail == "A" { "B" } else { "A" };
    let forged = [
        ("/v1/admin/subjects/bea/sessions", next.to_owned()),
        ("/v1/admin/subjects/ann/sessions?state=any", next.to_owned()),
        ("/v1/admin/accounts", next.to_owned()),
        ("/v1/admin/api-keys", next.to_owned()),
        ("/v1/admin/subjects/ann/sessions", format!("B{}", &next[1..])),
        ("/v1/admin/subjects/ann/sessions", format!("{head}{other_end}")),
        ("/v1/admin/subjects/ann/sessions", head.to_owned()),
        ("/v1/admin/subjects/ann/sessions", String::new()),
        ("/v1/admin/subjects/ann/sessions", "nonsense!".to_owned()),
        ("/v1/admin/subjects/ann/sessions", "A".repeat(300)),
    ];
    for (path, cursor) in forged {
        let sign = if path.contains('?') { '&' } else { '?' };
        let answer = served.get(&format!("{path}{sign}cursor={cursor}"), &key).await;
        assert_eq!(
            answer.detail(),
            "cursor must be the next of a page of this list",
            "{path} {cursor}"
        );
        assert_eq!(answer.status, 400);
    }
}

#[tokio::test]
async fn which_sessions_are_listed_is_asked_by_one_of_two_words() {
    let served = Served::start().await;
    let key = served.key("admin:read").await;
    assert_eq!(list(&served, "ann", "?state=active", &key).await.status, 200);
    assert_eq!(list(&served, "ann", "?state=any", &key).await.status, 200);
    let answer = list(&served, "ann", "?state=revoked", &key).await;
    assert_eq!(
        (answer.status, answer.detail()),
        (400, "state must be active or any".to_owned())
    );
}

#[tokio::test]
async fn the_end_of_everyone_s_sessions_is_the_end_of_everyone_s() {
    let served = Served::start().await;
    let root = administrator(&served).await;
    let ann = served.person("ann").await;
    let answer = served
        .post_as("/v1/admin/revoke-all?wait=full", &root.access, json!({}))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    assert_eq!(
        (body["revoked"].as_bool(), body["effective"].as_str()),
        (Some(true), Some("now"))
    );
    for token in [&ann.access, &root.access] {
        assert_eq!(served.refused(token).await.as_deref(), Some("revoked"));
    }
    let refresh = served
        .post("/v1/refresh", json!({"refresh_token": ann.refresh}))
        .await;
    assert_eq!(refresh.status, 401);
    let again = served.log_in("ann").await;
    assert_eq!(served.refused(&again.access).await, None);
    // The reason of the second time is another one.
    let root = served.log_in("root").await;
    let banned = served
        .post_as("/v1/admin/revoke-all", &root.access, json!({"reason": "banned"}))
        .await;
    assert_eq!(banned.status, 200);
    assert_eq!(served.refused(&again.access).await.as_deref(), Some("banned"));
}
