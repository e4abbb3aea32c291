//! What belongs to no handler: what this is, who may call it, and the groups of the routes.

use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder, ServerBuilder,
};

use super::refusals;
use crate::cookies::CookieSettings;

/// The groups of the routes, in reading order.
pub(crate) mod tag {
    /// What a person does with their own sessions.
    pub(crate) const PERSONS: &str = "persons";
    /// What a service does with an API key.
    pub(crate) const SERVICES: &str = "services";
    /// What an OAuth client does with the tokens that it holds.
    pub(crate) const OAUTH: &str = "oauth";
    /// What a gateway asks on each request.
    pub(crate) const GATEWAYS: &str = "gateways";
    /// What an operator does with everyone's.
    pub(crate) const OPERATORS: &str = "operators";
    /// Routes of the systems that Symbolon replaces.
    pub(crate) const OLDER: &str = "older systems";
    /// What keeps it running.
    pub(crate) const OPERATIONS: &str = "operations";
}

/// The way to prove oneself, by the names that the handlers use.
pub(super) mod scheme {
    pub(crate) const ACCESS_TOKEN: &str = "access_token";
    pub(super) const API_KEY: &str = "api_key";
    pub(crate) const ACCESS_COOKIE: &str = "access_cookie";
    pub(crate) const REFRESH_COOKIE: &str = "refresh_cookie";
    pub(super) const CLIENT: &str = "client";
}

const ABOUT: &str = "\
Sessions that are as fast as a JWT, as revocable as a session and as durable as a database.

A token is sent as `Authorization: Bearer …`, or by a browser as a cookie; never in the query. Instants are RFC 3339, UTC, with milliseconds, \
where a field does not say otherwise. Fields and query parameters that are not known are refused. Every answer has an \
`X-Request-Id`.

Errors are problem details (RFC 9457), `application/problem+json`. `code` is for programs and does not change; \
`detail` is for people. A 401 is given only where it is proven that the token or password is not good. What cannot be \
decided now is a 503 with `Retry-After`, and nothing follows from it.

A revocation answers with a receipt. Once it says `\"effective\": \"now\"`, no token of what it ended is accepted \
any more, on any node. A 202 says by when that is so (`effective_by`, `effective_in_ms`); `?wait=full` waits for it. \
Repeating a revocation is safe.";

const TAGS: [(&str, &str); 7] = [
    (tag::PERSONS, "Log-in and one's own sessions, by an access token."),
    (
        tag::SERVICES,
        "Sessions and questions about tokens, by an API key that has the scope.",
    ),
    (
        tag::OAUTH,
        "The refresh grant, revocation and introspection by the names of their RFCs. A client proves itself by an API \
         key, or says its `client_id` alone where it has none. Bodies are forms, errors are those of RFC 6749.",
    ),
    (
        tag::GATEWAYS,
        "One question for each request that a reverse proxy lets through.",
    ),
    (
        tag::OPERATORS,
        "Everyone's sessions, accounts and API keys: by an account with the role `admin` (`viewer` reads), or by an \
         API key with the scope `admin` (`admin:read` reads).",
    ),
    (
        tag::OLDER,
        "Routes of the systems that Symbolon replaces, with their bodies and their errors.",
    ),
    (tag::OPERATIONS, "Health, metrics and this contract."),
];

/// The document before the first route.
pub(crate) fn start() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Symbolon")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(
            LicenseBuilder::new()
                .name("Apache-2.0")
                .identifier(Some("Apache-2.0"))
                .build(),
        ))
        .build();
    let tags = TAGS.map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build());
    OpenApiBuilder::new()
        .info(info)
        .servers(Some([ServerBuilder::new()
            .url("/")
            .description(Some("This server"))
            .build()]))
        .components(Some(components().build()))
        .tags(Some(tags))
        .build()
}

fn components() -> ComponentsBuilder {
    let bearer = |format: &str, about: &str| {
        let http = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format(format);
        SecurityScheme::Http(http.description(Some(about)).build())
    };
    let cookie = |name: &str, about: &str| {
        SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::with_description(name, about)))
    };
    let names = CookieSettings::default();
    let basic = HttpBuilder::new().scheme(HttpAuthScheme::Basic).description(Some(
        "An OAuth client: its `client_id`, and its API key as the password. Both may stand in the form instead, as \
         `client_id` and `client_secret`.",
    ));
    refusals::components()
        .security_scheme(scheme::CLIENT, SecurityScheme::Http(basic.build()))
        .security_scheme(
            scheme::ACCESS_COOKIE,
            cookie(
                names.access_name(),
                "The access token of a browser that logged in with `cookie: true`. Methods other than GET and HEAD \
                 also need `X-Symbolon: 1`, and `Sec-Fetch-Site: same-origin` or the `Origin` of this server.",
            ),
        )
        .security_scheme(
            scheme::REFRESH_COOKIE,
            cookie(
                names.refresh_name(),
                "The refresh token of such a browser. It counts only beside the other cookie, and needs the same headers.",
            ),
        )
        .security_scheme(
            scheme::ACCESS_TOKEN,
            bearer("sya_…", "The access token of a person's session."),
        )
        .security_scheme(
            scheme::API_KEY,
            bearer(
                "syk_…",
                "The API key of a service. Each route names the scope that it needs; `admin` is every scope.",
            ),
        )
}
