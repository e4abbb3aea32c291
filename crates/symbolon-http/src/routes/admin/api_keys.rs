//! API keys: what services prove themselves with.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use symbolon::api_key::ApiKeyId;
use symbolon::subject::ClientId;

use super::api_key_bodies::{ApiKeyBody, ApiKeyPage, NewApiKeyBody};
use super::faults::{no_api_key, problem};
use super::paging::{Page, cursor};
use super::{Receipted, created};
use crate::app::App;
use crate::bodies::Nothing;
use crate::bodies::pair::{NewKeyBody, new_key};
use crate::bodies::receipt::ReceiptBody;
use crate::caller::{Admin, AdminRead, Allowed};
use crate::limits::{AdminJson, StrictJson};
use crate::openapi::tag;
use crate::problem::Problem;
use crate::query::known;
use crate::refusal::bad_name;
use crate::routes::exchange;
use crate::routes::in_path::InPath;
use crate::routes::wait::{WaitParam, Waiting};

/// The name of the list, for its cursors.
const LIST: &str = "api-keys";

/// List the API keys.
///
/// The newest first. Never their secrets.
#[utoipa::path(
    get, path = "/v1/admin/api-keys", tag = tag::OPERATORS,
    params(
        ("limit" = Option<u32>, Query, description = "How many at the most", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses((status = 200, description = "A page of them", body = ApiKeyPage)),
    security(("access_token" = ["admin:read"]), ("api_key" = ["admin:read"]))
)]
pub(super) async fn list_api_keys(
    State(app): State<App>,
    _caller: Allowed<AdminRead>,
    RawQuery(query): RawQuery,
) -> Result<Json<ApiKeyPage>, Problem> {
    let [limit, at] = known(query.as_deref(), ["limit", "cursor"])?;
    let page = Page::read(&app, LIST, limit.as_deref(), at.as_deref())?;
    let before = page.position(|bytes| Some(ApiKeyId::from_bytes(bytes.try_into().ok()?)))?;
    let mut found = app
        .symbolon()
        .api_keys()
        .await
        .map_err(|error| app.undecided(error))?;
    // An id begins with the time of its making; they are few enough to be read all at once (`API_KEYS_MAX`).
    found.sort_by_key(|key| std::cmp::Reverse(key.id));
    found.retain(|key| before.is_none_or(|before| key.id < before));
    let more = page.cut(&mut found);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| cursor(&app, LIST, last.id.as_bytes()));
    Ok(Json(ApiKeyPage {
        items: found.into_iter().map(ApiKeyBody::from).collect(),
        next,
    }))
}

/// Make an API key.
///
/// The answer shows its secret, this once: only a digest is stored.
#[utoipa::path(
    post, path = "/v1/admin/api-keys", tag = tag::OPERATORS,
    request_body = NewApiKeyBody,
    responses(
        (status = 201, description = "It is made; keep its `key`", body = NewKeyBody<'static>),
        (status = 400, description = "the body cannot be taken; `detail` says why"),
        (status = 409, description = "`limit_reached`: there are as many keys as there may be"),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn add_api_key(
    State(app): State<App>,
    caller: Allowed<Admin>,
    RawQuery(query): RawQuery,
    StrictJson(body): AdminJson<NewApiKeyBody>,
) -> Result<Response, Problem> {
    known(query.as_deref(), [])?;
    let scopes = body.scopes();
    let client_id = body
        .client_id
        .map(ClientId::new)
        .transpose()
        .map_err(|error| bad_name("client_id", error))?;
    let expires_at = body.expires_at.map(|instant| instant.0);
    let origin = caller.origin(&app);
    let made = app
        .symbolon()
        .add_api_key(&body.name, scopes, client_id, expires_at, &origin)
        .await;
    let (key, token) = made.map_err(|error| app.undecided(error))?.map_err(problem)?;
    Ok(created(new_key(key.into(), &token)))
}

/// Revoke an API key.
///
/// It proves nothing any more, and stays in the list as revoked.
#[utoipa::path(
    delete, path = "/v1/admin/api-keys/{id}", tag = tag::OPERATORS,
    params(("id" = String, Path, description = "Its `id`", format = Uuid), WaitParam),
    responses(
        (status = 200, description = "It is revoked", body = ReceiptBody),
        (status = 202, description = "It has ended, and is effective on every node by the instant that the receipt names", body = ReceiptBody),
        (status = 404, description = "there is no api key of that id"),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn revoke_api_key(
    State(app): State<App>,
    caller: Allowed<Admin>,
    waiting: Waiting,
    InPath(id): InPath,
    RawQuery(query): RawQuery,
    _body: Option<AdminJson<Nothing>>,
) -> Receipted {
    known(query.as_deref(), ["wait"])?;
    let id = ApiKeyId::parse(&id).ok_or_else(no_api_key)?;
    let done = app.symbolon().revoke_api_key(id, &caller.origin(&app)).await;
    let done = done
        .map_err(|error| app.undecided(error))?
        .ok_or_else(no_api_key)?;
    Ok(exchange::receipt(&app, done, &waiting).await)
}
