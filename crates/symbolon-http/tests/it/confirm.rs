//! Step-up: a recent proof, where one is asked for (RFC 9470).

use http::Method;
use serde_json::{Value, json};

use crate::served::{Answer, Ask, PASSWORD, Served, Setup, Tokens, until};

async fn confirm(served: &Served, token: &str, password: &str) -> Answer {
    let body = json!({"password": password});
    served.post_as("/v1/session/confirm", token, body).await
}

async fn session(served: &Served, token: &str) -> Value {
    let answer = served.get("/v1/session", token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

#[tokio::test]
async fn a_confirmed_session_goes_on_with_a_new_pair_and_a_new_proof() {
    let served = Served::start().await;
    let old = served.person("ann").await;
    let before = session(&served, &old.access).await;
    // The clock has gone on: a proof of now is a newer one.
    let ask = || served.get("/verify?max_age=0", &old.access);
    until(ask, |answer| answer.status != 200).await;
    let answer = confirm(&served, &old.access, PASSWORD).await;
    let expected = concat!(
        r#"{"access_token":"<access>","refresh_token":"<refresh>","token_type":"Bearer","expires_in":1800,"#,
        r#""refresh_expires_in":2591999,"session_id":"<id>","subject":"ann"}"#,
    );
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.exact().1.replace("2592000", "2591999"), expected);
    let new = Tokens::of(&answer);
    assert_eq!(new.session, old.session);
    let after = session(&served, &new.access).await;
    assert!(after["authenticated_at"].as_str() > before["authenticated_at"].as_str());
    for same in [
        "session_id",
        "subject",
        "client_id",
        "created_at",
        "expires_at",
        "claims",
    ] {
        assert_eq!(after[same], before[same], "{same}");
    }
    // The old pair is dead, also in a memory that has answered for it, and is no sign of theft.
    assert_eq!(served.refused(&old.access).await.as_deref(), Some("superseded"));
    let refused = served
        .post("/v1/refresh", json!({"refresh_token": old.refresh}))
        .await;
    assert_eq!(refused.json()["reason"], "superseded");
    assert_eq!(served.refused(&new.access).await, None);
    let next = served
        .post("/v1/refresh", json!({"refresh_token": new.refresh}))
        .await;
    assert_eq!(served.refused(&Tokens::of(&next).access).await, None);
}

#[tokio::test]
async fn what_asks_for_a_recent_proof_says_so_and_is_met_by_a_confirmation() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let tokens = served.person("ann").await;
    let ask = || served.get("/verify?max_age=0", &tokens.access);
    let refused = until(ask, |answer| answer.status != 200).await;
    assert_eq!(refused.problem(), (401, "reauth_required".to_owned()));
    assert_eq!(
        refused.header("www-authenticate"),
        r#"Bearer realm="symbolon", error="insufficient_user_authentication", max_age="0""#
    );
    let body = json!({"token": tokens.access, "max_age": 0});
    let asked = served.post_as("/v1/verify", &key, body).await;
    assert_eq!(
        asked.exact(),
        (200, r#"{"active":false,"reason":"reauth_required"}"#.to_owned())
    );
    // A minute is met before and after.
    assert_eq!(served.get("/verify?max_age=60", &tokens.access).await.status, 200);
    let next = Tokens::of(&confirm(&served, &tokens.access, PASSWORD).await);
    assert_eq!(served.get("/verify?max_age=60", &next.access).await.status, 200);
}

#[tokio::test]
async fn a_wrong_password_confirms_nothing_and_the_session_goes_on() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let before = session(&served, &tokens.access).await;
    let answer = confirm(&served, &tokens.access, "wrong").await;
    let refusal = concat!(
        r#"{"type":"urn:symbolon:problem:invalid_credentials","title":"Name or password are wrong","status":401,"#,
        r#""detail":"the name or the password is wrong","code":"invalid_credentials"}"#,
    );
    assert_eq!(answer.exact(), (401, refusal.to_owned()));
    let after = session(&served, &tokens.access).await;
    assert_eq!(after["authenticated_at"], before["authenticated_at"]);
}

#[tokio::test]
async fn wrong_passwords_are_throttled_for_the_session_that_sends_them_and_a_right_one_clears_them() {
    let mut setup = Setup::default();
    setup.builder = setup.builder.free_failures(2);
    let served = setup.start().await;
    let tokens = served.person("ann").await;
    assert_eq!(confirm(&served, &tokens.access, "wrong").await.status, 401);
    let tokens = Tokens::of(&confirm(&served, &tokens.access, PASSWORD).await);
    for _ in 0..3 {
        assert_eq!(confirm(&served, &tokens.access, "wrong").await.status, 401);
    }
    let answer = confirm(&served, &tokens.access, PASSWORD).await;
    assert_eq!(answer.problem(), (429, "throttled".to_owned()));
    assert!(answer.headers.contains_key("retry-after"));
    // Whoever has a session of hers and guesses does not keep her from logging in.
    let other = served.log_in("ann").await;
    assert_eq!(confirm(&served, &other.access, PASSWORD).await.status, 200);
    assert_eq!(served.refused(&tokens.access).await, None);
}

