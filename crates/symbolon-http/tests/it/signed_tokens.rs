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

async fn served(alg: SigningAlg, secret: bool) -> Served {
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

fn parts(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

fn decoded(part: &str) -> String {
    String::from_utf8(BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

fn encoded(text: &str) -> String {
    BASE64URL_NOPAD.encode(text.as_bytes())
}

/// A token of these parts, signed with the secret that the services share.
fn forged(header: &str, claims: &str) -> String {
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

/// Says of each text that it is refused with a challenge, whichever way it comes.
async fn assert_refused(served: &Served, texts: &[String]) {
    let key = served.key("verify").await;
    for text in texts {
        let as_header = text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) && text.trim() == text;
        if as_header {
            let answer: Answer = served.get("/verify", text).await;
            assert_eq!(answer.status, 401, "{text}");
            assert!(
                answer.header("www-authenticate").contains("invalid_token"),
                "{text}"
            );
        }
        let answer = served
            .post_as("/v1/verify", &key, json!({"token": text}))
            .await
            .json();
        assert_eq!(answer, json!({"active": false, "reason": "malformed"}), "{text}");
    }
}

#[tokio::test]
async fn l9_no_key_and_no_way_to_sign_is_taken_from_a_token() {
    let served = served(SigningAlg::EdDsa, false).await;
    let good = served.issue(json!({"subject": "a"})).await.access;
    let [header, claims, signature] = parts(&good);
    let kid = serde_json::from_str::<Value>(&decoded(header)).unwrap()["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    let keys = served.get("/.well-known/jwks.json", "").await.json();
    let public = keys["keys"][0]["x"].as_str().unwrap().to_owned();
    let mut texts = Vec::new();
    for alg in [
        "none", "None", "nOnE", "NONE", "", "HS256", "HS512", "RS256", "ES256", "PS256",
    ] {
        let header = encoded(&format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"at+jwt"}}"#));
        texts.extend([
            format!("{header}.{claims}."),
            format!("{header}.{claims}"),
            format!("{header}.{claims}.{signature}"),
        ]);
        for secret in [
            public.clone().into_bytes(),
            BASE64URL_NOPAD.decode(public.as_bytes()).unwrap(),
        ] {
            let message = format!("{header}.{claims}");
            let sum = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), message.as_bytes());
            texts.push(format!("{message}.{}", BASE64URL_NOPAD.encode(sum.as_ref())));
        }
    }
    for member in [
        r#""jwk":{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        r#""jku":"http://127.0.0.1:1/jwks.json""#,
        r#""x5u":"http://127.0.0.1:1/chain.pem""#,
        r#""x5c":["MIIB"]"#,
        r#""crit":["b64"],"b64":false"#,
        r#""alg":"none""#,
    ] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"at+jwt",{member}}}"#);
        texts.push(format!("{}.{claims}.{signature}", encoded(&header)));
    }
    for kid in [
        "../../../../dev/null",
        "' OR 1=1 --",
        "",
        "x'; DROP TABLE signing_keys; --",
    ] {
        let header = format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"at+jwt"}}"#);
        texts.push(format!("{}.{claims}.{signature}", encoded(&header)));
    }
    assert!(texts.len() >= 40, "{}", texts.len());
    assert_refused(&served, &texts).await;
    assert_eq!(served.refused(&good).await, None);
}

