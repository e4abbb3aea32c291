//! The one table of errors.

use std::time::Duration;

use axum::response::IntoResponse;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http_body_util::BodyExt;
use symbolon_http::listen::Refusal;
use symbolon_http::problem::{Code, Problem};

async fn rendered(problem: Problem) -> (u16, http::HeaderMap, String) {
    let (parts, body) = problem.into_response().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (
        parts.status.as_u16(),
        parts.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

/// One of each, with its status.
fn all() -> Vec<(Problem, u16)> {
    vec![
        (Problem::invalid_request("x"), 400),
        (Problem::invalid_bearer("x"), 400),
        (Problem::invalid_credentials(), 401),
        (Problem::token_absent(), 401),
        (Problem::invalid_token("expired"), 401),
        (Problem::reauth_required(Duration::from_secs(300)), 401),
        (Problem::insufficient_scope("issue"), 403),
        (Problem::account_banned(), 403),
        (Problem::cross_site("x"), 403),
        (Problem::not_found("x"), 404),
        (Problem::method_not_allowed(), 405),
        (Problem::request_timeout(), 408),
        (Problem::conflict("x"), 409),
        (Problem::limit_reached("x"), 409),
        (Problem::payload_too_large(1), 413),
        (Problem::uri_too_long(), 414),
        (Problem::unsupported_media_type("x/y"), 415),
        (Problem::throttled(7, "x"), 429),
        (Problem::header_fields_too_large("x"), 431),
        (Problem::internal(), 500),
        (Problem::unavailable(3), 503),
    ]
}

#[tokio::test]
async fn every_problem_has_its_status_its_media_type_and_is_not_stored() {
    let mut codes = std::collections::HashSet::new();
    for (problem, expected) in all() {
        codes.insert(problem.code());
        let code = problem.code().as_str();
        assert_eq!(problem.status(), expected);
        let (status, headers, body) = rendered(problem).await;
        assert_eq!(status, expected);
        assert_eq!(headers[CONTENT_TYPE], "application/problem+json");
        assert_eq!(headers[CACHE_CONTROL], "no-store");
        let start = format!(r#"{{"type":"urn:symbolon:problem:{code}","title":""#);
        assert!(body.starts_with(&start), "{body}");
        assert!(
            body.contains(&format!(r#","status":{expected},"detail":""#)),
            "{body}"
        );
        assert!(body.contains(&format!(r#","code":"{code}""#)), "{body}");
        assert_eq!(
            headers.contains_key(RETRY_AFTER),
            [429, 503].contains(&expected),
            "{code}"
        );
        if expected == 401 {
            assert!(
                headers[WWW_AUTHENTICATE]
                    .to_str()
                    .unwrap()
                    .starts_with("Bearer realm=\"symbolon\"")
            );
        }
    }
    assert_eq!(codes, Code::ALL.into_iter().collect(), "a code is not tested");
}

#[tokio::test]
async fn the_body_of_a_refused_token_says_why_and_since_when() {
    let (_, headers, body) = rendered(Problem::invalid_token("logged_out").at(1_700_000_000_123)).await;
    assert_eq!(
        body,
        concat!(
            r#"{"type":"urn:symbolon:problem:invalid_token","title":"The token is not valid","status":401,"#,
            r#""detail":"the token is not valid","code":"invalid_token","reason":"logged_out","#,
            r#""at":"2023-11-14T22:13:20.123Z"}"#
        )
    );
    assert_eq!(
        headers[WWW_AUTHENTICATE],
        r#"Bearer realm="symbolon", error="invalid_token""#
    );
}

#[tokio::test]
async fn an_instant_on_the_second_still_has_its_milliseconds() {
    let (_, _, body) = rendered(Problem::invalid_token("expired").at(0)).await;
    assert!(body.ends_with(r#","at":"1970-01-01T00:00:00.000Z"}"#), "{body}");
}

#[tokio::test]
async fn the_challenges_are_those_of_rfc_6750_and_rfc_9470() {
    for (problem, expected) in [
        (Problem::token_absent(), r#"Bearer realm="symbolon""#),
        (Problem::invalid_credentials(), r#"Bearer realm="symbolon""#),
        (
            Problem::invalid_bearer("x"),
            r#"Bearer realm="symbolon", error="invalid_request""#,
        ),
        (
            Problem::reauth_required(Duration::from_secs(300)),
            r#"Bearer realm="symbolon", error="insufficient_user_authentication", max_age="300""#,
        ),
        (
            Problem::insufficient_scope("issue"),
            r#"Bearer realm="symbolon", error="insufficient_scope", scope="issue""#,
        ),
    ] {
        assert_eq!(rendered(problem).await.1[WWW_AUTHENTICATE], expected);
    }
    assert!(
        !rendered(Problem::invalid_request("x"))
            .await
            .1
            .contains_key(WWW_AUTHENTICATE)
    );
}

#[tokio::test]
async fn seconds_to_wait_are_whole_numbers() {
    assert_eq!(rendered(Problem::throttled(7, "x")).await.1[RETRY_AFTER], "7");
    assert_eq!(rendered(Problem::unavailable(3)).await.1[RETRY_AFTER], "3");
}

#[test]
fn what_the_listener_refuses_has_its_problem() {
    for (refusal, status, code) in [
        (Refusal::UriTooLong, 414, Code::UriTooLong),
        (Refusal::TooManyHeaders, 431, Code::HeaderFieldsTooLarge),
        (Refusal::HostNotSingle, 400, Code::InvalidRequest),
        (Refusal::CodingNotChunked, 400, Code::InvalidRequest),
        (Refusal::Overdue, 503, Code::Unavailable),
    ] {
        let problem = Problem::from(refusal);
        assert_eq!((problem.status(), problem.code()), (status, code));
    }
}