#[tokio::test]
async fn a_session_that_a_service_began_has_no_password_to_confirm() {
    let served = Served::start().await;
    let tokens = served.issue(json!({"subject": "user-1024"})).await;
    let answer = confirm(&served, &tokens.access, PASSWORD).await;
    let refusal = concat!(
        r#"{"type":"urn:symbolon:problem:conflict","title":"The state does not allow this","status":409,"#,
        r#""detail":"this session has no account here, so there is no password to confirm","code":"conflict"}"#,
    );
    assert_eq!(answer.exact(), (409, refusal.to_owned()));
}

#[tokio::test]
async fn only_the_access_token_of_a_live_session_confirms() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let key = served.key("admin").await;
    for token in [tokens.refresh.as_str(), key.as_str(), "x"] {
        let answer = confirm(&served, token, PASSWORD).await;
        assert_eq!(answer.problem(), (401, "invalid_token".to_owned()));
    }
    let ask = Ask::new(Method::POST, "/v1/session/confirm").json(&json!({"password": PASSWORD}));
    assert_eq!(served.ask(ask).await.problem(), (401, "invalid_token".to_owned()));
    for body in [
        json!({}),
        json!({"password": PASSWORD, "x": 1}),
        json!({"password": "x".repeat(1025)}),
    ] {
        let answer = served.post_as("/v1/session/confirm", &tokens.access, body).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()));
    }
    served
        .ask(Ask::new(Method::POST, "/v1/logout").bearer(&tokens.access))
        .await;
    let answer = confirm(&served, &tokens.access, PASSWORD).await;
    assert_eq!(answer.json()["reason"], "logged_out");
}

#[tokio::test]
async fn of_parallel_confirmations_one_gives_a_pair_that_works() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    let ask = || confirm(&served, &tokens.access, PASSWORD);
    let (a, b, c, d) = tokio::join!(ask(), ask(), ask(), ask());
    let answers = [a, b, c, d];
    let mut working = 0;
    for answer in &answers {
        match answer.status {
            200 => {
                let next = Tokens::of(answer);
                working += usize::from(served.refused(&next.access).await.is_none());
            }
            // Free failures are counted before each compare, so parallel ones may have to wait.
            401 => assert_eq!(answer.json()["reason"], "superseded", "{}", answer.body),
            other => assert_eq!(other, 429, "{}", answer.body),
        }
    }
    let pairs = answers.iter().filter(|answer| answer.status == 200).count();
    assert_eq!((pairs, working), (1, 1));
}

#[tokio::test]
async fn a_store_that_is_away_is_a_503() {
    let served = Served::start().await;
    let tokens = served.person("ann").await;
    served.symbolon.stop().await;
    let answer = confirm(&served, &tokens.access, PASSWORD).await;
    assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn cve_2021_32701_what_is_asked_of_a_token_is_decided_for_each_request_and_never_remembered() {
    let mut setup = Setup::default();
    setup.settings.debug_tier = true;
    let served = setup.start().await;
    let key = served.key("verify").await;
    let body = json!({"subject": "a", "audience": "api", "scope": "read"});
    let tokens = served.issue(body).await;
    let ask = || served.get("/verify?audience=api&scope=read&max_age=0", &tokens.access);
    until(ask, |answer| answer.status == 401).await;
    // Each refusal comes right after the same token has passed, from the same memory, and the other way round.
    for _ in 0..3 {
        for (query, status) in [
            ("?audience=other", 403),
            ("?audience=api&scope=write", 403),
            ("?audience=other&scope=read", 403),
            ("?max_age=0", 401),
        ] {
            for (query, status) in [
                ("?audience=api&scope=read&max_age=60", 200),
                ("", 200),
                (query, status),
            ] {
                let answer = served.get(&format!("/verify{query}"), &tokens.access).await;
                assert_eq!(answer.status, status, "{query}");
                let tier = answer.header("x-symbolon-tier");
                assert_eq!(tier == "near", status == 200, "{query} {tier}");
            }
        }
        for (more, reason) in [
            (json!({"audience": "api", "scope": "read", "max_age": 60}), None),
            (json!({"audience": "other"}), Some("wrong_audience")),
            (json!({}), None),
            (json!({"scope": "read write"}), Some("insufficient_scope")),
            (json!({"audience": "api"}), None),
            (json!({"max_age": 0}), Some("reauth_required")),
        ] {
            let mut body = more.clone();
            body["token"] = json!(tokens.access);
            let answer = served.post_as("/v1/verify", &key, body).await;
            assert_eq!(answer.header("x-symbolon-tier"), "near");
            let answer = answer.json();
            assert_eq!(answer["active"], reason.is_none(), "{more}");
            assert_eq!(answer["reason"].as_str(), reason, "{more}");
            let mut batch = more.clone();
            batch["tokens"] = json!([tokens.access, "x"]);
            let answer = served.post_as("/v1/verify", &key, batch).await.json();
            assert_eq!(answer["results"][0]["active"], reason.is_none(), "{more}");
        }
    }
}