#[tokio::test]
async fn l8_no_twin_of_a_revoked_token_passes() {
    for alg in SigningAlg::ALL {
        let served = served(alg, false).await;
        let own = served.issue(json!({"subject": "a"})).await;
        let good = own.access.clone();
        let [header, claims, signature] = parts(&good);
        served.post_as("/v1/logout", &good, json!({})).await;
        assert_eq!(served.refused(&good).await.as_deref(), Some("logged_out"));
        let json: Value = serde_json::from_str(&decoded(header)).unwrap();
        let reordered = format!(
            r#"{{"typ":{},"kid":{},"alg":{}}}"#,
            json["typ"], json["kid"], json["alg"]
        );
        let spaced = decoded(header).replace(':', ": ");
        let last = good.len() - 1;
        let other_bits: Vec<String> = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            .chars()
            .map(|letter| format!("{}{letter}", &good[..last]))
            .filter(|twin| *twin != good)
            .collect();
        let mut texts = vec![
            format!("{good}="),
            format!("{good}=="),
            format!("{header}=.{claims}.{signature}"),
            format!("{good}."),
            format!("{good}\n"),
            format!("{header}. {claims}.{signature}"),
            format!("{}.{claims}.{signature}", encoded(&reordered)),
            format!("{}.{claims}.{signature}", encoded(&spaced)),
            good.to_uppercase(),
        ];
        texts.extend(other_bits);
        assert_refused(&served, &texts).await;
    }
}

#[tokio::test]
async fn cve_2026_25537_instants_that_are_no_integers_are_refused_behind_a_right_signature() {
    let served = served(SigningAlg::Hs256, true).await;
    let good = served.issue(json!({"subject": "a"})).await.access;
    let [header, claims, _] = parts(&good);
    let (header, claims) = (decoded(header), decoded(claims));
    assert_eq!(
        served.refused(&forged(&header, &claims)).await,
        None,
        "the forger knows the secret"
    );
    let object: Value = serde_json::from_str(&claims).unwrap();
    let mut texts = Vec::new();
    for name in ["iat", "nbf", "exp", "auth_time"] {
        let from = format!(r#""{name}":{}"#, object[name]);
        assert!(claims.contains(&from));
        for value in [
            "\"1800000000\"",
            "1800000000.5",
            "null",
            "[]",
            "{}",
            "true",
            "-1",
            "1e309",
            "9223372036854775808",
        ] {
            texts.push(forged(
                &header,
                &claims.replace(&from, &format!(r#""{name}":{value}"#)),
            ));
        }
        let mut without = object.clone();
        without.as_object_mut().unwrap().remove(name);
        texts.push(forged(&header, &without.to_string()));
    }
    for (from, to) in [
        (r#""iss":"symbolon""#, r#""iss":"another""#),
        (r#""sub":"a""#, r#""sub":"a","sub":"admin""#),
        (r#""sub":"a""#, r#""sub":"a","admin":true"#),
        (r#""sub":"a","#, ""),
    ] {
        texts.push(forged(&header, &claims.replacen(from, to, 1)));
    }
    assert_refused(&served, &texts).await;
    // A longer life than the session's state has is of no use: the state has the last word.
    let exp = object["exp"].as_i64().unwrap();
    let longer = forged(
        &header,
        &claims.replace(&exp.to_string(), &(exp + 60).to_string()),
    );
    assert_eq!(served.refused(&longer).await, None);
    let of_another = forged(&header, &claims.replace(r#"0","iat""#, r#"7","iat""#));
    assert_eq!(
        served.refused(&of_another).await.as_deref(),
        Some("unknown"),
        "a generation that never was"
    );
}

#[tokio::test]
async fn a_signed_token_in_the_query_is_refused_under_every_name() {
    let served = served(SigningAlg::EdDsa, false).await;
    let own = served.issue(json!({"subject": "a"})).await;
    for name in ["token", "access_token", "x"] {
        let answer = served
            .ask(Ask::new(
                Method::GET,
                &format!("/v1/session?{name}={}", own.access),
            ))
            .await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{name}");
        assert!(!answer.body.contains(&own.access));
    }
}

#[tokio::test]
async fn an_oversized_token_is_refused_and_costs_nothing() {
    let served = served(SigningAlg::EdDsa, false).await;
    let key = served.key("verify").await;
    let long = format!(
        "eyJ{}.{}.{}",
        "a".repeat(5_000),
        "b".repeat(5_000),
        "c".repeat(5_000)
    );
    let answer = served.post_as("/v1/verify", &key, json!({"token": long})).await;
    assert_eq!(answer.json(), json!({"active": false, "reason": "malformed"}));
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
