//! For the person: begin, go on, end, and what is theirs.

mod confirm;
mod password;
mod sessions;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use symbolon::audit::Actor;
use symbolon::verdict::Inactive;
use symbolon::{LogIn, Token};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::exchange::{self, InBrowser};
use crate::app::App;
use crate::bearer::Presented;
use crate::bodies::login::{LogInBody, LogOutBody, RefreshBody, password};
use crate::bodies::names;
use crate::bodies::pair::{Delivery, LogInAnswer, PairBody, deliver, kept, logged_in};
use crate::bodies::receipt::ReceiptBody;
use crate::caller::{SeenAt, Shown};
use crate::cookies::{self, Jar};
use crate::limits::{AuthJson, StrictJson};
use crate::openapi::tag;
use crate::problem::Problem;
use crate::routes::wait::{WaitParam, Waiting};

/// The routes of persons.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(log_in))
        .routes(routes!(refresh))
        .routes(routes!(log_out))
        .routes(routes!(sessions::own_session))
        .routes(routes!(sessions::own_sessions))
        .routes(routes!(sessions::end_own_session))
        .routes(routes!(sessions::revoke_others))
        .routes(routes!(password::change_password))
        .routes(routes!(confirm::confirm))
}

/// Log in by name and password.
///
/// A live token that comes along is ended in the same step. An unknown name is refused like a wrong password, after
/// the same work. Keep the answer's `known_device` beside the account's name and send it at the next log-in: whoever
/// guesses at the password elsewhere cannot keep this device waiting.
///
/// With `cookie: true` the tokens and the known device are put into cookies (`Set-Cookie`), the body has the rest, and the
/// request must come from a page of this origin: `X-Symbolon: 1`, and `Sec-Fetch-Site: same-origin` or the `Origin`.
#[utoipa::path(
    post, path = "/v1/login", tag = tag::PERSONS, request_body = LogInBody,
    responses(
        (status = 200, description = "A session began", body = LogInAnswer<'static>, headers(
            ("Set-Cookie" = String, description = "With `cookie: true`, each of the two tokens"),
        )),
        (status = 401, description = "`invalid_credentials`: the name or the password is wrong"),
        (status = 403, description = "`account_banned`: the password is right, but the account may not log in; or `cross_site`"),
        (status = 409, description = "`limit_reached`: there are as many sessions as there may be"),
        (status = 429, description = "`throttled`: too many wrong passwords"),
    )
)]
async fn log_in(
    State(app): State<App>,
    SeenAt(seen_from): SeenAt,
    Shown(presented): Shown,
    jar: Jar,
    StrictJson(body): AuthJson<LogInBody>,
) -> Result<Response, Problem> {
    // Another site could have a browser log in as somebody else, who then would see what its owner does.
    if body.cookie {
        jar.is_ours()?;
    }
    let remember = body.remember.unwrap_or(app.settings().remember);
    let delivery = delivery(body.cookie, remember);
    let known_device = if body.cookie {
        body.known_device.or_else(|| jar.known_device())
    } else {
        body.known_device
    };
    let presented = match presented {
        Presented::Nothing => jar.ending()?,
        shown => shown,
    };
    let log_in = LogIn {
        password: password("password", &body.password)?,
        username: body.username,
        client_id: names::client_id(body.client_id)?,
        device: body.device.seen_with(seen_from.user_agent.as_deref()),
        seen_from,
        remember,
        style: None,
        presented: presented.token().ok(),
        known_device,
    };
    let (issued, known_device) = exchange::log_in_on_device(&app, log_in).await?;
    let now = issued.session.created_at;
    logged_in(&app, &issued, known_device.as_ref(), now, delivery).await
}

fn delivery(cookie: bool, lasting: bool) -> Delivery {
    if cookie {
        Delivery::Cookies { lasting }
    } else {
        Delivery::Body
    }
}

