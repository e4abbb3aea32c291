//! What the recipes are for: whoever is logged in passes, and the application knows who it is.

use serde_json::json;

use super::gateway::Kind;
use super::scene::{MadeUp, Scene};
use super::visit::{Answer, Visit};

/// 200, and an identity without a claim.
const ANN: &str = "HTTP/1.1 200 OK\r\nX-Symbolon-Subject: ann\r\nX-Symbolon-Session: s\r\n\
    X-Symbolon-Client: default\r\nX-Symbolon-Claims: e30\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn a_live_token_passes_and_the_application_learns_whose_it_is() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene
            .session(&json!({"subject": "虎 a,b", "client_id": "shop", "claims": {"plan": "gold"}}))
            .await;
        let answer = scene.visit(Visit::get("/a/b?c=d").bearer(&session.token)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "served"), "{kind:?}");
        let asked = scene.application.only();
        assert_eq!(asked.line, "GET /a/b?c=d HTTP/1.1");
        for (name, value) in [
            ("HTTP_X_SYMBOLON_SUBJECT", "%E8%99%8E%20a%2Cb"),
            ("HTTP_X_SYMBOLON_SESSION", session.id.as_str()),
            ("HTTP_X_SYMBOLON_CLIENT", "shop"),
            ("HTTP_X_SYMBOLON_CLAIMS", "eyJwbGFuIjoiZ29sZCJ9"),
            ("HTTP_X_FORWARDED_FOR", "127.0.0.1"),
            ("HTTP_HOST", "app.example.com"),
        ] {
            assert_eq!(asked.variable(name), value, "{kind:?}: {name}");
        }
    }
}

/// The answer of Symbolon that carries it, and the application that would like to have it.
#[tokio::test]
async fn a_renewed_token_goes_to_the_client_and_not_to_the_application() {
    const RENEWED: &str = "HTTP/1.1 200 OK\r\nX-Symbolon-Subject: ann\r\nX-Symbolon-Session: s\r\n\
        X-Symbolon-Client: default\r\nX-Symbolon-Claims: e30\r\nX-Symbolon-Token: sya_next\r\n\
        Content-Length: 0\r\n\r\n";
    for kind in Kind::ALL {
        for (verdict, next) in [(RENEWED, Some("sya_next")), (ANN, None)] {
            let scene = MadeUp::saying(kind, verdict).await;
            let visit = Visit::get("/")
                .bearer("sya_x")
                .header("X-Symbolon-Token: sya_forged");
            let answer = scene.visit(visit).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, "served"), "{kind:?}");
            assert_eq!(answer.header("x-symbolon-token"), next, "{kind:?}");
            let is_there = answer.head.to_ascii_lowercase().contains("x-symbolon-token");
            assert_eq!(is_there, next.is_some(), "{kind:?}: {}", answer.head);
            let seen = scene.application.only();
            assert_eq!(seen.variable("HTTP_X_SYMBOLON_TOKEN"), "", "{kind:?}");
            assert_eq!(seen.variable("HTTP_X_SYMBOLON_SUBJECT"), "ann", "{kind:?}");
        }
    }
}

#[tokio::test]
async fn every_method_passes_with_its_body() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
            let mut visit = Visit::post("/", &json!({"note": "x".repeat(5_000)}));
            visit = visit.method(method).bearer(&session.token);
            assert_eq!(scene.visit(visit).await.status, 200, "{kind:?} {method}");
            let asked = scene.application.only();
            assert_eq!(asked.line, format!("{method} / HTTP/1.1"), "{kind:?}");
            assert_eq!(asked.body.len(), 5_011, "{kind:?} {method}");
        }
    }
}

