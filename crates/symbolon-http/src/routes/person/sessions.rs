use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use symbolon::Symbolon;
use symbolon::revocation::RevocationReason;
use symbolon::session::SessionId;
use symbolon::subject::SubjectId;
use symbolon::verdict::Inactive;

use super::exchange;
use crate::app::App;
use crate::bodies::Nothing;
use crate::bodies::names::{no_session, session_id};
use crate::bodies::pair::Delivery;
use crate::bodies::receipt::ReceiptBody;
use crate::bodies::session::{OwnSessionBody, SessionBody, SessionPage};
use crate::caller::Person;
use crate::cookies;
use crate::limits::AuthJson;
use crate::openapi::tag;
use crate::problem::Problem;
use crate::query;
use crate::renewal;
use crate::routes::in_path::InPath;
use crate::routes::wait::{WaitParam, Waiting};

/// Sessions on one page, and on one page if the client does not say.
const PAGE_MAX: u32 = 200;
const PAGE_DEFAULT: u32 = 50;

/// Read one's own session.
///
/// Near the end of an access token whose session has no refresh token, `token` is the next one, if the server is
/// configured so (`session.renew_before`): the same for all who ask at the same time.
#[utoipa::path(
    get, path = "/v1/session", tag = tag::PERSONS, security(("access_token" = [])),
    responses((status = 200, description = "The session of the token", body = OwnSessionBody<'static>, headers(
        ("X-Symbolon-Refresh" = Option<String>, description = "`due`: the token is near its end, and a refresh brings the next"),
    )))
)]
pub(super) async fn own_session(State(app): State<App>, person: Person) -> Result<Response, Problem> {
    let id = person.live.session_id;
    let entry = app
        .symbolon()
        .session(id)
        .await
        .map_err(|error| app.undecided(error))?;
    let entry = entry.ok_or_else(|| app.refuse(Inactive::Unknown))?;
    if let Some(ended) = entry.ended {
        // It ended since the token was verified.
        return Err(app.refuse(ended.into()));
    }
    let next = renewal::next_token(&app, &person.token, &person.live, person.seen_from.clone()).await;
    let body = OwnSessionBody::of(entry, next.as_ref().map(|token| token.as_str()));
    let mut response = Json(body).into_response();
    renewal::hint(response.headers_mut(), &person.live);
    Ok(response)
}

/// List one's own live sessions.
///
/// The newest first. The one that asks has `current: true`.
#[utoipa::path(
    get, path = "/v1/sessions", tag = tag::PERSONS, security(("access_token" = [])),
    params(
        ("limit" = Option<u32>, Query, description = "How many, 200 at the most", minimum = 1, maximum = 200),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
    ),
    responses((status = 200, description = "A page of sessions", body = SessionPage))
)]
pub(super) async fn own_sessions(
    State(app): State<App>,
    person: Person,
    RawQuery(text): RawQuery,
) -> Result<Json<SessionPage>, Problem> {
    let subject = subject(&person)?;
    let list = format!("own sessions of {subject}");
    let [limit, cursor] = query::known(text.as_deref(), ["limit", "cursor"])?;
    let limit = limit.map_or(Ok(PAGE_DEFAULT), |text| page_limit(&text))?;
    let before = cursor
        .map(|text| position(app.symbolon(), &list, &text))
        .transpose()?;
    let read = app
        .symbolon()
        .sessions_of(&subject, true, before, limit + 1)
        .await;
    let mut entries = read.map_err(|error| app.undecided(error))?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = entries.len() > wanted;
    entries.truncate(wanted);
    let last = entries.last().filter(|_| more).map(|entry| entry.session.id);
    let next = last.map(|id| BASE64URL_NOPAD.encode(&app.symbolon().seal_cursor(&list, id.as_bytes())));
    let own = person.live.session_id;
    let mark = |entry: symbolon::Entry| {
        let current = entry.session.id == own;
        SessionBody::of(entry).marked(current)
    };
    Ok(Json(SessionPage {
        items: entries.into_iter().map(mark).collect(),
        next,
    }))
}

