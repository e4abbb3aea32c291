//! Revocation (RFC 7009).

use http::Method;
use serde_json::json;

use crate::oauth_clients::{REVOKE, assert_away, challenges, error};
use crate::served::{Answer, Ask, Served, Tokens};

async fn revoke(served: &Served, key: &str, form: &[(&str, &str)]) -> Answer {
    let request = Ask::new(Method::POST, REVOKE).form(form).bearer(key);
    served.ask(request).await
}

fn done() -> (u16, String) {
    (200, String::new())
}

#[tokio::test]
async fn a_token_of_either_kind_and_any_age_ends_its_session() {
    let served = Served::start().await;
    let key = served.key("revoke").await;
    for hint in [None, Some("access_token"), Some("refresh_token"), Some("unknown")] {
        for age in 0..2 {
            let old = served.session_of("spa").await;
            let body = json!({"refresh_token": old.refresh});
            let new = Tokens::of(&served.post("/v1/refresh", body).await);
            let of_age = if age == 0 { &new } else { &old };
            for token in [&of_age.access, &of_age.refresh] {
                let mut form = vec![("token", token.as_str())];
                form.extend(hint.map(|hint| ("token_type_hint", hint)));
                assert_eq!(revoke(&served, &key, &form).await.exact(), done(), "{hint:?}");
                let reason = served.refused(&new.access).await;
                assert_eq!(reason.as_deref(), Some("logged_out"));
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_is_none_or_has_nothing_to_end_is_a_200() {
    let served = Served::start().await;
    let (_, of_client) = served.client_key("verify", "shop").await;
    let ended = served.session_of("shop").await;
    let foreign = {
        let other = Served::start().await;
        other.session_of("shop").await
    };
    for key in [served.key("revoke").await, of_client] {
        for token in [
            "x",
            "sya_",
            "eyJhbGciOiJub25lIn0.e30.",
            &foreign.access,
            &foreign.refresh,
            &ended.access,
            &ended.access,
            &key,
        ] {
            let answer = revoke(&served, &key, &[("token", token)]).await;
            assert_eq!(answer.exact(), done(), "{token}");
        }
        let missing = error(400, "invalid_request", "token is missing");
        for form in [&[][..], &[("token", "")], &[("token_type_hint", "access_token")]] {
            assert_eq!(revoke(&served, &key, form).await.exact(), missing);
        }
    }
    let answer = served.get("/v1/admin/api-keys", &served.key("admin").await).await;
    assert_eq!(answer.status, 200);
    assert!(
        !answer.body.contains("revoked_at\":\""),
        "no key was ended: {}",
        answer.body
    );
}

#[tokio::test]
async fn a_client_ends_its_own_and_is_told_of_another_s() {
    let served = Served::start().await;
    let (_, key) = served.client_key("verify", "shop").await;
    let [own, others] = [served.session_of("shop").await, served.session_of("spa").await];
    let refused = error(400, "invalid_grant", "the token is another client's");
    for token in [&others.access, &others.refresh] {
        assert_eq!(revoke(&served, &key, &[("token", token)]).await.exact(), refused);
        let form = [("token", token.as_str()), ("client_id", "third")];
        let answer = served.ask(Ask::new(Method::POST, REVOKE).form(&form)).await;
        assert_eq!(answer.exact(), refused);
    }
    assert_eq!(served.refused(&others.access).await, None);
    assert_eq!(
        revoke(&served, &key, &[("token", &own.refresh)]).await.exact(),
        done()
    );
    assert_eq!(served.refused(&own.access).await.as_deref(), Some("logged_out"));
    let form = [("token", others.refresh.as_str()), ("client_id", "spa")];
    let answer = served.ask(Ask::new(Method::POST, REVOKE).form(&form)).await;
    assert_eq!(answer.exact(), done());
    assert_eq!(
        served.refused(&others.access).await.as_deref(),
        Some("logged_out")
    );
}

#[tokio::test]
async fn a_client_whose_key_has_the_scope_ends_the_sessions_of_all() {
    let served = Served::start().await;
    let (_, key) = served.client_key("revoke", "shop").await;
    let others = served.session_of("spa").await;
    assert_eq!(
        revoke(&served, &key, &[("token", &others.access)]).await.exact(),
        done()
    );
    assert_eq!(
        served.refused(&others.access).await.as_deref(),
        Some("logged_out")
    );
}

#[tokio::test]
async fn a_key_of_no_client_needs_the_scope() {
    let served = Served::start().await;
    let key = served.key("issue,verify,admin:read").await;
    let tokens = served.session_of("spa").await;
    let answer = revoke(&served, &key, &[("token", &tokens.access)]).await;
    assert_eq!(
        answer.exact(),
        error(403, "insufficient_scope", "scope revoke is needed")
    );
    assert_eq!(
        challenges(&answer),
        [r#"Bearer realm="symbolon", error="insufficient_scope", scope="revoke""#]
    );
    assert_eq!(served.refused(&tokens.access).await, None);
}

#[tokio::test]
async fn cve_2020_15223_a_revocation_that_is_not_durable_is_never_a_200() {
    let served = Served::start().await;
    let (key, (_, of_client)) = (
        served.key("revoke").await,
        served.client_key("verify", "shop").await,
    );
    let tokens = served.session_of("shop").await;
    // Both keys are in memory from now on.
    for key in [&key, &of_client] {
        assert_eq!(revoke(&served, key, &[("token", "x")]).await.status, 200);
    }
    served.symbolon.stop().await;
    for key in [&key, &of_client] {
        for token in [&tokens.access, &tokens.refresh] {
            let answer = revoke(&served, key, &[("token", token)]).await;
            assert_away(&answer);
        }
    }
}
