//! The router on one screen: which groups of routes a listener serves, and what answers where there is no route.

use axum::Router;
use axum::response::{IntoResponse, NoContent, Response};
use http::Method;
use utoipa_axum::router::OpenApiRouter;

use crate::app::{App, ServiceContext};
use crate::openapi;
use crate::problem::Problem;
use crate::routes::{
    admin, compat_s1, compat_s2, compat_s3, events, gateway, home, jwks, oauth, operations, person, services,
};

/// The routes of a listener.
pub(crate) fn router(app: &App, context: ServiceContext) -> Router {
    let (router, document) = routes(app, context).split_for_parts();
    let router = router.with_state(app.clone());
    let router = if context.api {
        router.merge(openapi::publish(document))
    } else {
        router
    };
    router
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
}

/// The groups, each with its part of the contract.
fn routes(app: &App, context: ServiceContext) -> OpenApiRouter<App> {
    let mut routes = OpenApiRouter::with_openapi(openapi::start());
    if context.api {
        routes = routes
            .merge(person::router())
            .merge(events::router())
            .merge(services::router())
            .merge(jwks::router())
            .merge(oauth::router())
            .merge(gateway::router());
    }
    if context.api && app.settings().compat {
        routes = routes
            .merge(compat_s1::router())
            .merge(compat_s2::router())
            .merge(compat_s3::router());
    }
    if context.admin {
        routes = routes.merge(admin::router());
    }
    if context.operations {
        routes = routes.merge(operations::router());
    }
    if context.api {
        routes = routes.merge(home::router(context));
    }
    routes
}

async fn not_found() -> Problem {
    Problem::not_found("there is nothing at this path")
}

/// axum adds `Allow` to either answer (RFC 9110 §15.5.6, §9.3.7).
async fn method_not_allowed(method: Method) -> Response {
    if method == Method::OPTIONS {
        NoContent.into_response()
    } else {
        Problem::method_not_allowed().into_response()
    }
}
