//! Accounts of the built-in log-in.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use symbolon::account::AccountName;
use symbolon::{AccountFault, Receipt, Unavailable};

use super::account_bodies::{AccountBody, AccountChangeBody, AccountPage, NewAccountBody};
use super::faults::{no_account, problem};
use super::paging::{Page, cursor};
use super::{Receipted, created};
use crate::app::App;
use crate::bodies::Nothing;
use crate::bodies::login::password;
use crate::bodies::receipt::ReceiptBody;
use crate::caller::{Admin, AdminRead, Allowed};
use crate::limits::{AdminJson, StrictJson};
use crate::openapi::tag;
use crate::problem::Problem;
use crate::query::known;
use crate::routes::exchange;
use crate::routes::in_path::InPath;
use crate::routes::wait::{WaitParam, Waiting};

/// The name of the list, for its cursors.
const LIST: &str = "accounts";

/// List the accounts.
///
/// By name.
#[utoipa::path(
    get, path = "/v1/admin/accounts", tag = tag::OPERATORS,
    params(
        ("limit" = Option<u32>, Query, description = "How many at the most", minimum = 1, maximum = 200, example = 50),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses((status = 200, description = "A page of them", body = AccountPage)),
    security(("access_token" = ["admin:read"]), ("api_key" = ["admin:read"]))
)]
pub(super) async fn list_accounts(
    State(app): State<App>,
    _caller: Allowed<AdminRead>,
    RawQuery(query): RawQuery,
) -> Result<Json<AccountPage>, Problem> {
    let [limit, at] = known(query.as_deref(), ["limit", "cursor"])?;
    let page = Page::read(&app, LIST, limit.as_deref(), at.as_deref())?;
    let after = page.position(|bytes| AccountName::new(std::str::from_utf8(bytes).ok()?).ok())?;
    let accounts = app.symbolon();
    let found = accounts
        .accounts(after, page.limit)
        .await
        .map_err(|error| app.undecided(error))?;
    // A page of the store holds no item more than one of ours: whether there is another is asked by itself.
    let last = found
        .last()
        .filter(|_| found.len() == page.limit as usize)
        .map(|last| last.name.clone());
    let next = match last {
        None => None,
        Some(last) => {
            let beyond = accounts
                .accounts(Some(last.clone()), 1)
                .await
                .map_err(|error| app.undecided(error))?;
            (!beyond.is_empty()).then(|| cursor(&app, LIST, last.as_str().as_bytes()))
        }
    };
    Ok(Json(AccountPage {
        items: found.into_iter().map(AccountBody::from).collect(),
        next,
    }))
}

/// Make an account.
#[utoipa::path(
    post, path = "/v1/admin/accounts", tag = tag::OPERATORS,
    request_body = NewAccountBody,
    responses(
        (status = 201, description = "It is made", body = AccountBody),
        (status = 400, description = "the body, the name or the password cannot be taken; `detail` says why"),
        (status = 409, description = "the name or the subject is taken"),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn add_account(
    State(app): State<App>,
    caller: Allowed<Admin>,
    RawQuery(query): RawQuery,
    StrictJson(body): AdminJson<NewAccountBody>,
) -> Result<Response, Problem> {
    known(query.as_deref(), [])?;
    let made = app
        .symbolon()
        .add_account(body.read()?, &caller.origin(&app))
        .await;
    let account = made.map_err(|error| app.undecided(error))?.map_err(problem)?;
    Ok(created(Json(AccountBody::from(account))))
}

/// Read an account.
#[utoipa::path(
    get, path = "/v1/admin/accounts/{name}", tag = tag::OPERATORS,
    params(("name" = String, Path, description = "Its name, percent-encoded", example = "ada")),
    responses(
        (status = 200, description = "The account", body = AccountBody),
        (status = 404, description = "there is no account of that name"),
    ),
    security(("access_token" = ["admin:read"]), ("api_key" = ["admin:read"]))
)]
pub(super) async fn read_account(
    State(app): State<App>,
    _caller: Allowed<AdminRead>,
    InPath(name): InPath,
    RawQuery(query): RawQuery,
) -> Result<Json<AccountBody>, Problem> {
    known(query.as_deref(), [])?;
    let found = app
        .symbolon()
        .account(&name)
        .await
        .map_err(|error| app.undecided(error))?;
    Ok(Json(found.ok_or_else(no_account)?.into()))
}

/// Change the role, the state or the password of an account.
///
/// A change that takes away ends the sessions of its subject, and the receipt says how many. Role and state may be
/// changed together; a password is changed alone.
#[utoipa::path(
    patch, path = "/v1/admin/accounts/{name}", tag = tag::OPERATORS,
    params(("name" = String, Path, description = "Its name, percent-encoded", example = "ada"), WaitParam),
    request_body(content = AccountChangeBody, example = json!({"role": "viewer"})),
    responses(
        (status = 200, description = "It is changed", body = ReceiptBody),
        (status = 202, description = "It has ended, and is effective on every node by the instant that the receipt names", body = ReceiptBody),
        (status = 400, description = "the body or the password cannot be taken; `detail` says why"),
        (status = 404, description = "there is no account of that name"),
        (status = 409, description = "it is the last administrator that can log in, or needs a new password first"),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn change_account(
    State(app): State<App>,
    caller: Allowed<Admin>,
    waiting: Waiting,
    InPath(name): InPath,
    RawQuery(query): RawQuery,
    StrictJson(change): AdminJson<AccountChangeBody>,
) -> Receipted {
    known(query.as_deref(), ["wait"])?;
    let origin = caller.origin(&app);
    let role = change.role.map(Into::into);
    let state = change.state.map(Into::into);
    let done = match (role, state, change.password) {
        (None, None, None) => return Err(Problem::invalid_request("role, state or password is needed")),
        (None, None, Some(text)) => {
            app.symbolon()
                .set_password(&name, password("password", &text)?, &origin)
                .await
        }
        (role, state, None) => app.symbolon().change_account(&name, role, state, &origin).await,
        (_, _, Some(_)) => {
            return Err(Problem::invalid_request(
                "password must be changed alone, without role and state",
            ));
        }
    };
    answered(&app, done, &waiting).await
}

/// Remove an account.
///
/// The sessions of its subject end.
#[utoipa::path(
    delete, path = "/v1/admin/accounts/{name}", tag = tag::OPERATORS,
    params(("name" = String, Path, description = "Its name, percent-encoded", example = "ada"), WaitParam),
    responses(
        (status = 200, description = "It is removed", body = ReceiptBody),
        (status = 202, description = "It has ended, and is effective on every node by the instant that the receipt names", body = ReceiptBody),
        (status = 404, description = "there is no account of that name"),
        (status = 409, description = "it is the last administrator that can log in"),
    ),
    security(("access_token" = ["admin"]), ("api_key" = ["admin"]))
)]
pub(super) async fn remove_account(
    State(app): State<App>,
    caller: Allowed<Admin>,
    waiting: Waiting,
    InPath(name): InPath,
    RawQuery(query): RawQuery,
    _body: Option<AdminJson<Nothing>>,
) -> Receipted {
    known(query.as_deref(), ["wait"])?;
    let done = app.symbolon().remove_account(&name, &caller.origin(&app)).await;
    answered(&app, done, &waiting).await
}

async fn answered(
    app: &App,
    done: Result<Result<Receipt, AccountFault>, Unavailable>,
    waiting: &Waiting,
) -> Receipted {
    let done = done.map_err(|error| app.undecided(error))?.map_err(problem)?;
    Ok(exchange::receipt(app, done, waiting).await)
}
