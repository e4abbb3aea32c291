//! The answer that issues tokens: the only one that shows them, once.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use symbolon::clock::Timestamp;
use symbolon::token::RawToken;
use symbolon::{Issued, KnownDevice, Receipt};

use super::receipt::ReceiptBody;
use crate::app::App;
use crate::problem::Problem;
use crate::routes::admin::ApiKeyBody;

/// A pair of tokens (RFC 6749, section 5.1).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Pair)]
pub(crate) struct PairBody<'t> {
    /// For each request.
    #[schema(example = "sya_…")]
    access_token: &'t str,
    /// For the next pair; left out where the session has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "syr_…")]
    refresh_token: Option<&'t str>,
    /// Always `Bearer`.
    #[schema(example = "Bearer")]
    token_type: &'t str,
    /// The life of the access token from now, in seconds.
    expires_in: u64,
    /// The life of the refresh token from now, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_expires_in: Option<u64>,
    /// The session's public id.
    #[schema(format = Uuid)]
    session_id: String,
    /// Whose session it is.
    subject: &'t str,
}

/// The answer to a log-in.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = LoggedIn)]
pub(crate) struct LogInAnswer<'t> {
    /// The pair of the session that began.
    #[serde(flatten)]
    pair: PairBody<'t>,
    /// What tells this device from strangers at the account's next log-in. It opens nothing by itself. A change of
    /// the password, or ninety days, make it worthless.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "syd_…")]
    known_device: Option<&'t str>,
}

/// The answer to a change of the password.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = PasswordChanged)]
pub(crate) struct PasswordAnswer<'t> {
    /// The receipt of the end of the other sessions.
    #[serde(flatten)]
    receipt: ReceiptBody,
    /// The new pair of the session that goes on; left out where it does not.
    #[serde(flatten)]
    pair: Option<PairBody<'t>>,
}

/// Calls `write` with the tokens in the clear, which are wiped after it.
async fn exposed<R>(
    app: &App,
    issued: &Issued,
    now: Timestamp,
    write: impl FnOnce(PairBody<'_>) -> R,
) -> Result<R, Problem> {
    let Issued { session, pair } = issued;
    let access_token = app.symbolon().access_text(issued).await;
    let access_token = access_token.map_err(|error| app.undecided(error))?;
    let refresh = session.tokens.refresh;
    let refresh_token = refresh.map(|_| pair.refresh.expose());
    Ok(write(PairBody {
        access_token: &access_token,
        refresh_token: refresh_token.as_ref().map(|token| token.as_str()),
        token_type: "Bearer",
        expires_in: session.tokens.access.expires_at.since(now).as_secs(),
        refresh_expires_in: refresh.map(|refresh| refresh.expires_at.since(now).as_secs()),
        session_id: session.id.to_string(),
        subject: session.subject.as_str(),
    }))
}

/// The answer to a refresh or an issue, at `now`.
///
/// # Errors
/// 503: the access token cannot be signed now.
pub(crate) async fn pair(app: &App, issued: &Issued, now: Timestamp) -> Result<Response, Problem> {
    exposed(app, issued, now, |pair| Json(pair).into_response()).await
}

/// The answer to a log-in by name and password, at `now`.
///
/// # Errors
/// 503: the access token cannot be signed now.
pub(crate) async fn logged_in(
    app: &App,
    issued: &Issued,
    known_device: Option<&KnownDevice>,
    now: Timestamp,
) -> Result<Response, Problem> {
    let known_device = known_device.map(KnownDevice::as_str);
    let write = |pair: PairBody<'_>| Json(LogInAnswer { pair, known_device }).into_response();
    exposed(app, issued, now, write).await
}

/// The answer to a change of the password, at `now`.
///
/// # Errors
/// 503: the access token cannot be signed now.
pub(crate) async fn password_changed(
    app: &App,
    receipt: Receipt,
    kept: Option<&Issued>,
    now: Timestamp,
) -> Result<Response, Problem> {
    let receipt = receipt.into();
    let Some(kept) = kept else {
        return Ok(Json(PasswordAnswer { receipt, pair: None }).into_response());
    };
    let write = |pair: PairBody<'_>| {
        let pair = Some(pair);
        Json(PasswordAnswer { receipt, pair }).into_response()
    };
    exposed(app, kept, now, write).await
}

/// An API key just made.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = NewKey)]
pub(crate) struct NewKeyBody<'t> {
    /// What its owner presents. It is shown this once and cannot be had again.
    #[schema(example = "syk_…")]
    key: &'t str,
    /// The key as lists show it.
    #[serde(flatten)]
    shown: ApiKeyBody,
}

/// The answer that makes an API key.
pub(crate) fn new_key(shown: ApiKeyBody, token: &RawToken) -> Response {
    Json(NewKeyBody {
        key: &token.expose(),
        shown,
    })
    .into_response()
}
