//! The life of an account under an operator's hands.

use serde_json::{Value, json};
use symbolon::account::Role;

use crate::admin::{administrator, ended, exact, patch};
use crate::served::{Answer, PASSWORD, Served};

const ADA: &str = "/v1/admin/accounts/ada";

fn problem(status: u16, code: &str, title: &str, detail: &str) -> (u16, String) {
    let body = format!(
        r#"{{"type":"urn:symbolon:problem:{code}","title":"{title}","status":{status},"detail":"{detail}","code":"{code}"}}"#
    );
    (status, body)
}

fn no_account() -> (u16, String) {
    problem(404, "not_found", "Not found", "there is no account of that name")
}

fn last_administrator() -> (u16, String) {
    let detail = "it is the last administrator that can log in; make another one first";
    problem(409, "conflict", "The state does not allow this", detail)
}

async fn add(served: &Served, key: &str, body: Value) -> Answer {
    served.post_as("/v1/admin/accounts", key, body).await
}

async fn log_in_status(served: &Served, name: &str, password: &str) -> u16 {
    served
        .post("/v1/login", json!({"username": name, "password": password}))
        .await
        .status
}

#[tokio::test]
async fn an_account_lives_and_goes() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let made = add(
        &served,
        &key,
        json!({"name": " Ada ", "password": PASSWORD, "subject": "user-1024"}),
    )
    .await;
    let ada = concat!(
        r#"{"name":"ada","subject":"user-1024","role":"user","state":"enabled","#,
        r#""created_at":"<instant>","password_changed_at":"<instant>"}"#,
    );
    assert_eq!(made.exact(), (201, ada.to_owned()));
    assert_eq!(served.get(ADA, &key).await.exact(), (200, ada.to_owned()));
    assert_eq!(
        served.get("/v1/admin/accounts/%20ADA", &key).await.exact(),
        (200, ada.to_owned())
    );
    assert_eq!(
        served.get("/v1/admin/accounts", &key).await.exact(),
        (200, format!(r#"{{"items":[{ada}]}}"#))
    );

    let tokens = served.log_in("ada").await;
    let session = served.get("/v1/session", &tokens.access).await.json();
    assert_eq!(session["subject"], "user-1024");

    assert_eq!(
        exact(&patch(&served, ADA, &key, json!({"state": "disabled"})).await),
        ended(1)
    );
    assert_eq!(served.refused(&tokens.access).await.as_deref(), Some("banned"));
    assert_eq!(served.get(ADA, &key).await.json()["state"], "disabled");
    assert_eq!(log_in_status(&served, "ada", PASSWORD).await, 403);
    assert_eq!(
        patch(&served, ADA, &key, json!({"state": "enabled"}))
            .await
            .status,
        200
    );
    let tokens = served.log_in("ada").await;

    let other = "nine otters in an amber rain";
    assert_eq!(
        exact(&patch(&served, ADA, &key, json!({"password": other})).await),
        ended(1)
    );
    assert_eq!(
        served.refused(&tokens.access).await.as_deref(),
        Some("password_changed")
    );
    assert_eq!(log_in_status(&served, "ada", PASSWORD).await, 401);
    assert_eq!(log_in_status(&served, "ada", other).await, 200);

    assert_eq!(
        exact(&served.delete(&format!("{ADA}?wait=full"), &key).await),
        ended(1)
    );
    assert_eq!(log_in_status(&served, "ada", other).await, 401);
    assert_eq!(served.get(ADA, &key).await.exact(), no_account());
    assert_eq!(served.delete(ADA, &key).await.exact(), no_account());
    assert_eq!(
        patch(&served, ADA, &key, json!({"role": "viewer"})).await.exact(),
        no_account()
    );
}

#[tokio::test]
async fn a_role_is_given_and_taken() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    served.account("ada", Role::User).await;
    let tokens = served.log_in("ada").await;
    assert_eq!(served.get("/v1/admin/accounts", &tokens.access).await.status, 403);
    let given = patch(&served, ADA, &key, json!({"role": "viewer"})).await;
    assert_eq!(given.status, 200, "{}", given.body);
    assert!(given.json()["seq"].is_u64(), "{}", given.body);
    assert_eq!(served.get("/v1/admin/accounts", &tokens.access).await.status, 200);
    assert_eq!(served.get(ADA, &key).await.json()["role"], "viewer");
    let both = patch(&served, ADA, &key, json!({"role": "user", "state": "disabled"})).await;
    assert_eq!(exact(&both), ended(1));
    let read = served.get(ADA, &key).await.json();
    assert_eq!(
        (read["role"].as_str(), read["state"].as_str()),
        (Some("user"), Some("disabled"))
    );
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let served = Served::start().await;
    let root = administrator(&served).await.access;
    let path = "/v1/admin/accounts/root";
    for change in [
        json!({"role": "user"}),
        json!({"role": "viewer"}),
        json!({"state": "disabled"}),
    ] {
        assert_eq!(
            patch(&served, path, &root, change).await.exact(),
            last_administrator()
        );
    }
    assert_eq!(served.delete(path, &root).await.exact(), last_administrator());

    served.account("zoe", Role::Admin).await;
    assert_eq!(
        patch(
            &served,
            "/v1/admin/accounts/zoe",
            &root,
            json!({"state": "disabled"})
        )
        .await
        .status,
        200
    );
    // One that cannot log in is no other administrator.
    assert_eq!(served.delete(path, &root).await.exact(), last_administrator());
    assert_eq!(
        patch(
            &served,
            "/v1/admin/accounts/zoe",
            &root,
            json!({"state": "enabled"})
        )
        .await
        .status,
        200
    );
    assert_eq!(exact(&served.delete(path, &root).await), ended(1));
    assert_eq!(served.refused(&root).await.as_deref(), Some("revoked"));
}

