//! Auto-renewal of tokens near their end (S0-5), on each route that carries it.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::json;
use symbolon::policy::SessionPolicy;
use tokio::task::JoinSet;

use crate::served::{Answer, Ask, Served, Setup, Tokens, until};

/// Every token of the usual half hour is near its end.
const ALWAYS: Duration = Duration::from_secs(31 * 60);

async fn renewing() -> Served {
    let mut setup = Setup::default();
    let policy = SessionPolicy {
        renew_before: ALWAYS,
        ..SessionPolicy::default()
    };
    setup.builder = setup.builder.policy(policy);
    setup.start().await
}

/// A session of a service's own, with an access token alone.
async fn without_refresh(served: &Served) -> Tokens {
    served
        .issue(json!({"subject": "user-1", "refresh_ttl": 0, "claims": {"roles": ["editor"]}}))
        .await
}

/// The answer of `/verify` that carries the next token. A token that was made in this millisecond has none yet, since
/// it would live no longer.
async fn carrying(served: &Served, token: &str) -> Answer {
    until(
        || served.get("/verify", token),
        |answer| answer.headers.contains_key("x-symbolon-token"),
    )
    .await
}

/// The next token of a token.
async fn renewed(served: &Served, token: &str) -> String {
    next(&carrying(served, token).await).unwrap()
}

/// The next token of an answer of `/verify`.
fn next(answer: &Answer) -> Option<String> {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let value = answer.headers.get("x-symbolon-token")?;
    Some(value.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn s0_5_verify_adds_the_next_token_and_all_else_stays() {
    let served = renewing().await;
    let first = without_refresh(&served).await;
    let answer = carrying(&served, &first.access).await;
    let token = next(&answer).unwrap();
    assert_ne!(token, first.access);
    for name in ["subject", "session", "client", "claims"] {
        assert!(
            answer.headers.contains_key(format!("x-symbolon-{name}").as_str()),
            "{name}"
        );
    }
    assert!(!answer.headers.contains_key("x-symbolon-refresh"));
    assert_eq!(answer.header("cache-control"), "no-store");
    // Another method and another question, the same token.
    let again = served
        .ask(Ask::new(Method::POST, "/verify?max_age=1h").bearer(&first.access))
        .await;
    assert_eq!(next(&again), Some(token.clone()));
    assert_eq!(served.refused(&first.access).await, None);
    assert_eq!(served.refused(&token).await, None);
    let scrape = served.ask(Ask::new(Method::GET, "/metrics")).await.body;
    let handed = scrape
        .lines()
        .find_map(|line| line.strip_prefix(r#"symbolon_renewed_total{result="token"} "#));
    assert!(handed.unwrap().parse::<u64>().unwrap() >= 2, "{scrape}");
}

#[tokio::test]
async fn s0_5_one_s_own_session_carries_token_and_refresh() {
    let served = renewing().await;
    let first = without_refresh(&served).await;
    let token = renewed(&served, &first.access).await;
    let body = served.get("/v1/session", &first.access).await.json();
    assert_eq!((&body["refresh"], &body["token"]), (&json!(true), &json!(token)));
    assert_eq!(body["claims"], json!({"roles": ["editor"]}));
    assert_eq!(body["session_id"], json!(first.session));
    assert_eq!(served.refused(&token).await, None);
}

#[tokio::test]
async fn s0_5_sixty_four_requests_at_once_carry_the_same_token() {
    let served = renewing().await;
    let first = without_refresh(&served).await;
    let served = Arc::new(served);
    let mut asked = JoinSet::new();
    for _ in 0..64 {
        let (served, token) = (Arc::clone(&served), first.access.clone());
        asked.spawn(async move { renewed(&served, &token).await });
    }
    let distinct: HashSet<String> = asked.join_all().await.into_iter().collect();
    assert_eq!(distinct.len(), 1);
}

#[tokio::test]
async fn a_session_with_a_refresh_token_is_given_a_hint_alone() {
    let served = renewing().await;
    let person = served.person("ann").await;
    for path in ["/verify", "/v1/session", "/protected"] {
        let answer = served.get(path, &person.access).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("x-symbolon-refresh"), "due", "{path}");
        assert!(
            !answer.headers.contains_key("x-symbolon-token") && !answer.body.contains("sya_"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn nothing_is_renewed_where_it_is_not_configured_or_not_asked_for() {
    let served = Served::start().await;
    let first = without_refresh(&served).await;
    for path in ["/verify", "/v1/session", "/protected"] {
        let answer = served.get(path, &first.access).await;
        assert_eq!(answer.status, 200, "{path}");
        for name in ["x-symbolon-token", "x-symbolon-refresh"] {
            assert!(!answer.headers.contains_key(name), "{path}");
        }
        assert!(!answer.body.contains("\"refresh\""), "{path}: {}", answer.body);
    }
    // Routes that carry no tokens renew nothing either.
    let served = renewing().await;
    let first = without_refresh(&served).await;
    assert!(
        !served
            .get("/v1/sessions", &first.access)
            .await
            .body
            .contains("sya_")
    );
    let key = served.key("verify").await;
    let answer = served
        .post_as("/v1/verify", &key, json!({"token": first.access}))
        .await;
    assert!(!answer.body.contains("sya_"), "{}", answer.body);
}

#[tokio::test]
async fn a_token_that_is_not_what_the_gateway_asks_for_is_not_renewed() {
    let served = renewing().await;
    let first = without_refresh(&served).await;
    let answer = served.get("/verify?audience=api", &first.access).await;
    assert_eq!(answer.status, 403);
    assert!(!answer.headers.contains_key("x-symbolon-token"));
}

#[tokio::test]
async fn a_token_of_two_renewals_ago_is_superseded_and_ends_nothing() {
    let served = renewing().await;
    let first = without_refresh(&served).await;
    let second = renewed(&served, &first.access).await;
    let third = renewed(&served, &second).await;
    assert_eq!(served.refused(&first.access).await.as_deref(), Some("superseded"));
    assert_eq!(served.refused(&second).await, None);
    assert_eq!(served.refused(&third).await, None);
}

#[tokio::test]
async fn a_log_out_with_the_old_token_ends_the_new_one() {
    let served = renewing().await;
    let first = without_refresh(&served).await;
    let second = renewed(&served, &first.access).await;
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&first.access))
        .await;
    assert_eq!(served.refused(&second).await.as_deref(), Some("logged_out"));
    let answer = served.get("/verify", &second).await;
    assert_eq!(answer.status, 401);
    assert!(!answer.headers.contains_key("x-symbolon-token"));
}
