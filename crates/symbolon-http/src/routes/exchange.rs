//! Log-in, refresh and log-out, as the routes of today and of the older systems share them.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use symbolon::audit::{Actor, Origin};
use symbolon::device::SeenFrom;
use symbolon::session::Session;
use symbolon::subject::ClientId;
use symbolon::throttle::ThrottledBy;
use symbolon::verdict::Inactive;
use symbolon::{
    Issued, KnownDevice, LogIn, LoggedIn, Receipt, Refreshed, RefreshedInBrowser, Token, Unavailable,
};

use crate::app::App;
use crate::bearer::{self, Presented};
use crate::bodies::compat::CompatLogIn;
use crate::bodies::device::DeviceGiven;
use crate::bodies::login::password;
use crate::bodies::receipt::ReceiptBody;
use crate::metrics::{LogInResult, RefreshResult};
use crate::problem::Problem;
use crate::refusal::limit_reached;
use crate::routes::wait::Waiting;

/// Logs in.
///
/// # Errors
/// 401, 403, 409, 429 or 503.
pub(crate) async fn log_in(app: &App, log_in: LogIn) -> Result<Box<Issued>, Problem> {
    log_in_on_device(app, log_in).await.map(|(issued, _)| issued)
}

/// Logs in, for a client that can keep the proof of its device for the next time.
///
/// # Errors
/// As [`log_in`].
pub(crate) async fn log_in_on_device(
    app: &App,
    log_in: LogIn,
) -> Result<(Box<Issued>, Option<KnownDevice>), Problem> {
    logged_in(app, app.symbolon().log_in(log_in).await)
}

/// Logs in to a session with one signed token and no refresh token, as S2 knows it.
///
/// # Errors
/// As [`log_in`].
pub(crate) async fn log_in_compat(app: &App, log_in: LogIn) -> Result<Box<Issued>, Problem> {
    let logged_in = logged_in(app, app.symbolon().log_in_compat(log_in).await);
    logged_in.map(|(issued, _)| issued)
}

fn logged_in(
    app: &App,
    outcome: Result<LoggedIn, Unavailable>,
) -> Result<(Box<Issued>, Option<KnownDevice>), Problem> {
    let (result, answer) = match outcome {
        Ok(LoggedIn::Issued { issued, known_device }) => (LogInResult::Issued, Ok((issued, known_device))),
        Ok(LoggedIn::InvalidCredentials) => (
            LogInResult::InvalidCredentials,
            Err(Problem::invalid_credentials()),
        ),
        Ok(LoggedIn::Throttled { retry_at, by }) => {
            let result = match by {
                ThrottledBy::Account => LogInResult::ThrottledByAccount,
                ThrottledBy::Address => LogInResult::ThrottledByAddress,
            };
            (result, Err(app.throttled(retry_at)))
        }
        Ok(LoggedIn::Banned { .. }) => (LogInResult::Banned, Err(Problem::account_banned())),
        Ok(LoggedIn::LimitReached) => (LogInResult::LimitReached, Err(limit_reached())),
        Err(error) => (LogInResult::Undecided, Err(app.undecided(error))),
    };
    app.metrics().logged_in(result);
    answer
}

/// Exchanges a refresh token for the next pair.
///
/// # Errors
/// 401 or 503.
pub(crate) async fn refresh(app: &App, text: &str, origin: &Origin) -> Result<Box<Issued>, Problem> {
    let token = Presented::of(app, text).token();
    // A signed token is an access token.
    let token = token.and_then(|token| token.into_raw().ok_or(Inactive::Malformed));
    let (result, answer) = match token {
        Err(inactive) => (RefreshResult::Refused, Err(app.refuse(inactive))),
        Ok(token) => match app.symbolon().refresh(&token, origin).await {
            Ok(Refreshed::Pair(issued)) => (RefreshResult::Pair, Ok(issued)),
            Ok(Refreshed::Refused(inactive)) => (RefreshResult::Refused, Err(app.refuse(inactive))),
            Err(error) => (RefreshResult::Undecided, Err(app.undecided(error))),
        },
    };
    app.metrics().refreshed(result);
    answer
}

