//! What of a body is read, and what of JSON is taken.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, OptionalFromRequest, Request};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use http_body_util::StreamBody;
use hyper::body::Frame;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_oneof, proptest};
use proptest::strategy::Strategy;
use serde::Deserialize;
use symbolon_http::limits::{
    AdminJson, AuthJson, BodyFault, CompatJson, DRAIN_MAX, StrictJson, parse_lenient, parse_strict,
    read_body, single_header,
};
use symbolon_http::problem::Problem;

const TIME: Duration = Duration::from_secs(5);

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Login {
    username: String,
    password: String,
    #[serde(default)]
    device: Option<Device>,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Device {
    kind: Kind,
    count: i64,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Web,
    Phone,
}

/// The same without `deny_unknown_fields`.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct OldLogin {
    username: String,
}

fn fault(text: &str) -> String {
    parse_strict::<Login>(text.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_good_body_is_taken() {
    let login: Login = parse_strict(
        br#" {"username":"a","password":"b","device":{"kind":"web","count":-9223372036854775808}} "#,
    )
    .unwrap();
    assert_eq!(
        login.device,
        Some(Device {
            kind: Kind::Web,
            count: i64::MIN
        })
    );
}

#[test]
fn a_fault_says_what_and_where() {
    for (text, expected) in [
        ("", "the body is not valid JSON: line 1 column 0"),
        (
            "{\"username\":\"a\",\n\"password\":}",
            "the body is not valid JSON: line 2 column 12",
        ),
        (
            r#"{"username":"a","password":"b"} x"#,
            "the body is not valid JSON: line 1 column 33",
        ),
        (
            r#"{"username":"a","password":"b"}{}"#,
            "the body is not valid JSON: line 1 column 32",
        ),
        (
            r#"{"username":"a","username":"b"}"#,
            "a key is there twice: line 1 column 26",
        ),
        (
            r#"{"username":"a","\u0075sername":"b"}"#,
            "a key is there twice: line 1 column 31",
        ),
        (r#"{"username":"a"}"#, "missing field password: line 1 column 16"),
        (
            r#"{"username":"a","passwrod":"b"}"#,
            "unknown field passwrod, expected one of `username`, `password`, `device`: line 1 column 26",
        ),
        (
            r#"{"username":"a","password":7}"#,
            "password must be a string: line 1 column 28",
        ),
        (
            r#"{"username":"a","password":"b","device":{"kind":"web","count":"x"}}"#,
            "device.count must be i64: line 1 column 65",
        ),
        (
            r#"{"username":"a","password":"b","device":{"kind":"tv","count":1}}"#,
            "device.kind must be `web` or `phone`: line 1 column 52",
        ),
        ("[]", "the body must be an object: line 1 column 2"),
        ("null", "the body must be an object: line 1 column 4"),
    ] {
        assert_eq!(fault(text), expected, "{text}");
    }
}

#[test]
fn numbers_are_signed_64_bit_integers() {
    let with = |number: &str| {
        format!(r#"{{"username":"a","password":"b","device":{{"kind":"web","count":{number}}}}}"#)
    };
    for (number, expected) in [
        ("1.0", "a number is not an integer"),
        ("1e3", "a number is not an integer"),
        ("-0", "a number is not an integer"),
        ("9223372036854775808", "a number is too large"),
        ("18446744073709551616", "a number is not an integer"),
        ("-9223372036854775809", "a number is not an integer"),
        ("1e400", "the body is not valid JSON"),
        ("NaN", "the body is not valid JSON"),
        ("01", "the body is not valid JSON"),
    ] {
        let fault = fault(&with(number));
        assert!(
            fault.starts_with(&format!("{expected}: line 1 column ")),
            "{number}: {fault}"
        );
    }
    assert!(parse_strict::<Login>(with("9223372036854775807").as_bytes()).is_ok());
}

#[test]
fn values_of_a_body_are_never_repeated() {
    const SECRET: &str = "hunter2-syr_AAECAwQF";
    for text in [
        format!(r#"{{"username":"a","password":["{SECRET}"]}}"#),
        format!(r#"{{"username":"a","password":{{"{SECRET}{SECRET}{SECRET}":1}}}}"#),
        format!(r#"{{"username":"a","password":"b","{SECRET}, expected {SECRET} {SECRET}":1}}"#),
        format!(r#"{{"username":"a","password":"b","device":"{SECRET}, expected {SECRET}"}}"#),
        format!(r#"{{"username":"a","password":"b","device":{{"kind":"{SECRET}","count":1}}}}"#),
        format!(r#"{{"username":"a","password":"{SECRET}"#),
        format!("\"{SECRET}\""),
    ] {
        let fault = fault(&text);
        assert!(!fault.contains("hunter2"), "{text} -> {fault}");
    }
}

#[test]
fn nesting_is_taken_to_32_and_refused_from_33() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(parse_strict::<serde_json::Value>(nested(32).as_bytes()).is_ok());
    for depth in [33, 127, 128, 129, 100_000] {
        let fault = parse_strict::<serde_json::Value>(nested(depth).as_bytes()).unwrap_err();
        assert!(
            fault
                .to_string()
                .starts_with("the body is nested too deeply: line 1 column 3"),
            "{fault}"
        );
    }
    let objects = format!("{}1{}", r#"{"a":"#.repeat(33), "}".repeat(33));
    assert!(parse_strict::<serde_json::Value>(objects.as_bytes()).is_err());
}

#[test]
fn the_older_routes_take_unknown_fields_and_any_number_but_no_key_twice() {
    let text = br#"{"username":"a","extra":1.5,"more":{"x":18446744073709551615}}"#;
    assert_eq!(parse_lenient::<OldLogin>(text).unwrap().username, "a");
    assert!(parse_strict::<OldLogin>(text).is_err());
    let twice = parse_lenient::<OldLogin>(br#"{"username":"a","username":"b"}"#).unwrap_err();
    assert_eq!(twice.to_string(), "a key is there twice: line 1 column 26");
}

/// Whatever the bytes: no panic, and what is taken has no key twice and no number beyond i64 or with a fraction.
fn json_holds(text: &[u8]) -> bool {
    match parse_strict::<serde_json::Value>(text) {
        Ok(value) => all_integers(&value) && parse_lenient::<serde_json::Value>(text).is_ok(),
        Err(fault) => fault.to_string().len() < 400,
    }
}

fn all_integers(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Number(number) => number.is_i64(),
        serde_json::Value::Array(items) => items.iter().all(all_integers),
        serde_json::Value::Object(entries) => entries.values().all(all_integers),
        _ => true,
    }
}

fn jsonish() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        prop::sample::select(vec![
            "{",
            "}",
            "[",
            "]",
            ":",
            ",",
            "\"a\"",
            "\"\\u0061\"",
            "1",
            "-1",
            "1.5",
            "1e400",
            "null",
            "true",
            "\"username\"",
            "\"\\ud800\"",
            " ",
            "99999999999999999999",
        ])
        .prop_map(|part| part.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..3),
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn any_bytes_are_taken_or_refused(text in jsonish()) {
        prop_assert!(json_holds(&text));
        let _ = parse_strict::<Login>(&text);
    }

    #[test]
    fn objects_that_serde_writes_are_taken(map in prop::collection::hash_map(any::<String>(), any::<i64>(), 0..20)) {
        let text = serde_json::to_vec(&map).unwrap();
        prop_assert!(parse_strict::<HashMap<String, i64>>(&text).unwrap() == map);
    }
}

fn request(content_type: Option<&str>, body: impl Into<Body>) -> Request {
    let mut request = Request::new(body.into());
    if let Some(value) = content_type {
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, value.parse().unwrap());
    }
    request
}

const GOOD: &str = r#"{"username":"a","password":"b"}"#;

async fn login(request: Request) -> Result<Login, Problem> {
    <AuthJson<Login> as FromRequest<()>>::from_request(request, &())
        .await
        .map(|StrictJson(login)| login)
}

#[tokio::test]
async fn a_strict_body_must_be_application_json_by_name() {
    for good in [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
    ] {
        assert!(login(request(Some(good), GOOD)).await.is_ok(), "{good}");
    }
    for bad in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonx"),
        Some(""),
    ] {
        let problem = login(request(bad, GOOD)).await.unwrap_err();
        assert_eq!(
            (problem.status(), problem.detail()),
            (415, "the body must be application/json"),
            "{bad:?}"
        );
    }
    let mut twice = request(Some("application/json"), GOOD);
    twice
        .headers_mut()
        .append(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    assert_eq!(login(twice).await.unwrap_err().status(), 415);
}

#[tokio::test]
async fn a_fault_in_the_json_is_400_invalid_request() {
    let problem = login(request(Some("application/json"), r#"{"username":"a"}"#))
        .await
        .unwrap_err();
    assert_eq!(
        (problem.status(), problem.detail()),
        (400, "missing field password: line 1 column 16")
    );
}

#[tokio::test]
async fn a_strict_body_has_16_kib_on_auth_routes_and_64_kib_on_administration_routes() {
    let of = |length: usize| {
        let rest = r#"{"username":"","password":"b"}"#.len();
        format!(r#"{{"username":"{}","password":"b"}}"#, "x".repeat(length - rest))
    };
    let json = Some("application/json");
    assert!(login(request(json, of(16 * 1024))).await.is_ok());
    assert_eq!(
        login(request(json, of(16 * 1024 + 1))).await.unwrap_err(),
        Problem::payload_too_large(16 * 1024)
    );
    let admin = |length| <AdminJson<Login> as FromRequest<()>>::from_request(request(json, of(length)), &());
    assert!(admin(64 * 1024).await.is_ok());
    assert_eq!(
        admin(64 * 1024 + 1).await.unwrap_err(),
        Problem::payload_too_large(64 * 1024)
    );
}

#[tokio::test]
async fn an_optional_body_may_be_left_out_and_is_as_strict_when_it_is_there() {
    let optional = |request| <AuthJson<Login> as OptionalFromRequest<()>>::from_request(request, &());
    assert_eq!(optional(request(None, "")).await.unwrap(), None);
    assert_eq!(
        optional(request(Some("application/json"), "")).await.unwrap(),
        None
    );
    assert!(
        optional(request(Some("application/json"), GOOD))
            .await
            .unwrap()
            .is_some()
    );
    assert_eq!(optional(request(None, GOOD)).await.unwrap_err().status(), 415);
    assert_eq!(
        optional(request(Some("application/json"), "{"))
            .await
            .unwrap_err()
            .status(),
        400
    );
}

#[tokio::test]
async fn an_older_body_may_be_without_its_media_type() {
    let compat = |content_type| {
        <CompatJson<OldLogin> as FromRequest<()>>::from_request(request(content_type, GOOD), &())
    };
    for good in [None, Some("application/json"), Some("application/vnd.api+json")] {
        assert_eq!(compat(good).await.unwrap().0.username, "a", "{good:?}");
    }
    assert_eq!(
        compat(Some("application/x-www-form-urlencoded"))
            .await
            .unwrap_err()
            .status(),
        415
    );
}

/// A body that comes in `parts` and then stays open for ever when `stalls`.
fn in_parts(parts: Vec<&'static [u8]>, stalls: bool) -> Body {
    let mut parts = parts.into_iter();
    let stream = std::iter::from_fn(move || {
        parts
            .next()
            .map(|part| Ok::<_, Infallible>(Frame::data(Bytes::from(part))))
    });
    let stream = PartsThen {
        parts: Box::new(stream),
        stalls,
    };
    Body::new(StreamBody::new(stream))
}

struct PartsThen {
    parts: Box<dyn Iterator<Item = Result<Frame<Bytes>, Infallible>> + Send>,
    stalls: bool,
}

impl futures_core::Stream for PartsThen {
    type Item = Result<Frame<Bytes>, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        match self.parts.next() {
            None if self.stalls => std::task::Poll::Pending,
            part => std::task::Poll::Ready(part),
        }
    }
}

#[tokio::test]
async fn a_body_in_parts_is_one_body() {
    let body = in_parts(vec![b"ab", b"", b"cd", b"e"], false);
    assert_eq!(
        read_body(&HeaderMap::new(), body, 5, TIME).await.unwrap(),
        "abcde"
    );
    let body = in_parts(vec![b"ab", b"cd", b"e"], false);
    assert_eq!(
        read_body(&HeaderMap::new(), body, 4, TIME).await.unwrap_err(),
        BodyFault::TooLarge(4)
    );
    assert_eq!(
        read_body(&HeaderMap::new(), Body::empty(), 4, TIME)
            .await
            .unwrap(),
        ""
    );
}

#[tokio::test]
async fn a_body_that_stalls_is_slow_and_one_that_was_too_large_before_stays_too_large() {
    let short = Duration::from_millis(20);
    let slow = read_body(&HeaderMap::new(), in_parts(vec![b"ab"], true), 4, short)
        .await
        .unwrap_err();
    assert_eq!(slow, BodyFault::Slow);
    assert_eq!(Problem::from(slow), Problem::request_timeout());
    let large = read_body(&HeaderMap::new(), in_parts(vec![b"abcde"], true), 4, short)
        .await
        .unwrap_err();
    assert_eq!(large, BodyFault::TooLarge(4));
}

#[tokio::test]
async fn an_endless_body_is_read_only_as_far_as_it_is_drained() {
    static PART: [u8; 64 * 1024] = [b'x'; 64 * 1024];
    let parts = std::iter::repeat_with(|| Ok(Frame::data(Bytes::from_static(&PART))));
    let body = Body::new(StreamBody::new(PartsThen {
        parts: Box::new(parts),
        stalls: false,
    }));
    let fault = read_body(&HeaderMap::new(), body, 16 * 1024, TIME)
        .await
        .unwrap_err();
    assert_eq!(fault, BodyFault::TooLarge(16 * 1024));
    assert_eq!(DRAIN_MAX, 1024 * 1024);
}

#[test]
fn a_header_that_is_there_twice_is_refused_without_its_values() {
    let mut headers = HeaderMap::new();
    assert_eq!(single_header(&headers, &header::AUTHORIZATION), Ok(None));
    headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer one"));
    assert_eq!(
        single_header(&headers, &header::AUTHORIZATION).unwrap().unwrap(),
        "Bearer one"
    );
    headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer one"));
    let problem = single_header(&headers, &header::AUTHORIZATION).unwrap_err();
    assert_eq!(problem.status(), 400);
    assert_eq!(
        problem.detail(),
        "the header authorization is there more than once"
    );
}
