use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use http_body_util::BodyExt as _;
use symbolon::Symbolon;
use tower::ServiceExt as _;

use super::examples::TOLD;
use super::page::write;
use super::start;
use crate::app::{App, HttpSettings, ServiceContext};
use crate::metrics::RouteClass;
use crate::request_id::RequestIds;
use crate::router::router;

async fn app() -> App {
    let symbolon = Symbolon::builder()
        .in_memory()
        .near_capacity(100)
        .password_cost(8, 1);
    let (symbolon, _) = symbolon.open().await.unwrap();
    let settings = HttpSettings {
        compat: true,
        ..HttpSettings::default()
    };
    App::new(symbolon, settings, RequestIds::new([7; 12]))
}

/// What a router says of itself.
async fn document(router: axum::Router) -> serde_json::Value {
    let request = Request::get("/openapi.json").body(Body::empty()).unwrap();
    let answer = router.oneshot(request).await.unwrap().into_body();
    serde_json::from_slice(&answer.collect().await.unwrap().to_bytes()).unwrap()
}

/// The paths of a router. axum tells them only to who debugs it.
fn paths(router: &axum::Router) -> BTreeSet<String> {
    let shown = format!("{router:?}");
    let found = shown
        .split("RouteId(")
        .filter_map(|part| part.split_once("): \"")?.1.split('"').next());
    // Its own path for the fallback is no route.
    found
        .filter(|path| !path.contains("__private"))
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_route_of_the_router_is_in_the_document_and_none_besides() {
    let app = app().await;
    let router = router(&app, ServiceContext::PUBLIC);
    let routed = paths(&router);
    assert!(routed.contains("/v1/login") && routed.len() > 30, "{routed:?}");
    let document = document(router).await;
    let documented: BTreeSet<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(documented, routed);
}

#[tokio::test]
async fn every_route_is_counted_with_its_group_and_only_pages_with_the_others() {
    let routed = paths(&router(&app().await, ServiceContext::PUBLIC));
    let others = routed
        .iter()
        .filter(|path| RouteClass::of(path) == RouteClass::Other);
    assert_eq!(
        others.collect::<Vec<_>>(),
        ["/", "/docs", "/docs/{file}", "/openapi.json"]
    );
}

#[tokio::test]
async fn each_example_is_told_of_a_schema_that_is_there() {
    let document = document(router(&app().await, ServiceContext::PUBLIC)).await;
    let schemas = document["components"]["schemas"].as_object().unwrap();
    assert!(TOLD.len() > 20);
    for told in TOLD.keys() {
        let name = told.split(' ').next().unwrap();
        assert!(schemas.contains_key(name), "{told}");
    }
}

#[test]
fn no_text_of_a_document_becomes_markup() {
    let mut document = start();
    document.info.title = "<script>alert(\"1\")</script>&'".to_owned();
    document.info.description = Some("a `<b>` c\n\n- <i>\n- d".to_owned());
    let page = write(&document);
    assert!(
        page.contains("<title>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39; API</title>"),
        "{page}"
    );
    assert!(
        page.contains(
            "<p>a <code>&lt;b&gt;</code> c</p><ul class=\"prose\"><li>&lt;i&gt;</li><li>d</li></ul>"
        )
    );
    assert!(!page.contains("<script>") && !page.contains("<b>") && !page.contains("<i>"));
}
