//! The refresh grant (RFC 6749, section 6).

use http::Method;
use serde_json::json;

use crate::oauth_clients::{TOKEN, assert_away, error};
use crate::served::{Answer, Ask, Served, Tokens};

/// The grant as a client without a key asks for it.
async fn grant(served: &Served, client: &str, token: &str, more: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("client_id", client),
    ];
    form.extend(more);
    served.ask(Ask::new(Method::POST, TOKEN).form(&form)).await
}

#[tokio::test]
async fn a_refresh_gives_the_next_pair_and_says_its_scope() {
    let served = Served::start().await;
    let tokens = served.session_of("spa").await;
    let answer = grant(&served, "spa", &tokens.refresh, &[]).await;
    let expected = concat!(
        r#"{"access_token":"<access>","refresh_token":"<refresh>","token_type":"Bearer","expires_in":1800,"#,
        r#""refresh_expires_in":2592000,"session_id":"<id>","subject":"ann","scope":"read write"}"#,
    );
    // The session may be a second old by now.
    let (status, body) = answer.exact();
    assert_eq!(
        (status, body.replace("2591999", "2592000").as_str()),
        (200, expected)
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("pragma"), "no-cache");
    assert_eq!(answer.header("content-type"), "application/json");
    let next = Tokens::of(&answer);
    assert_eq!(served.refused(&next.access).await, None);
    let plain = served.issue(json!({"subject": "ann"})).await;
    let answer = grant(&served, "default", &plain.refresh, &[]).await;
    assert!(!answer.body.contains("scope"), "{}", answer.body);
}

#[tokio::test]
async fn a_refresh_repeated_within_the_grace_gives_the_same_pair() {
    let served = Served::start().await;
    let tokens = served.session_of("spa").await;
    let first = Tokens::of(&grant(&served, "spa", &tokens.refresh, &[]).await);
    for _ in 0..3 {
        let again = Tokens::of(&grant(&served, "spa", &tokens.refresh, &[]).await);
        assert_eq!(again, first);
    }
    // The other route knows the same token.
    let body = json!({"refresh_token": tokens.refresh});
    assert_eq!(Tokens::of(&served.post("/v1/refresh", body).await), first);
}

#[tokio::test]
async fn the_grant_is_looked_at_before_all_else() {
    let served = Served::start().await;
    let (_, key) = served.client_key("verify", "shop").await;
    let unsupported = error(400, "unsupported_grant_type", "the only grant is refresh_token");
    for kind in [
        "password",
        "authorization_code",
        "client_credentials",
        "implicit",
        "urn:ietf:params:oauth:grant-type:device_code",
        "REFRESH_TOKEN",
        "refresh_token ",
    ] {
        let form = [("grant_type", kind), ("username", "ann"), ("password", "x")];
        for request in [
            Ask::new(Method::POST, TOKEN).form(&form),
            Ask::new(Method::POST, TOKEN).form(&form).bearer("syk_wrong"),
            Ask::new(Method::POST, TOKEN).form(&form).bearer(&key),
        ] {
            assert_eq!(served.ask(request).await.exact(), unsupported, "{kind}");
        }
    }
    let missing = error(400, "invalid_request", "grant_type is missing");
    for form in [&[][..], &[("grant_type", "")], &[("client_id", "spa")]] {
        let answer = served.ask(Ask::new(Method::POST, TOKEN).form(form)).await;
        assert_eq!(answer.exact(), missing);
    }
    let form = [("grant_type", "refresh_token"), ("client_id", "spa")];
    let answer = served.ask(Ask::new(Method::POST, TOKEN).form(&form)).await;
    assert_eq!(
        answer.exact(),
        error(400, "invalid_request", "refresh_token is missing")
    );
}

