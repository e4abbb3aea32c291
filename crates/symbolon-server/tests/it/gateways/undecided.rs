//! "Cannot decide" is 503 with a time to come back, through a gateway too: never 200, and never a 401 that logs a person
//! out.

use std::time::Duration;

use serde_json::json;
use symbolon_http::problem::Problem;
use tokio::time::Instant;

use super::gateway::Kind;
use super::scene::{MadeUp, Scene};
use super::visit::{Answer, Visit};

/// The recipes wait a second for a connection and two for an answer.
const WAIT_MAX: Duration = Duration::from_secs(8);

fn assert_undecided(answer: &Answer, kind: Kind, case: &str) {
    assert_eq!(answer.status, 503, "{kind:?}: {case}: {answer:?}");
    let wait = answer
        .header("retry-after")
        .and_then(|wait| wait.parse::<u32>().ok());
    assert!(
        wait.is_some_and(|wait| (1..=60).contains(&wait)),
        "{kind:?}: {case}: {answer:?}"
    );
    assert_eq!(answer.header("www-authenticate"), None, "{kind:?}: {case}");
}

#[tokio::test]
async fn a_symbolon_that_is_gone_or_hangs_is_503_with_retry_after_and_then_it_goes_on() {
    for kind in Kind::ALL {
        let mut scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        let ask = || Visit::get("/").bearer(&session.token);
        assert_eq!(scene.visit(ask()).await.status, 200, "{kind:?}");
        scene.application.only();

        scene.symbolon.sigstop().await;
        let begin = Instant::now();
        assert_undecided(&scene.visit(ask()).await, kind, "it hangs");
        assert_undecided(&scene.visit(Visit::get("/")).await, kind, "it hangs, no token");
        assert!(begin.elapsed() < WAIT_MAX, "{kind:?}: {:?}", begin.elapsed());
        scene.symbolon.sigcont();
        assert_eq!(scene.visit(ask()).await.status, 200, "{kind:?}: it goes on");
        scene.application.only();

        scene.symbolon.kill9().await;
        let answer = scene.visit(ask()).await;
        assert_undecided(&answer, kind, "it is gone");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json"),
            "{kind:?}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{kind:?}");
        assert_eq!(answer.json()["code"], "unavailable", "{kind:?}");
        assert_undecided(&scene.visit(Visit::get("/")).await, kind, "it is gone, no token");
        assert_undecided(&scene.visit(Visit::get("/x").method("HEAD")).await, kind, "head");
        scene.assert_not_asked("undecided");
        scene.symbolon.restart().await;
        assert_eq!(scene.visit(ask()).await.status, 200, "{kind:?}: it is back");
    }
}

#[tokio::test]
async fn a_503_of_symbolon_s_comes_through_with_its_own_time() {
    const LATER: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n";
    for kind in Kind::ALL {
        let scene = MadeUp::saying(kind, LATER).await;
        let answer = scene.visit(Visit::get("/").bearer("sya_x")).await;
        assert_undecided(&answer, kind, "503");
        assert_eq!(answer.header("retry-after"), Some("7"), "{kind:?}");
        assert_eq!(scene.application.asked().len(), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn whatever_symbolon_says_instead_of_200_nothing_passes() {
    for kind in Kind::ALL {
        for verdict in [
            "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\n\r\n",
            "HTTP/1.1 200",
            "nonsense\r\n\r\n",
        ] {
            let scene = MadeUp::saying(kind, verdict).await;
            let answer = scene.visit(Visit::get("/").bearer("sya_x")).await;
            assert!(answer.status >= 300, "{kind:?}: {verdict:?}: {answer:?}");
            assert_ne!(answer.status, 401, "{kind:?}: {verdict:?}: {answer:?}");
            assert_eq!(scene.application.asked().len(), 0, "{kind:?}: {verdict:?}");
            let clients_fault = verdict.contains("400") || verdict.contains("431");
            if kind != Kind::Caddy && !clients_fault {
                assert_undecided(&answer, kind, verdict);
            }
        }
    }
}

#[tokio::test]
async fn a_proof_larger_than_symbolon_reads_is_431_and_not_a_503_to_repeat() {
    for kind in Kind::ALL {
        let scene = Scene::of(kind).await;
        let long = "x".repeat(7_900);
        let visit = Visit::get("/").bearer(&long).header(format!("Cookie: a={long}"));
        let answer = scene.visit(visit.header(format!("Cookie: b={long}"))).await;
        assert_eq!(answer.status, 431, "{kind:?}: {answer:?}");
        assert_eq!(answer.header("retry-after"), None, "{kind:?}");
        scene.assert_not_asked("too large");
    }
}

#[tokio::test]
async fn an_application_that_is_gone_is_not_taken_for_a_symbolon_that_is() {
    for kind in Kind::ALL {
        let mut scene = Scene::of(kind).await;
        let session = scene.session_of("ann").await;
        scene.application = super::backend::Backend::answering("").await;
        let answer = scene.visit(Visit::get("/").bearer(&session.token)).await;
        assert_eq!(answer.status, 502, "{kind:?}: {answer:?}");
        assert_eq!(answer.header("retry-after"), None, "{kind:?}");
    }
}

#[tokio::test]
async fn a_gateway_s_503_is_word_for_word_symbolon_s_own() {
    let own = Problem::unavailable(1);
    let own = json!({
        "type": format!("urn:symbolon:problem:{}", own.code().as_str()),
        "title": own.code().title(),
        "status": 503,
        "detail": own.detail(),
        "code": own.code().as_str(),
    });
    for kind in Kind::ALL {
        let mut scene = Scene::of(kind).await;
        scene.symbolon.kill9().await;
        assert_eq!(scene.visit(Visit::get("/")).await.json(), own, "{kind:?}");
    }
}
