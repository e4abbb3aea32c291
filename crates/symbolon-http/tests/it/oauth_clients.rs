//! How OAuth's clients say who they are, at each of the routes.

use http::Method;
use serde_json::json;
use symbolon::account::Role;
use symbolon::api_key::ApiKeyId;

use crate::served::{Answer, Ask, Served, Tokens};

pub(crate) const INTROSPECT: &str = "/oauth2/introspect";
pub(crate) const REVOKE: &str = "/oauth2/revoke";
pub(crate) const TOKEN: &str = "/oauth2/token";
const ROUTES: [&str; 3] = [INTROSPECT, REVOKE, TOKEN];

/// The error of an OAuth route, byte by byte.
pub(crate) fn error(status: u16, error: &str, description: &str) -> (u16, String) {
    (
        status,
        format!(r#"{{"error":"{error}","error_description":"{description}"}}"#),
    )
}

/// It cannot be decided now, and the client is told when to come back.
pub(crate) fn assert_away(answer: &Answer) {
    let away = "the answer cannot be given now; try again later";
    assert_eq!(answer.exact(), error(503, "temporarily_unavailable", away));
    let wait: u32 = answer.header("retry-after").parse().unwrap();
    assert!((1..=5).contains(&wait), "{wait}");
}

pub(crate) fn unproven() -> (u16, String) {
    error(
        401,
        "invalid_client",
        "the client is not known, or its key is not its own",
    )
}

/// The challenges of an answer, in order.
pub(crate) fn challenges(answer: &Answer) -> Vec<&str> {
    let values = answer.headers.get_all("www-authenticate").iter();
    values.map(|value| value.to_str().unwrap()).collect()
}

pub(crate) const BOTH: [&str; 2] = [
    r#"Basic realm="symbolon", charset="UTF-8""#,
    r#"Bearer realm="symbolon", error="invalid_token""#,
];

impl Served {
    /// A session whose tokens a client holds.
    pub(crate) async fn session_of(&self, client: &str) -> Tokens {
        self.issue(json!({"subject": "ann", "client_id": client, "scope": "read write"}))
            .await
    }

    async fn end_key(&self, id: ApiKeyId) {
        let origin = self.symbolon.origin_of_system();
        let ended = self.symbolon.revoke_api_key(id, &origin).await.unwrap();
        assert!(ended.is_some());
    }
}

/// The way in which a client says who it is.
#[derive(Debug, Clone, Copy)]
enum Way {
    Bearer,
    Basic,
    Post,
}

const WAYS: [Way; 3] = [Way::Bearer, Way::Basic, Way::Post];

/// A request that is right but for who sends it.
fn question<'a>(route: &str, tokens: &'a Tokens) -> Vec<(&'static str, &'a str)> {
    match route {
        TOKEN => vec![
            ("grant_type", "refresh_token"),
            ("refresh_token", tokens.refresh.as_str()),
        ],
        _ => vec![("token", tokens.access.as_str())],
    }
}

async fn ask(served: &Served, route: &str, tokens: &Tokens, way: Way, client: &str, key: &str) -> Answer {
    let mut form = question(route, tokens);
    let request = Ask::new(Method::POST, route);
    let request = match way {
        Way::Bearer => request.form(&form).bearer(key),
        Way::Basic => request.form(&form).basic(client, key),
        Way::Post => {
            form.extend([("client_id", client), ("client_secret", key)]);
            request.form(&form)
        }
    };
    served.ask(request).await
}

