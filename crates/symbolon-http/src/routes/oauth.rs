//! OAuth: what its clients and resource servers ask by the names of the RFCs. Introspection (RFC 7662), revocation
//! (RFC 7009), the refresh grant (RFC 6749, section 6), metadata (RFC 8414).
//!
//! There is no authorization endpoint: a person logs in at `/v1/login` of this server itself, and a service begins
//! sessions for its own users. What begins there goes on here. Errors have the shape of RFC 6749, section 5.2.

mod caller;
mod grant;
mod metadata;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use symbolon::api_key::Scope;
use symbolon::{Effective, Introspected};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::bearer::{self, Presented};
use crate::bodies::oauth::{IntrospectionBody, TokenForm};
use crate::limits::Form;
use crate::metrics::Verified;
use crate::openapi::tag;
use crate::problem::{OAuthErrorBody, OAuthProblem, Problem};
use crate::routes::exchange;
use crate::routes::wait::{WaitParam, Waiting, seconds_left};
use caller::{Caller, OAuthRequest};

/// The routes of OAuth's clients.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(introspect))
        .routes(routes!(revoke))
        .routes(routes!(grant::grant))
        .routes(routes!(metadata::metadata))
}

/// Counts a refusal on its way out.
fn answered(app: &App, answer: Result<Response, OAuthProblem>) -> Response {
    answer.unwrap_or_else(|problem| {
        app.metrics().oauth_refused(problem.error());
        problem.into_response()
    })
}

/// Ask what a token is (RFC 7662).
///
/// Of an access token or a refresh token. What is not good is `{"active":false}` and no more; what cannot be decided is
/// a 503, never that. Who protects a resource must see to it that `token_type` is `Bearer`: a refresh token is none.
#[utoipa::path(
    post, path = "/oauth2/introspect", tag = tag::OAUTH,
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    security(("api_key" = ["verify"]), ("client" = ["verify"])),
    responses(
        (status = 200, description = "What it is", body = IntrospectionBody<'static>),
        (status = 400, description = "`invalid_request`: no token, or two ways to prove oneself", body = OAuthErrorBody<'static>),
        (status = 401, description = "`invalid_client`: the asker has not proven who they are", body = OAuthErrorBody<'static>,
         headers(("WWW-Authenticate" = String, description = "`Basic …` and `Bearer …`"))),
        (status = 403, description = "`insufficient_scope`: the key does not have the scope `verify`", body = OAuthErrorBody<'static>,
         headers(("WWW-Authenticate" = String, description = "`Bearer …`: the scope that is needed"))),
    )
)]
async fn introspect(State(app): State<App>, request: OAuthRequest) -> Response {
    let answer = introspected(&app, request).await;
    answered(&app, answer)
}

async fn introspected(app: &App, request: OAuthRequest) -> Result<Response, OAuthProblem> {
    let OAuthRequest { parts, form } = request;
    // Who proves nothing is told so whatever they sent.
    let nothing = Form::default();
    let caller = Caller::of(app, &parts, form.as_ref().unwrap_or(&nothing)).await?;
    caller.proven()?;
    if !caller.may(Scope::Verify) {
        return Err(Problem::insufficient_scope(Scope::Verify.as_str()).into());
    }
    let form = form?;
    let Presented::Token(token) = bearer::read(app, required(&form, "token")?).await? else {
        app.metrics().verified(Verified::Inactive, symbolon::Tier::Near);
        return Ok(Json(IntrospectionBody::INACTIVE).into_response());
    };
    match app.symbolon().introspect(&token).await {
        Ok(Introspected::Active(token)) => {
            app.metrics().verified(Verified::Active, token.tier);
            let body = IntrospectionBody::active(&token, app.symbolon().issuer());
            Ok(Json(body).into_response())
        }
        Ok(Introspected::Inactive { tier }) => {
            app.metrics().verified(Verified::Inactive, tier);
            Ok(Json(IntrospectionBody::INACTIVE).into_response())
        }
        Err(error) => {
            app.metrics().verified(Verified::Undecided, symbolon::Tier::Store);
            Err(app.undecided(error).into())
        }
    }
}

/// End the session of a token (RFC 7009).
///
/// Of an access token or a refresh token of any age; both kinds end the session. By the client whose token it is, or by
/// a key with the scope `revoke`. When this answers 200, no token of the session is accepted any more. A token that is
/// none, or not known, has nothing to end: that is a 200 too. A 503 says that it is not durable, or that another node
/// may still accept a token of it: ask again after `Retry-After`.
#[utoipa::path(
    post, path = "/oauth2/revoke", tag = tag::OAUTH, params(WaitParam),
    request_body(content = TokenForm, content_type = "application/x-www-form-urlencoded"),
    security(("api_key" = ["revoke"]), ("client" = ["revoke"]), ()),
    responses(
        (status = 200, description = "It has ended, or there was nothing to end"),
        (status = 400, description = "`invalid_grant`: the token is another client's; or `invalid_request`", body = OAuthErrorBody<'static>),
        (status = 401, description = "`invalid_client`: the client has not proven who it is", body = OAuthErrorBody<'static>,
         headers(("WWW-Authenticate" = String, description = "`Basic …` and `Bearer …`"))),
        (status = 403, description = "`insufficient_scope`: the key is of no client and does not have the scope `revoke`",
         body = OAuthErrorBody<'static>,
         headers(("WWW-Authenticate" = String, description = "`Bearer …`: the scope that is needed"))),
    )
)]
async fn revoke(
    State(app): State<App>,
    waiting: Result<Waiting, Problem>,
    request: OAuthRequest,
) -> Response {
    let answer = revoked(&app, waiting, request).await;
    answered(&app, answer)
}

async fn revoked(
    app: &App,
    waiting: Result<Waiting, Problem>,
    request: OAuthRequest,
) -> Result<Response, OAuthProblem> {
    let OAuthRequest { parts, form } = request;
    let (form, waiting) = (form?, waiting?);
    let caller = Caller::of(app, &parts, &form).await?;
    let may_all = caller.may(Scope::Revoke);
    if !may_all && caller.client().is_none() {
        return Err(Problem::insufficient_scope(Scope::Revoke.as_str()).into());
    }
    let Presented::Token(token) = bearer::read(app, required(&form, "token")?).await? else {
        return Ok(().into_response());
    };
    let origin = caller.origin(app, &parts);
    let receipt = match caller.client().filter(|_| !may_all) {
        None => app.symbolon().log_out(&token, &origin).await.map(Some),
        Some(client) => app.symbolon().log_out_for(&token, client, &origin).await,
    };
    let receipt = receipt.map_err(|error| app.undecided(error))?;
    let receipt = receipt.ok_or_else(|| OAuthProblem::invalid_grant("the token is another client's"))?;
    // RFC 7009 knows no "soon": what is not effective everywhere is asked for again (section 2.2.1).
    match exchange::settled(app, receipt, &waiting).await.effective {
        _ if !receipt.revoked => Ok(().into_response()),
        Effective::Now => Ok(().into_response()),
        Effective::Within { ms, .. } => Err(Problem::unavailable(seconds_left(ms)).into()),
        Effective::ThisNode => Err(Problem::unavailable(1 + app.spread()).into()),
    }
}

/// The value of a parameter that must be there.
fn required<'f>(form: &'f Form, name: &'static str) -> Result<&'f str, OAuthProblem> {
    form.get(name)
        .ok_or_else(|| OAuthProblem::invalid_request(format!("{name} is missing")))
}
