//! Signed access tokens on the wire.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use serde_json::{Value, json};
use symbolon::session::TokenStyle;
use symbolon::{SharedSecret, SignedTokens, SigningAlg};

use crate::served::{Answer, Ask, Served, Setup, Tokens, until};

const SECRET: &[u8] = b"0f1e2d3c4b5a69788796a5b4c3d2e1f0";

pub(crate) async fn served(alg: SigningAlg, secret: bool) -> Served {
    let mut setup = Setup::default();
    setup.settings.debug_tier = true;
    setup.builder = setup.builder.signed_tokens(SignedTokens {
        style: TokenStyle::Jwt,
        alg,
        secret: secret.then(|| SharedSecret::new(SECRET.to_vec().into()).unwrap()),
        ..SignedTokens::default()
    });
    setup.start().await
}

pub(crate) fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

pub(crate) fn decoded(part: &str) -> String {
    String::from_utf8(BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

pub(crate) fn encoded(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

/// A token of these parts, signed with the secret that the services share.
pub(crate) fn forged(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", encoded(header), encoded(claims));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), message.as_bytes());
    format!("{message}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
}

#[tokio::test]
async fn a_log_in_gives_a_signed_token_that_every_route_takes() {
    let served = served(SigningAlg::EdDsa, false).await;
    let own = served.person("ann").await;
    assert_eq!(parts(&own.access).len(), 3);
    assert!(own.refresh.starts_with("syr_"));
    let passed = served.get("/verify", &own.access).await;
    assert_eq!((passed.status, passed.header("x-symbolon-subject")), (200, "ann"));
    assert_eq!(
        passed.header("x-symbolon-tier"),
        "near",
        "memory answers for it too"
    );
    assert_eq!(
        served.get("/v1/session", &own.access).await.json()["session_id"],
        own.session
    );
    let key = served.key("verify").await;
    let answer = served
        .post_as("/v1/verify", &key, json!({"token": own.access}))
        .await;
    assert_eq!(
        (answer.json()["active"].clone(), answer.json()["subject"].clone()),
        (json!(true), json!("ann"))
    );
    let batch = json!({"tokens": [own.access, "ey.ey.ey", ""]});
    let answer = served.post_as("/v1/verify", &key, batch).await.json();
    let active: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["active"].clone())
        .collect();
    assert_eq!(active, [true, false, false]);
    assert_eq!(
        served
            .ask(Ask::new(Method::GET, "/v1/session").header("authorization", &own.access))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_claims_say_who_for_whom_and_until_when() {
    let served = served(SigningAlg::EdDsa, false).await;
    let issued = served
        .issue(json!({"subject": "user-7", "audience": ["shop", "billing"], "scope": "read write", "client_id": "web",
            "claims": {"iss": "evil", "role": "clerk"}, "access_ttl": "10m"}))
        .await;
    let [header, claims, _] = parts(&issued.access);
    let header: Value = serde_json::from_str(&decoded(header)).unwrap();
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("EdDSA"), &json!("at+jwt"))
    );
    let claims: Value = serde_json::from_str(&decoded(claims)).unwrap();
    let at = |name: &str| claims[name].as_i64().unwrap();
    assert_eq!(at("exp") - at("iat"), 600);
    assert_eq!((at("nbf"), at("auth_time")), (at("iat"), at("iat")));
    assert_eq!(claims["iss"], "symbolon");
    assert_eq!(claims["sub"], "user-7");
    assert_eq!(claims["client_id"], "web");
    assert_eq!(claims["aud"], json!(["shop", "billing"]));
    assert_eq!(claims["scope"], "read write");
    assert_eq!(claims["claims"], json!({"iss": "evil", "role": "clerk"}));
    assert_eq!(claims["sid"], issued.session.as_str());
    assert_eq!(claims["jti"], format!("{}.0", issued.session));
}

#[tokio::test]
async fn a_service_verifies_by_the_published_keys_before_during_and_after_a_rotation() {
    let served = served(SigningAlg::EdDsa, false).await;
    let admin = served.key("admin").await;
    let mut tokens = vec![served.issue(json!({"subject": "a"})).await];
    for body in [json!({}), json!({"now": true})] {
        let answer = served
            .post_as("/v1/admin/signing-keys/rotate", &admin, body)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        tokens.push(served.issue(json!({"subject": "a"})).await);
    }
    let published = served.get("/.well-known/jwks.json", "").await;
    assert_eq!(
        (published.status, published.header("cache-control")),
        (200, "public, max-age=300")
    );
    let keys = published.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3);
    for token in &tokens {
        let [header, _, signature] = parts(&token.access);
        let header: Value = serde_json::from_str(&decoded(header)).unwrap();
        let is_it = |key: &&Value| key["kid"] == header["kid"];
        let key = keys["keys"].as_array().unwrap().iter().find(is_it).unwrap();
        assert_eq!(
            (&key["kty"], &key["crv"], &key["use"], &key["alg"]),
            (&json!("OKP"), &json!("Ed25519"), &json!("sig"), &json!("EdDSA"))
        );
        let public = BASE64URL_NOPAD
            .decode(key["x"].as_str().unwrap().as_bytes())
            .unwrap();
        let message = token.access.rsplit_once('.').unwrap().0;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        UnparsedPublicKey::new(&ED25519, public)
            .verify(message.as_bytes(), &signature)
            .unwrap();
        assert_eq!(served.refused(&token.access).await, None);
    }
}

#[tokio::test]
async fn the_published_keys_hold_nothing_secret_and_need_no_token() {
    for alg in SigningAlg::ALL {
        let served = served(alg, alg == SigningAlg::Hs256).await;
        served.issue(json!({"subject": "a"})).await;
        let keys = served
            .ask(Ask::new(Method::GET, "/.well-known/jwks.json"))
            .await
            .json();
        let names: BTreeSet<&str> = keys["keys"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|key| key.as_object().unwrap().keys())
            .map(String::as_str)
            .collect();
        let expected: &[&str] = match alg {
            SigningAlg::EdDsa => &["alg", "crv", "kid", "kty", "use", "x"],
            SigningAlg::Es256 => &["alg", "crv", "kid", "kty", "use", "x", "y"],
            SigningAlg::Rs256 => &["alg", "e", "kid", "kty", "n", "use"],
            SigningAlg::Hs256 => &[],
        };
        assert_eq!(names.into_iter().collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_session_may_ask_for_its_own_style() {
    let served = Served::start().await;
    let style = async |style: Value| {
        served
            .issue(json!({"subject": "a", "token_style": style}))
            .await
            .access
    };
    assert!(style(json!("jwt")).await.starts_with("ey"));
    assert!(style(json!("opaque")).await.starts_with("sya_"));
    assert!(style(Value::Null).await.starts_with("sya_"));
    let key = served.key("issue").await;
    let ask = |ttl: &str| json!({"subject": "a", "token_style": "jwt", "access_ttl": ttl, "absolute_timeout": "1000d"});
    let refused = served.post_as("/v1/service/sessions", &key, ask("91d")).await;
    assert_eq!(refused.problem(), (400, "invalid_request".to_owned()));
    assert_eq!(
        refused.detail(),
        "access_ttl: a signed token lives for 90 days at the most"
    );
    assert_eq!(
        served
            .post_as("/v1/service/sessions", &key, ask("90d"))
            .await
            .status,
        201
    );
}

#[tokio::test]
async fn a_repeated_refresh_gives_the_same_signed_token() {
    let served = served(SigningAlg::EdDsa, false).await;
    let first = served.issue(json!({"subject": "a"})).await;
    let refresh = async || {
        Tokens::of(
            &served
                .post("/v1/refresh", json!({"refresh_token": first.refresh}))
                .await,
        )
    };
    let (a, b) = (refresh().await, refresh().await);
    assert_eq!(a, b);
    assert_ne!(a.access, first.access);
    let signed = served
        .post("/v1/refresh", json!({"refresh_token": a.access}))
        .await;
    assert_eq!(
        signed.problem(),
        (401, "invalid_token".to_owned()),
        "it is no refresh token"
    );
}

#[tokio::test]
async fn an_expired_or_superseded_signed_token_still_logs_out() {
    let served = served(SigningAlg::EdDsa, false).await;
    let short = served.issue(json!({"subject": "a", "access_ttl": "1s"})).await;
    let answer = until(
        || served.get("/verify", &short.access),
        |answer| answer.status == 401,
    )
    .await;
    assert_eq!(answer.json()["reason"], "expired");
    let ended = served.post_as("/v1/logout", &short.access, json!({})).await;
    assert_eq!(
        (ended.status, ended.json()["revoked"].clone()),
        (200, json!(true))
    );
    assert_eq!(served.refused(&short.access).await.as_deref(), Some("logged_out"));

    let mut own = served.issue(json!({"subject": "a"})).await;
    let oldest = own.access.clone();
    for _ in 0..2 {
        own = Tokens::of(
            &served
                .post("/v1/refresh", json!({"refresh_token": own.refresh}))
                .await,
        );
    }
    assert_eq!(served.refused(&oldest).await.as_deref(), Some("superseded"));
    let both = json!({"refresh_token": own.refresh});
    let ended = served.post_as("/v1/logout", &oldest, both).await;
    assert_eq!(
        (ended.status, ended.json()["revoked"].clone()),
        (200, json!(true))
    );
    assert_eq!(served.refused(&own.access).await.as_deref(), Some("logged_out"));
    let foreign = served
        .post_as("/v1/logout", &format!("{oldest}x"), json!({}))
        .await;
    assert_eq!(
        (foreign.status, foreign.json()["revoked"].clone()),
        (200, json!(false))
    );
}

#[tokio::test]
async fn signing_keys_are_listed_and_rotated_by_operators_alone() {
    let served = served(SigningAlg::EdDsa, false).await;
    let (reader, admin) = (served.key("admin:read").await, served.key("admin").await);
    let token = served.issue(json!({"subject": "a"})).await;
    let states = |answer: &Answer| -> Vec<String> {
        let body = answer.json();
        body["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| key["state"].as_str().unwrap().to_owned())
            .collect()
    };
    let listed = served.get("/v1/admin/signing-keys", &reader).await;
    assert_eq!(states(&listed), ["active"]);
    let text = &listed.body;
    for name in ["sealed", "secret", "private"] {
        assert!(!text.contains(name), "{text}");
    }
    let refused = served
        .post_as("/v1/admin/signing-keys/rotate", &reader, json!({}))
        .await;
    assert_eq!(refused.status, 403);
    let rotate = async |body: Value| {
        served
            .post_as("/v1/admin/signing-keys/rotate", &admin, body)
            .await
    };
    assert_eq!(states(&rotate(json!({})).await), ["active", "next"]);
    assert_eq!(
        states(&rotate(json!({"now": true})).await),
        ["retired", "retired", "active"]
    );
    assert_eq!(served.refused(&token.access).await, None);
    assert_eq!(
        states(&rotate(json!({"revoke": true})).await),
        ["revoked", "revoked", "revoked", "active"]
    );
    assert_eq!(served.refused(&token.access).await.as_deref(), Some("malformed"));
    let next = served
        .post("/v1/refresh", json!({"refresh_token": token.refresh}))
        .await;
    assert_eq!(
        served.refused(&Tokens::of(&next).access).await,
        None,
        "the session goes on"
    );
    assert_eq!(rotate(json!({"alg": "none"})).await.status, 400);
    let kinds = rotate(json!({"alg": "ES256"})).await.json();
    assert_eq!(
        (&kinds["items"][4]["alg"], &kinds["items"][4]["state"]),
        (&json!("ES256"), &json!("active"))
    );
    let bare = Ask::new(Method::POST, "/v1/admin/signing-keys/rotate").bearer(&admin);
    assert_eq!(served.ask(bare).await.status, 200, "a body is optional");
}

#[tokio::test]
async fn a_secret_that_the_configuration_gives_is_not_rotated_here() {
    let served = served(SigningAlg::Hs256, true).await;
    let admin = served.key("admin").await;
    let refused = served
        .post_as("/v1/admin/signing-keys/rotate", &admin, json!({}))
        .await;
    assert_eq!(refused.problem(), (409, "conflict".to_owned()));
    let listed = served.get("/v1/admin/signing-keys", &admin).await.json();
    assert_eq!(
        (&listed["items"][0]["state"], &listed["items"][0]["alg"]),
        (&json!("given"), &json!("HS256"))
    );
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_life_of_a_signed_token_is_what_the_answer_says() {
    let served = served(SigningAlg::EdDsa, false).await;
    let key = served.key("issue").await;
    let body = json!({"subject": "a", "access_ttl": "5m"});
    let answer = served.post_as("/v1/service/sessions", &key, body).await.json();
    let claims: Value =
        serde_json::from_str(&decoded(parts(answer["access_token"].as_str().unwrap())[1])).unwrap();
    let life = claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(answer["expires_in"], life);
    assert_eq!(Duration::from_secs(300).as_secs(), life.unsigned_abs());
}
