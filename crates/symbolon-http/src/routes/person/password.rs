use axum::extract::State;
use axum::response::Response;
use symbolon::{ChangePassword, PasswordChanged};

use crate::app::App;
use crate::bodies::login::{PasswordBody, password};
use crate::bodies::pair::{PasswordAnswer, password_changed};
use crate::caller::Person;
use crate::limits::{AuthJson, StrictJson};
use crate::openapi::tag;
use crate::problem::Problem;
use crate::routes::exchange;
use crate::routes::wait::{WaitParam, Waiting};

/// Change one's own password.
///
/// All other sessions end. The session that asks goes on with a new pair unless `keep_current` is `false`; its old
/// tokens are dead. The pair goes where the token came from: into the body, or into cookies.
#[utoipa::path(
    post, path = "/v1/password", tag = tag::PERSONS, request_body = PasswordBody,
    security(("access_token" = [])), params(WaitParam),
    responses(
        (status = 200, description = "The password is changed", body = PasswordAnswer<'static>),
        (status = 202, description = "The password is changed, and the end of the other sessions is effective on every node by the instant that is named", body = PasswordAnswer<'static>),
        (status = 400, description = "`invalid_request`: also where the new password is not one that is taken"),
        (status = 401, description = "`invalid_credentials`: the current password is wrong; or `invalid_token`"),
        (status = 429, description = "`throttled`: too many wrong passwords"),
    )
)]
pub(super) async fn change_password(
    State(app): State<App>,
    person: Person,
    waiting: Waiting,
    StrictJson(body): AuthJson<PasswordBody>,
) -> Result<Response, Problem> {
    let delivery = person.delivery;
    let change = ChangePassword {
        live: person.live,
        current: password("current", &body.current)?,
        new: password("new", &body.new)?,
        keep_current: body.keep_current,
        seen_from: person.seen_from,
    };
    match app.symbolon().change_password(change).await {
        Ok(PasswordChanged::Changed { receipt, kept }) => {
            let receipt = exchange::settled(&app, receipt, &waiting).await;
            let kept = kept.as_deref();
            // The pair begins its life when it is made.
            let now = kept.map_or_else(|| app.symbolon().now(), |kept| kept.session.tokens.rotated_at);
            password_changed(&app, receipt, kept, now, delivery).await
        }
        Ok(PasswordChanged::InvalidCredentials) => Err(Problem::invalid_credentials()),
        Ok(PasswordChanged::Throttled { retry_at }) => Err(app.throttled(retry_at)),
        Ok(PasswordChanged::Refused(why)) => Err(Problem::invalid_request(format!("new: {why}"))),
        Err(error) => Err(app.undecided(error)),
    }
}