#[tokio::test]
async fn a_client_with_a_key_proves_itself_in_each_of_three_ways_at_each_route() {
    let served = Served::start().await;
    let (_, key) = served.client_key("verify", "shop").await;
    for route in ROUTES {
        for way in WAYS {
            let tokens = served.session_of("shop").await;
            let answer = ask(&served, route, &tokens, way, "shop", &key).await;
            assert_eq!(answer.status, 200, "{route} {way:?} {}", answer.body);
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
}

#[tokio::test]
async fn what_does_not_prove_the_client_is_one_answer_whatever_it_is() {
    let served = Served::start().await;
    let (id, ended) = served.client_key("verify,revoke", "shop").await;
    let (_, key) = served.client_key("verify,revoke", "shop").await;
    let (_, other) = served.client_key("admin", "other").await;
    let of_none = served.key("admin").await;
    served.end_key(id).await;
    let tokens = served.session_of("shop").await;
    let mut forged = key.clone();
    forged.replace_range(40..41, if &key[40..41] == "A" { "B" } else { "A" });
    for route in ROUTES {
        for (client, secret) in [
            ("shop", ended.as_str()),
            ("shop", forged.as_str()),
            ("shop", "syk_"),
            ("shop", "x"),
            ("shop", tokens.refresh.as_str()),
            ("unknown", "x"),
        ] {
            for way in WAYS {
                let answer = ask(&served, route, &tokens, way, client, secret).await;
                assert_eq!(answer.exact(), unproven(), "{route} {way:?} {client} {secret}");
                assert_eq!(challenges(&answer), BOTH);
                assert_eq!(answer.header("content-type"), "application/json");
                assert_eq!(answer.header("pragma"), "no-cache");
            }
        }
        // A good key under another name, and what is no key but a person's.
        for (client, secret) in [
            ("shop", &other),
            ("unknown", &key),
            ("shop", &of_none),
            ("shop", &tokens.access),
        ] {
            for way in [Way::Basic, Way::Post] {
                let answer = ask(&served, route, &tokens, way, client, secret).await;
                assert_eq!(answer.exact(), unproven(), "{route} {way:?} {client}");
            }
        }
    }
    assert_eq!(served.refused(&tokens.access).await, None, "nothing was ended");
}

#[tokio::test]
async fn a_client_without_a_key_says_its_name_alone() {
    let served = Served::start().await;
    for route in [REVOKE, TOKEN] {
        for has_header in [false, true] {
            let tokens = served.session_of("spa").await;
            let mut form = question(route, &tokens);
            let request = Ask::new(Method::POST, route);
            // An empty password is none (RFC 6749, section 2.3.1).
            let request = if has_header {
                request.form(&form).basic("spa", "")
            } else {
                form.extend([("client_id", "spa"), ("client_secret", "")]);
                request.form(&form)
            };
            let answer = served.ask(request).await;
            assert_eq!(answer.status, 200, "{route} {has_header} {}", answer.body);
        }
    }
    let tokens = served.session_of("spa").await;
    let form = [("token", tokens.access.as_str()), ("client_id", "spa")];
    let answer = served.ask(Ask::new(Method::POST, INTROSPECT).form(&form)).await;
    let refused = error(401, "invalid_client", "a name alone proves nothing here");
    assert_eq!(answer.exact(), refused);
}

#[tokio::test]
async fn a_client_with_a_key_is_refused_by_its_name_alone_also_after_the_key_has_ended() {
    let served = Served::start().await;
    let (id, _) = served.client_key("verify", "shop").await;
    let tokens = served.session_of("shop").await;
    for has_ended in [false, true] {
        if has_ended {
            served.end_key(id).await;
        }
        for route in ROUTES {
            let mut form = question(route, &tokens);
            let in_header = Ask::new(Method::POST, route).form(&form).basic("shop", "");
            form.push(("client_id", "shop"));
            let in_form = Ask::new(Method::POST, route).form(&form);
            for request in [in_form, in_header] {
                let answer = served.ask(request).await;
                let refused = error(401, "invalid_client", "the client must prove itself by its key");
                assert_eq!(answer.exact(), refused, "{route} {has_ended}");
                assert_eq!(challenges(&answer), BOTH);
            }
        }
    }
    assert_eq!(served.refused(&tokens.access).await, None);
}

#[tokio::test]
async fn who_says_nothing_is_told_to() {
    let served = Served::start().await;
    let tokens = served.session_of("spa").await;
    for route in ROUTES {
        let form = question(route, &tokens);
        let answer = served.ask(Ask::new(Method::POST, route).form(&form)).await;
        let refused = error(401, "invalid_client", "the client must say who it is");
        assert_eq!(answer.exact(), refused, "{route}");
        for value in ["Digest a", "Negotiate YWJj", "Basic", "Basic !", "Bearer", "x"] {
            let request = Ask::new(Method::POST, route)
                .form(&form)
                .header("authorization", value);
            let answer = served.ask(request).await;
            assert_eq!(answer.exact(), unproven(), "{route} {value}");
        }
    }
}

#[tokio::test]
async fn two_ways_at_once_are_refused_also_where_both_are_right() {
    let served = Served::start().await;
    let (_, key) = served.client_key("verify", "shop").await;
    let tokens = served.session_of("shop").await;
    for route in ROUTES {
        let mut form = question(route, &tokens);
        form.extend([("client_id", "shop"), ("client_secret", key.as_str())]);
        for request in [
            Ask::new(Method::POST, route).form(&form).bearer(&key),
            Ask::new(Method::POST, route).form(&form).basic("shop", &key),
            Ask::new(Method::POST, route).form(&form).basic("shop", ""),
        ] {
            let answer = served.ask(request).await;
            let refused = error(
                400,
                "invalid_request",
                "the client proves itself in two ways at once",
            );
            assert_eq!(answer.exact(), refused, "{route}");
        }
        let twice = Ask::new(Method::POST, route)
            .form(&question(route, &tokens))
            .bearer(&key)
            .basic("shop", &key);
        let answer = served.ask(twice).await;
        let refused = error(
            400,
            "invalid_request",
            "the header authorization is there more than once",
        );
        assert_eq!(answer.exact(), refused, "{route}");
        assert_eq!(served.refused(&tokens.access).await, None);
    }
}

#[tokio::test]
async fn a_name_in_the_form_must_be_that_of_the_client_that_proves_itself() {
    let served = Served::start().await;
    let (_, key) = served.client_key("verify", "shop").await;
    for route in ROUTES {
        for way in [Way::Bearer, Way::Basic] {
            let tokens = served.session_of("shop").await;
            for (name, right) in [("spa", false), ("shop", true)] {
                let mut form = question(route, &tokens);
                form.push(("client_id", name));
                let request = Ask::new(Method::POST, route).form(&form);
                let request = match way {
                    Way::Bearer => request.bearer(&key),
                    _ => request.basic("shop", &key),
                };
                let answer = served.ask(request).await;
                let refused = error(
                    400,
                    "invalid_request",
                    "client_id is not the client that proves itself",
                );
                assert_eq!(answer.status == 200, right, "{route} {way:?} {}", answer.body);
                assert!(
                    right || answer.exact() == refused,
                    "{route} {way:?} {}",
                    answer.body
                );
            }
        }
    }
}

#[tokio::test]
async fn each_parameter_may_be_there_once_and_a_secret_is_not_repeated_in_an_answer() {
    let served = Served::start().await;
    let (_, key) = served.client_key("verify", "shop").await;
    let tokens = served.session_of("shop").await;
    for route in ROUTES {
        for name in [
            "token",
            "refresh_token",
            "grant_type",
            "scope",
            "client_id",
            "client_secret",
            "token_type_hint",
            "resource",
        ] {
            let mut form = question(route, &tokens);
            form.retain(|(known, _)| *known != name);
            form.extend([(name, "a"), (name, "a")]);
            let request = Ask::new(Method::POST, route).form(&form).bearer(&key);
            let answer = served.ask(request).await;
            let refused = error(400, "invalid_request", "a parameter is there more than once");
            assert_eq!(answer.exact(), refused, "{route} {name}");
        }
        for body in [format!("token={}&a=%zz", tokens.access), "a=%ff".to_owned()] {
            let request = Ask::new(Method::POST, route)
                .body("application/x-www-form-urlencoded", body)
                .bearer(&key);
            let answer = served.ask(request).await;
            let refused = error(
                400,
                "invalid_request",
                "the form is not utf-8 in percent encoding",
            );
            assert_eq!(answer.exact(), refused, "{route}");
        }
        for name in ["token", "refresh_token", "access_token"] {
            let place = format!("{route}?{name}={}", tokens.access);
            let request = Ask::new(Method::POST, &place)
                .form(&question(route, &tokens))
                .bearer(&key);
            let answer = served.ask(request).await;
            let refused = error(
                400,
                "invalid_request",
                "a token belongs into the authorization header, not into the query",
            );
            assert_eq!(answer.exact(), refused, "{place}");
        }
    }
    assert_eq!(served.refused(&tokens.access).await, None);
}

#[tokio::test]
async fn a_form_has_its_media_type_and_sixteen_kilobytes_at_the_most() {
    let served = Served::start().await;
    let (_, key) = served.client_key("verify", "shop").await;
    for route in ROUTES {
        let tokens = served.session_of("shop").await;
        let ask = async |media_type: &str, body: String| {
            let request = Ask::new(Method::POST, route).body(media_type, body).bearer(&key);
            served.ask(request).await
        };
        let form = Ask::new(Method::POST, route).form(&question(route, &tokens));
        let text = {
            use http_body_util::BodyExt as _;
            let body = form.0.into_body().collect().await.unwrap().to_bytes();
            String::from_utf8(body.to_vec()).unwrap()
        };
        let refused = error(
            415,
            "invalid_request",
            "the body must be application/x-www-form-urlencoded",
        );
        for media_type in [
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
        ] {
            assert_eq!(ask(media_type, text.clone()).await.exact(), refused, "{route}");
        }
        assert_eq!(ask("application/json", "{}".to_owned()).await.exact(), refused);
        const FORM: &str = "application/x-www-form-urlencoded";
        let padded = |len: usize| format!("{text}&x={}", "x".repeat(len - text.len() - 3));
        let answer = ask(FORM, padded(16 * 1024 + 1)).await;
        let refused = error(413, "invalid_request", "the body may have 16384 bytes");
        assert_eq!(answer.exact(), refused, "{route}");
        let answer = ask(
            "Application/X-WWW-form-urlencoded; charset=utf-8",
            padded(16 * 1024),
        )
        .await;
        assert_eq!(answer.status, 200, "{route} {}", answer.body);
    }
}

#[tokio::test]
async fn only_post_is_answered() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    for route in ROUTES {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = served.ask(Ask::new(method.clone(), route).bearer(&key)).await;
            assert_eq!(
                answer.problem(),
                (405, "method_not_allowed".to_owned()),
                "{method}"
            );
            assert_eq!(answer.header("allow"), "POST");
        }
    }
}

