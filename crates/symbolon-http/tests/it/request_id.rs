//! What every answer carries.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Request};
use http_body_util::BodyExt;
use symbolon_http::problem::Problem;
use symbolon_http::request_id::{RequestId, RequestIds, Seal, SealLayer};
use tower::{ServiceBuilder, ServiceExt, service_fn};

const SEED: [u8; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

fn sealed(answer: impl IntoResponse, tls: bool) -> (HeaderMap, RequestId, Response) {
    let id = RequestIds::new(SEED).next_id();
    let mut response = answer.into_response();
    Seal::new(tls).apply(&mut response, id);
    (response.headers().clone(), id, response)
}

async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[test]
fn every_answer_has_an_id_and_the_headers_of_safety() {
    let (headers, id, _) = sealed("ok", false);
    assert_eq!(headers["x-request-id"], id.as_str());
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-content-type-options"], "nosniff");
    assert_eq!(headers["referrer-policy"], "no-referrer");
    assert!(!headers.contains_key("strict-transport-security"));
}

#[test]
fn browsers_are_asked_to_insist_on_tls_only_over_tls() {
    assert_eq!(
        sealed("ok", true).0["strict-transport-security"],
        "max-age=63072000"
    );
}

#[test]
fn an_answer_that_may_be_cached_stays_so() {
    let answer = (
        [
            ("cache-control", "public, max-age=300"),
            ("referrer-policy", "same-origin"),
        ],
        "ok",
    );
    let (headers, _, _) = sealed(answer, false);
    assert_eq!(
        headers.get_all("cache-control").iter().collect::<Vec<_>>(),
        ["public, max-age=300"]
    );
    assert_eq!(headers["referrer-policy"], "same-origin");
}

#[tokio::test]
async fn a_server_error_says_its_id_and_nothing_else() {
    let (_, id, response) = sealed(Problem::unavailable(2), false);
    assert_eq!(response.headers()["retry-after"], "2");
    assert_eq!(
        text(response).await,
        format!(
            concat!(
                r#"{{"type":"urn:symbolon:problem:unavailable","title":"Not available now","status":503,"#,
                r#""detail":"the answer cannot be given now; try again later","code":"unavailable","#,
                r#""request_id":"{}"}}"#
            ),
            id
        )
    );
}

#[tokio::test]
async fn another_problem_does_not_repeat_the_id_in_its_body() {
    let (headers, id, response) = sealed(Problem::not_found("no such session"), false);
    assert_eq!(headers["x-request-id"], id.as_str());
    assert!(!text(response).await.contains("request_id"));
}

#[test]
fn an_id_is_24_lower_case_hex_digits_and_the_same_seed_gives_the_same_ids() {
    let (one, two) = (RequestIds::new(SEED), RequestIds::new(SEED));
    let ids = std::thread::scope(|scope| scope.spawn(|| [one.next_id(), two.next_id()]).join().unwrap());
    assert_eq!(ids[0], ids[1]);
    assert_eq!(ids[0].as_str().len(), 24);
    assert!(ids[0].as_str().starts_with("04030201"));
    assert!(
        ids[0]
            .as_str()
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    );
}

#[test]
fn ids_of_many_threads_are_all_unlike() {
    let ids = RequestIds::new(SEED);
    let mut all = HashSet::new();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..40)
            .map(|_| scope.spawn(|| (0..1000).map(|_| ids.next_id()).collect::<Vec<_>>()))
            .collect();
        for thread in threads {
            all.extend(thread.join().unwrap());
        }
    });
    assert_eq!(all.len(), 40_000);
}

#[tokio::test]
async fn the_layer_gives_the_request_the_id_that_its_answer_carries_and_takes_none_from_outside() {
    let layer = SealLayer::new(Arc::new(RequestIds::new(SEED)), Seal::new(false));
    let service =
        ServiceBuilder::new()
            .layer(layer)
            .service(service_fn(|request: Request<Body>| async move {
                let id = request.extensions().get::<RequestId>().unwrap().to_string();
                Ok::<_, Infallible>(Response::new(Body::from(id)))
            }));
    let request = Request::get("/")
        .header("x-request-id", "mine")
        .body(Body::empty())
        .unwrap();
    let answer = service.oneshot(request).await.unwrap();
    let header = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_ne!(header, "mine");
    assert_eq!(text(answer).await, header);
}
