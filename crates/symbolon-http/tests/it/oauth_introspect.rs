//! Introspection (RFC 7662).

use http::Method;
use serde_json::{Value, json};
use symbolon::session::TokenStyle;

use crate::oauth_clients::{INTROSPECT, assert_away, challenges, error};
use crate::served::{Answer, Ask, Served, Setup, Tokens};

async fn introspect(served: &Served, key: &str, form: &[(&str, &str)]) -> Answer {
    let request = Ask::new(Method::POST, INTROSPECT).form(form).bearer(key);
    served.ask(request).await
}

fn inactive() -> (u16, String) {
    (200, r#"{"active":false}"#.to_owned())
}

/// The instants of a session in seconds, as its own route says them.
async fn second(served: &Served, tokens: &Tokens, name: &str) -> i64 {
    let key = served.key("verify").await;
    let session = served
        .get(&format!("/v1/service/sessions/{}", tokens.session), &key)
        .await
        .json();
    let instant: jiff::Timestamp = session[name].as_str().unwrap().parse().unwrap();
    instant.as_millisecond().div_euclid(1000)
}

#[tokio::test]
async fn a_good_token_is_told_byte_by_byte() {
    let setup = Setup::default().signed("https://auth.example", TokenStyle::Opaque);
    let served = setup.start().await;
    let key = served.key("verify").await;
    let tokens = served
        .issue(
            json!({"subject": "虎\"1", "client_id": "shop", "audience": ["api", "files"], "scope": "read"}),
        )
        .await;
    let at = second(&served, &tokens, "created_at").await;
    let sid = &tokens.session;
    for (token, kind, jti, end) in [
        (&tokens.access, "Bearer", format!("{sid}.0"), at + 1_800),
        (
            &tokens.refresh,
            "refresh_token",
            format!("{sid}.r0"),
            at + 2_592_000,
        ),
    ] {
        let expected = format!(
            concat!(
                r#"{{"active":true,"sub":"虎\"1","sid":"{sid}","client_id":"shop","iat":{at},"exp":{end},"#,
                r#""token_type":"{kind}","scope":"read","aud":["api","files"],"iss":"https://auth.example","#,
                r#""jti":"{jti}","auth_time":{at}}}"#,
            ),
            sid = sid,
            at = at,
            end = end,
            kind = kind,
            jti = jti,
        );
        for hint in ["access_token", "refresh_token", "device_secret", ""] {
            let form = [("token", token.as_str()), ("token_type_hint", hint)];
            let answer = introspect(&served, &key, &form).await;
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (200, expected.as_str()),
                "{hint}"
            );
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn what_was_not_said_at_issue_is_left_out_or_the_deployment_s() {
    for (audience, aud) in [(None, None), (Some("api"), Some(json!("api")))] {
        let mut setup = Setup::default();
        setup.builder = setup.builder.audience(audience.map(str::to_owned));
        let served = setup.start().await;
        let key = served.key("verify").await;
        let issued = served.issue(json!({"subject": "a"})).await;
        let person = served.person("ann").await;
        for tokens in [&issued, &person] {
            let answer = introspect(&served, &key, &[("token", &tokens.access)])
                .await
                .json();
            assert_eq!(answer.get("aud"), aud.as_ref(), "{answer}");
            assert_eq!(answer.get("scope"), None, "{answer}");
            assert_eq!(
                (&answer["iss"], &answer["client_id"]),
                (&json!("symbolon"), &json!("default"))
            );
        }
        let own = served.issue(json!({"subject": "a", "audience": "files"})).await;
        let answer = introspect(&served, &key, &[("token", &own.access)]).await.json();
        assert_eq!(answer["aud"], "files");
    }
}

#[tokio::test]
async fn a_token_one_refresh_old_is_good_and_says_when_it_was_made() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let old = served.session_of("spa").await;
    let before = introspect(&served, &key, &[("token", &old.access)]).await.json();
    let body = json!({"refresh_token": old.refresh});
    let new = Tokens::of(&served.post("/v1/refresh", body).await);
    let after = introspect(&served, &key, &[("token", &old.access)]).await.json();
    assert_eq!(after, before);
    let of_new = introspect(&served, &key, &[("token", &new.access)]).await.json();
    assert_eq!(of_new["jti"], format!("{}.1", new.session));
    // A refresh that could still be repeated would still be honoured.
    let repeated = introspect(&served, &key, &[("token", &old.refresh)]).await.json();
    assert_eq!(
        (&repeated["active"], &repeated["token_type"]),
        (&json!(true), &json!("refresh_token"))
    );
    assert_eq!(repeated.get("iat"), None);
    assert_eq!(served.refused(&new.access).await, None);
}

#[tokio::test]
async fn a_stolen_token_is_inactive_and_ends_nothing_by_being_asked_about() {
    let mut setup = Setup::default();
    setup.builder = setup.builder.policy(symbolon::policy::SessionPolicy {
        rotation_grace: std::time::Duration::ZERO,
        ..symbolon::policy::SessionPolicy::default()
    });
    let served = setup.start().await;
    let key = served.key("verify").await;
    let first = served.session_of("spa").await;
    let mut newest = first.clone();
    for _ in 0..2 {
        let body = json!({"refresh_token": newest.refresh});
        newest = Tokens::of(&served.post("/v1/refresh", body).await);
    }
    for token in [&first.refresh, &first.access] {
        let answer = introspect(&served, &key, &[("token", token)]).await;
        assert_eq!(answer.exact(), inactive());
    }
    assert_eq!(served.refused(&newest.access).await, None);
    let answer = introspect(&served, &key, &[("token", &newest.refresh)]).await;
    assert_eq!(answer.json()["active"], true);
}

#[tokio::test]
async fn what_is_not_good_is_told_in_two_words_and_no_more() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let ended = served.session_of("spa").await;
    let body = json!({"refresh_token": ended.refresh});
    assert_eq!(served.post("/v1/logout", body).await.status, 200);
    let live = served.session_of("spa").await;
    let foreign = {
        let other = Served::start().await;
        other.session_of("spa").await
    };
    let flipped = |token: &str, at: usize| {
        let mut flipped = token.to_owned();
        flipped.replace_range(at..=at, if &token[at..=at] == "A" { "B" } else { "A" });
        flipped
    };
    let swapped = live.access.replacen("sya_", "syr_", 1);
    for token in [
        "x",
        "sya_",
        "eyJhbGciOiJub25lIn0.e30.",
        &ended.access,
        &ended.refresh,
        &foreign.access,
        &foreign.refresh,
        &flipped(&live.access, 5),
        &flipped(&live.access, 50),
        &flipped(&live.refresh, 80),
        &swapped,
        &format!("{} ", live.access),
        &key,
    ] {
        let answer = introspect(&served, &key, &[("token", token)]).await;
        assert_eq!(answer.exact(), inactive(), "{token}");
        assert_eq!(answer.header("content-type"), "application/json");
    }
    for form in [&[][..], &[("token", "")]] {
        let answer = introspect(&served, &key, form).await;
        assert_eq!(answer.exact(), error(400, "invalid_request", "token is missing"));
    }
}

#[tokio::test]
async fn who_may_not_ask_is_refused_whatever_they_ask() {
    let served = Served::start().await;
    let key = served.key("issue,revoke,admin:read").await;
    let (_, of_client) = served.client_key("issue,revoke", "spa").await;
    let tokens = served.session_of("spa").await;
    let refused = error(403, "insufficient_scope", "scope verify is needed");
    for key in [&key, &of_client, &tokens.access] {
        for token in [tokens.access.as_str(), "x", ""] {
            let answer = introspect(&served, key, &[("token", token)]).await;
            assert_eq!(answer.exact(), refused);
            assert_eq!(
                challenges(&answer),
                [r#"Bearer realm="symbolon", error="insufficient_scope", scope="verify""#]
            );
        }
        let request = Ask::new(Method::POST, INTROSPECT).bearer(key).json(&json!({}));
        assert_eq!(served.ask(request).await.exact(), refused);
    }
    let nobody = Ask::new(Method::POST, INTROSPECT).json(&json!({"token": tokens.access}));
    assert_eq!(
        served.ask(nobody).await.exact(),
        error(401, "invalid_client", "the client must say who it is")
    );
}

#[tokio::test]
async fn what_cannot_be_decided_is_a_503_and_never_an_inactive_token() {
    let served = Served::start().await;
    let key = served.key("verify").await;
    let tokens = served.session_of("spa").await;
    assert_eq!(
        introspect(&served, &key, &[("token", "x")]).await.exact(),
        inactive()
    );
    served.symbolon.stop().await;
    for token in [&tokens.access, &tokens.refresh] {
        let answer = introspect(&served, &key, &[("token", token)]).await;
        assert_away(&answer);
    }
    let unknown = served.key_text_of_another().await;
    let answer = introspect(&served, &unknown, &[("token", &tokens.access)]).await;
    assert_eq!(answer.status, 401, "a forged key needs no store");
}

impl Served {
    /// A key of another server: well formed, and not ours.
    async fn key_text_of_another(&self) -> String {
        let other = Self::start().await;
        other.key("verify").await
    }
}

#[tokio::test]
async fn a_revocation_is_seen_by_the_next_question() {
    let served = Served::start().await;
    let key = served.key("verify,revoke").await;
    for _ in 0..20 {
        let tokens = served.session_of("spa").await;
        let form = [("token", tokens.access.as_str())];
        let answer = introspect(&served, &key, &form).await.json();
        assert_eq!(answer["active"], Value::Bool(true));
        let request = Ask::new(Method::POST, "/oauth2/revoke").form(&form).bearer(&key);
        assert_eq!(served.ask(request).await.status, 200);
        for token in [&tokens.access, &tokens.refresh] {
            let answer = introspect(&served, &key, &[("token", token)]).await;
            assert_eq!(answer.exact(), inactive());
        }
    }
}

#[tokio::test]
async fn a_signed_token_is_told_as_it_says_itself_and_its_session_has_the_last_word() {
    let setup = Setup::default().signed("https://auth.example", TokenStyle::Jwt);
    let served = setup.start().await;
    let key = served.key("verify,revoke").await;
    let tokens = served.session_of("spa").await;
    assert!(tokens.access.starts_with("ey"), "{}", tokens.access);
    let payload = tokens.access.split('.').nth(1).unwrap();
    let payload = data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    let form = [("token", tokens.access.as_str())];
    let told = introspect(&served, &key, &form).await.json();
    for name in ["sub", "sid", "client_id", "iat", "exp", "iss", "jti", "scope"] {
        assert_eq!(told[name], claims[name], "{name} {told} {claims}");
    }
    assert_eq!(
        (&told["active"], &told["token_type"]),
        (&json!(true), &json!("Bearer"))
    );
    let mut forged = tokens.access.clone();
    let last = forged.len() - 2;
    forged.replace_range(
        last..=last,
        if &tokens.access[last..=last] == "A" {
            "B"
        } else {
            "A"
        },
    );
    assert_eq!(
        introspect(&served, &key, &[("token", &forged)]).await.exact(),
        inactive()
    );
    let request = Ask::new(Method::POST, "/oauth2/revoke").form(&form).bearer(&key);
    assert_eq!(served.ask(request).await.status, 200);
    assert_eq!(introspect(&served, &key, &form).await.exact(), inactive());
}
