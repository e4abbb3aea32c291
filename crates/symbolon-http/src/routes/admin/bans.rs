//! Bans: who may begin no session.

use axum::Json;
use axum::extract::{RawQuery, State};
use symbolon::ban::{Ban, BanPosition};
use symbolon::clock::Timestamp;
use symbolon::revocation::RevocationSeq;

use super::Receipted;
use super::ban_bodies::{BanBody, BanPage, LiftedBody, NewBanBody};
use super::paging::{Page, cursor};
use crate::app::App;
use crate::bodies::Nothing;
use crate::bodies::names;
use crate::bodies::receipt::ReceiptBody;
use crate::caller::{Admin, AdminRead, Allowed};
use crate::limits::{AdminJson, StrictJson};
use crate::openapi::tag;
use crate::problem::Problem;
use crate::query::known;
use crate::routes::exchange;
use crate::routes::in_path::InPath;
use crate::routes::wait::{WaitParam, Waiting};

/// Ban a subject.
///
/// Its sessions end in the same step, and neither a log-in nor a service begins another one: both get 403
/// `account_banned`, a log-in only after a right password. A subject that is banned already gets this end and this
/// note, and the receipt says `already`. A subject that never had a session can be banned too.
#[utoipa::path(
    post, path = "/v1/admin/subjects/{sub}/ban", tag = tag::OPERATORS,
    params(("sub" = String, Path, description = "The subject, percent-encoded", example = "user-1024"), WaitParam),
    request_body = NewBanBody,
    responses(
        (status = 200, description = "It is banned", body = ReceiptBody,
         example = json!({"revoked": true, "count": 3, "seq": 1795249800000001_u64, "effective": "now"})),
        (status = 202, description = "It has ended, and is effective on every node by the instant that the receipt names", body = ReceiptBody),
        (status = 400, description = "the end is not to come, or the note is none"),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn ban_subject(
    State(app): State<App>,
    caller: Allowed<Admin>,
    waiting: Waiting,
    InPath(sub): InPath,
    RawQuery(query): RawQuery,
    StrictJson(body): AdminJson<NewBanBody>,
) -> Receipted {
    known(query.as_deref(), ["wait"])?;
    let subject = names::subject(sub)?;
    let origin = caller.origin(&app);
    let (until, note) = body.read(origin.at)?;
    let done = app.symbolon().ban(&subject, until, note, &origin).await;
    let done = done.map_err(|error| app.undecided(error))?;
    Ok(exchange::receipt(&app, done, &waiting).await)
}

/// Lift a ban.
///
/// The subject may begin sessions again. Those that the ban has ended stay ended. Repeating it is safe.
#[utoipa::path(
    delete, path = "/v1/admin/subjects/{sub}/ban", tag = tag::OPERATORS,
    params(("sub" = String, Path, description = "The subject, percent-encoded", example = "user-1024")),
    responses((status = 200, description = "It is not banned any more, or was not", body = LiftedBody)),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn lift_ban(
    State(app): State<App>,
    caller: Allowed<Admin>,
    InPath(sub): InPath,
    RawQuery(query): RawQuery,
    _body: Option<AdminJson<Nothing>>,
) -> Result<Json<LiftedBody>, Problem> {
    known(query.as_deref(), [])?;
    let subject = names::subject(sub)?;
    let lifted = app.symbolon().lift_ban(&subject, &caller.origin(&app)).await;
    let lifted = lifted.map_err(|error| app.undecided(error))?;
    Ok(Json(LiftedBody { lifted }))
}

/// List the bans.
///
/// Those in force, the last to end first; or all that ever were, the newest first.
#[utoipa::path(
    get, path = "/v1/admin/bans", tag = tag::OPERATORS,
    params(
        ("state" = inline(Option<BansAsked>), Query, description = "`active`: only those in force; `any`: also those that are over"),
        ("limit" = Option<u32>, Query, description = "How many at the most", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses((status = 200, description = "A page of them", body = BanPage)),
    security(("access_token" = ["admin:read"]), ("api_key" = ["admin:read"]))
)]
pub(super) async fn list_bans(
    State(app): State<App>,
    _caller: Allowed<AdminRead>,
    RawQuery(query): RawQuery,
) -> Result<Json<BanPage>, Problem> {
    let [state, limit, at] = known(query.as_deref(), ["state", "limit", "cursor"])?;
    let (list, only_in_force) = match state.as_deref() {
        None | Some("active") => ("bans/active", true),
        Some("any") => ("bans/any", false),
        Some(_) => return Err(Problem::invalid_request("state must be active or any")),
    };
    let page = Page::read(&app, list, limit.as_deref(), at.as_deref())?;
    let after = page.position(read_position)?;
    let found = app.symbolon().bans(only_in_force, after, page.limit + 1).await;
    let mut found = found.map_err(|error| app.undecided(error))?;
    let more = page.cut(&mut found);
    let next = found
        .last()
        .filter(|_| more)
        .map(|last| cursor(&app, list, &position(last)));
    let now = app.symbolon().now();
    Ok(Json(BanPage {
        items: found.into_iter().map(|ban| BanBody::of(ban, now)).collect(),
        next,
    }))
}

/// Which bans are listed.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "lowercase", default = "active")]
#[expect(dead_code, reason = "it is read by name; this is its description")]
enum BansAsked {
    Active,
    Any,
}

/// Where a ban stands in either list.
fn position(ban: &Ban) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&ban.ends_at().0.to_be_bytes());
    bytes[8..].copy_from_slice(&ban.seq.0.to_be_bytes());
    bytes
}

fn read_position(bytes: &[u8]) -> Option<BanPosition> {
    let (ends_at, seq) = bytes.split_first_chunk()?;
    Some(BanPosition {
        ends_at: Timestamp(i64::from_be_bytes(*ends_at)),
        seq: RevocationSeq(u64::from_be_bytes(seq.try_into().ok()?)),
    })
}