#[tokio::test]
async fn without_a_live_token_it_is_401_and_the_application_is_not_asked() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        let mut forged = session.token.clone();
        forged.replace_range(10..11, if &forged[10..11] == "A" { "B" } else { "A" });
        for (case, visit) in [
            ("no token", Visit::get("/")),
            ("a forged one", Visit::get("/").bearer(&forged)),
            ("in the query", Visit::get(&format!("/?token={}", session.token))),
            (
                "another scheme",
                Visit::get("/").header("Authorization: Basic YTpi"),
            ),
            ("head", Visit::new("HEAD", "/")),
        ] {
            let answer = scene.visit(visit).await;
            assert_eq!(answer.status, 401, "{kind:?}: {case}");
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(
                challenge.starts_with("Bearer "),
                "{kind:?}: {case}: {challenge:?}"
            );
        }
        scene.assert_not_asked("without a token");
    }
}

#[tokio::test]
async fn a_log_out_through_the_gateway_is_401_from_the_next_request_on() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        for _ in 0..10 {
            let session = scene.session_of("ann").await;
            let ask = || scene.visit(Visit::get("/").bearer(&session.token));
            assert_eq!(ask().await.status, 200, "{kind:?}");
            let out = Visit::new("POST", "/v1/logout").bearer(&session.token);
            let receipt = scene.visit(out).await.json();
            assert_eq!(receipt["effective"], "now", "{kind:?}: {receipt}");
            assert_eq!(ask().await.status, 401, "{kind:?}");
        }
    }
}

#[tokio::test]
async fn what_the_operator_asks_for_is_asked_and_the_client_has_no_say_in_it() {
    for kind in Kind::ALL {
        let scene = Scene::asking(kind, "audience=shop&scope=read").await;
        let begin = |audience, scope| {
            let body = json!({"subject": "ann", "audience": audience, "scope": scope});
            let scene = &scene;
            async move { scene.session(&body).await.token }
        };
        for (audience, scope, status) in [
            ("shop", "read", 200),
            ("shop", "write", 403),
            ("bank", "read", 403),
        ] {
            let token = begin(audience, scope).await;
            for target in ["/", "/?audience=bank&scope=write", "/verify?audience=bank"] {
                let answer = scene.visit(Visit::get(target).bearer(&token)).await;
                assert_eq!(answer.status, status, "{kind:?}: {audience} {scope} {target}");
            }
        }
    }
}

#[tokio::test]
async fn cookies_are_judged_too_and_little_else_gets_to_symbolon() {
    for kind in Kind::ALL {
        let scene = MadeUp::saying(kind, ANN).await;
        let visit = Visit::post("/form?a=b", &json!({"secret": 1}))
            .header("Cookie: __Host-symbolon=sya_x; theme=dark")
            .header("X-Note: of the application's");
        assert_eq!(scene.visit(visit).await.status, 200, "{kind:?}");
        let asked = scene.symbolon.only();
        assert_eq!(asked.line, "GET /verify HTTP/1.1", "{kind:?}");
        assert_eq!(asked.variable("HTTP_COOKIE"), "__Host-symbolon=sya_x; theme=dark");
        assert_eq!(asked.body, "", "{kind:?}: the body is the application's");
        let sent = scene.application.only();
        assert_eq!(sent.body, r#"{"secret":1}"#, "{kind:?}");
        assert_eq!(sent.variable("HTTP_X_NOTE"), "of the application's");
        assert_eq!(
            asked.variable("HTTP_X_NOTE").is_empty(),
            kind != Kind::Caddy,
            "Caddy sends what it knows, the others what the recipe names"
        );
    }
}

/// What a browser would send back of what it was told to keep.
fn kept_cookies(answer: &Answer) -> String {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    let cookies = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let pairs: Vec<&str> = cookies
        .filter_map(|(_, cookie)| cookie.split(';').next())
        .collect();
    pairs.join("; ")
}

#[tokio::test]
async fn a_browser_logs_in_through_the_gateway_and_its_cookie_passes_until_it_logs_out() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let body = json!({
            "username": "admin", "password": scene.symbolon.first_password().await, "cookie": true
        });
        let log_in = |origin| {
            let visit = Visit::post("/v1/login", &body)
                .header("X-Symbolon: 1")
                .header(format!("Origin: {origin}"));
            scene.visit(visit)
        };
        for foreign in ["http://evil.example", "https://app.example.com", "null"] {
            assert_eq!(log_in(foreign).await.status, 403, "{kind:?}: {foreign}");
        }
        let answer = log_in("http://app.example.com").await;
        assert_eq!(answer.status, 200, "{kind:?}: {answer:?}");
        let cookies = format!("Cookie: theme=dark; {}", kept_cookies(&answer));
        let ask = || scene.visit(Visit::get("/").header(&cookies));
        assert_eq!(ask().await.status, 200, "{kind:?}: {cookies}");
        let asked = scene.application.only();
        assert_eq!(asked.variable("HTTP_X_SYMBOLON_SUBJECT"), "admin", "{kind:?}");
        let out = Visit::new("POST", "/v1/logout")
            .header(&cookies)
            .header("X-Symbolon: 1");
        let out = scene.visit(out.header("Origin: http://app.example.com")).await;
        assert_eq!(out.json()["effective"], "now", "{kind:?}: {out:?}");
        assert_eq!(ask().await.status, 401, "{kind:?}");
        scene.assert_not_asked("after the log-out");
    }
}

