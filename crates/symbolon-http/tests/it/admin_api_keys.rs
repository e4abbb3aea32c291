//! The life of an API key.

use serde_json::{Value, json};

use crate::admin::{ENDED, exact};
use crate::served::{Answer, Served};

async fn add(served: &Served, key: &str, body: Value) -> Answer {
    served.post_as("/v1/admin/api-keys", key, body).await
}

#[tokio::test]
async fn a_key_is_shown_once_works_for_its_scopes_and_ends() {
    let served = Served::start().await;
    let admin = served.key("admin").await;
    let body = json!({
        "name": "shop", "scopes": ["verify", "issue"], "client_id": "shop-web",
        "expires_at": "2199-01-01T08:00:00+08:00",
    });
    let made = add(&served, &admin, body).await;
    let shown = concat!(
        r#""id":"<id>","name":"shop","scopes":["issue","verify"],"client_id":"shop-web","#,
        r#""created_at":"<instant>","expires_at":"<instant>""#,
    );
    assert_eq!(exact(&made), (201, format!(r#"{{"key":"<key>",{shown}}}"#)));
    let made = made.json();
    assert_eq!(made["expires_at"], "2199-01-01T00:00:00.000Z");
    let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());

    let listed = served.get("/v1/admin/api-keys?limit=1", &admin).await;
    assert!(
        listed
            .exact()
            .1
            .starts_with(&format!(r#"{{"items":[{{{shown}}}],"next":""#)),
        "{}",
        listed.body
    );
    assert!(!listed.body.contains("syk_"), "{}", listed.body);

    let issue = json!({"subject": "ann"});
    assert_eq!(
        served
            .post_as("/v1/service/sessions", key, issue.clone())
            .await
            .status,
        201
    );
    assert_eq!(served.get("/v1/admin/api-keys", key).await.status, 403);

    let revoked = served
        .delete(&format!("/v1/admin/api-keys/{id}?wait=full"), &admin)
        .await;
    assert_eq!(exact(&revoked), (200, ENDED.to_owned()));
    assert_eq!(
        served.post_as("/v1/service/sessions", key, issue).await.status,
        401
    );
    let listed = served.get("/v1/admin/api-keys?limit=1", &admin).await.json();
    assert!(listed["items"][0]["revoked_at"].is_string(), "{listed}");
    // Repeating it is safe.
    assert_eq!(
        served
            .delete(&format!("/v1/admin/api-keys/{id}"), &admin)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn a_key_without_client_and_end_is_shown_without_them() {
    let served = Served::start().await;
    let admin = served.key("admin").await;
    let made = add(
        &served,
        &admin,
        json!({"name": "x", "scopes": ["admin:read", "admin", "revoke"]}),
    )
    .await;
    let body = concat!(
        r#"{"key":"<key>","id":"<id>","name":"x","scopes":["revoke","admin:read","admin"],"#,
        r#""created_at":"<instant>"}"#,
    );
    assert_eq!(exact(&made), (201, body.to_owned()));
}

#[tokio::test]
async fn what_is_no_key_is_not_found() {
    let served = Served::start().await;
    let admin = served.key("admin").await;
    let body = concat!(
        r#"{"type":"urn:symbolon:problem:not_found","title":"Not found","status":404,"#,
        r#""detail":"there is no api key of that id","code":"not_found"}"#,
    );
    for id in ["01890000-0000-7000-8000-000000000000", "shop", "1"] {
        let answer = served.delete(&format!("/v1/admin/api-keys/{id}"), &admin).await;
        assert_eq!(answer.exact(), (404, body.to_owned()), "{id}");
    }
}

#[tokio::test]
async fn what_cannot_be_a_key_is_refused() {
    let served = Served::start().await;
    let admin = served.key("admin").await;
    let right = json!({"name": "shop", "scopes": ["issue"], "client_id": "shop-web"});
    let with = |field: &str, value: Value| {
        let mut body = right.clone();
        body[field] = value;
        body
    };
    let before = served.get("/v1/admin/api-keys", &admin).await.body;
    for body in [
        json!({}),
        json!({"name": "shop"}),
        json!({"scopes": ["issue"]}),
        with("name", json!("")),
        with("name", json!("x".repeat(129))),
        with("name", json!("a\nb")),
        with("scopes", json!([])),
        with("scopes", json!("issue")),
        with("scopes", json!(["root"])),
        with("client_id", json!("")),
        with("client_id", json!("x".repeat(129))),
        with("expires_at", json!("2001-01-01T00:00:00Z")),
        with("expires_at", json!("tomorrow")),
        with("expires_at", json!(1)),
        with("key", json!("syk_mine")),
    ] {
        let answer = add(&served, &admin, body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{body}");
    }
    assert_eq!(served.get("/v1/admin/api-keys", &admin).await.body, before);
    let longest = json!({"name": "x".repeat(128), "scopes": ["issue"], "client_id": "y".repeat(128)});
    assert_eq!(add(&served, &admin, longest).await.status, 201);
}

#[tokio::test]
async fn the_keys_are_listed_the_newest_first_page_by_page() {
    let served = Served::start().await;
    let mut ids = Vec::new();
    for _ in 0..4 {
        ids.push(served.key_with_id("verify").await.0.to_string());
    }
    let (id, admin) = served.key_with_id("admin:read").await;
    ids.push(id.to_string());
    let mut seen = Vec::new();
    let mut path = "/v1/admin/api-keys?limit=2".to_owned();
    let mut sizes = Vec::new();
    loop {
        let page = served.get(&path, &admin).await.json();
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        seen.extend(items.iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/admin/api-keys?limit=2&cursor={next}");
    }
    // Keys of one millisecond have no order but that of their ids.
    ids.sort_by(|a, b| b.cmp(a));
    assert_eq!((sizes, seen), (vec![2, 2, 1], ids));
}