#[tokio::test]
async fn a_refused_token_is_an_invalid_grant_that_says_why() {
    let served = Served::start().await;
    let tokens = served.session_of("spa").await;
    let ended = served.session_of("spa").await;
    let body = json!({"refresh_token": ended.refresh});
    assert_eq!(served.post("/v1/logout", body).await.status, 200);
    let mut forged = tokens.refresh.clone();
    forged.replace_range(60..61, if &tokens.refresh[60..61] == "A" { "B" } else { "A" });
    for (token, reason) in [
        ("x", "malformed"),
        ("syr_", "malformed"),
        (forged.as_str(), "malformed"),
        (tokens.access.as_str(), "malformed"),
        (ended.refresh.as_str(), "logged_out"),
    ] {
        let answer = grant(&served, "spa", token, &[]).await;
        let description = format!("the refresh token is refused: {reason}");
        assert_eq!(
            answer.exact(),
            error(400, "invalid_grant", &description),
            "{token}"
        );
        assert!(!answer.headers.contains_key("www-authenticate"));
    }
    assert_eq!(served.refused(&tokens.access).await, None);
}

#[tokio::test]
async fn an_old_token_after_its_successor_was_used_ends_the_session() {
    let mut setup = crate::served::Setup::default();
    let policy = symbolon::policy::SessionPolicy {
        rotation_grace: std::time::Duration::ZERO,
        ..symbolon::policy::SessionPolicy::default()
    };
    setup.builder = setup.builder.policy(policy);
    let served = setup.start().await;
    let first = served.session_of("spa").await;
    let second = Tokens::of(&grant(&served, "spa", &first.refresh, &[]).await);
    let third = Tokens::of(&grant(&served, "spa", &second.refresh, &[]).await);
    let answer = grant(&served, "spa", &first.refresh, &[]).await;
    let reused = error(
        400,
        "invalid_grant",
        "the refresh token is refused: reuse_detected",
    );
    assert_eq!(answer.exact(), reused);
    assert_eq!(
        served.refused(&third.access).await.as_deref(),
        Some("reuse_detected")
    );
}

#[tokio::test]
async fn a_token_of_another_client_is_refused_and_its_session_goes_on() {
    let served = Served::start().await;
    let (_, key) = served.client_key("admin", "shop").await;
    let tokens = served.session_of("spa").await;
    let refused = error(400, "invalid_grant", "the refresh token is another client's");
    for _ in 0..3 {
        assert_eq!(
            grant(&served, "other", &tokens.refresh, &[]).await.exact(),
            refused
        );
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.refresh.as_str()),
        ];
        let request = Ask::new(Method::POST, TOKEN).form(&form).bearer(&key);
        assert_eq!(served.ask(request).await.exact(), refused);
    }
    assert_eq!(served.refused(&tokens.access).await, None);
    // It was not used: its client gets the first successor.
    let next = Tokens::of(&grant(&served, "spa", &tokens.refresh, &[]).await);
    assert_ne!(next.refresh, tokens.refresh);
    // Also an old one, which would end the session if its own client presented it.
    let newest = Tokens::of(&grant(&served, "spa", &next.refresh, &[]).await);
    assert_eq!(
        grant(&served, "other", &tokens.refresh, &[]).await.exact(),
        refused
    );
    assert_eq!(served.refused(&newest.access).await, None);
}

#[tokio::test]
async fn a_key_of_no_client_is_no_client() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let tokens = served.issue(json!({"subject": "ann"})).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", tokens.refresh.as_str()),
    ];
    let request = Ask::new(Method::POST, TOKEN).form(&form).bearer(&key);
    assert_eq!(
        served.ask(request).await.exact(),
        error(401, "invalid_client", "the key is of no client")
    );
}

