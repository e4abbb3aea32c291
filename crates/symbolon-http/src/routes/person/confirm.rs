use axum::extract::State;
use axum::response::Response;
use symbolon::{ConfirmPassword, Confirmed};

use crate::app::App;
use crate::bodies::login::{ConfirmBody, password};
use crate::bodies::pair::{PairBody, deliver};
use crate::caller::Person;
use crate::limits::{AuthJson, StrictJson};
use crate::openapi::tag;
use crate::problem::Problem;

/// Confirm one's own password.
///
/// For what asks for a recent proof (`max_age`): the session counts as authenticated now. It goes on with a new pair;
/// its old tokens are dead. The pair goes where the token came from: into the body, or into cookies.
#[utoipa::path(
    post, path = "/v1/session/confirm", tag = tag::PERSONS, request_body = ConfirmBody,
    security(("access_token" = [])),
    responses(
        (status = 200, description = "The next pair", body = PairBody<'static>),
        (status = 401, description = "`invalid_credentials`: the password is wrong; or `invalid_token`"),
        (status = 409, description = "`conflict`: the session has no account here, since a service began it"),
        (status = 429, description = "`throttled`: too many wrong passwords"),
    )
)]
pub(super) async fn confirm(
    State(app): State<App>,
    person: Person,
    StrictJson(body): AuthJson<ConfirmBody>,
) -> Result<Response, Problem> {
    let delivery = person.delivery;
    let confirm = ConfirmPassword {
        live: person.live,
        presented: person.token.generation(),
        password: password("password", &body.password)?,
        seen_from: person.seen_from,
    };
    match app.symbolon().confirm(confirm).await {
        Ok(Confirmed::Confirmed(issued)) => {
            deliver(&app, &issued, issued.session.tokens.rotated_at, delivery).await
        }
        Ok(Confirmed::InvalidCredentials) => Err(Problem::invalid_credentials()),
        Ok(Confirmed::Throttled { retry_at }) => Err(app.throttled(retry_at)),
        Ok(Confirmed::NoAccount) => Err(Problem::conflict(
            "this session has no account here, so there is no password to confirm",
        )),
        Ok(Confirmed::Refused(inactive)) => Err(app.refuse(inactive)),
        Err(error) => Err(app.undecided(error)),
    }
}
