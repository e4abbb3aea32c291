//! Bans over the wire: who may begin no session, and until when.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use symbolon::account::Role;

use crate::served::{Answer, Ask, PASSWORD, Served, Tokens};

const NOTE: &str = "sells stolen goods";

/// What an operator does with an API key.
struct Operator<'s> {
    served: &'s Served,
    key: String,
}

impl<'s> Operator<'s> {
    async fn of(served: &'s Served) -> Self {
        let key = served.key("admin").await;
        Self { served, key }
    }

    async fn ban(&self, subject: &str, body: Value) -> Answer {
        let path = format!("/v1/admin/subjects/{subject}/ban");
        self.served.post_as(&path, &self.key, body).await
    }

    async fn lift(&self, subject: &str) -> Answer {
        let path = format!("/v1/admin/subjects/{subject}/ban");
        self.served.delete(&path, &self.key).await
    }

    async fn list(&self, query: &str) -> Answer {
        self.served
            .get(&format!("/v1/admin/bans{query}"), &self.key)
            .await
    }

    async fn subjects(&self, query: &str) -> Vec<String> {
        let page = self.list(query).await.json();
        let items = page["items"].as_array().unwrap().iter();
        items
            .map(|ban| ban["subject"].as_str().unwrap().to_owned())
            .collect()
    }
}

async fn log_in(served: &Served, name: &str, password: &str) -> Answer {
    let body = json!({"username": name, "password": password});
    served.post("/v1/login", body).await
}