#[tokio::test]
async fn a_scope_within_the_granted_one_is_taken_and_a_wider_one_is_refused() {
    let served = Served::start().await;
    let tokens = served.session_of("spa").await;
    let exceeded = error(400, "invalid_scope", "the session does not allow so much");
    for wider in ["admin", "read admin", "READ", "read write admin"] {
        let answer = grant(&served, "spa", &tokens.refresh, &[("scope", wider)]).await;
        assert_eq!(answer.exact(), exceeded, "{wider}");
    }
    let malformed = error(
        400,
        "invalid_scope",
        "scope must be words of visible ASCII, one space between two",
    );
    for wrong in ["a  b", " a", "\"", "ä"] {
        let answer = grant(&served, "spa", &tokens.refresh, &[("scope", wrong)]).await;
        assert_eq!(answer.exact(), malformed, "{wrong}");
    }
    // None of them used the token; and less is answered with what was granted.
    let mut pairs = Vec::new();
    for within in ["read", "write read", "", "read write"] {
        let answer = grant(&served, "spa", &tokens.refresh, &[("scope", within)]).await;
        assert_eq!(answer.json()["scope"], "read write", "{within}");
        pairs.push(Tokens::of(&answer));
    }
    assert!(pairs.windows(2).all(|pair| pair[0] == pair[1]), "{pairs:?}");
    let plain = served.issue(json!({"subject": "ann"})).await;
    let answer = grant(&served, "default", &plain.refresh, &[("scope", "read")]).await;
    assert_eq!(answer.exact(), exceeded);
}

#[tokio::test]
async fn what_cannot_be_decided_is_a_503_that_says_when_to_come_back() {
    let served = Served::start().await;
    let (_, key) = served.client_key("verify", "shop").await;
    let [spa, shop] = [served.session_of("spa").await, served.session_of("shop").await];
    let as_shop = || {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", shop.refresh.as_str()),
        ];
        served.ask(Ask::new(Method::POST, TOKEN).form(&form).bearer(&key))
    };
    // Its key is in memory from now on.
    assert_eq!(as_shop().await.status, 200);
    served.symbolon.stop().await;
    for answer in [
        grant(&served, "spa", &spa.refresh, &[]).await,
        grant(&served, "spa", "x", &[]).await,
        as_shop().await,
    ] {
        assert_away(&answer);
        assert_eq!(answer.header("pragma"), "no-cache");
    }
    let answer = grant(&served, "spa", &spa.refresh, &[("grant_type", "x")]).await;
    assert_eq!(answer.status, 400, "what is not understood needs no store");
}

#[tokio::test]
async fn parallel_refreshes_of_one_token_give_one_pair() {
    let served = Served::start().await;
    let tokens = served.session_of("spa").await;
    let ask = || grant(&served, "spa", &tokens.refresh, &[]);
    let (a, b, c, d, e, f) = tokio::join!(ask(), ask(), ask(), ask(), ask(), ask());
    let pairs = [a, b, c, d, e, f].map(|answer| Tokens::of(&answer));
    assert!(pairs.iter().all(|pair| *pair == pairs[0]));
    assert_eq!(served.refused(&pairs[0].access).await, None);
}

#[tokio::test]
async fn a_signed_pair_is_repeated_letter_for_letter_and_ended_by_its_client() {
    let setup =
        crate::served::Setup::default().signed("https://auth.example", symbolon::session::TokenStyle::Jwt);
    let served = setup.start().await;
    let tokens = served.session_of("spa").await;
    let first = Tokens::of(&grant(&served, "spa", &tokens.refresh, &[]).await);
    assert!(first.access.starts_with("ey"), "{}", first.access);
    assert_eq!(
        Tokens::of(&grant(&served, "spa", &tokens.refresh, &[]).await),
        first
    );
    let answer = grant(&served, "spa", &first.access, &[]).await;
    let refused = error(400, "invalid_grant", "the refresh token is refused: malformed");
    assert_eq!(answer.exact(), refused);
    let revoke = async |client: &str| {
        let form = [("token", first.access.as_str()), ("client_id", client)];
        served
            .ask(Ask::new(Method::POST, "/oauth2/revoke").form(&form))
            .await
    };
    let refused = error(400, "invalid_grant", "the token is another client's");
    assert_eq!(revoke("other").await.exact(), refused);
    assert_eq!(served.refused(&first.access).await, None);
    assert_eq!(revoke("spa").await.status, 200);
    assert_eq!(served.refused(&first.access).await.as_deref(), Some("logged_out"));
}