fn page_limit(text: &str) -> Result<u32, Problem> {
    let limit = text.parse().ok().filter(|limit| (1..=PAGE_MAX).contains(limit));
    limit.ok_or_else(|| Problem::invalid_request(format!("limit must be a number from 1 to {PAGE_MAX}")))
}

fn position(symbolon: &Symbolon, list: &str, text: &str) -> Result<SessionId, Problem> {
    let sealed = BASE64URL_NOPAD.decode(text.as_bytes()).ok();
    let id = sealed
        .as_deref()
        .and_then(|sealed| symbolon.open_cursor(list, sealed)?.try_into().ok());
    id.map(SessionId::from_bytes)
        .ok_or_else(|| Problem::invalid_request("cursor is not one of this list"))
}

/// End one of one's own sessions.
#[utoipa::path(
    delete, path = "/v1/sessions/{id}", tag = tag::PERSONS, security(("access_token" = [])),
    params(("id" = String, Path, description = "The session's id"), WaitParam),
    responses(
        (status = 200, description = "It has ended", body = ReceiptBody),
        (status = 202, description = "It has ended, and is effective on every node by the instant that the receipt names", body = ReceiptBody),
        (status = 404, description = "there is no session of that id, or it is someone else's"),
    )
)]
pub(super) async fn end_own_session(
    State(app): State<App>,
    person: Person,
    waiting: Waiting,
    InPath(id): InPath,
    _body: Option<AuthJson<Nothing>>,
) -> Result<Response, Problem> {
    let id = session_id(&id)?;
    let entry = app
        .symbolon()
        .session(id)
        .await
        .map_err(|error| app.undecided(error))?;
    let own = entry.is_some_and(|entry| entry.session.subject.as_str() == person.live.identity.subject());
    if !own {
        return Err(no_session());
    }
    let is_this_one = id == person.live.session_id;
    let reason = if is_this_one {
        RevocationReason::Logout
    } else {
        RevocationReason::Kicked
    };
    let receipt = app.symbolon().revoke(id, reason, &person.origin(&app)).await;
    let receipt = receipt.map_err(|error| app.undecided(error))?;
    let mut response = exchange::receipt(&app, receipt, &waiting).await.into_response();
    // That was a log-out: what the browser has is of no use to it any more.
    if is_this_one && person.delivery != Delivery::Body {
        cookies::clear(app.settings().cookies, response.headers_mut());
    }
    Ok(response)
}

/// End all of one's own sessions but this one.
#[utoipa::path(
    post, path = "/v1/sessions/revoke-others", tag = tag::PERSONS, security(("access_token" = [])),
    params(WaitParam),
    responses(
        (status = 200, description = "They have ended", body = ReceiptBody),
        (status = 202, description = "They have ended, and it is effective on every node by the instant that the receipt names", body = ReceiptBody),
    )
)]
pub(super) async fn revoke_others(
    State(app): State<App>,
    person: Person,
    waiting: Waiting,
    _body: Option<AuthJson<Nothing>>,
) -> Result<ReceiptBody, Problem> {
    let keep = vec![person.live.session_id];
    let origin = person.origin(&app);
    let subject = subject(&person)?;
    let receipt = app
        .symbolon()
        .revoke_subject(&subject, RevocationReason::Kicked, keep, None, &origin)
        .await;
    let receipt = receipt.map_err(|error| app.undecided(error))?;
    Ok(exchange::receipt(&app, receipt, &waiting).await)
}

/// The person's subject. What a live session has as its subject is one.
fn subject(person: &Person) -> Result<SubjectId, Problem> {
    SubjectId::new(person.live.identity.subject()).map_err(|error| {
        tracing::error!(%error, session.id = %person.live.session_id, "a live session has a subject that is none");
        Problem::internal()
    })
}
