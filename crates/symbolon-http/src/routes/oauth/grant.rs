use axum::extract::State;
use axum::response::Response;
use symbolon::subject::ClientId;
use symbolon::token::RawToken;
use symbolon::verdict::Inactive;
use symbolon::{Grant, Granted};

use super::caller::{Caller, OAuthRequest};
use super::{answered, required};
use crate::app::App;
use crate::bearer::Presented;
use crate::bodies::names::scope;
use crate::bodies::oauth::GrantForm;
use crate::bodies::pair::{PairBody, granted};
use crate::limits::Form;
use crate::metrics::RefreshResult;
use crate::openapi::tag;
use crate::problem::{OAuthErrorBody, OAuthProblem};
use crate::refusal::told;

/// Exchange a refresh token for the next pair (RFC 6749, section 6).
///
/// The only grant is `refresh_token`: a session begins at `/v1/login` or by a service. Repeated within the grace, it
/// gives the same pair again. A token that another client presents is refused and goes on for its own. `scope` may
/// ask for what was granted and not for more; the tokens always allow all of it, and the answer says what that is.
#[utoipa::path(
    post, path = "/oauth2/token", tag = tag::OAUTH,
    request_body(content = GrantForm, content_type = "application/x-www-form-urlencoded"),
    security(("api_key" = []), ("client" = []), ()),
    responses(
        (status = 200, description = "The next pair", body = PairBody<'static>,
         headers(("Pragma" = String, description = "`no-cache`"))),
        (status = 400, description = "`invalid_grant`: the refresh token is refused, or another client's; \
         `unsupported_grant_type`, which is looked at before all else; `invalid_scope`; `invalid_request`",
         body = OAuthErrorBody<'static>),
        (status = 401, description = "`invalid_client`: the client has not proven who it is", body = OAuthErrorBody<'static>,
         headers(("WWW-Authenticate" = String, description = "`Basic …` and `Bearer …`"))),
    )
)]
pub(super) async fn grant(State(app): State<App>, request: OAuthRequest) -> Response {
    let answer = refreshed(&app, request).await;
    answered(&app, answer)
}

async fn refreshed(app: &App, request: OAuthRequest) -> Result<Response, OAuthProblem> {
    let OAuthRequest { parts, form } = request;
    let form = form?;
    if required(&form, "grant_type")? != "refresh_token" {
        return Err(OAuthProblem::unsupported_grant_type());
    }
    let caller = Caller::of(app, &parts, &form).await?;
    let client = caller
        .client()
        .ok_or_else(|| OAuthProblem::invalid_client("the key is of no client"))?;
    let origin = caller.origin(app, &parts);
    let (result, answer) = match asked(app, &form)? {
        (Err(inactive), _) => (RefreshResult::Refused, Err(refused(app, inactive))),
        (Ok(token), scope) => {
            let scope = scope.as_deref();
            match app
                .symbolon()
                .refresh_for(&token, Grant { client, scope }, &origin)
                .await
            {
                Ok(Granted::Pair(issued)) => (RefreshResult::Pair, Ok(issued)),
                Ok(refusal) => (RefreshResult::Refused, Err(not_granted(app, refusal, client))),
                Err(error) => (RefreshResult::Undecided, Err(app.undecided(error).into())),
            }
        }
    };
    app.metrics().refreshed(result);
    Ok(granted(app, &*answer?, origin.at).await?)
}

/// The refresh token of a form, if it is one, and the scope.
type Asked = (Result<RawToken, Inactive>, Option<String>);

fn asked(app: &App, form: &Form) -> Result<Asked, OAuthProblem> {
    let token = Presented::of(app, required(form, "refresh_token")?).token();
    // A signed token is an access token.
    let token = token.and_then(|token| token.into_raw().ok_or(Inactive::Malformed));
    let scope = form.get("scope").map(|text| scope(text.to_owned())).transpose();
    let scope = scope.map_err(|problem| OAuthProblem::invalid_scope(problem.detail()))?;
    Ok((token, scope))
}

fn refused(app: &App, inactive: Inactive) -> OAuthProblem {
    let (reason, _) = told(app.settings().reasons, inactive);
    OAuthProblem::invalid_grant(format!("the refresh token is refused: {reason}"))
}

fn not_granted(app: &App, refusal: Granted, client: &ClientId) -> OAuthProblem {
    match refusal {
        Granted::Refused(inactive) => refused(app, inactive),
        Granted::ScopeExceeded => OAuthProblem::invalid_scope("the session does not allow so much"),
        Granted::OtherClient | Granted::Pair(_) => {
            tracing::warn!(
                client.id = client.as_str(),
                "a client presented the refresh token of another"
            );
            OAuthProblem::invalid_grant("the refresh token is another client's")
        }
    }
}
