//! Routes of a back end with one signed token (S2): its paths, its bodies, its sentences. The token is recorded as a
//! session like any other, so a log-out ends it at once.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use symbolon::verdict::Inactive;
use symbolon::{Live, Token, Verdict};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::exchange;
use crate::app::App;
use crate::bearer::{self, Presented};
use crate::bodies::compat::{CompatLogIn, CompatMessage, CompatToken, CompatWelcome};
use crate::caller::SeenAt;
use crate::limits::CompatJson;
use crate::openapi::tag;
use crate::problem::{Code, Problem};
use crate::query;
use crate::renewal;

/// S2's routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(log_in))
        .routes(routes!(protected))
}

/// Log in (S2).
///
/// The answer is one signed token (HS256; `user`, `sub`, `sid`, `jti`, `iat`, `exp`) and no refresh token.
#[utoipa::path(
    post, path = "/login", tag = tag::OLDER, request_body = CompatLogIn,
    responses(
        (status = 200, description = "A session began", body = CompatToken<'static>),
        (status = 400, description = "The request is not understood", body = CompatMessage<'static>),
        (status = 401, description = "The name or the password is wrong", body = CompatMessage<'static>),
        (status = 403, description = "The account may not log in", body = CompatMessage<'static>),
        (status = 408, description = "The body did not arrive in time", body = CompatMessage<'static>),
        (status = 409, description = "There are as many sessions as there may be", body = CompatMessage<'static>),
        (status = 413, description = "The body is too large", body = CompatMessage<'static>),
        (status = 415, description = "The body is not JSON", body = CompatMessage<'static>),
        (status = 429, description = "Too many wrong passwords", body = CompatMessage<'static>),
        (status = 503, description = "It cannot be decided now", body = CompatMessage<'static>),
    )
)]
async fn log_in(
    State(app): State<App>,
    SeenAt(seen_from): SeenAt,
    headers: HeaderMap,
    body: Result<CompatJson<CompatLogIn>, Problem>,
) -> Response {
    let answer = async {
        let CompatJson(body) = body?;
        let log_in = exchange::older_log_in(&app, body, seen_from, &headers)?;
        let issued = exchange::log_in_compat(&app, log_in).await?;
        let text = app.symbolon().access_text(&issued).await;
        let text = text.map_err(|error| app.undecided(error))?;
        Ok(Json(CompatToken { token: &text }).into_response())
    };
    answer.await.unwrap_or_else(refused)
}

/// Show a token (S2).
///
/// It stands in the header, or in `token` where `compat.query_token` is on. Near its end the answer carries the next one,
/// if the server is configured so (`session.renew_before`).
#[utoipa::path(
    get, path = "/protected", tag = tag::OLDER, security(("access_token" = []), ()),
    params(("token" = Option<String>, Query, description = "The token, where `compat.query_token` is on")),
    responses(
        (status = 200, description = "It is live", body = CompatWelcome<'static>, headers(
            ("X-Symbolon-Refresh" = Option<String>, description = "`due`: the token is near its end, and a refresh brings the next"),
        )),
        (status = 400, description = "The request is not understood", body = CompatMessage<'static>),
        (status = 401, description = "`Token is invalid`: it is none, or not ours; `Token is invalid or expired`: it is not live", body = CompatMessage<'static>),
        (status = 503, description = "It cannot be decided now", body = CompatMessage<'static>),
    )
)]
async fn protected(
    State(app): State<App>,
    SeenAt(seen_from): SeenAt,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let answer = async {
        let presented = token(&app, &headers, query.as_deref())?;
        let (live, token) = match live(&app, presented).await? {
            Ok(live) => live,
            Err(inactive) => return Ok(inactive_answer(&app, inactive)),
        };
        let next = renewal::next_token(&app, &token, &live, seen_from).await;
        let message = format!("Welcome, {}", live.identity.subject());
        let welcome = CompatWelcome::new(&message, next.as_ref().map(|next| next.as_str()));
        let mut response = Json(welcome).into_response();
        renewal::hint(response.headers_mut(), &live);
        Ok(response)
    };
    answer.await.unwrap_or_else(refused)
}

/// The token of the header, or of the parameter where that is allowed. Both may be there if they are of one session.
fn token(app: &App, headers: &HeaderMap, text: Option<&str>) -> Result<Presented, Problem> {
    let mut in_query = query::pairs(text.unwrap_or_default())
        .filter(|(name, value)| name == "token" && !value.is_empty())
        .map(|(_, value)| value);
    let parameter: Option<Cow<'_, str>> = in_query.next();
    if in_query.any(|other| Some(&other) != parameter.as_ref()) {
        return Err(Problem::invalid_bearer("two different tokens were sent"));
    }
    if parameter.is_some() && !app.settings().query_token {
        return Err(Problem::invalid_bearer(
            "a token in the query is not taken here (compat.query_token)",
        ));
    }
    let shown = bearer::without_query(app, headers)?.presented;
    match (shown, parameter.map(|text| Presented::of(app, &text))) {
        (token, None) | (Presented::Nothing, Some(token)) => Ok(token),
        (Presented::Token(a), Some(Presented::Token(b))) if a.session_id() == b.session_id() => {
            Ok(Presented::Token(b))
        }
        _ => Err(Problem::invalid_bearer("the request holds two different tokens")),
    }
}

/// The session of a token that is live, or why it is not.
async fn live(app: &App, presented: Presented) -> Result<Result<(Live, Token), Inactive>, Problem> {
    let token = match presented.token() {
        Ok(token) => token,
        Err(inactive) => return Ok(Err(inactive)),
    };
    match app.symbolon().verify(&token).await {
        Ok(Verdict::Active(live)) => Ok(Ok((live, token))),
        Ok(Verdict::Inactive(inactive)) => Ok(Err(inactive)),
        Err(error) => Err(app.undecided(error)),
    }
}

/// S2's two sentences: what cannot be read, and what is not live.
fn inactive_answer(app: &App, inactive: Inactive) -> Response {
    let message = match inactive {
        Inactive::Absent | Inactive::Malformed => "Token is invalid",
        _ => "Token is invalid or expired",
    };
    exchange::reshaped(app.refuse(inactive), CompatMessage { message })
}

/// The problem's status and headers with S2's body.
fn refused(problem: Problem) -> Response {
    let message = match problem.code() {
        Code::InvalidCredentials => "Invalid credentials".to_owned(),
        _ => problem.detail().to_owned(),
    };
    exchange::reshaped(problem, CompatMessage { message: &message })
}
