//! For operators: everyone's sessions, accounts, API keys, signing keys and the nodes.
//!
//! Reading needs `admin:read`, changing needs `admin` ([`crate::caller::Allowed`]). A change that can end sessions
//! answers with a receipt.

mod account_bodies;
mod accounts;
mod api_key_bodies;
mod api_keys;
mod ban_bodies;
mod bans;
mod faults;
mod nodes;
mod paging;
mod revoke_bodies;
mod sessions;
mod signing_keys;
mod subjects;

use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::bodies::receipt::ReceiptBody;
use crate::problem::Problem;

pub(crate) use api_key_bodies::ApiKeyBody;

/// The routes of operators.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sessions::read_any_session, sessions::kick_session))
        .routes(routes!(subjects::list_subject_sessions))
        .routes(routes!(subjects::revoke_subject))
        .routes(routes!(subjects::revoke_everyone))
        .routes(routes!(bans::ban_subject, bans::lift_ban))
        .routes(routes!(bans::list_bans))
        .routes(routes!(accounts::list_accounts, accounts::add_account))
        .routes(routes!(
            accounts::read_account,
            accounts::change_account,
            accounts::remove_account
        ))
        .routes(routes!(api_keys::list_api_keys, api_keys::add_api_key))
        .routes(routes!(api_keys::revoke_api_key))
        .routes(routes!(nodes::list_nodes))
        .routes(routes!(nodes::evict_node))
        .routes(routes!(signing_keys::list_signing_keys))
        .routes(routes!(signing_keys::rotate_signing_key))
}

/// What a route that can end sessions answers.
type Receipted = Result<ReceiptBody, Problem>;

/// 201: the answer that something was made.
fn created(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    if let Ok(created) = 201.try_into() {
        *response.status_mut() = created;
    }
    response
}
