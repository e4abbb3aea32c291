//! The routes of operators: who may call them, and what the tests about them share.

use http::Method;
use serde_json::{Value, json};
use symbolon::account::Role;

use crate::served::{Answer, Ask, Served, Tokens};

/// An administrator who is logged in.
pub(crate) async fn administrator(served: &Served) -> Tokens {
    served.account("root", Role::Admin).await;
    served.log_in("root").await
}

/// Status and body of an answer, with what differs from run to run replaced by its kind.
pub(crate) fn exact(answer: &Answer) -> (u16, String) {
    let (status, body) = answer.exact();
    let mut steady = String::new();
    let mut rest = body.as_str();
    while let Some((before, after)) = rest.split_once(r#""seq":"#) {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        assert!(digits > 0, "{body}");
        steady.push_str(before);
        steady.push_str(r#""seq":<seq>"#);
        rest = &after[digits..];
    }
    steady.push_str(rest);
    let parts = steady
        .split('"')
        .map(|part| if part.starts_with("syk_") { "<key>" } else { part });
    (status, parts.collect::<Vec<_>>().join("\""))
}

/// The receipt of something that has just ended.
pub(crate) const ENDED: &str = r#"{"revoked":true,"seq":<seq>,"effective":"now"}"#;

/// The receipt of several.
pub(crate) fn ended(count: u64) -> (u16, String) {
    (
        200,
        format!(r#"{{"revoked":true,"count":{count},"seq":<seq>,"effective":"now"}}"#),
    )
}

/// Asks with a JSON body.
pub(crate) async fn patch(served: &Served, path: &str, token: &str, body: Value) -> Answer {
    served
        .ask(Ask::new(Method::PATCH, path).bearer(token).json(&body))
        .await
}

const NOBODY: &str = "01890000-0000-7000-8000-000000000000";

/// Every route of operators, with something that it is not there for, so that asking changes little.
fn routes() -> Vec<(Method, String, Option<Value>)> {
    let session = format!("/v1/admin/sessions/{NOBODY}");
    let key = format!("/v1/admin/api-keys/{NOBODY}");
    let account = "/v1/admin/accounts/nobody".to_owned();
    vec![
        (Method::GET, session.clone(), None),
        (Method::GET, "/v1/admin/subjects/nobody/sessions".to_owned(), None),
        (Method::GET, "/v1/admin/accounts".to_owned(), None),
        (Method::GET, account.clone(), None),
        (Method::GET, "/v1/admin/api-keys".to_owned(), None),
        (Method::DELETE, session, None),
        (Method::POST, "/v1/admin/subjects/nobody/revoke".to_owned(), None),
        (Method::POST, "/v1/admin/accounts".to_owned(), Some(json!({}))),
        (Method::PATCH, account.clone(), Some(json!({"role": "user"}))),
        (Method::DELETE, account, None),
        (Method::POST, "/v1/admin/api-keys".to_owned(), Some(json!({}))),
        (Method::DELETE, key, None),
        (Method::POST, "/v1/admin/revoke-all".to_owned(), None),
    ]
}

fn ask((method, path, body): &(Method, String, Option<Value>), token: Option<&str>) -> Ask {
    let mut ask = Ask::new(method.clone(), path);
    if let Some(token) = token {
        ask = ask.bearer(token);
    }
    if let Some(body) = body {
        ask = ask.json(body);
    }
    ask
}

#[tokio::test]
async fn without_a_token_every_route_of_operators_is_401() {
    let served = Served::start().await;
    for route in routes() {
        let answer = served.ask(ask(&route, None)).await;
        assert_eq!(answer.problem(), (401, "invalid_token".to_owned()), "{route:?}");
        assert_eq!(answer.json()["reason"], "absent", "{route:?}");
        assert_eq!(
            answer.header("www-authenticate"),
            r#"Bearer realm="symbolon""#,
            "{route:?}"
        );
    }
}

#[tokio::test]
async fn a_refresh_token_and_a_forged_one_open_nothing() {
    let served = Served::start().await;
    let root = administrator(&served).await;
    for route in routes() {
        for token in [
            &root.refresh,
            &root.access.replace("sya_A", "sya_B"),
            &"syk_AAAA".to_owned(),
        ] {
            assert_eq!(
                served.ask(ask(&route, Some(token))).await.status,
                401,
                "{route:?}"
            );
        }
    }
}

#[tokio::test]
async fn reading_and_changing_need_their_role_or_scope() {
    let served = Served::start().await;
    served.account("vera", Role::Viewer).await;
    let callers = [
        ("a user", served.person("ann").await.access, false, false),
        ("a viewer", served.log_in("vera").await.access, true, false),
        ("a service", served.key("issue,verify,revoke").await, false, false),
        ("a reading key", served.key("admin:read").await, true, false),
        // The last of the routes ends every person's session, the administrator's too.
        (
            "an administrator",
            administrator(&served).await.access,
            true,
            true,
        ),
        ("an administering key", served.key("admin").await, true, true),
    ];
    for (who, token, reads, changes) in &callers {
        for route in routes() {
            let may = if route.0 == Method::GET { *reads } else { *changes };
            let answer = served.ask(ask(&route, Some(token))).await;
            assert_eq!(answer.status != 403, may, "{who}: {route:?} {}", answer.body);
            assert_ne!(answer.status, 401, "{who}: {route:?}");
        }
    }
}

#[tokio::test]
async fn who_may_not_is_told_which_scope_it_takes() {
    let served = Served::start().await;
    let key = served.key("admin:read").await;
    let answer = served.delete(&format!("/v1/admin/sessions/{NOBODY}"), &key).await;
    let body = concat!(
        r#"{"type":"urn:symbolon:problem:insufficient_scope","title":"The caller may not do this","status":403,"#,
        r#""detail":"scope admin is needed","code":"insufficient_scope"}"#,
    );
    assert_eq!(answer.exact(), (403, body.to_owned()));
    let challenge = r#"Bearer realm="symbolon", error="insufficient_scope", scope="admin""#;
    assert_eq!(answer.header("www-authenticate"), challenge);
}

#[tokio::test]
async fn a_caller_who_may_not_learns_nothing_about_what_is_there() {
    let served = Served::start().await;
    let ann = served.person("ann").await;
    let there = served
        .get(&format!("/v1/admin/sessions/{}", ann.session), &ann.access)
        .await;
    let nowhere = served
        .get(&format!("/v1/admin/sessions/{NOBODY}"), &ann.access)
        .await;
    assert_eq!(there.exact(), nowhere.exact());
    assert_eq!(there.status, 403);
}

#[tokio::test]
async fn an_administrator_who_is_none_any_more_is_refused_at_once() {
    let served = Served::start().await;
    let root = administrator(&served).await;
    served.account("zoe", Role::Admin).await;
    let zoe = served.log_in("zoe").await;
    assert_eq!(served.get("/v1/admin/accounts", &zoe.access).await.status, 200);
    let changed = patch(
        &served,
        "/v1/admin/accounts/zoe",
        &root.access,
        json!({"role": "viewer"}),
    )
    .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    let written = served
        .post_as("/v1/admin/revoke-all", &zoe.access, json!({}))
        .await;
    assert_eq!(written.problem(), (403, "insufficient_scope".to_owned()));
    assert_eq!(served.get("/v1/admin/accounts", &zoe.access).await.status, 200);
}

#[tokio::test]
async fn unknown_parameters_are_refused_everywhere() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    for (method, path, body) in routes() {
        for query in ["dry_run=true", "limt=5", "wait=full&wait=full", "wait=half"] {
            let route = (method.clone(), format!("{path}?{query}"), body.clone());
            let answer = served.ask(ask(&route, Some(&key))).await;
            assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{route:?}");
        }
    }
}

#[tokio::test]
async fn a_body_of_64_kib_is_read_and_one_byte_more_is_not() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let of = |len: usize| format!("{{\"name\":\"{}\"}}", "x".repeat(len - r#"{"name":""}"#.len()));
    for (path, method) in [
        ("/v1/admin/accounts", Method::POST),
        ("/v1/admin/api-keys", Method::POST),
        ("/v1/admin/accounts/nobody", Method::PATCH),
        ("/v1/admin/subjects/nobody/revoke", Method::POST),
        ("/v1/admin/revoke-all", Method::POST),
    ] {
        let send = |len| {
            let ask = Ask::new(method.clone(), path)
                .bearer(&key)
                .body("application/json", of(len));
            served.ask(ask)
        };
        assert_eq!(send(64 * 1024).await.status, 400, "{path}");
        let answer = send(64 * 1024 + 1).await;
        assert_eq!(answer.problem(), (413, "payload_too_large".to_owned()), "{path}");
        assert_eq!(answer.detail(), "the body may have 65536 bytes");
    }
}

#[tokio::test]
async fn a_path_that_is_no_utf_8_is_refused() {
    let served = Served::start().await;
    let key = served.key("admin").await;
    let person = served.person("ann").await.access;
    for (method, path, token) in [
        (Method::GET, "/v1/admin/sessions/%ff", &key),
        (Method::GET, "/v1/admin/subjects/%ff/sessions", &key),
        (Method::GET, "/v1/admin/accounts/%ff", &key),
        (Method::DELETE, "/v1/admin/api-keys/%ff", &key),
        (Method::GET, "/v1/service/sessions/%ff", &key),
        (Method::DELETE, "/v1/sessions/%ff", &person),
    ] {
        let answer = served.ask(Ask::new(method, path).bearer(token)).await;
        assert_eq!(answer.problem(), (400, "invalid_request".to_owned()), "{path}");
        assert_eq!(answer.detail(), "the path must be UTF-8, percent-encoded");
    }
}