#[tokio::test]
async fn no_verdict_is_kept_for_the_next_request() {
    const CACHEABLE: &str = "HTTP/1.1 200 OK\r\nX-Symbolon-Subject: ann\r\nCache-Control: public, max-age=600\r\n\
        ETag: \"a\"\r\nContent-Length: 0\r\n\r\n";
    for kind in Kind::ALL {
        let scene = MadeUp::saying(kind, CACHEABLE).await;
        for _ in 0..20 {
            let visit = Visit::get("/").bearer("sya_x");
            assert_eq!(scene.visit(visit).await.status, 200, "{kind:?}");
        }
        assert_eq!(scene.symbolon.asked().len(), 20, "{kind:?}");
        assert_eq!(scene.symbolon.connections(), 1, "{kind:?}: they are kept alive");
    }
}

#[tokio::test]
async fn websockets_pass_and_no_other_upgrade_does() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        for (lines, expected) in [
            (
                vec!["Upgrade: websocket", "Connection: close, Upgrade"],
                "websocket",
            ),
            (
                vec!["Upgrade: WebSocket", "Connection: close, upgrade"],
                "websocket",
            ),
            (
                vec![
                    "Upgrade: h2c",
                    "Connection: close, Upgrade, HTTP2-Settings",
                    "HTTP2-Settings: AAMAAABkAAQ",
                ],
                "",
            ),
            (vec!["Upgrade: h2c, websocket", "Connection: close, Upgrade"], ""),
            (vec!["Upgrade: TLS/1.0", "Connection: close, Upgrade"], ""),
            (
                vec![
                    "Upgrade: websocket",
                    "Connection: close, Upgrade, X-Symbolon-Subject",
                ],
                "websocket",
            ),
        ] {
            // HAProxy refuses a handshake without a key.
            let visit = Visit::get("/").header("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
            let visit = visit.bearer(&session.token);
            let visit = lines.iter().fold(visit, |visit, line| visit.header(line));
            assert_eq!(scene.visit(visit).await.status, 200, "{kind:?}: {lines:?}");
            let asked = scene.application.only();
            assert_eq!(asked.variable("HTTP_UPGRADE"), expected, "{kind:?}: {lines:?}");
            let subject = asked.variable("HTTP_X_SYMBOLON_SUBJECT");
            assert_eq!(subject, "ann", "{kind:?}: {lines:?}");
        }
    }
}

#[tokio::test]
async fn paths_that_lead_to_symbolon_lead_nowhere_else() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        for target in [
            "/v1/admin/sessions",
            "/v1/service/sessions",
            "/v1/session/../admin/sessions",
            "/v1/session/%2e%2e/admin/sessions",
            "/v1/session/..%2fadmin/sessions",
            "/v1/loginx",
            "/v1//admin/sessions",
            "/metrics",
            "/verify",
            "/.symbolon/verify",
        ] {
            let answer = scene.visit(Visit::get(target)).await;
            assert!(
                matches!(answer.status, 401 | 404),
                "{kind:?}: {target}: {answer:?}"
            );
        }
        scene.assert_not_asked("paths of Symbolon's");
    }
}
