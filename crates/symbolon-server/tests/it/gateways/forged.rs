//! What clients send to be somebody else. Each test is named after the fault of a real gateway or server.

use super::gateway::Kind;
use super::scene::{MadeUp, Scene};
use super::visit::Visit;

/// Every header that speaks for Symbolon, in every spelling that some program reads as one of them.
const FORGED: [&str; 16] = [
    "X-Symbolon-Subject: admin",
    "x-symbolon-session: admin",
    "X-SYMBOLON-CLIENT: admin",
    "X-Symbolon-Claims: eyJyb2xlIjoiYWRtaW4ifQ",
    "X-Symbolon-Token: sya_admin",
    "X-Symbolon-Tier: near",
    "X_Symbolon_Subject: admin",
    "X_SYMBOLON_SUBJECT: admin",
    "X-Symbolon_Subject: admin",
    "X_Symbolon-Subject: admin",
    "x_symbolon_session: admin",
    "X_Symbolon_Client: admin",
    "X_Symbolon_Claims: eyJyb2xlIjoiYWRtaW4ifQ",
    "X-Symbolon_Claims: eyJyb2xlIjoiYWRtaW4ifQ",
    "X-Symbolon-Subject: admin2",
    "X_Symbolon_Token: sya_admin",
];

/// What a client may say about where it comes from and what it asks for.
const FORWARDED: [&str; 17] = [
    "X-Forwarded-For: 203.0.113.66",
    "X_Forwarded_For: 203.0.113.66",
    "X-Forwarded-For: 10.0.0.1, 203.0.113.66",
    "Forwarded: for=203.0.113.66;host=evil.example;proto=https",
    "X-Real-IP: 203.0.113.66",
    "X_Real_IP: 203.0.113.66",
    "X-Forwarded-Host: evil.example",
    "X_Forwarded_Host: evil.example",
    "X-Forwarded-Proto: evil",
    "X-Forwarded-Port: 666",
    "X-Forwarded-Uri: /evil",
    "X_Forwarded_Uri: /evil",
    "X-Forwarded-Method: EVIL",
    "X_Forwarded_User: evil",
    "X_Forwarded_Email: evil",
    "Remote_User: evil",
    "REMOTE_USER: evil",
];

fn with(visit: Visit, lines: &[&str]) -> Visit {
    lines.iter().fold(visit, |visit, line| visit.header(line))
}

#[tokio::test]
async fn forged_identities_never_reach_the_application_alone_or_all_at_once() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        for lines in FORGED.chunks(1).chain([FORGED.as_slice()]) {
            let visit = with(Visit::get("/"), lines).bearer(&session.token);
            assert_eq!(scene.visit(visit).await.status, 200, "{kind:?}: {lines:?}");
            scene.assert_seen_as("ann", &session, &format!("{lines:?}"));
        }
        let nobody = with(Visit::get("/"), &FORGED);
        assert_eq!(scene.visit(nobody).await.status, 401, "{kind:?}");
        scene.assert_not_asked("a forged identity without a token");
    }
}

#[tokio::test]
async fn cve_2026_30851_a_clients_header_does_not_stay_where_the_answer_has_none() {
    // Symbolon always says all four. Should it ever not, the application reads nothing, and never the client's.
    for kind in Kind::ALL {
        let scene = MadeUp::saying(kind, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        assert_eq!(scene.visit(with(Visit::get("/"), &FORGED)).await.status, 200);
        let asked = scene.application.only();
        let told: Vec<String> = FORGED
            .iter()
            .filter_map(|line| line.split_once(": "))
            .map(|(_, value)| value.to_owned())
            .collect();
        for (name, value) in asked.variables("SYMBOLON") {
            assert!(!told.contains(&value), "{kind:?}: {name}: {value}");
        }
    }
}

#[tokio::test]
async fn cve_2026_52845_and_cve_2025_64484_underscores_are_no_second_spelling() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        let visit = with(with(Visit::get("/"), &FORGED), &FORWARDED).bearer(&session.token);
        assert_eq!(scene.visit(visit).await.status, 200);
        let asked = scene.application.only();
        for (name, _) in &asked.headers {
            assert!(!name.contains('_'), "{kind:?}: {name}");
        }
        assert_eq!(asked.variable("HTTP_X_SYMBOLON_SUBJECT"), "ann", "{kind:?}");
    }
}

#[tokio::test]
async fn cve_2025_48865_names_in_connection_remove_neither_the_proof_nor_the_identity() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        for line in [
            "Connection: close, X-Symbolon-Subject",
            "Connection: X-Symbolon-Subject, X-Symbolon-Session, X-Symbolon-Client, X-Symbolon-Claims, close",
            "Connection: close, Authorization",
            "Connection: close, Cookie, X-Forwarded-For, Host, Content-Length",
            "connection: close, x-symbolon-subject, authorization",
        ] {
            let visit = Visit::get("/").bearer(&session.token).header(line);
            let answer = scene.visit(visit).await;
            assert_eq!(answer.status, 200, "{kind:?}: {line}");
            let asked = scene.application.asked();
            let address = asked[0].variable("HTTP_X_FORWARDED_FOR");
            assert_eq!(address, "127.0.0.1", "{kind:?}: {line}");
            scene.assert_seen_as("ann", &session, line);
            // Two lines are one list.
            let twice = Visit::get("/").bearer(&session.token).header("Connection: close");
            assert_eq!(
                scene.visit(twice.header(line)).await.status,
                200,
                "{kind:?}: {line}"
            );
            scene.assert_seen_as("ann", &session, line);
        }
        let nobody = Visit::get("/").header("Connection: close, X-Symbolon-Subject, Authorization");
        assert_eq!(scene.visit(nobody).await.status, 401, "{kind:?}");
        scene.assert_not_asked("nobody");
    }
}

