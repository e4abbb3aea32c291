//! What a service asks of a token, alone or of many at once.

use http::Method;
use serde_json::{Value, json};
use symbolon_http::app::Reasons;

use crate::served::{Answer, Ask, Served, Setup};

async fn verify(served: &Served, key: &str, body: Value) -> Answer {
    served.post_as("/v1/verify", key, body).await
}

#[tokio::test]
async fn a_live_token_is_active_and_says_whose() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let plain = served.issue(json!({"subject": "a"})).await;
    let expected = concat!(
        r#"{"active":true,"subject":"a","session_id":"<id>","client_id":"default","expires_at":"<instant>","#,
        r#""authenticated_at":"<instant>","claims":{}}"#,
    );
    assert_eq!(
        verify(&served, &key, json!({"token": plain.access}))
            .await
            .exact(),
        (200, expected.to_owned())
    );
    let body =
        json!({"subject": "b", "client_id": "c", "audience": "api", "scope": "read", "claims": {"x": 1}});
    let full = served.issue(body).await;
    let expected = concat!(
        r#"{"active":true,"subject":"b","session_id":"<id>","client_id":"c","expires_at":"<instant>","#,
        r#""authenticated_at":"<instant>","audience":["api"],"scope":"read","claims":{"x":1}}"#,
    );
    assert_eq!(
        verify(&served, &key, json!({"token": full.access})).await.exact(),
        (200, expected.to_owned())
    );
}

#[tokio::test]
async fn a_token_that_proves_nothing_is_an_answer_and_not_an_error() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let tokens = served.person("ann").await;
    let inactive = |reason: &str| (200, format!(r#"{{"active":false,"reason":"{reason}"}}"#));
    for token in ["", "x", &tokens.refresh, &key] {
        assert_eq!(
            verify(&served, &key, json!({"token": token})).await.exact(),
            inactive("malformed"),
            "{token}"
        );
    }
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access))
        .await;
    assert_eq!(
        verify(&served, &key, json!({"token": tokens.access}))
            .await
            .exact(),
        inactive("logged_out")
    );
}

#[tokio::test]
async fn coarse_reasons_are_coarse_here_too() {
    let mut setup = Setup::default();
    setup.settings.reasons = Reasons::Coarse;
    let served = setup.start().await;
    let key = served.key("verify").await;
    let tokens = served.person("ann").await;
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access))
        .await;
    for token in [&tokens.access, "x"] {
        let answer = verify(&served, &key, json!({"token": token})).await;
        assert_eq!(
            answer.exact(),
            (200, r#"{"active":false,"reason":"revoked"}"#.to_owned())
        );
    }
}

#[tokio::test]
async fn what_is_asked_of_a_token_is_decided_for_each_question() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let tokens = served
        .issue(json!({"subject": "a", "audience": ["api", "files"], "scope": "read write"}))
        .await;
    let bare = served.issue(json!({"subject": "b"})).await;
    for _ in 0..2 {
        for (token, asked, reason) in [
            (&tokens, json!({"audience": "api"}), None),
            (
                &tokens,
                json!({"audience": ["other", "files"], "scope": "write", "max_age": 3600}),
                None,
            ),
            (&tokens, json!({"audience": "other"}), Some("wrong_audience")),
            (
                &tokens,
                json!({"scope": "read admin"}),
                Some("insufficient_scope"),
            ),
            (&bare, json!({"audience": "api"}), Some("wrong_audience")),
            (&bare, json!({"scope": "read"}), Some("insufficient_scope")),
            (&bare, json!({"max_age": "1h"}), None),
        ] {
            let mut body = asked.clone();
            body["token"] = json!(token.access);
            let answer = verify(&served, &key, body).await.json();
            assert_eq!(answer["reason"].as_str(), reason, "{asked}");
            assert_eq!(answer["active"], reason.is_none(), "{asked}");
        }
    }
}

#[tokio::test]
async fn a_proof_that_is_too_old_is_told_as_that() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let tokens = served.issue(json!({"subject": "a"})).await;
    let ask = || verify(&served, &key, json!({"token": tokens.access, "max_age": 0}));
    let answer = crate::served::until(ask, |answer| answer.json()["active"] == false).await;
    assert_eq!(answer.json()["reason"], "reauth_required");
}

#[tokio::test]
async fn a_batch_is_answered_in_order() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let (a, b) = (
        served.issue(json!({"subject": "a"})).await,
        served.issue(json!({"subject": "b"})).await,
    );
    let tokens = json!([b.access, "", a.access, "x", a.refresh, b.access]);
    let answer = verify(&served, &key, json!({"tokens": tokens})).await;
    assert_eq!(answer.status, 200);
    let results = answer.json()["results"].clone();
    let seen: Vec<_> = results
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["subject"].as_str().or(one["reason"].as_str()).unwrap())
        .collect();
    assert_eq!(seen, ["b", "malformed", "a", "malformed", "malformed", "b"]);
    assert_eq!(
        verify(&served, &key, json!({"tokens": []})).await.exact(),
        (200, r#"{"results":[]}"#.to_owned())
    );
}

#[tokio::test]
async fn a_batch_has_a_thousand_tokens_and_no_more() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let tokens = served.issue(json!({"subject": "a"})).await;
    let full = verify(&served, &key, json!({"tokens": vec![&tokens.access; 1000]})).await;
    assert_eq!(full.json()["results"].as_array().unwrap().len(), 1000);
    let over = verify(&served, &key, json!({"tokens": vec!["x"; 1001]})).await;
    assert_eq!(over.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(over.detail(), "tokens must have at most 1000 entries");
}

#[tokio::test]
async fn a_question_that_is_none_is_refused() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    for body in [
        json!({}),
        json!({"token": "x", "tokens": []}),
        json!({"token": null}),
        json!({"token": 7}),
        json!({"tokens": ["x", null]}),
        json!({"tokens": "x"}),
        json!({"token": "x", "audience": []}),
        json!({"token": "x", "scope": ""}),
        json!({"token": "x", "max_age": -1}),
        json!({"token": "x", "aud": "y"}),
        json!([]),
    ] {
        let answer = verify(&served, &key, body.clone()).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{body}");
    }
}

#[tokio::test]
async fn a_verify_that_cannot_be_decided_is_a_503_also_in_a_batch() {
    let served = Served::start().await;
    let (key, tokens) = (
        served.key("verify").await,
        served.issue(json!({"subject": "a"})).await,
    );
    // The key is in memory, so that it is the token that cannot be decided.
    assert_eq!(verify(&served, &key, json!({"token": "x"})).await.status, 200);
    served.symbolon.stop().await;
    for body in [
        json!({"token": tokens.access}),
        json!({"tokens": ["x", tokens.access]}),
    ] {
        let answer = verify(&served, &key, body).await;
        assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
        assert!(!answer.body.contains("active"), "{}", answer.body);
    }
}

#[tokio::test]
async fn the_memory_that_answered_is_named_only_where_it_is_asked_for() {
    for debug_tier in [false, true] {
        let mut setup = Setup::default();
        setup.settings.debug_tier = debug_tier;
        let served = setup.start().await;
        let key = served.key("verify").await;
        let tokens = served.issue(json!({"subject": "a"})).await;
        let answer = verify(&served, &key, json!({"token": tokens.access})).await;
        assert_eq!(
            answer.header("x-symbolon-tier"),
            if debug_tier { "near" } else { "" }
        );
        let malformed = verify(&served, &key, json!({"token": "x"})).await;
        assert_eq!(malformed.header("x-symbolon-tier"), "");
    }
}
