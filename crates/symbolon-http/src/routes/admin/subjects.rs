//! A subject's sessions: its devices.

use axum::Json;
use axum::extract::{RawQuery, State};
use symbolon::revocation::RevocationReason;
use symbolon::session::SessionId;

use super::Receipted;
use super::paging::{Page, cursor};
use super::revoke_bodies::{RevokeEveryoneBody, RevokeSubjectBody};
use crate::app::App;
use crate::bodies::names;
use crate::bodies::receipt::ReceiptBody;
use crate::bodies::session::{SessionBody, SessionPage};
use crate::caller::{Admin, AdminRead, Allowed};
use crate::limits::{AdminJson, StrictJson};
use crate::openapi::tag;
use crate::problem::Problem;
use crate::query::known;
use crate::routes::exchange;
use crate::routes::in_path::InPath;
use crate::routes::wait::{WaitParam, Waiting};

/// List a subject's sessions.
///
/// The devices that are logged in, the newest first.
#[utoipa::path(
    get, path = "/v1/admin/subjects/{sub}/sessions", tag = tag::OPERATORS,
    params(
        ("sub" = String, Path, description = "The subject, percent-encoded", example = "user-1024"),
        ("state" = inline(Option<SessionsAsked>), Query, description = "`active`: only live ones; `any`: also those that ended and are still kept"),
        ("limit" = Option<u32>, Query, description = "How many at the most", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses((status = 200, description = "A page of them; empty for a subject that has none", body = SessionPage)),
    security(("access_token" = ["admin:read"]), ("api_key" = ["admin:read"]))
)]
pub(super) async fn list_subject_sessions(
    State(app): State<App>,
    _caller: Allowed<AdminRead>,
    InPath(sub): InPath,
    RawQuery(query): RawQuery,
) -> Result<Json<SessionPage>, Problem> {
    let subject = names::subject(sub)?;
    let [state, limit, at] = known(query.as_deref(), ["state", "limit", "cursor"])?;
    let only_live = match state.as_deref() {
        None | Some("active") => true,
        Some("any") => false,
        Some(_) => return Err(Problem::invalid_request("state must be active or any")),
    };
    let list = format!("sessions/{}/{subject}", if only_live { "active" } else { "any" });
    let page = Page::read(&app, &list, limit.as_deref(), at.as_deref())?;
    let before = page.position(|bytes| Some(SessionId::from_bytes(bytes.try_into().ok()?)))?;
    // One more than asked for tells whether there is another page.
    let found = app
        .symbolon()
        .sessions_of(&subject, only_live, before, page.limit + 1)
        .await;
    let mut found = found.map_err(|error| app.undecided(error))?;
    let more = page.cut(&mut found);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| cursor(&app, &list, last.session.id.as_bytes()));
    Ok(Json(SessionPage {
        items: found.into_iter().map(SessionBody::of).collect(),
        next,
    }))
}

/// Which sessions of a subject are listed.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase", default = "active")]
#[expect(dead_code, reason = "it is read by name; this is its description")]
enum SessionsAsked {
    Active,
    Any,
}

/// End a subject's sessions.
///
/// All of them; or those of one kind of device; or all but some that are kept. Log-ins after it are not concerned: it
/// is no ban. A subject that has no session is answered the same, with a count of 0.
#[utoipa::path(
    post, path = "/v1/admin/subjects/{sub}/revoke", tag = tag::OPERATORS,
    params(("sub" = String, Path, description = "The subject, percent-encoded", example = "user-1024"), WaitParam),
    request_body = Option<RevokeSubjectBody>,
    responses(
        (status = 200, description = "They have ended", body = ReceiptBody,
         example = json!({"revoked": true, "count": 3, "seq": 1795249800000001_u64, "effective": "now"})),
        (status = 202, description = "They have ended, and it is effective on every node by the instant that the receipt names", body = ReceiptBody),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn revoke_subject(
    State(app): State<App>,
    caller: Allowed<Admin>,
    waiting: Waiting,
    InPath(sub): InPath,
    RawQuery(query): RawQuery,
    body: Option<AdminJson<RevokeSubjectBody>>,
) -> Receipted {
    known(query.as_deref(), ["wait"])?;
    let subject = names::subject(sub)?;
    let asked = body.map(|StrictJson(body)| body).unwrap_or_default();
    let (keep, device_kind) = (asked.keep()?, asked.device_kind()?);
    let reason = asked.reason.map_or(RevocationReason::Kicked, Into::into);
    let origin = caller.origin(&app);
    let done = app
        .symbolon()
        .revoke_subject(&subject, reason, keep, device_kind, &origin)
        .await;
    let done = done.map_err(|error| app.undecided(error))?;
    Ok(exchange::receipt(&app, done, &waiting).await)
}

/// End everyone's sessions.
///
/// One row in the log, however many they are. An operator's own session is among them.
#[utoipa::path(
    post, path = "/v1/admin/revoke-all", tag = tag::OPERATORS,
    params(WaitParam),
    request_body = Option<RevokeEveryoneBody>,
    responses(
        (status = 200, description = "They have ended", body = ReceiptBody,
         example = json!({"revoked": true, "count": 3, "seq": 1795249800000001_u64, "effective": "now"})),
        (status = 202, description = "They have ended, and it is effective on every node by the instant that the receipt names", body = ReceiptBody),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn revoke_everyone(
    State(app): State<App>,
    caller: Allowed<Admin>,
    waiting: Waiting,
    RawQuery(query): RawQuery,
    body: Option<AdminJson<RevokeEveryoneBody>>,
) -> Receipted {
    known(query.as_deref(), ["wait"])?;
    let asked = body.map(|StrictJson(body)| body).unwrap_or_default();
    let reason = asked.reason.map_or(RevocationReason::Revoked, Into::into);
    let done = app.symbolon().revoke_everyone(reason, &caller.origin(&app)).await;
    let done = done.map_err(|error| app.undecided(error))?;
    Ok(exchange::receipt(&app, done, &waiting).await)
}
