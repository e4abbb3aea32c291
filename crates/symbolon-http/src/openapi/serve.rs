//! The routes of the contract itself.

use std::sync::Arc;

use axum::Router;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::assets::Asset;
use super::complete::complete;
use super::{page, tag};
use crate::pages;
use crate::problem::Problem;

/// What the page may do: load its two files from here, and send requests to here. Nothing else, and no script or
/// style that stands in the page itself.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                           img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file whose name has its digest never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The contract, written once.
struct Published {
    document: Bytes,
    page: Bytes,
}

/// Completes the document that the handlers gave and serves it, with its page.
pub(crate) fn publish(collected: OpenApi) -> Router {
    let (router, own) = OpenApiRouter::default()
        .routes(routes!(openapi_document))
        .routes(routes!(openapi_page))
        .routes(routes!(openapi_asset))
        .split_for_parts();
    let mut document = collected;
    document.merge(own);
    complete(&mut document);
    let json = serde_json::to_vec(&document).unwrap_or_else(|error| {
        // All of it is text and numbers. If that ever changes, the routes still work; only their description is gone.
        tracing::error!(%error, "the contract could not be written");
        Vec::new()
    });
    router.with_state(Arc::new(Published {
        document: json.into(),
        page: page::write(&document).into(),
    }))
}

/// This contract.
///
/// OpenAPI 3.1, made from the code that serves it.
#[utoipa::path(
    get, path = "/openapi.json", tag = tag::OPERATIONS,
    responses((status = 200, description = "The document", body = Object, example = json!({"openapi": "3.1.0"})))
)]
async fn openapi_document(State(published): State<Arc<Published>>) -> Response {
    ([(CONTENT_TYPE, "application/json")], published.document.clone()).into_response()
}

/// This contract as a page.
///
/// It loads nothing from outside and can be read without its script.
#[utoipa::path(
    get, path = "/docs", tag = tag::OPERATIONS,
    responses((status = 200, description = "The page", body = String, content_type = "text/html"))
)]
async fn openapi_page(State(published): State<Arc<Published>>) -> Response {
    pages::page(PAGE_POLICY, published.page.clone())
}

/// A file of the page.
///
/// Its name has the digest of its content, so it may be kept for ever.
#[utoipa::path(
    get, path = "/docs/{file}", tag = tag::OPERATIONS,
    params(("file" = String, Path, description = "The name of the file, as the page has it")),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/javascript"),
        (status = 404, description = "there is no file of that name"),
    )
)]
async fn openapi_asset(file: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    // What is no UTF-8 is no name of a file of ours.
    let asset = file.ok().and_then(|Path(file)| Asset::find(&file));
    let asset = asset.ok_or_else(|| Problem::not_found("there is no file of that name"))?;
    Ok((
        [(CONTENT_TYPE, asset.media_type), (CACHE_CONTROL, FOR_EVER)],
        asset.text,
    )
        .into_response())
}
