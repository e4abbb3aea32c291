//! The public keys of signed access tokens, for services that verify by themselves (RFC 7517).
//!
//! Whoever does learns that a token is ours and has not reached its end, and not whether its session has been ended.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use symbolon::{Jwk, PUBLISHED_FOR};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::openapi::tag;

/// The routes of keys.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(key_set))
}

/// The public keys.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = KeySet)]
struct KeySetBody {
    /// Those that sign, will sign soon, or have signed what may still be good.
    keys: Vec<JwkBody>,
}

/// A public key (RFC 7517, section 4).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PublicKey)]
struct JwkBody {
    /// Its family.
    #[schema(example = "OKP")]
    kty: &'static str,
    /// What it is for.
    #[serde(rename = "use")]
    #[schema(example = "sig")]
    purpose: &'static str,
    /// How it signs.
    #[schema(example = "EdDSA")]
    alg: &'static str,
    /// Its name.
    #[schema(example = "5xqVtUOqjpzM3e0R")]
    kid: String,
    /// The curve of a key of the families `OKP` and `EC`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ed25519")]
    crv: Option<&'static str>,
    /// The key, or its first coordinate.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    x: Option<String>,
    /// The second coordinate.
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    /// The modulus of a key of the family `RSA`.
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    /// Its exponent.
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
}

/// The public keys of signed tokens.
///
/// Empty where no token is signed, or only with a secret that is shared. A new key stands here for ten minutes before it
/// signs; the answer may be kept for five.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", tag = tag::SERVICES,
    responses((status = 200, description = "The keys", body = KeySetBody))
)]
async fn key_set(State(app): State<App>) -> Response {
    let keys = app
        .symbolon()
        .public_keys()
        .into_iter()
        .map(JwkBody::from)
        .collect();
    let mut response = Json(KeySetBody { keys }).into_response();
    let kept = format!("public, max-age={}", PUBLISHED_FOR.as_secs());
    // Digits and words are header text; without it the answer is not kept at all.
    if let Ok(kept) = HeaderValue::try_from(kept) {
        response.headers_mut().insert(CACHE_CONTROL, kept);
    }
    response
}

impl From<Jwk> for JwkBody {
    fn from(key: Jwk) -> Self {
        Self {
            kty: key.kty,
            purpose: key.purpose,
            alg: key.alg,
            kid: key.kid,
            crv: key.crv,
            x: key.x,
            y: key.y,
            n: key.n,
            e: key.e,
        }
    }
}
