//! What OAuth's clients send and read: forms and JSON by the names of their RFCs.

use serde::Serialize;
use symbolon::ActiveToken;
use symbolon::token::TokenKind;

use super::names::words;

/// The form of an introspection (RFC 7662, section 2.1) or a revocation (RFC 7009, section 2.1). It is read
/// parameter by parameter; this is what the document says of it.
#[derive(utoipa::ToSchema)]
#[schema(as = TokenForm)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct TokenForm {
    /// The token, of either kind.
    token: String,
    /// `access_token` or `refresh_token`; not needed, and any other value is ignored.
    token_type_hint: Option<String>,
    /// Which client asks, where it does not say so in the header.
    client_id: Option<String>,
    /// The key of the client, where it does not prove itself in the header.
    #[schema(format = Password)]
    client_secret: Option<String>,
}

/// The form of the refresh grant (RFC 6749, section 6).
#[derive(utoipa::ToSchema)]
#[schema(as = GrantForm)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct GrantForm {
    /// Always `refresh_token`.
    #[schema(example = "refresh_token")]
    grant_type: String,
    /// The refresh token.
    refresh_token: String,
    /// What the tokens are to allow: nothing beyond what was granted.
    scope: Option<String>,
    /// Which client asks, where it does not say so in the header.
    client_id: Option<String>,
    /// The key of the client, where it does not prove itself in the header.
    #[schema(format = Password)]
    client_secret: Option<String>,
}

/// What a token is (RFC 7662, section 2.2). Instants are seconds since the epoch.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = Introspection)]
pub(crate) enum IntrospectionBody<'a> {
    /// It is good.
    Active(Box<ActiveClaims<'a>>),
    /// It is not, and no more is said.
    Inactive(InactiveClaims),
}

/// What is said of a token that is not good.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = IntrospectionInactive)]
pub(crate) struct InactiveClaims {
    /// Always `false`.
    active: bool,
}

/// What is said of a good token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = IntrospectionActive)]
pub(crate) struct ActiveClaims<'a> {
    /// Always `true`.
    active: bool,
    /// Whose session it is.
    sub: &'a str,
    /// The session's public id.
    #[schema(format = Uuid)]
    sid: String,
    /// Which application holds the token.
    client_id: &'a str,
    /// When it was made; left out where that is not known any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    /// Its end.
    exp: i64,
    /// `Bearer`; of a refresh token `refresh_token`, which must not pass where an access token is wanted.
    #[schema(value_type = String, example = "Bearer")]
    token_type: &'static str,
    /// What it allows; left out where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'a str>,
    /// For whom it is; left out where nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<OneOrMany<'a>>,
    /// Who issued it.
    iss: &'a str,
    /// Its name.
    jti: String,
    /// When the subject last proved who they are (RFC 9470, section 6.2).
    auth_time: i64,
}

/// One name, or a list of them (RFC 7519, section 4.1.3).
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(crate) enum OneOrMany<'a> {
    /// One.
    One(&'a str),
    /// Several.
    Many(Vec<&'a str>),
}

impl<'a> IntrospectionBody<'a> {
    /// The answer about a token that is not good.
    pub(crate) const INACTIVE: Self = Self::Inactive(InactiveClaims { active: false });

    /// The answer about a good one.
    pub(crate) fn active(token: &'a ActiveToken, issuer: &'a str) -> Self {
        Self::Active(Box::new(ActiveClaims {
            active: true,
            sub: &token.subject,
            sid: token.session_id.to_string(),
            client_id: &token.client_id,
            iat: token.issued_at.map(|at| at.seconds()),
            exp: token.expires_at.seconds(),
            token_type: if token.kind == TokenKind::Refresh {
                "refresh_token"
            } else {
                "Bearer"
            },
            scope: token.scope.as_deref(),
            aud: token.audience.as_deref().map(one_or_many),
            iss: issuer,
            jti: token.jti(),
            auth_time: token.authenticated_at.seconds(),
        }))
    }
}

fn one_or_many(kept: &str) -> OneOrMany<'_> {
    let names: Vec<&str> = words(kept).collect();
    match names[..] {
        [one] => OneOrMany::One(one),
        _ => OneOrMany::Many(names),
    }
}

/// What a client may do here and how (RFC 8414, section 2).
///
/// `response_types_supported` is not there, although section 2 wants it: it is about an authorization endpoint, there is
/// none, and section 3.2 forbids an empty list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuthorizationServer)]
pub(crate) struct MetadataBody {
    /// Who issues the tokens.
    issuer: String,
    /// Where the refresh grant is.
    token_endpoint: String,
    /// How a client proves itself there.
    #[schema(value_type = Vec<String>)]
    token_endpoint_auth_methods_supported: [&'static str; 3],
    /// The keys that verify signed tokens.
    jwks_uri: String,
    /// The grants.
    #[schema(value_type = Vec<String>)]
    grant_types_supported: [&'static str; 1],
    /// Where a token is ended.
    revocation_endpoint: String,
    /// How a client proves itself there.
    #[schema(value_type = Vec<String>)]
    revocation_endpoint_auth_methods_supported: [&'static str; 3],
    /// Where one asks what a token is.
    introspection_endpoint: String,
    /// How the asker proves itself there.
    #[schema(value_type = Vec<String>)]
    introspection_endpoint_auth_methods_supported: [&'static str; 3],
    /// What to read.
    service_documentation: String,
}

impl MetadataBody {
    /// The metadata of `issuer`, whose routes are under `base`.
    pub(crate) fn of(issuer: String, base: &str) -> Self {
        let at = |path: &str| format!("{base}{path}");
        Self {
            issuer,
            token_endpoint: at("/oauth2/token"),
            token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
            jwks_uri: at("/.well-known/jwks.json"),
            grant_types_supported: ["refresh_token"],
            revocation_endpoint: at("/oauth2/revoke"),
            revocation_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
            introspection_endpoint: at("/oauth2/introspect"),
            introspection_endpoint_auth_methods_supported: [
                "client_secret_basic",
                "client_secret_post",
                "Bearer",
            ],
            service_documentation: at("/docs"),
        }
    }
}
