//! What an answer says about the end of the access token that was presented: the next token where it can be had, or a
//! hint that it is time to refresh. Neither ever changes the answer itself.

use http::{HeaderMap, HeaderName, HeaderValue};
use symbolon::device::SeenFrom;
use symbolon::{Due, Live, Symbolon, Token};
use zeroize::Zeroizing;

use crate::app::App;
use crate::metrics::RenewalResult;

/// The next access token, on an answer of `/verify`. It is for the client: a gateway passes it back, not on.
const X_SYMBOLON_TOKEN: HeaderName = HeaderName::from_static("x-symbolon-token");
/// `due`: the token is near its end, and the session has a refresh token to present.
const X_SYMBOLON_REFRESH: HeaderName = HeaderName::from_static("x-symbolon-refresh");

/// The text of the next access token, if the one presented is near its end and its session has no refresh token.
/// Where it cannot be had now, the presented one goes on as it is, and a later request asks again.
pub(crate) async fn next_token(
    app: &App,
    token: &Token,
    live: &Live,
    seen_from: SeenFrom,
) -> Option<Zeroizing<String>> {
    if live.due != Due::Renewal {
        return None;
    }
    let actor = Symbolon::actor_of(live.identity.subject());
    let origin = app.symbolon().origin(actor, seen_from);
    let renewed = match app.symbolon().renew(token, &origin).await {
        Ok(Some(renewed)) => renewed,
        Ok(None) => {
            app.metrics().renewed(RenewalResult::Kept);
            return None;
        }
        Err(error) => {
            tracing::warn!(%error, session.id = %live.session_id, "an access token could not be renewed now");
            app.metrics().renewed(RenewalResult::Undecided);
            return None;
        }
    };
    match app.symbolon().access_text(&renewed).await {
        Ok(text) => {
            app.metrics().renewed(RenewalResult::Token);
            Some(text)
        }
        Err(error) => {
            tracing::warn!(%error, session.id = %live.session_id, "a renewed access token could not be signed now");
            app.metrics().renewed(RenewalResult::Undecided);
            None
        }
    }
}

/// Hands the next token to the client of a gateway.
pub(crate) fn hand_over(headers: &mut HeaderMap, token: &str) {
    // A token of either style is header text.
    if let Ok(mut value) = HeaderValue::from_str(token) {
        value.set_sensitive(true);
        headers.insert(X_SYMBOLON_TOKEN, value);
    }
}

/// Says that it is time to refresh, where it is.
#[inline]
pub(crate) fn hint(headers: &mut HeaderMap, live: &Live) {
    if live.due == Due::Refresh {
        headers.insert(X_SYMBOLON_REFRESH, HeaderValue::from_static("due"));
    }
}
