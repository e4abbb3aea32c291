//! Bodies that are too large, too deep, or say the same thing twice, on every route that takes one: the routes are
//! those of the document that the server itself gives out.

use http::Method;
use serde_json::{Value, json};
use symbolon_http::limits::{ADMIN_BODY_MAX, AUTH_BODY_MAX, BATCH_BODY_MAX};
use symbolon_testkit::http::{Answer, Ask, Client};
use symbolon_testkit::server::Server;

use crate::place::ready;

/// A route that takes JSON.
struct Route {
    method: Method,
    path: String,
}

/// All of them, with something in the place of each parameter.
async fn routes(client: &mut Client) -> Vec<Route> {
    let document = client.send(Ask::get("/openapi.json")).await.json();
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["requestBody"]["content"]["application/json"].is_object() {
                routes.push(Route {
                    method: method.to_uppercase().parse().unwrap(),
                    path: filled(path),
                });
            }
        }
    }
    routes
}

/// `/a/{id}` with an id that could be one.
fn filled(path: &str) -> String {
    let mut filled = path.to_owned();
    while let (Some(begin), Some(end)) = (filled.find('{'), filled.find('}')) {
        filled.replace_range(begin..=end, "01900000-0000-7000-8000-000000000000");
    }
    filled
}

/// Those who may call one route or another.
async fn callers(server: &Server, client: &mut Client) -> Vec<String> {
    let password = server.first_password().await;
    let log_in = json!({"username": "admin", "password": password});
    let answer = client.send(Ask::post("/v1/login", &log_in)).await.json();
    let token = answer["access_token"].as_str().unwrap().to_owned();
    vec![token, server.api_key("all", "issue,verify,revoke,admin")]
}

fn nested(depth: usize) -> String {
    format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
}

/// What was refused for want of the right caller says nothing about the body.
fn is_for_another(answer: &Answer) -> bool {
    matches!(answer.status, 401 | 403)
}

/// The answers to this body that come from behind the question who is asking.
async fn answers(server: &Server, callers: &[String], route: &Route, body: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for caller in callers {
        // A connection each: one that was sent too much may end.
        let ask = Ask::new(route.method.clone(), route.path.as_str())
            .bearer(caller)
            .header("content-type", "application/json")
            .body(body.to_owned());
        answers.push(server.client().send(ask).await);
    }
    answers
}

fn is_refused(answer: &Answer, expected: &[u16]) -> bool {
    let code = answer.json()["code"].clone();
    // The older systems' routes answer 200 and say it in the body.
    expected.contains(&answer.status) || (answer.status == 200 && code.is_i64() && code != 0)
}

#[tokio::test]
async fn d3_and_d11_every_route_refuses_hostile_bodies_with_the_right_status() {
    let server = ready().await;
    let mut client = server.client();
    let routes = routes(&mut client).await;
    assert!(routes.len() >= 12, "{}", routes.len());
    let callers = callers(&server, &mut client).await;
    let large = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes));
    // What it is, the body, the statuses that are right, and what our own routes say of it.
    let bodies: [(&str, String, &[u16], &str); 10] = [
        ("more than a mebibyte", large(1024 * 1024), &[413], "bytes"),
        ("depth 100,000", nested(100_000), &[400, 413], ""),
        ("depth 5,000", nested(5_000), &[400], "nested too deeply"),
        ("depth 33", nested(32), &[400], "nested too deeply"),
        ("a key twice", r#"{"a":1,"a":1}"#.to_owned(), &[400], "twice"),
        (
            "the same in two spellings",
            r#"{"a":1,"\u0061":1}"#.to_owned(),
            &[400],
            "twice",
        ),
        ("1e400", r#"{"a":1e400}"#.to_owned(), &[400], "not valid JSON"),
        ("half a body", r#"{"a":"#.to_owned(), &[400], "not valid JSON"),
        (
            "a control sign",
            "{\"a\":\"\u{0}\"}".to_owned(),
            &[400],
            "not valid JSON",
        ),
        ("two bodies", "{}{}".to_owned(), &[400], "not valid JSON"),
    ];
    for route in &routes {
        for (case, body, expected, detail) in &bodies {
            let answers = answers(&server, &callers, route, body).await;
            let judged: Vec<_> = answers.iter().filter(|answer| !is_for_another(answer)).collect();
            let place = format!("{} {}: {case}", route.method, route.path);
            assert!(!judged.is_empty(), "{place}: nobody may call it");
            for answer in judged {
                assert!(
                    is_refused(answer, expected),
                    "{place}: {} {}",
                    answer.status,
                    answer.text()
                );
                let said = answer.json()["detail"].as_str().map(str::to_owned);
                let says = said.is_none_or(|said| said.contains(detail));
                assert!(says, "{place}: {}", answer.text());
            }
        }
    }
    assert_eq!(client.send(Ask::get("/readyz")).await.status, 200);
}

/// How much a route takes: administrators send more than others, and a batch of tokens is the largest thing of all.
fn body_max(path: &str) -> usize {
    match path {
        "/v1/verify" => BATCH_BODY_MAX,
        path if path.starts_with("/v1/admin/") => ADMIN_BODY_MAX,
        _ => AUTH_BODY_MAX,
    }
}

#[tokio::test]
async fn each_route_takes_a_body_of_its_size_and_not_a_byte_more() {
    let server = ready().await;
    let mut client = server.client();
    let routes = routes(&mut client).await;
    let callers = callers(&server, &mut client).await;
    for route in &routes {
        let max = body_max(&route.path);
        for (bytes, over) in [(max, false), (max + 1, true)] {
            let body = format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
            assert_eq!(body.len(), bytes);
            for answer in answers(&server, &callers, route, &body).await {
                let place = format!("{} {}: {bytes}: {}", route.method, route.path, answer.text());
                assert!(
                    is_for_another(&answer) || (answer.status == 413) == over,
                    "{place}"
                );
            }
        }
    }
}

/// What the kernel says that the process has in memory, KiB.
fn resident(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn d3_oversized_bodies_take_no_memory() {
    const SOME: u64 = 24 * 1024;
    let server = ready().await;
    let mut client = server.client();
    let body = Value::String("x".repeat(1024 * 1024 - 100));
    let ask = Ask::post("/v1/login", &body);
    for _ in 0..20 {
        assert_eq!(client.send(ask.clone()).await.status, 413);
    }
    let before = resident(&server);
    let mut clients: Vec<Client> = (0..16).map(|_| server.client()).collect();
    for _ in 0..8 {
        let mut sending = tokio::task::JoinSet::new();
        for mut client in clients.drain(..) {
            let ask = ask.clone();
            sending.spawn(async move { (client.send(ask).await.status, client) });
        }
        while let Some(sent) = sending.join_next().await {
            let (status, client) = sent.unwrap();
            assert_eq!(status, 413);
            clients.push(client);
        }
    }
    let after = resident(&server);
    assert!(after < before + SOME, "{before} KiB, then {after} KiB");
}
