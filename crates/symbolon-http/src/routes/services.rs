//! For services: an application that has its own users begins and ends their sessions, and asks about tokens.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::LOCATION;
use symbolon::revocation::RevocationReason;
use symbolon::session::SessionId;
use symbolon::verdict::Inactive;
use symbolon::{Entry, Tier, Verdict};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::in_path::InPath;
use super::{exchange, gateway};
use crate::app::App;
use crate::bearer::{self, Presented};
use crate::bodies::Nothing;
use crate::bodies::issue::{ChangeBody, IssueBody};
use crate::bodies::names::{no_session, session_id};
use crate::bodies::pair::{PairBody, pair};
use crate::bodies::receipt::ReceiptBody;
use crate::bodies::session::SessionBody;
use crate::bodies::verify::{Asked, VerifyAnswer, VerifyAnswers, VerifyBody, VerifyReply};
use crate::caller::{Allowed, Issue, Revoke, Verify};
use crate::limits::{AuthJson, BatchJson, StrictJson};
use crate::metrics::Verified;
use crate::openapi::tag;
use crate::policy::Policy;
use crate::problem::Problem;
use crate::refusal::{not_issued, told};
use crate::routes::wait::{WaitParam, Waiting};

/// The routes of services.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(issue))
        .routes(routes!(session, change, end))
        .routes(routes!(verify))
}

/// Begin a session.
///
/// When this answers, the session is durable.
#[utoipa::path(
    post, path = "/v1/service/sessions", tag = tag::SERVICES, request_body = IssueBody,
    security(("api_key" = ["issue"])),
    responses(
        (status = 201, description = "A session began", body = PairBody<'static>,
         headers(("Location" = String, description = "Where the session is read"))),
        (status = 403, description = "`account_banned`: the subject is banned; or `insufficient_scope`"),
        (status = 409, description = "`limit_reached`: the subject has as many sessions as it may have"),
    )
)]
async fn issue(
    State(app): State<App>,
    caller: Allowed<Issue>,
    StrictJson(body): AuthJson<IssueBody>,
) -> Result<Response, Problem> {
    let origin = caller.origin(&app);
    let issued = app
        .symbolon()
        .issue(body.session(caller.client())?, &origin)
        .await;
    let issued = issued
        .map_err(|error| app.undecided(error))?
        .map_err(not_issued)?;
    app.metrics().issued();
    let mut response = pair(&app, &issued, issued.session.created_at).await?;
    if let Ok(created) = 201.try_into() {
        *response.status_mut() = created;
    }
    let place = format!("/v1/service/sessions/{}", issued.session.id);
    if let Ok(place) = HeaderValue::try_from(place) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

/// Read a session.
///
/// Also one that has ended, as long as it is kept.
#[utoipa::path(
    get, path = "/v1/service/sessions/{id}", tag = tag::SERVICES, security(("api_key" = ["verify"])),
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 200, description = "The session", body = SessionBody),
        (status = 404, description = "there is no session of that id"),
    )
)]
async fn session(
    State(app): State<App>,
    _caller: Allowed<Verify>,
    InPath(id): InPath,
) -> Result<Json<SessionBody>, Problem> {
    let entry = find(&app, session_id(&id)?).await?;
    Ok(Json(SessionBody::of(entry.ok_or_else(no_session)?)))
}

async fn find(app: &App, id: SessionId) -> Result<Option<Entry>, Problem> {
    app.symbolon()
        .session(id)
        .await
        .map_err(|error| app.undecided(error))
}

/// Change the lives or the claims of a live session.
///
/// Its tokens stay. No refresh moves the absolute end; this does.
#[utoipa::path(
    patch, path = "/v1/service/sessions/{id}", tag = tag::SERVICES, request_body = ChangeBody,
    security(("api_key" = ["issue"])),
    params(("id" = String, Path, description = "The session's id")),
    responses(
        (status = 200, description = "The session as it is now", body = SessionBody),
        (status = 404, description = "there is no live session of that id"),
    )
)]
async fn change(
    State(app): State<App>,
    caller: Allowed<Issue>,
    InPath(id): InPath,
    StrictJson(body): AuthJson<ChangeBody>,
) -> Result<Json<SessionBody>, Problem> {
    let (id, change) = (session_id(&id)?, body.change()?);
    let entry = app.symbolon().change(id, change, &caller.origin(&app)).await;
    let entry = entry.map_err(|error| app.undecided(error))?;
    Ok(Json(SessionBody::of(entry.ok_or_else(no_session)?)))
}

