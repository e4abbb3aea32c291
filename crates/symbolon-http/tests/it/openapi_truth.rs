//! The contract held against the server that serves it. It stays true only as long as somebody compares.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use symbolon::account::Role;

use crate::openapi::{Documented, document, groups, operations};
use crate::served::{Ask, Served, Setup};

/// Nobody, something that is no token, an API key that may everything, and a person, who is a new one each time: an
/// earlier question may have ended everyone's sessions.
async fn callers(served: &Served, admin: &str, count: usize) -> [Option<String>; 4] {
    let name = format!("p{count}");
    served.account(&name, Role::User).await;
    let person = served.log_in(&name).await.access;
    [
        None,
        Some("sya_AAAA".to_owned()),
        Some(admin.to_owned()),
        Some(person),
    ]
}

fn question(one: &Documented<'_>, token: Option<&str>, body: Option<&'static str>) -> Ask {
    let ask = Ask::new(one.method.clone(), &one.place());
    let ask = match token {
        Some(token) => ask.bearer(token),
        None => ask,
    };
    match body {
        Some(body) => ask.body("application/json", body),
        None => ask,
    }
}

#[tokio::test]
async fn every_documented_path_answers_and_only_as_documented() {
    let served = Served::start().await;
    let document = document(&served).await;
    let admin = served.key("admin").await;
    let mut asked = 0;
    let mut untrue = Vec::new();
    for one in operations(&document) {
        for body in [None, Some("{}"), Some("[")] {
            for token in callers(&served, &admin, asked).await {
                // Only the head is read: a stream of events has no end.
                let answer = served.open_stream(question(&one, token.as_deref(), body)).await;
                let status = answer.status().as_u16();
                asked += 1;
                let is_true =
                    status < 500 && status != 405 && one.responses().contains_key(&status.to_string());
                untrue.extend((!is_true).then(|| format!("{one} {token:?} {body:?}: {status}")));
            }
        }
    }
    assert!(asked > 400, "{asked}");
    assert!(untrue.is_empty(), "{untrue:#?}");
}

/// The scope that an API key needs for a way to prove oneself.
fn scope(way: &Value) -> Option<&str> {
    way["api_key"].as_array()?.first()?.as_str()
}

#[tokio::test]
async fn the_proof_that_is_documented_is_the_proof_that_is_asked_for() {
    let served = Served::start().await;
    let document = document(&served).await;
    let mut seen = BTreeSet::new();
    for one in operations(&document) {
        let ways = one.list("security");
        if ways.is_empty() || ways.contains(&json!({})) {
            continue;
        }
        let status = async |token: Option<&str>| {
            served
                .open_stream(question(&one, token, None))
                .await
                .status()
                .as_u16()
        };
        assert_eq!(status(None).await, 401, "{one}");
        for scope in ways.iter().filter_map(scope) {
            // All but the one that is needed, and the one that is all of them.
            let others = ["issue", "verify", "revoke", "admin:read"]
                .into_iter()
                .filter(|other| *other != scope);
            let others = served.key(&others.collect::<Vec<_>>().join(",")).await;
            assert_eq!(status(Some(&others)).await, 403, "{one} without {scope}");
            let only = served.key(scope).await;
            assert_ne!(status(Some(&only)).await, 403, "{one} with {scope}");
            seen.insert(scope);
        }
    }
    assert_eq!(seen, ["admin", "admin:read", "issue", "revoke", "verify"].into());
}

#[tokio::test]
async fn the_sample_of_a_problem_is_the_problem_that_is_sent() {
    let served = Served::start().await;
    let document = document(&served).await;
    let sample = |code: &str| {
        let pointer = format!("/components/responses/{code}/content/application~1problem+json/example");
        document.pointer(&pointer).unwrap().clone()
    };
    let sent = served
        .post("/v1/login", json!({"username": "nobody", "password": "x"}))
        .await;
    assert_eq!(sent.json(), sample("invalid_credentials"));
    let key = served.key("admin:read").await;
    let sent = served.post_as("/v1/admin/revoke-all", &key, json!({})).await;
    assert_eq!(sent.json(), sample("insufficient_scope"));
    let sent = served.ask(Ask::new(Method::PUT, "/v1/login")).await;
    assert_eq!(sent.json(), sample("method_not_allowed"));
}

#[tokio::test]
async fn what_a_listener_does_not_serve_is_not_in_its_document() {
    let mut setup = Setup::default();
    setup.settings.compat = false;
    let served = setup.start().await;
    let document = document(&served).await;
    assert!(
        operations(&document)
            .iter()
            .all(|one| !one.path.starts_with("/system"))
    );
    assert_eq!(
        groups(&document),
        [
            "persons",
            "services",
            "oauth",
            "gateways",
            "operators",
            "operations"
        ]
    );
}