#[tokio::test]
async fn cve_2026_40575_what_a_client_says_about_its_request_opens_nothing_and_is_not_passed_on() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        for line in [
            "X-Forwarded-Uri: /v1/login",
            "X-Forwarded-Uri: /healthz",
            "X-Original-URL: /v1/login",
            "X-Rewrite-URL: /v1/login",
            "X-Forwarded-Method: OPTIONS",
            "X-HTTP-Method-Override: OPTIONS",
            "X-Forwarded-Host: 127.0.0.1:5000",
        ] {
            assert_eq!(
                scene.visit(Visit::get("/").header(line)).await.status,
                401,
                "{kind:?}: {line}"
            );
        }
        scene.assert_not_asked("a forged address");
        let visit = with(Visit::get("/real"), &FORWARDED).bearer(&session.token);
        assert_eq!(scene.visit(visit).await.status, 200, "{kind:?}");
        let asked = scene.application.only();
        for (name, value) in asked.cgi() {
            let told = format!("{name}: {value}").to_lowercase();
            assert!(
                !told.contains("evil") && !told.contains("203.0.113.66") && !told.contains("666"),
                "{kind:?}: {told}"
            );
        }
        assert_eq!(asked.variable("HTTP_X_FORWARDED_FOR"), "127.0.0.1", "{kind:?}");
        assert_eq!(asked.variable("HTTP_X_FORWARDED_PROTO"), "http", "{kind:?}");
        assert_eq!(
            asked.variable("HTTP_X_FORWARDED_HOST"),
            "app.example.com",
            "{kind:?}"
        );
    }
}

#[tokio::test]
async fn cve_2026_25748_and_cve_2021_32637_what_is_malformed_never_passes() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        let token = &session.token;
        let headers = [
            "Cookie: __Host-symbolon".to_owned(),
            "Cookie: __Host-symbolon=".to_owned(),
            "Cookie: =".to_owned(),
            "Cookie: ;;;=;__Host-symbolon=\"".to_owned(),
            format!("Cookie: __Host-symbolon={token}x"),
            format!("Cookie: __Host-symbolon={token}\\; a=b"),
            format!("Cookie: \u{1}__Host-symbolon=%00{token}"),
            format!("Cookie: __Host-symbolon={}", "A".repeat(3_000)),
            "Cookie: __Host-symbolon=\u{ff}\u{fe}".to_owned(),
            "Authorization:".to_owned(),
            "Authorization: Bearer".to_owned(),
            format!("Authorization: Bearer {token} {token}"),
            format!("Authorization: Bearer {token},{token}"),
            format!("Authorization: Bearer\u{a0}{token}"),
            format!("Authorization: Bearer {token}\u{0}"),
            format!("Authorization: Bearer {}", token.to_uppercase()),
            format!("Authorization: Bearer {token}="),
        ];
        for line in &headers {
            let answer = scene.visit(Visit::get("/").header(line)).await;
            assert!(
                matches!(answer.status, 400 | 401),
                "{kind:?}: {line:?}: {answer:?}"
            );
        }
        for target in [
            "/%",
            "/%zz",
            "/%00",
            "/%ff%fe",
            "/a%2",
            "/\\",
            "//",
            "/..",
            "/../../etc/passwd",
            "/?%",
            "/?&=&",
            "/{}",
            "/|",
            "/\u{ff}",
            "*",
            "http://127.0.0.1:5000/healthz",
            "//127.0.0.1:5000/v1/login",
            "/%2e%2e/v1/login",
            "/v1/login/%",
        ] {
            let answer = scene.visit(Visit::get(target)).await;
            assert!(
                answer.status >= 300 || answer.status == 0,
                "{kind:?}: {target:?}: {answer:?}"
            );
            assert_ne!(answer.status, 500, "{kind:?}: {target:?}: {answer:?}");
        }
        scene.assert_not_asked("malformed");
    }
}

#[tokio::test]
async fn of_two_proofs_the_application_sees_the_one_that_was_judged_or_none_passes() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let (ann, bob) = (scene.session_of("ann").await, scene.session_of("bob").await);
        let both = Visit::get("/").bearer(&ann.token).bearer(&bob.token);
        let answer = scene.visit(both).await;
        if answer.status == 200 {
            let asked = scene.application.only();
            assert_eq!(asked.variable("HTTP_X_SYMBOLON_SUBJECT"), "ann", "{kind:?}");
            let shown = asked.variable("HTTP_AUTHORIZATION");
            assert_eq!(shown, format!("Bearer {}", ann.token), "{kind:?}");
        } else {
            assert!(matches!(answer.status, 400 | 401), "{kind:?}: {answer:?}");
            scene.assert_not_asked("two proofs");
        }
    }
}