#[tokio::test]
async fn an_administrator_may_what_a_key_with_every_scope_may() {
    let served = Served::start().await;
    served.account("ada", Role::Admin).await;
    let ada = served.log_in("ada").await;
    let ann = served.person("ann").await;
    for (route, token) in [(INTROSPECT, &ann.access), (REVOKE, &ann.access)] {
        for (caller, status) in [(&ann.access, 403), (&ada.access, 200)] {
            let form = [("token", token.as_str())];
            let request = Ask::new(Method::POST, route).form(&form).bearer(caller);
            assert_eq!(served.ask(request).await.status, status, "{route}");
        }
    }
    assert_eq!(served.refused(&ann.access).await.as_deref(), Some("logged_out"));
}

#[tokio::test]
async fn a_refusal_is_counted_by_its_error() {
    let served = Served::start().await;
    let form = [("grant_type", "password")];
    served.ask(Ask::new(Method::POST, TOKEN).form(&form)).await;
    for _ in 0..2 {
        let form = [("token", "x")];
        served.ask(Ask::new(Method::POST, REVOKE).form(&form)).await;
    }
    let metrics = served.ask(Ask::new(Method::GET, "/metrics")).await.body;
    for (error, count) in [
        ("unsupported_grant_type", 1),
        ("invalid_client", 2),
        ("invalid_grant", 0),
        ("temporarily_unavailable", 0),
    ] {
        let line = format!("symbolon_oauth_refused_total{{error=\"{error}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line}");
    }
}
