//! Whatever comes to the OAuth routes, the answer is one that is documented, and nothing is told or ended without proof.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::{HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::Config;
use symbolon_http::limits::{FormFault, parse_form};
use tokio::runtime::Runtime;

use crate::oauth_clients::{INTROSPECT, REVOKE, TOKEN};
use crate::served::{Answer, Ask, Served, Tokens, standing};

/// One server for all cases, with one live session of a client that has a key.
struct Target {
    runtime: Runtime,
    served: Served,
    tokens: Tokens,
    key: String,
}

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let runtime = standing();
    let (served, tokens, key) = runtime.block_on(async {
        let served = Served::start().await;
        let tokens = served.session_of("shop").await;
        let (_, key) = served.client_key("verify,revoke", "shop").await;
        (served, tokens, key)
    });
    Target {
        runtime,
        served,
        tokens,
        key,
    }
});

/// The answer, which is the success of its route or an error of RFC 6749's shape.
fn ask(ask: Ask) -> Answer {
    let target = &*TARGET;
    let answer = target.runtime.block_on(target.served.ask(ask));
    assert!([200, 400, 401, 403].contains(&answer.status), "{answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
    if answer.status != 200 {
        let body = answer.json();
        let fields: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["error", "error_description"], "{body}");
        let text = body["error_description"].as_str().unwrap();
        assert!(
            text.bytes()
                .all(|byte| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e)),
            "{text}"
        );
        assert_eq!(answer.header("pragma"), "no-cache");
        let is_challenged = answer.headers.contains_key("www-authenticate");
        assert!(is_challenged || answer.status == 400, "{answer:?}");
    }
    for secret in [&target.key, &target.tokens.access, &target.tokens.refresh] {
        assert!(!answer.body.contains(secret.as_str()), "{}", answer.body);
    }
    answer
}

/// A form of any bytes, by nobody and by a client: it is told nothing, and ends nothing.
fn form(text: &[u8]) {
    const FORM: &str = "application/x-www-form-urlencoded";
    for route in [INTROSPECT, REVOKE, TOKEN] {
        let by_nobody = Ask::new(Method::POST, route).body(FORM, text.to_vec());
        let by_client = Ask::new(Method::POST, route)
            .body(FORM, text.to_vec())
            .bearer(&TARGET.key);
        let (nobody, client) = (ask(by_nobody), ask(by_client));
        if route != REVOKE {
            assert_ne!(nobody.status, 200, "{route}");
        }
        if route == INTROSPECT && client.status == 200 {
            assert_eq!(client.body, r#"{"active":false}"#);
        }
    }
    let alive = TARGET.served.refused(&TARGET.tokens.access);
    assert_eq!(TARGET.runtime.block_on(alive), None);
}

/// `Authorization` of any bytes proves nothing, unless it has the one key that does.
fn authorization(value: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(value) else {
        return;
    };
    if value.to_str().unwrap_or_default().contains("syk_AQ") {
        return;
    }
    for (route, name) in [(INTROSPECT, "token"), (REVOKE, "token"), (TOKEN, "refresh_token")] {
        let form = [
            ("grant_type", "refresh_token"),
            (name, TARGET.tokens.refresh.as_str()),
        ];
        let mut request = Ask::new(Method::POST, route).form(&form);
        request.0.headers_mut().insert("authorization", value.clone());
        // A name without a key may be a client's, but not of the one whose tokens these are.
        let status = ask(request).status;
        assert!(matches!(status, 400 | 401), "{route} {value:?} {status}");
    }
}

fn form_like() -> impl Strategy<Value = Vec<u8>> {
    let name = "(token|refresh_token|grant_type|client_id|client_secret|scope|token_type_hint|x)";
    let value = prop_oneof![
        Just("refresh_token".to_owned()),
        Just("shop".to_owned()),
        Just("spa".to_owned()),
        Just(String::new()),
        "(sya|syr|syk)_[A-Za-z0-9_-]{0,90}",
        "[ -~]{0,30}",
        "%[0-9a-g]{0,2}",
        any::<String>().prop_map(|text| utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string()),
    ];
    let pairs = proptest::collection::vec((name, value), 0..6).prop_map(|pairs| {
        let pairs: Vec<_> = pairs
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("&").into_bytes()
    });
    prop_oneof![3 => pairs, 1 => proptest::collection::vec(any::<u8>(), 0..200)]
}

fn authorization_like() -> impl Strategy<Value = Vec<u8>> {
    let basic = (any::<String>(), any::<String>()).prop_map(|(user, password)| {
        let plain = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
        format!("Basic {plain}").into_bytes()
    });
    let of_shop = "[ -~]{1,100}".prop_map(|password| {
        let plain = data_encoding::BASE64.encode(format!("shop:{password}").as_bytes());
        format!("Basic {plain}").into_bytes()
    });
    prop_oneof![
        basic,
        of_shop,
        "(Basic|Bearer|basic|Digest) [A-Za-z0-9+/=_-]{1,80}".prop_map(String::into_bytes),
        proptest::collection::vec(0x21..0x7f_u8, 1..60),
    ]
}

proptest! {
    #![proptest_config(Config { cases: 128, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_form_of_any_bytes_is_answered_as_documented(text in form_like()) {
        form(&text);
    }

    #[test]
    fn a_client_is_not_proven_by_any_bytes(value in authorization_like()) {
        authorization(&value);
    }
}

proptest! {
    #![proptest_config(Config { cases: 2_000, failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_form_that_was_written_is_read_again(pairs in proptest::collection::btree_map("[^\u{0}]{0,12}", any::<String>(), 0..8)) {
        let pairs: BTreeMap<String, String> = pairs;
        let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string().replace("%20", "+");
        let text: Vec<_> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        let form = parse_form(text.join("&").as_bytes()).unwrap();
        for (name, value) in &pairs {
            prop_assert_eq!(form.get(name), Some(value.as_str()).filter(|value| !value.is_empty()));
        }
        if let Some((name, _)) = pairs.first_key_value() {
            let twice = format!("{}&{}", text.join("&"), encoded(name));
            // An empty name without a value is no pair at all.
            let expected = (!name.is_empty()).then_some(FormFault::Repeated);
            prop_assert_eq!(parse_form(twice.as_bytes()).err(), expected);
        }
    }

    #[test]
    fn bytes_that_are_no_form_are_refused_and_never_a_panic(text in proptest::collection::vec(any::<u8>(), 0..120)) {
        let has_broken_escape = text.split(|byte| *byte == b'%').skip(1).any(|rest| {
            !rest.get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
        });
        match parse_form(&text) {
            Ok(_) => prop_assert_eq!(has_broken_escape, false),
            Err(FormFault::Repeated | FormFault::Encoding) => {}
        }
    }
}
