//! The first page: what this is, and where to go on.

use axum::Extension;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::{App, ServiceContext};
use crate::openapi::tag;
use crate::pages;

/// The page loads nothing and does nothing.
const POLICY: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The route of the first page, with the links that work at this listener.
pub(crate) fn router(context: ServiceContext) -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(home))
        .layer(Extension(context))
}

/// The first page.
///
/// What this is, and where to go on.
#[utoipa::path(
    get, path = "/", tag = tag::OPERATIONS,
    responses((status = 200, description = "The page", body = String, content_type = "text/html"))
)]
async fn home(Extension(context): Extension<ServiceContext>) -> Response {
    const DOCUMENTS: [(&str, &str); 2] = [
        ("/docs", "The API, to read and try"),
        ("/openapi.json", "The API as OpenAPI 3.1"),
    ];
    const OPERATIONS: [(&str, &str); 3] = [
        ("/healthz", "Whether it lives"),
        ("/readyz", "Whether it is ready"),
        ("/metrics", "Metrics for Prometheus"),
    ];
    let operations = if context.operations {
        OPERATIONS.as_slice()
    } else {
        &[]
    };
    let links: String = DOCUMENTS
        .iter()
        .chain(operations)
        .map(|(path, about)| format!("<li><a href=\"{path}\">{about}</a> <code>{path}</code></li>\n"))
        .collect();
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Symbolon</title>\n</head>\n<body>\n\
         <h1>Symbolon {}</h1>\n<p>A session and token server.</p>\n<ul>\n{links}</ul>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION"),
    );
    pages::page(POLICY, html)
}
