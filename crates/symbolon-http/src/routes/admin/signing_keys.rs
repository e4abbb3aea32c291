//! Signing keys: what they do now, and the next one.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::{Deserialize, Serialize};
use symbolon::{Rotation, RotationRefused, SigningAlg, SigningKeyShown};

use crate::app::App;
use crate::bodies::instant::Rfc3339;
use crate::caller::{Admin, AdminRead, Allowed};
use crate::limits::{AdminJson, StrictJson};
use crate::openapi::tag;
use crate::problem::Problem;
use crate::query::known;

/// The signing keys.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SigningKeys)]
pub(super) struct SigningKeysBody {
    /// All that are kept, the oldest first.
    items: Vec<SigningKeyBody>,
}

/// A signing key. Never the key itself.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SigningKey)]
struct SigningKeyBody {
    /// Its name, the `kid` of the tokens that it signs.
    #[schema(example = "5xqVtUOqjpzM3e0R")]
    id: String,
    /// How it signs.
    alg: AlgWord,
    /// `next`: it is published and will sign. `active`: it signs. `retired`: it verifies what it signed. `revoked`: what
    /// it signed is refused. `given`: it is the configuration's.
    #[schema(example = "active")]
    state: &'static str,
    /// When it was made; left out where it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    created_at: Option<Rfc3339>,
    /// When it begins to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    active_from: Option<Rfc3339>,
    /// When the next one signs in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    replaced_at: Option<Rfc3339>,
    /// Since when what it signed is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<Rfc3339>,
}

/// How a key signs (RFC 7518, section 3.1; RFC 8037, section 3.1).
#[derive(Serialize, Deserialize, Clone, Copy, utoipa::ToSchema)]
#[schema(as = SigningAlg)]
pub(super) enum AlgWord {
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA with P-256 and SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA with PKCS #1 v1.5 and SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// HMAC with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
}

/// Which key is followed by the next, and how.
#[derive(Deserialize, Default, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RotateSigningKey)]
pub(super) struct RotateBody {
    /// How the key signs; the way in which tokens are signed if left out.
    #[serde(default)]
    alg: Option<AlgWord>,
    /// Whether the next one signs at once, and not when it has been published for ten minutes. Services that verify by
    /// themselves may not know it yet.
    #[serde(default)]
    now: bool,
    /// Whether what the older ones have signed is refused from now on; the next one then signs at once. Sessions go on:
    /// a refresh gives a good token.
    #[serde(default)]
    revoke: bool,
}

/// List the signing keys.
#[utoipa::path(
    get, path = "/v1/admin/signing-keys", tag = tag::OPERATORS,
    responses((status = 200, description = "All of them", body = SigningKeysBody)),
    security(("access_token" = ["admin:read"]), ("api_key" = ["admin:read"]))
)]
pub(super) async fn list_signing_keys(
    State(app): State<App>,
    _caller: Allowed<AdminRead>,
    RawQuery(query): RawQuery,
) -> Result<Json<SigningKeysBody>, Problem> {
    known(query.as_deref(), [])?;
    Ok(Json(app.symbolon().signing_keys().into()))
}

/// Make the next signing key.
///
/// It is published at once and signs ten minutes later, so that copies of the published keys have it in time. What the
/// one before has signed stays good.
#[utoipa::path(
    post, path = "/v1/admin/signing-keys/rotate", tag = tag::OPERATORS, request_body = Option<RotateBody>,
    responses(
        (status = 200, description = "It is made; all keys", body = SigningKeysBody),
        (status = 409, description = "`conflict`: the key is given by the configuration; `limit_reached`: there are as many as there may be"),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn rotate_signing_key(
    State(app): State<App>,
    caller: Allowed<Admin>,
    RawQuery(query): RawQuery,
    body: Option<AdminJson<RotateBody>>,
) -> Result<Json<SigningKeysBody>, Problem> {
    known(query.as_deref(), [])?;
    let body = body.map(|StrictJson(body)| body).unwrap_or_default();
    let alg = body
        .alg
        .map_or_else(|| app.symbolon().signing_alg(), SigningAlg::from);
    let rotation = match (body.revoke, body.now) {
        (true, _) => Rotation::Revoking,
        (false, true) => Rotation::Now,
        (false, false) => Rotation::Published,
    };
    let origin = caller.origin(&app);
    let keys = app.symbolon().rotate_signing_key(alg, rotation, &origin).await;
    let keys = keys.map_err(|error| app.undecided(error))?.map_err(refused)?;
    Ok(Json(keys.into()))
}

fn refused(refused: RotationRefused) -> Problem {
    match refused {
        RotationRefused::Given => Problem::conflict(refused.to_string()),
        RotationRefused::TooMany => Problem::limit_reached(refused.to_string()),
    }
}

impl From<Vec<SigningKeyShown>> for SigningKeysBody {
    fn from(keys: Vec<SigningKeyShown>) -> Self {
        let items = keys.into_iter().map(|key| SigningKeyBody {
            id: key.id,
            alg: key.alg.into(),
            state: key.state.as_str(),
            created_at: key.created_at.map(Rfc3339),
            active_from: key.active_from.map(Rfc3339),
            replaced_at: key.replaced_at.map(Rfc3339),
            revoked_at: key.revoked_at.map(Rfc3339),
        });
        Self {
            items: items.collect(),
        }
    }
}

impl From<SigningAlg> for AlgWord {
    fn from(alg: SigningAlg) -> Self {
        match alg {
            SigningAlg::EdDsa => Self::EdDsa,
            SigningAlg::Es256 => Self::Es256,
            SigningAlg::Rs256 => Self::Rs256,
            SigningAlg::Hs256 => Self::Hs256,
        }
    }
}

impl From<AlgWord> for SigningAlg {
    fn from(word: AlgWord) -> Self {
        match word {
            AlgWord::EdDsa => Self::EdDsa,
            AlgWord::Es256 => Self::Es256,
            AlgWord::Rs256 => Self::Rs256,
            AlgWord::Hs256 => Self::Hs256,
        }
    }
}
