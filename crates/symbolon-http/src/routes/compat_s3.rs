//! Routes of the yudao family (S3): their paths, their bodies, their texts. What they do is what the routes of today do.

mod fields;
mod texts;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::HeaderMap;
use symbolon::Effective;
use symbolon::audit::Actor;
use symbolon::device::SeenFrom;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::exchange;
use crate::app::App;
use crate::bearer::{self, Presented};
use crate::bodies::Nothing;
use crate::bodies::compat::{CompatLogIn, CompatPair, Envelope, pair};
use crate::caller::SeenAt;
use crate::limits::CompatJson;
use crate::listen::Peer;
use crate::openapi::tag;
use crate::problem::Problem;
use crate::routes::wait::{Waiting, seconds_left};
use fields::Fields;
use texts::Language;

/// S3's routes.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(log_in))
        .routes(routes!(refresh))
        .routes(routes!(refresh_short))
        .routes(routes!(log_out))
}

/// Log in (S3).
///
/// A wrong password is HTTP 200 with the code 1002000000.
#[utoipa::path(
    post, path = "/system/auth/login", tag = tag::OLDER, request_body = CompatLogIn,
    responses(
        (status = 200, description = "The pair, or the error in `code`", body = Envelope<CompatPair<'static>>),
        (status = 409, description = "There are as many sessions as there may be", body = Envelope<Nothing>),
        (status = 429, description = "Too many wrong passwords", body = Envelope<Nothing>),
    )
)]
async fn log_in(
    State(app): State<App>,
    language: Language,
    SeenAt(seen_from): SeenAt,
    headers: HeaderMap,
    body: Result<CompatJson<CompatLogIn>, Problem>,
) -> Response {
    let issued = async {
        let CompatJson(body) = body?;
        let log_in = exchange::older_log_in(&app, body, seen_from, &headers)?;
        let issued = exchange::log_in(&app, log_in).await?;
        pair(&app, &issued).await
    };
    match issued.await {
        Ok(answer) => answer,
        Err(problem) => texts::log_in_refused(problem, language),
    }
}

/// Exchange a refresh token for the next pair (S3).
///
/// The token is `refreshToken` in the query or in a JSON or form body. A refused one is HTTP 401.
#[utoipa::path(
    post, path = "/system/auth/refresh-token", tag = tag::OLDER,
    params(("refreshToken" = Option<String>, Query, description = "The refresh token, unless the body has it")),
    responses(
        (status = 200, description = "The next pair", body = Envelope<CompatPair<'static>>),
        (status = 401, description = "The refresh token is refused", body = Envelope<Nothing>),
    )
)]
async fn refresh(
    state: State<App>,
    language: Language,
    seen_at: SeenAt,
    fields: Result<Fields, Problem>,
) -> Response {
    exchange_pair(state, language, seen_at, fields).await
}

/// Exchange a refresh token for the next pair (S3, short).
///
/// The same as `/system/auth/refresh-token`.
#[utoipa::path(
    post, path = "/refresh-token", tag = tag::OLDER,
    params(("refreshToken" = Option<String>, Query, description = "The refresh token, unless the body has it")),
    responses(
        (status = 200, description = "The next pair", body = Envelope<CompatPair<'static>>),
        (status = 401, description = "The refresh token is refused", body = Envelope<Nothing>),
    )
)]
async fn refresh_short(
    state: State<App>,
    language: Language,
    seen_at: SeenAt,
    fields: Result<Fields, Problem>,
) -> Response {
    exchange_pair(state, language, seen_at, fields).await
}

async fn exchange_pair(
    State(app): State<App>,
    language: Language,
    SeenAt(seen_from): SeenAt,
    fields: Result<Fields, Problem>,
) -> Response {
    let issued = async {
        let fields = fields?;
        let token = fields.one(&["refreshToken", "refresh_token"])?;
        let token = token.ok_or_else(|| Problem::invalid_request("refreshToken is missing"))?;
        let origin = app.symbolon().origin(Actor::System, seen_from);
        let issued = exchange::refresh(&app, &token, &origin).await?;
        pair(&app, &issued).await
    };
    match issued.await {
        Ok(answer) => answer,
        Err(problem) => texts::refused(problem, language),
    }
}

/// Log out (S3).
///
/// Ends both tokens in one step, and answers when that is effective on every node. Without a token, or with one that is
/// not known, it is a success too.
#[utoipa::path(
    post, path = "/system/auth/logout", tag = tag::OLDER, security(("access_token" = []), ()),
    params(("token" = Option<String>, Query, description = "The token, where `compat.query_token` is on")),
    responses(
        (status = 200, description = "It has ended, or there was none", body = Envelope<bool>),
        (status = 503, description = "It is not known to be durable, or to be effective on every node", body = Envelope<Nothing>),
    )
)]
async fn log_out(
    State(app): State<App>,
    language: Language,
    SeenAt(seen_from): SeenAt,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    fields: Result<Fields, Problem>,
) -> Response {
    let ended = async {
        let token = log_out_token(&app, &headers, &fields?)?;
        let peer = peer.as_ref().map(|Extension(peer)| peer);
        end(&app, token, seen_from, peer).await
    };
    match ended.await {
        Ok(()) => Json(Envelope::of(true)).into_response(),
        Err(problem) => texts::refused(problem, language),
    }
}

/// Its answer knows no "soon", so it waits to the end. Where even that is not enough, it is asked for again.
async fn end(app: &App, token: Presented, seen_from: SeenFrom, peer: Option<&Peer>) -> Result<(), Problem> {
    let waiting = Waiting::full(peer);
    let receipt = exchange::log_out(app, token.token(), seen_from, &waiting).await?;
    match receipt.effective {
        _ if !receipt.revoked => Ok(()),
        Effective::Now => Ok(()),
        Effective::Within { ms, .. } => Err(Problem::unavailable(seconds_left(ms))),
        Effective::ThisNode => Err(Problem::unavailable(1 + app.spread())),
    }
}

/// The token of a log-out: of the header, or the parameter `token`.
fn log_out_token(app: &App, headers: &HeaderMap, fields: &Fields) -> Result<Presented, Problem> {
    if !app.settings().query_token && fields.query_has("token") {
        return Err(Problem::invalid_bearer(
            "a token in the query is not taken here (compat.query_token)",
        ));
    }
    let in_header = bearer::in_header(app, headers)?;
    let parameter = fields.one(&["token"])?.filter(|token| !token.is_empty());
    let parameter = parameter.as_deref().map(|text| Presented::of(app, text));
    match (in_header, parameter) {
        (token, None) => Ok(token),
        (Presented::Nothing, Some(token)) => Ok(token),
        (Presented::Token(a), Some(Presented::Token(b))) if a.session_id() == b.session_id() => {
            Ok(Presented::Token(b))
        }
        _ => Err(Problem::invalid_bearer(
            "the header and the parameter hold different tokens",
        )),
    }
}
