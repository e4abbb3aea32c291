//! One session, and everyone's.

use axum::Json;
use axum::extract::{RawQuery, State};
use symbolon::revocation::RevocationReason;

use super::Receipted;
use crate::app::App;
use crate::bodies::Nothing;
use crate::bodies::names::{no_session, session_id};
use crate::bodies::receipt::ReceiptBody;
use crate::bodies::session::SessionBody;
use crate::caller::{Admin, AdminRead, Allowed};
use crate::limits::AdminJson;
use crate::openapi::tag;
use crate::problem::Problem;
use crate::query::known;
use crate::routes::exchange;
use crate::routes::in_path::InPath;
use crate::routes::wait::{WaitParam, Waiting};

/// Read a session.
///
/// Whoever it belongs to; also one that has ended, as long as it is kept.
#[utoipa::path(
    get, path = "/v1/admin/sessions/{id}", tag = tag::OPERATORS,
    params(("id" = String, Path, description = "Its `session_id`", format = Uuid)),
    responses(
        (status = 200, description = "The session", body = SessionBody),
        (status = 404, description = "there is no session of that id"),
    ),
    security(("access_token" = ["admin:read"]), ("api_key" = ["admin:read"]))
)]
pub(super) async fn read_any_session(
    State(app): State<App>,
    _caller: Allowed<AdminRead>,
    InPath(id): InPath,
    RawQuery(query): RawQuery,
) -> Result<Json<SessionBody>, Problem> {
    known(query.as_deref(), [])?;
    let found = app
        .symbolon()
        .session(session_id(&id)?)
        .await
        .map_err(|error| app.undecided(error))?;
    Ok(Json(SessionBody::of(found.ok_or_else(no_session)?)))
}

/// End a session.
///
/// Its reason is `kicked`. A session that has ended stays as it is: the receipt says `already`.
#[utoipa::path(
    delete, path = "/v1/admin/sessions/{id}", tag = tag::OPERATORS,
    params(("id" = String, Path, description = "Its `session_id`", format = Uuid), WaitParam),
    responses(
        (status = 200, description = "It has ended", body = ReceiptBody),
        (status = 202, description = "It has ended, and is effective on every node by the instant that the receipt names", body = ReceiptBody),
        (status = 404, description = "there is no session of that id"),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn kick_session(
    State(app): State<App>,
    caller: Allowed<Admin>,
    waiting: Waiting,
    InPath(id): InPath,
    RawQuery(query): RawQuery,
    _body: Option<AdminJson<Nothing>>,
) -> Receipted {
    known(query.as_deref(), ["wait"])?;
    let id = session_id(&id)?;
    let origin = caller.origin(&app);
    let done = app.symbolon().revoke(id, RevocationReason::Kicked, &origin).await;
    let done = done.map_err(|error| app.undecided(error))?;
    if done.revoked {
        Ok(exchange::receipt(&app, done, &waiting).await)
    } else {
        Err(no_session())
    }
}
