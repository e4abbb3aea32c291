//! Signed access tokens that nobody here has signed, or not so: each is refused.

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use http::Method;
use serde_json::{Value, json};
use symbolon::SigningAlg;

use crate::served::{Answer, Ask, Served};
use crate::signed_tokens::{decoded, encoded, forged, parts, served};

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