#[tokio::test]
async fn a_name_or_a_subject_is_taken_once() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let first = json!({"name": "ada", "password": PASSWORD, "subject": "user-1024"});
    assert_eq!(add(&served, &key, first).await.status, 201);
    let detail = "an account of that name or subject is there already";
    let taken = problem(409, "conflict", "The state does not allow this", detail);
    for (name, subject) in [("ADA", "user-1"), ("bea", "user-1024")] {
        let again = json!({"name": name, "password": PASSWORD, "subject": subject});
        assert_eq!(add(&served, &key, again).await.exact(), taken, "{name} {subject}");
    }
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_field_by_field() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let right = json!({"name": "ada", "password": PASSWORD, "subject": "ada", "role": "user"});
    let with = |field: &str, value: Value| {
        let mut body = right.clone();
        body[field] = value;
        body
    };
    for body in [
        json!({}),
        json!([]),
        json!({"name": "ada"}),
        json!({"password": PASSWORD}),
        with("name", json!("")),
        with("name", json!("  ")),
        with("name", json!("a\nb")),
        with("name", json!("x".repeat(129))),
        with("name", json!(1)),
        with("subject", json!("")),
        with("subject", json!("x".repeat(256))),
        with("role", json!("root")),
        with("role", json!("Admin")),
        with("state", json!("enabled")),
        with("password", json!("short")),
        with("password", json!("password")),
        with("password", json!("x".repeat(1025))),
        with("password", json!(null)),
    ] {
        let answer = add(&served, &key, body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{body}");
        assert!(!answer.body.contains(PASSWORD), "{}", answer.body);
    }
    assert_eq!(
        served.get("/v1/admin/accounts", &key).await.body,
        r#"{"items":[]}"#
    );
    let longest = json!({"name": "x".repeat(128), "password": PASSWORD, "subject": "y".repeat(255)});
    assert_eq!(add(&served, &key, longest).await.status, 201);
}

#[tokio::test]
async fn a_change_that_is_none_or_two_is_refused_and_changes_nothing() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let ada = served.person("ada").await;
    let other = "nine otters in an amber rain";
    for (body, detail) in [
        (json!({}), "role, state or password is needed"),
        (
            json!({"password": other, "role": "admin"}),
            "password must be changed alone, without role and state",
        ),
        (
            json!({"password": other, "state": "disabled"}),
            "password must be changed alone, without role and state",
        ),
        (
            json!({"state": "password_disabled"}),
            "state must be `enabled` or `disabled`: line 1 column 28",
        ),
        (
            json!({"name": "bea"}),
            "unknown field name, expected one of `role`, `state`, `password`: line 1 column 7",
        ),
    ] {
        let answer = patch(&served, ADA, &key, body.clone()).await;
        assert_eq!(
            (answer.status, answer.detail()),
            (400, detail.to_owned()),
            "{body}"
        );
    }
    assert_eq!(
        patch(&served, ADA, &key, json!({"password": "short"}))
            .await
            .status,
        400
    );
    assert_eq!(served.refused(&ada.access).await, None);
    assert_eq!(log_in_status(&served, "ada", PASSWORD).await, 200);
    assert_eq!(served.get(ADA, &key).await.json()["role"], "user");
}

#[tokio::test]
async fn the_accounts_are_listed_by_name_page_by_page() {
    let served = Served::start().await;
    let key = served.key("admin:read").await;
    for name in ["eva", "bea", "虎", "ada", "cleo", "dora"] {
        served.account(name, Role::User).await;
    }
    let mut seen = Vec::new();
    let mut path = "/v1/admin/accounts?limit=2".to_owned();
    let mut pages = 0;
    loop {
        let page = served.get(&path, &key).await.json();
        pages += 1;
        let items = page["items"].as_array().unwrap();
        seen.extend(items.iter().map(|item| item["name"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/admin/accounts?limit=2&cursor={next}");
    }
    // Six fill three pages: the last one is full, and still the last.
    assert_eq!(
        (pages, seen),
        (
            3,
            ["ada", "bea", "cleo", "dora", "eva", "虎"]
                .map(str::to_owned)
                .to_vec()
        )
    );
}

#[tokio::test]
async fn no_answer_about_accounts_shows_a_password() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let answers = [
        add(&served, &key, json!({"name": "ada", "password": PASSWORD})).await,
        served.get(ADA, &key).await,
        served.get("/v1/admin/accounts", &key).await,
        patch(
            &served,
            ADA,
            &key,
            json!({"password": "nine otters in an amber rain"}),
        )
        .await,
    ];
    for answer in answers {
        assert!(answer.status < 300, "{}", answer.body);
        for secret in [PASSWORD, "otters", "argon2", "$"] {
            assert!(!answer.body.contains(secret), "{}", answer.body);
        }
    }
}
