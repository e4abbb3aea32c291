//! The answer that issues tokens: the only one that shows them, once.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, PRAGMA};
use serde::Serialize;
use symbolon::clock::Timestamp;
use symbolon::session::Session;
use symbolon::token::RawToken;
use symbolon::{Issued, KnownDevice, Receipt};

use super::receipt::{ReceiptBody, marked};
use crate::app::App;
use crate::cookies;
use crate::problem::Problem;
use crate::routes::admin::ApiKeyBody;

/// A pair of tokens (RFC 6749, section 5.1).
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Pair)]
pub(crate) struct PairBody<'t> {
    /// For each request; left out where it is in a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "sya_…")]
    access_token: Option<&'t str>,
    /// For the next pair; left out where the session has none, or where it is in a cookie.
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
    /// What the tokens allow, where a client may ask for less (RFC 6749, section 3.3).
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<&'t str>,
}

/// The answer to a log-in.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = LoggedIn)]
pub(crate) struct LogInAnswer<'t> {
    /// The pair of the session that began.
    #[serde(flatten)]
    pair: PairBody<'t>,
    /// What tells this device from strangers at the account's next log-in; in a cookie where the tokens are in
    /// cookies. It opens nothing by itself. A change of the password, or ninety days, make it worthless.
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

/// Where the tokens of an answer go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Into its body.
    Body,
    /// Into cookies; the body has all but the tokens.
    Cookies {
        /// Whether they outlive the browser.
        lasting: bool,
    },
}

impl<'t> PairBody<'t> {
    /// All but the tokens.
    fn without_tokens(session: &'t Session, now: Timestamp) -> Self {
        Self {
            access_token: None,
            refresh_token: None,
            token_type: "Bearer",
            expires_in: session.tokens.access.expires_at.since(now).as_secs(),
            refresh_expires_in: refresh_life(session, now).map(|life| life.as_secs()),
            session_id: session.id.to_string(),
            subject: session.subject.as_str(),
            scope: None,
        }
    }
}

/// How long the refresh token of a session still lives.
fn refresh_life(session: &Session, now: Timestamp) -> Option<Duration> {
    let refresh = session.tokens.refresh?;
    Some(refresh.expires_at.since(now))
}

/// Calls `write` with the body of an answer and delivers the tokens with it or beside it. Their clear texts are wiped
/// after it.
async fn delivered(
    app: &App,
    issued: &Issued,
    now: Timestamp,
    delivery: Delivery,
    write: impl FnOnce(PairBody<'_>) -> Response,
) -> Result<Response, Problem> {
    let Issued { session, pair } = issued;
    let access_token = app.symbolon().access_text(issued).await;
    let access_token = access_token.map_err(|error| app.undecided(error))?;
    let refresh_token = session.tokens.refresh.map(|_| pair.refresh.expose());
    let refresh_token = refresh_token.as_ref().map(|token| token.as_str());
    let body = PairBody::without_tokens(session, now);
    let Delivery::Cookies { lasting } = delivery else {
        return Ok(write(PairBody {
            access_token: Some(&access_token),
            refresh_token,
            ..body
        }));
    };
    let mut response = write(body);
    let lasting = refresh_life(session, now).filter(|_| lasting);
    let (settings, headers) = (app.settings().cookies, response.headers_mut());
    cookies::set(settings, headers, &access_token, refresh_token, lasting).map_err(|error| {
        tracing::error!(%error, session.id = %session.id, "a browser would not keep its token");
        Problem::internal()
    })?;
    Ok(response)
}

/// The answer to an issue, at `now`, with the tokens in its body.
///
/// # Errors
/// 503: the access token cannot be signed now.
pub(crate) async fn pair(app: &App, issued: &Issued, now: Timestamp) -> Result<Response, Problem> {
    deliver(app, issued, now, Delivery::Body).await
}

/// The answer to a refresh or a confirmation, at `now`.
///
/// # Errors
/// 503: the access token cannot be signed now.
pub(crate) async fn deliver(
    app: &App,
    issued: &Issued,
    now: Timestamp,
    delivery: Delivery,
) -> Result<Response, Problem> {
    delivered(app, issued, now, delivery, |pair| Json(pair).into_response()).await
}

/// The answer to a browser that keeps the pair it has.
pub(crate) fn kept(session: &Session, now: Timestamp) -> Response {
    Json(PairBody::without_tokens(session, now)).into_response()
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
    delivery: Delivery,
) -> Result<Response, Problem> {
    let proof = known_device.map(KnownDevice::as_str);
    let known_device = proof.filter(|_| delivery == Delivery::Body);
    let write = |pair: PairBody<'_>| Json(LogInAnswer { pair, known_device }).into_response();
    let mut response = delivered(app, issued, now, delivery, write).await?;
    if let (Delivery::Cookies { .. }, Some(proof)) = (delivery, proof) {
        let settings = app.settings().cookies;
        if let Err(error) = cookies::set_known_device(settings, response.headers_mut(), proof) {
            // The session is there; without the proof the next log-in is a stranger's.
            tracing::error!(%error, "a browser would not keep the proof of its device");
        }
    }
    Ok(response)
}

/// The answer to the refresh grant (RFC 6749, section 5.1), at `now`. It says the scope, which is all that was granted
/// also where less was asked for.
///
/// # Errors
/// 503: the access token cannot be signed now.
pub(crate) async fn granted(app: &App, issued: &Issued, now: Timestamp) -> Result<Response, Problem> {
    let scope = issued.session.scope.as_deref();
    let write = |pair: PairBody<'_>| Json(PairBody { scope, ..pair }).into_response();
    let mut response = delivered(app, issued, now, Delivery::Body, write).await?;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    Ok(response)
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
    delivery: Delivery,
) -> Result<Response, Problem> {
    let receipt = ReceiptBody::from(receipt);
    let is_pending = receipt.is_pending();
    let Some(kept) = kept else {
        let body = Json(PasswordAnswer { receipt, pair: None });
        let mut response = marked(is_pending, body.into_response());
        if delivery != Delivery::Body {
            cookies::clear(app.settings().cookies, response.headers_mut());
        }
        return Ok(response);
    };
    let write = |pair: PairBody<'_>| {
        let pair = Some(pair);
        Json(PasswordAnswer { receipt, pair }).into_response()
    };
    let response = delivered(app, kept, now, delivery, write).await?;
    Ok(marked(is_pending, response))
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
