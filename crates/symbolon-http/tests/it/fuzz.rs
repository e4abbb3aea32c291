//! Whatever comes over the wire, the answer is never a 5xx but a 503, and never a 200 where nothing is proven.
//!
//! Each target is a plain function of its input, so that a fuzzer can drive it for longer.

use std::sync::LazyLock;

use http::{HeaderValue, Method, Uri};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::test_runner::Config;
use tokio::runtime::Runtime;

use crate::served::{Answer, Ask, Served, standing};

/// One server for all cases, with one live session.
struct Target {
    runtime: Runtime,
    served: Served,
    access: String,
    key: String,
}

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let runtime = standing();
    let (served, access, key) = runtime.block_on(async {
        let served = Served::start().await;
        let tokens = served.person("ann").await;
        let key = served.key("issue,verify,revoke").await;
        (served, tokens.access, key)
    });
    Target {
        runtime,
        served,
        access,
        key,
    }
});

fn ask(ask: Ask) -> Answer {
    let target = &*TARGET;
    let answer = target.runtime.block_on(target.served.ask(ask));
    assert!(
        answer.status < 500 || answer.status == 503,
        "{} {}",
        answer.status,
        answer.body
    );
    assert!(answer.headers.contains_key("x-request-id"));
    answer
}

/// `Authorization` of any bytes proves nothing, unless it is the one token that does.
fn authorization(value: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    let text = value.to_str().unwrap_or_default();
    if text.contains(TARGET.access.as_str()) {
        return;
    }
    for path in ["/verify", "/v1/session", "/v1/service/sessions/x"] {
        let mut request = Ask::new(Method::GET, path);
        request.0.headers_mut().insert("authorization", value.clone());
        assert_eq!(ask(request).status, 401, "{path} {text:?}");
    }
}

/// A path of any text is there or not; without a token it tells nothing of anyone.
fn path(text: &str) {
    let Ok(uri) = text.parse::<Uri>() else { return };
    if uri.path_and_query().is_none() || uri.authority().is_some() {
        return;
    }
    for method in [Method::GET, Method::POST, Method::DELETE] {
        let mut request = Ask::new(method, "/");
        *request.0.uri_mut() = uri.clone();
        let answer = ask(request);
        assert!(!answer.body.contains("ann"), "{uri}: {}", answer.body);
    }
}

/// The query of a verify tightens what is asked or is refused. It never opens.
fn verify_query(text: &str) {
    let Ok(uri) = format!("/verify?{text}").parse::<Uri>() else {
        return;
    };
    let mut request = Ask::new(Method::GET, "/verify");
    *request.0.uri_mut() = uri.clone();
    assert_eq!(ask(request).status, 401, "{uri}");
    let mut request = Ask::new(Method::GET, "/verify").bearer(&TARGET.access);
    *request.0.uri_mut() = uri.clone();
    let status = ask(request).status;
    assert!(matches!(status, 200 | 401 | 403), "{uri} {status}");
}

/// A body of any bytes is understood or refused.
fn body(text: &[u8]) {
    let routes = [
        ("/v1/login", false),
        ("/v1/refresh", false),
        ("/v1/logout", false),
        ("/v1/verify", true),
        ("/v1/service/sessions", true),
        ("/system/auth/login", false),
        ("/system/auth/logout", false),
        ("/refresh-token", false),
    ];
    for (path, with_key) in routes {
        for media_type in ["application/json", "application/x-www-form-urlencoded"] {
            let request = Ask::new(Method::POST, path).body(media_type, text.to_vec());
            let request = if with_key {
                request.bearer(&TARGET.key)
            } else {
                request
            };
            ask(request);
        }
    }
}

/// Text that looks like a token, or nearly.
fn token_like() -> impl Strategy<Value = String> {
    let access = TARGET.access.clone();
    prop_oneof![
        "[ -~]{0,120}",
        "(sya|syr|syk)_[A-Za-z0-9_=-]{0,90}",
        (0..access.len(), any::<char>()).prop_map(move |(at, sign)| {
            let mut text: Vec<char> = TARGET.access.chars().collect();
            text[at] = sign;
            text.into_iter().collect()
        }),
        (0..access.len()).prop_map(move |at| access[..at].to_owned()),
    ]
}

fn authorization_like() -> impl Strategy<Value = Vec<u8>> {
    let scheme = prop_oneof![
        Just(""),
        Just("Bearer "),
        Just("bearer\t"),
        Just("Basic "),
        Just("Bearer"),
        Just(" ,")
    ];
    prop_oneof![
        (scheme, token_like()).prop_map(|(scheme, token)| format!("{scheme}{token}").into_bytes()),
        proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

fn json_like() -> impl Strategy<Value = Vec<u8>> {
    let name = "(username|password|token|tokens|refresh_token|refreshToken|subject|claims|device|access_ttl|scope|audience|max_age|x)";
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("{}".to_owned()),
        Just("[\"x\",\"\"]".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:e}")),
        any::<String>().prop_map(|text| serde_json::Value::from(text).to_string()),
        "[0-9]{1,22}[smhdx]?".prop_map(|text| format!("\"{text}\"")),
    ];
    let object = proptest::collection::vec((name, value), 0..5).prop_map(|fields| {
        let fields: Vec<_> = fields
            .into_iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    });
    prop_oneof![
        object,
        proptest::collection::vec(any::<u8>(), 0..300),
        "[\\[\\]{}\",:0-9a-z]{0,200}".prop_map(String::into_bytes),
        (1..200_usize).prop_map(|depth| "[".repeat(depth).into_bytes()),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 128, failure_persistence: None, ..Config::default() })]

    #[test]
    fn an_authorization_of_any_bytes_proves_nothing(value in authorization_like()) {
        authorization(&value);
    }

    #[test]
    fn a_path_of_any_text_is_answered(text in prop_oneof!["/[ -~]{0,60}", "/(v1|system|verify|docs)/[^ ]{0,40}", "/[a-z]{0,8}\\?[ -~]{0,40}"]) {
        path(&text);
    }

    #[test]
    fn a_query_of_verify_never_opens(text in prop_oneof!["[!-~]{0,60}", "(audience|scope|max_age)=[!-~]{0,20}", "(scope|audience)=[a-z+]{0,9}&max_age=[0-9a-z]{0,25}"]) {
        verify_query(&text);
    }

    #[test]
    fn a_body_of_any_bytes_is_answered(text in json_like()) {
        body(&text);
    }
}