/// Exchange a refresh token for the next pair.
///
/// Repeated within the grace, it gives the same pair again, so a lost answer or a second tab does no harm. Later it is
/// a sign of theft and ends the session.
///
/// A browser with cookies sends no body. Both of its cookies must be there, and the next pair is in cookies again; a
/// pair that is only seconds old is kept, so that tabs do not overwrite each other's.
#[utoipa::path(
    post, path = "/v1/refresh", tag = tag::PERSONS, request_body = Option<RefreshBody>,
    security((), ("refresh_cookie" = [])),
    responses(
        (status = 200, description = "The next pair", body = PairBody<'static>, headers(
            ("Set-Cookie" = String, description = "Where the tokens came in cookies, each of the next two"),
        )),
        (status = 401, description = "`invalid_token`: the refresh token is refused"),
    )
)]
async fn refresh(
    State(app): State<App>,
    SeenAt(seen_from): SeenAt,
    jar: Jar,
    body: Option<AuthJson<RefreshBody>>,
) -> Result<Response, Problem> {
    let origin = app.symbolon().origin(Actor::System, seen_from);
    let is_sent = body.is_some();
    if let Some(text) = body.and_then(|StrictJson(body)| body.refresh_token) {
        let issued = exchange::refresh(&app, &text, &origin).await?;
        return deliver(&app, &issued, origin.at, Delivery::Body).await;
    }
    if is_sent && jar.is_empty() {
        return Err(Problem::invalid_request("refresh_token is missing"));
    }
    let lasting = jar.is_lasting();
    // A refusal leaves the cookies: another tab may have logged in anew meanwhile, and these are its own.
    match exchange::refresh_in_browser(&app, jar.rotating()?, &origin).await? {
        InBrowser::Kept(session) => Ok(kept(&session, origin.at)),
        InBrowser::Next(issued) => deliver(&app, &issued, origin.at, Delivery::Cookies { lasting }).await,
    }
}

/// Log out.
///
/// Any genuine token of the session does, of either kind, also one that is expired or replaced. Repeating it is safe.
/// A browser that sends a cookie is told to drop both, and to clear what else it keeps for this site.
#[utoipa::path(
    post, path = "/v1/logout", tag = tag::PERSONS, request_body = Option<LogOutBody>,
    security(("access_token" = []), ("refresh_cookie" = []), ()),
    params(WaitParam),
    responses(
        (status = 200, description = "The session has ended, or there was none", body = ReceiptBody, headers(
            ("Set-Cookie" = String, description = "Where a cookie came along, each of the two without value"),
            ("Clear-Site-Data" = String, description = "Where a cookie came along, unless `cookie.clear_site_data` is off"),
        )),
        (status = 202, description = "It has ended, and is effective on every node by the instant that the receipt names", body = ReceiptBody),
    )
)]
async fn log_out(
    State(app): State<App>,
    SeenAt(seen_from): SeenAt,
    Shown(presented): Shown,
    jar: Jar,
    waiting: Waiting,
    body: Option<AuthJson<LogOutBody>>,
) -> Result<Response, Problem> {
    let has_cookies = !jar.is_empty();
    let presented = match presented {
        shown @ Presented::Token(_) => shown,
        none => match jar.ending()? {
            Presented::Nothing => none,
            in_jar => in_jar,
        },
    };
    let in_body = body.and_then(|StrictJson(body)| body.refresh_token);
    let token = one_session(&app, presented, in_body.as_deref())?;
    if matches!(token, Err(Inactive::Absent)) {
        return Err(app.refuse(Inactive::Absent));
    }
    let receipt = exchange::log_out(&app, token, seen_from, &waiting).await?;
    let mut response = ReceiptBody::from(receipt).into_response();
    // Also where nothing was ended: what the browser has is of no use to it.
    if has_cookies {
        cookies::clear(app.settings().cookies, response.headers_mut());
    }
    Ok(response)
}

/// The token that ends a session. A client may send both of its tokens; they must be of one session.
fn one_session(
    app: &App,
    in_header: Presented,
    in_body: Option<&str>,
) -> Result<Result<Token, Inactive>, Problem> {
    let in_body = in_body.map_or(Presented::Nothing, |text| Presented::of(app, text));
    match (in_header, in_body) {
        (token, Presented::Nothing) | (Presented::Nothing, token) => Ok(token.token()),
        (Presented::Token(a), Presented::Token(b)) if a.session_id() == b.session_id() => Ok(Ok(b)),
        _ => Err(Problem::invalid_bearer(
            "the header and the body hold tokens of different sessions",
        )),
    }
}