/// What a browser with cookies gets.
pub(crate) enum InBrowser {
    /// Its pair is too young to be exchanged.
    Kept(Box<Session>),
    /// The next one, or the same one again.
    Next(Box<Issued>),
}

/// The same for the cookies of a browser.
///
/// # Errors
/// 401 or 503.
pub(crate) async fn refresh_in_browser(
    app: &App,
    token: Result<Token, Inactive>,
    origin: &Origin,
) -> Result<InBrowser, Problem> {
    let token = token.and_then(|token| token.into_raw().ok_or(Inactive::Malformed));
    let (result, answer) = match token {
        Err(inactive) => (RefreshResult::Refused, Err(app.refuse(inactive))),
        Ok(token) => match app.symbolon().refresh_in_browser(&token, origin).await {
            Ok(RefreshedInBrowser::Kept(session)) => (RefreshResult::Pair, Ok(InBrowser::Kept(session))),
            Ok(RefreshedInBrowser::Exchanged(Refreshed::Pair(issued))) => {
                (RefreshResult::Pair, Ok(InBrowser::Next(issued)))
            }
            Ok(RefreshedInBrowser::Exchanged(Refreshed::Refused(inactive))) => {
                (RefreshResult::Refused, Err(app.refuse(inactive)))
            }
            Err(error) => (RefreshResult::Undecided, Err(app.undecided(error))),
        },
    };
    app.metrics().refreshed(result);
    answer
}

/// What a client of an older system asks for when it logs in: what it cannot say is as usual.
///
/// # Errors
/// 400: the password is none, or there are two tokens.
pub(crate) fn older_log_in(
    app: &App,
    body: CompatLogIn,
    seen_from: SeenFrom,
    headers: &HeaderMap,
) -> Result<LogIn, Problem> {
    Ok(LogIn {
        password: password("password", &body.password)?,
        username: body.username,
        client_id: ClientId::default(),
        device: DeviceGiven::default().seen_with(seen_from.user_agent.as_deref()),
        seen_from,
        remember: app.settings().remember,
        style: None,
        presented: bearer::in_header(app, headers)?.token().ok(),
        known_device: None,
    })
}

/// Ends the session of a token and waits for the other nodes. What is no token ended nothing.
///
/// # Errors
/// 503: it is not known to be durable.
pub(crate) async fn log_out(
    app: &App,
    token: Result<Token, Inactive>,
    from: SeenFrom,
    waiting: &Waiting,
) -> Result<Receipt, Problem> {
    let Ok(token) = token else {
        return Ok(Receipt::NOTHING);
    };
    let origin = app.symbolon().origin(Actor::System, from);
    let receipt = app
        .symbolon()
        .log_out(&token, &origin)
        .await
        .map_err(|error| app.undecided(error))?;
    Ok(settled(app, receipt, waiting).await)
}

/// The answer of a revocation, after the wait for the other nodes.
pub(crate) async fn receipt(app: &App, receipt: Receipt, waiting: &Waiting) -> ReceiptBody {
    settled(app, receipt, waiting).await.into()
}

/// The receipt of a revocation, after the wait for the other nodes. Every route that ends something comes through here.
pub(crate) async fn settled(app: &App, receipt: Receipt, waiting: &Waiting) -> Receipt {
    // It is durable, however long its client still listens.
    app.metrics().revoked(&receipt);
    app.symbolon().settle(receipt, waiting.wait).await
}

/// The problem's status and headers with the body of an older system.
pub(crate) fn reshaped(problem: Problem, body: impl Serialize) -> Response {
    let mut response = problem.into_response();
    // What stands beside the answer is for a body that is no longer there.
    response.extensions_mut().remove::<Problem>();
    let (parts, body) = Json(body).into_response().into_parts();
    if let Some(media_type) = parts.headers.get(CONTENT_TYPE) {
        response.headers_mut().insert(CONTENT_TYPE, media_type.clone());
    }
    *response.body_mut() = body;
    response
}