/// End a session.
#[utoipa::path(
    delete, path = "/v1/service/sessions/{id}", tag = tag::SERVICES, security(("api_key" = ["revoke"])),
    params(("id" = String, Path, description = "The session's id"), WaitParam),
    responses(
        (status = 200, description = "It has ended", body = ReceiptBody),
        (status = 202, description = "It has ended, and is effective on every node by the instant that the receipt names", body = ReceiptBody),
        (status = 404, description = "there is no session of that id"),
    )
)]
async fn end(
    State(app): State<App>,
    caller: Allowed<Revoke>,
    waiting: Waiting,
    InPath(id): InPath,
    _body: Option<AuthJson<Nothing>>,
) -> Result<ReceiptBody, Problem> {
    let id = session_id(&id)?;
    let receipt = app
        .symbolon()
        .revoke(id, RevocationReason::Revoked, &caller.origin(&app))
        .await;
    let receipt = receipt.map_err(|error| app.undecided(error))?;
    if !receipt.revoked {
        return Err(no_session());
    }
    Ok(exchange::receipt(&app, receipt, &waiting).await)
}

/// Ask about tokens.
///
/// An inactive token is an answer, not an error. A live token for another audience, with too little scope or of
/// someone who proved themselves too long ago is inactive too, with that as its reason; this is decided for each
/// question and never remembered. Of a batch, each token has its own answer, in order.
#[utoipa::path(
    post, path = "/v1/verify", tag = tag::SERVICES, request_body = VerifyBody,
    security(("api_key" = ["verify"])),
    params(("Symbolon-Min-Seq" = Option<u64>, Header, description = "The answer knows of every revocation up to this position, as a receipt's `seq` says it")),
    responses((status = 200, description = "The answer; of a batch `{results}`", body = VerifyReply))
)]
async fn verify(
    State(app): State<App>,
    _caller: Allowed<Verify>,
    StrictJson(body): BatchJson<VerifyBody>,
) -> Result<Response, Problem> {
    match body.question()? {
        (Asked::One(token), policy) => {
            let (answer, tier) = answer(&app, &token, &policy).await?;
            let mut response = Json(VerifyReply::One(answer)).into_response();
            gateway::name_tier(&app, response.headers_mut(), tier);
            Ok(response)
        }
        (Asked::Batch(tokens), policy) => {
            let mut results = Vec::with_capacity(tokens.len());
            for token in &tokens {
                results.push(answer(&app, token, &policy).await?.0);
            }
            Ok(Json(VerifyReply::Batch(VerifyAnswers { results })).into_response())
        }
    }
}

/// The answer about one token, and the memory that it came from, where one was asked.
async fn answer(app: &App, text: &str, policy: &Policy) -> Result<(VerifyAnswer, Option<Tier>), Problem> {
    let reasons = app.settings().reasons;
    let Presented::Token(token) = bearer::read(app, text).await? else {
        app.metrics().verified(Verified::Inactive, Tier::Near);
        return Ok((VerifyAnswer::inactive(told(reasons, Inactive::Malformed).0), None));
    };
    let (verdict, tier) = gateway::verdict(app, &token).await?;
    let (result, answer) = match verdict {
        Verdict::Inactive(inactive) => (
            Verified::Inactive,
            VerifyAnswer::inactive(told(reasons, inactive).0),
        ),
        Verdict::Active(live) => match policy.check(&live, app.symbolon().now()) {
            Ok(()) => (Verified::Active, VerifyAnswer::active(&live)),
            Err(unmet) => (Verified::Unmet, VerifyAnswer::inactive(unmet.as_str())),
        },
    };
    app.metrics().verified(result, tier);
    Ok((answer, Some(tier)))
}