#[tokio::test]
async fn a_ban_ends_the_sessions_and_no_other_begins_until_it_is_lifted() {
    let served = Served::start().await;
    let operator = Operator::of(&served).await;
    let old = served.person("ann").await;
    let banned = operator.ban("ann", json!({"note": NOTE})).await;
    assert_eq!(banned.status, 200, "{}", banned.body);
    let receipt = banned.json();
    assert_eq!(
        (&receipt["revoked"], &receipt["count"], &receipt["effective"]),
        (&json!(true), &json!(1), &json!("now"))
    );
    assert_eq!(served.refused(&old.access).await.as_deref(), Some("banned"));
    let refresh = served
        .post("/v1/refresh", json!({"refresh_token": old.refresh}))
        .await;
    assert_eq!(
        (refresh.status, &refresh.json()["reason"]),
        (401, &json!("banned"))
    );

    // Only after a right password, and as often as it is given.
    for _ in 0..10 {
        let right = log_in(&served, "ann", PASSWORD).await;
        assert_eq!(right.problem(), (403, "account_banned".to_owned()));
    }
    let wrong = log_in(&served, "ann", "wrong").await;
    assert_eq!(wrong.problem(), (401, "invalid_credentials".to_owned()));
    let older = json!({"username": "ann", "password": PASSWORD});
    assert_eq!(
        served.post("/system/auth/login", older).await.json()["data"],
        Value::Null
    );
    let issue = served.key("issue").await;
    let issued = served
        .post_as("/v1/service/sessions", &issue, json!({"subject": "ann"}))
        .await;
    assert_eq!(issued.problem(), (403, "account_banned".to_owned()));

    let lifted = operator.lift("ann").await;
    assert_eq!((lifted.status, lifted.body.as_str()), (200, r#"{"lifted":true}"#));
    let new = served.log_in("ann").await;
    assert_eq!(served.refused(&new.access).await, None);
    assert_eq!(served.refused(&old.access).await.as_deref(), Some("banned"));
    assert_eq!(operator.lift("ann").await.body, r#"{"lifted":false}"#);
}

#[tokio::test]
async fn a_ban_until_an_instant_ends_by_itself() {
    let served = Served::start().await;
    let operator = Operator::of(&served).await;
    served.account("ann", Role::User).await;
    let now = served.symbolon.now();
    let until = jiff::Timestamp::from_millisecond(now.after(Duration::from_millis(700)).0).unwrap();
    let body = json!({"until": format!("{until:.3}"), "note": NOTE});
    assert_eq!(operator.ban("ann", body).await.status, 200);
    let begun = crate::served::until(|| log_in(&served, "ann", PASSWORD), |answer| answer.status != 403);
    let begun = begun.await;
    assert_eq!(begun.status, 200, "{}", begun.body);
    assert!(served.symbolon.now() >= now.after(Duration::from_millis(700)));
    assert_eq!(operator.subjects("").await, Vec::<String>::new());
    let past = operator.list("?state=any").await.json();
    assert_eq!(past["items"][0]["active"], false);
    assert_eq!(past["items"][0]["lifted_at"], Value::Null);
}

#[tokio::test]
async fn a_repeated_ban_changes_its_end_and_note_and_says_so() {
    let served = Served::start().await;
    let operator = Operator::of(&served).await;
    let first = operator.ban("never-seen", json!({"note": NOTE})).await.json();
    let body = json!({"note": "another", "until": "2999-01-01T00:00:00Z"});
    let again = operator.ban("never-seen", body).await.json();
    let expected = json!({
        "revoked": true, "already": true, "count": 0, "seq": first["seq"], "effective": "now"
    });
    assert_eq!(again, expected);
    let list = operator.list("").await;
    let ban = concat!(
        r#"{"items":[{"subject":"never-seen","active":true,"banned_at":"<instant>","#,
        r#""until":"<instant>","note":"another","banned_by":"key:tests","#,
        r#""lifted_at":null,"lifted_by":null,"seq":SEQ}]}"#
    );
    let (status, body) = list.exact();
    assert_eq!(
        (status, body),
        (200, ban.replace("SEQ", &first["seq"].to_string()))
    );
}

#[tokio::test]
async fn bans_are_listed_in_pages_those_in_force_or_all() {
    let served = Served::start().await;
    let operator = Operator::of(&served).await;
    for subject in ["a", "b", "c", "d"] {
        let body = match subject {
            "b" => json!({"note": NOTE, "until": "2990-01-01T00:00:00Z"}),
            _ => json!({"note": NOTE}),
        };
        assert_eq!(operator.ban(subject, body).await.status, 200);
    }
    operator.lift("c").await;
    assert_eq!(operator.subjects("").await, ["d", "a", "b"]);
    assert_eq!(operator.subjects("?state=any").await, ["d", "c", "b", "a"]);
    for (state, expected) in [("active", vec!["d", "a", "b"]), ("any", vec!["d", "c", "b", "a"])] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = operator
                .list(&format!("?state={state}&limit=1{cursor}"))
                .await
                .json();
            seen.push(page["items"][0]["subject"].as_str().unwrap().to_owned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected);
    }
    let next = operator.list("?limit=1").await.json()["next"]
        .as_str()
        .unwrap()
        .to_owned();
    for query in [
        format!("?state=any&cursor={next}"),
        "?state=past".to_owned(),
        "?limit=0".to_owned(),
        "?subject=a".to_owned(),
    ] {
        assert_eq!(operator.list(&query).await.problem().0, 400, "{query}");
    }
}

#[tokio::test]
async fn a_ban_that_cannot_be_is_refused() {
    let served = Served::start().await;
    let operator = Operator::of(&served).await;
    for body in [
        json!({}),
        json!({"note": ""}),
        json!({"note": "a\nb"}),
        json!({"note": "x".repeat(1_001)}),
        json!({"note": NOTE, "until": "2020-01-01T00:00:00Z"}),
        json!({"note": NOTE, "until": "tomorrow"}),
        json!({"note": NOTE, "until": 7}),
        json!({"note": NOTE, "reason": "x"}),
    ] {
        let answer = operator.ban("ann", body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{body}");
    }
    assert_eq!(
        operator.ban(&"x".repeat(256), json!({"note": NOTE})).await.status,
        400
    );
    assert_eq!(operator.subjects("?state=any").await, Vec::<String>::new());
}

#[tokio::test]
async fn a_ban_needs_admin_and_the_list_admin_read() {
    let served = Served::start().await;
    served.account("root", Role::Admin).await;
    served.account("eye", Role::Viewer).await;
    let (root, eye) = (served.log_in("root").await, served.log_in("eye").await);
    let path = "/v1/admin/subjects/ann/ban";
    for (token, change, read) in [
        (root.access, 200, 200),
        (eye.access, 403, 200),
        (served.key("admin:read").await, 403, 200),
        (served.key("issue,verify,revoke").await, 403, 403),
        ("x".to_owned(), 401, 401),
    ] {
        let banned = served.post_as(path, &token, json!({"note": NOTE})).await;
        assert_eq!(banned.status, change);
        assert_eq!(served.delete(path, &token).await.status, change);
        assert_eq!(served.get("/v1/admin/bans", &token).await.status, read);
    }
    let bare = served.ask(Ask::new(Method::GET, "/v1/admin/bans")).await;
    assert_eq!(bare.status, 401);
}

#[tokio::test]
async fn a_session_that_a_service_begins_is_no_way_around_a_ban() {
    let served = Served::start().await;
    let operator = Operator::of(&served).await;
    let before: Tokens = served.issue(json!({"subject": "svc user"})).await;
    assert_eq!(
        operator.ban("svc%20user", json!({"note": NOTE})).await.json()["count"],
        1
    );
    assert_eq!(served.refused(&before.access).await.as_deref(), Some("banned"));
    let key = served.key("issue").await;
    for _ in 0..3 {
        let issued = served
            .post_as("/v1/service/sessions", &key, json!({"subject": "svc user"}))
            .await;
        assert_eq!(issued.problem(), (403, "account_banned".to_owned()));
    }
}
