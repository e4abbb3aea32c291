//! For gateways: one question for each request that a reverse proxy lets through.
//!
//! `/verify` answers any method, reads no body and needs no key, since it tells a caller only about the token that the
//! caller holds. It answers 200 with all four identity headers, always, so that a client's own headers of these names
//! cannot pass (CVE-2026-30851); or 401, 403, 503. What would be a 400 elsewhere is a 401 here, because nginx turns
//! every other refusal into a 500. The token may be in a browser's cookie: whoever stands in front of pages has nothing
//! else. That the browser was not led here by another site is for the application to see to, since it alone knows what the
//! request would change. Nothing that a client can set besides its token has any say, but that
//! `Symbolon-Min-Seq` may keep it waiting for a newer answer.
//!
//! [`from_memory`] is the hottest path of the product: no wait, no box, and no allocation but for the answer.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use symbolon::device::SeenFrom;
use symbolon::session::SessionId;
use symbolon::subject::Claims;
use symbolon::{Due, Live, Tier, Token, Verdict};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::bearer::{self, Presented, Proof};
use crate::metrics::Verified;
use crate::min_seq;
use crate::openapi::tag;
use crate::policy::{Policy, Unmet};
use crate::problem::{Code, Problem};
use crate::renewal;

/// The path that is answered before the router.
pub(crate) const PATH: &str = "/verify";

const X_SYMBOLON_SUBJECT: HeaderName = HeaderName::from_static("x-symbolon-subject");
const X_SYMBOLON_SESSION: HeaderName = HeaderName::from_static("x-symbolon-session");
const X_SYMBOLON_CLIENT: HeaderName = HeaderName::from_static("x-symbolon-client");
const X_SYMBOLON_CLAIMS: HeaderName = HeaderName::from_static("x-symbolon-claims");
const X_SYMBOLON_TIER: HeaderName = HeaderName::from_static("x-symbolon-tier");

/// The four of ours, and the two that every answer carries. It is what the smallest table but one holds, so that no
/// byte of it is written for nothing.
const HEADERS: usize = 6;

/// The client of a log-in that names none: most have no other.
const DEFAULT_CLIENT: &str = "default";

/// `{}` in base64url: nothing is claimed.
const NO_CLAIMS: HeaderValue = HeaderValue::from_static("e30");

/// What stays as it is in a percent-encoded name: the unreserved characters of RFC 3986 §2.3.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The routes of gateways.
pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(verify))
}

/// Ask whether a request may pass.
///
/// Any method. `audience`, `scope` and `max_age` are for the gateway's own configuration: what a token must be
/// besides live.
#[utoipa::path(
    method(get, head, post, put, patch, delete, options), path = "/verify", tag = tag::GATEWAYS,
    security(("access_token" = [])),
    params(
        ("audience" = Option<String>, Query, description = "The session must be for one of these names"),
        ("scope" = Option<String>, Query, description = "The session must allow each of these words"),
        ("max_age" = Option<String>, Query, description = "How long ago the subject may have proved who they are, in seconds"),
        ("Symbolon-Min-Seq" = Option<u64>, Header, description = "The answer knows of every revocation up to this position, as a receipt's `seq` says it"),
    ),
    responses(
        (status = 200, description = "It may pass", headers(
            ("X-Symbolon-Subject" = String, description = "Whose session it is, percent-encoded"),
            ("X-Symbolon-Session" = String, description = "The session's id"),
            ("X-Symbolon-Client" = String, description = "Which application holds the token, percent-encoded"),
            ("X-Symbolon-Claims" = String, description = "What is said about the subject: base64url of JSON"),
            ("X-Symbolon-Token" = Option<String>, description = "The next access token, near the end of one without a refresh token (`session.renew_before`): for the client"),
            ("X-Symbolon-Refresh" = Option<String>, description = "`due`: the token is near its end, and a refresh brings the next"),
        )),
        (status = 401, description = "`invalid_token`: no token, one that is refused, or a request that is not understood"),
        (status = 403, description = "`insufficient_scope`: the token is live but not what the gateway asks for"),
    )
)]
async fn verify(State(app): State<App>, uri: Uri, headers: HeaderMap) -> Response {
    judge(&app, &headers, uri.query()).await
}

/// The answer, if memory alone has it. `None`: ask [`judge`].
#[inline]
pub(crate) fn from_memory(app: &App, headers: &HeaderMap, query: Option<&str>) -> Option<Response> {
    if query.is_some() || min_seq::is_asked(headers) {
        return None;
    }
    let Ok(Proof {
        presented: Presented::Token(token),
        ..
    }) = bearer::without_query(app, headers)
    else {
        return None;
    };
    match app.symbolon().verify_from_memory(&token)? {
        // It goes out with the answer, and the store makes it.
        Verdict::Active(Live {
            due: Due::Renewal, ..
        }) => None,
        Verdict::Active(live) => {
            app.metrics().verified(Verified::Active, Tier::Near);
            Some(passed(app, &live))
        }
        Verdict::Inactive(inactive) => {
            app.metrics().verified(Verified::Inactive, Tier::Near);
            Some(app.refuse(inactive).into_response())
        }
    }
}

/// The answer, wherever it has to come from.
pub(crate) async fn judge(app: &App, headers: &HeaderMap, query: Option<&str>) -> Response {
    match decide(app, headers, query).await {
        Ok((live, token)) => {
            let mut response = passed(app, &live);
            // A gateway asks for others: where they are is not known.
            let next = renewal::next_token(app, &token, &live, SeenFrom::default()).await;
            if let Some(next) = next {
                renewal::hand_over(response.headers_mut(), &next);
            }
            response
        }
        Err(problem) if matches!(problem.code(), Code::InvalidRequest | Code::HeaderFieldsTooLarge) => {
            tracing::debug!(detail = problem.detail(), "a verify request is not understood");
            Problem::invalid_token("malformed").into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn decide(app: &App, headers: &HeaderMap, query: Option<&str>) -> Result<(Live, Token), Problem> {
    let presented = bearer::presented(app, headers, query)?.presented;
    let policy = Policy::of_query(query)?;
    min_seq::reached(app, headers).await?;
    let token = presented.token().map_err(|inactive| {
        app.metrics().verified(Verified::Inactive, Tier::Near);
        app.refuse(inactive)
    })?;
    let (verdict, tier) = verdict(app, &token).await?;
    let live = match verdict {
        Verdict::Active(live) => live,
        Verdict::Inactive(inactive) => {
            app.metrics().verified(Verified::Inactive, tier);
            return Err(app.refuse(inactive));
        }
    };
    let checked = policy.check(&live, app.symbolon().now());
    app.metrics().verified(
        if checked.is_ok() {
            Verified::Active
        } else {
            Verified::Unmet
        },
        tier,
    );
    match checked {
        Ok(()) => Ok((live, token)),
        Err(Unmet::Age(max_age)) => Err(Problem::reauth_required(max_age)),
        Err(Unmet::Audience) => Err(Problem::unmet_policy("the token is for another audience")),
        Err(Unmet::Scope) => Err(Problem::unmet_policy(
            "the token does not have the scope that is needed",
        )),
    }
}

/// The verdict on a token and the memory that it came from. One that cannot be had is counted here.
///
/// # Errors
/// 503.
pub(crate) async fn verdict(app: &App, token: &Token) -> Result<(Verdict, Tier), Problem> {
    app.symbolon().decide(token).await.map_err(|error| {
        app.metrics().verified(Verified::Undecided, Tier::Store);
        app.undecided(error)
    })
}

/// 200 and who it is.
fn passed(app: &App, live: &Live) -> Response {
    let mut headers = HeaderMap::with_capacity(HEADERS);
    headers.insert(X_SYMBOLON_SUBJECT, encoded(live.identity.subject()));
    headers.insert(X_SYMBOLON_SESSION, hyphenated(live.session_id));
    headers.insert(X_SYMBOLON_CLIENT, client(live.identity.client_id()));
    headers.insert(X_SYMBOLON_CLAIMS, claims(live.identity.claims()));
    name_tier(app, &mut headers, Some(live.tier));
    renewal::hint(&mut headers, live);
    let mut response = Response::new(Body::empty());
    *response.headers_mut() = headers;
    response
}

/// A name as a header's value. Percent-encoded text is header text, so the fallback is never used.
fn encoded(name: &str) -> HeaderValue {
    let text: std::borrow::Cow<'_, str> = utf8_percent_encode(name, ENCODED).into();
    HeaderValue::from_str(&text).unwrap_or(const { HeaderValue::from_static("") })
}

fn client(name: &str) -> HeaderValue {
    if name == DEFAULT_CLIENT {
        HeaderValue::from_static(DEFAULT_CLIENT)
    } else {
        encoded(name)
    }
}

fn claims(json: &str) -> HeaderValue {
    if json == Claims::NONE {
        return NO_CLAIMS;
    }
    // As above: base64url is header text.
    HeaderValue::try_from(BASE64URL_NOPAD.encode(json.as_bytes())).unwrap_or(NO_CLAIMS)
}

/// The hyphenated form of an id, without the formatting machinery: 36 bytes on the stack, copied once.
fn hyphenated(id: SessionId) -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    /// Where the two digits of each byte stand (RFC 9562 §4).
    const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let mut text = [b'-'; 36];
    for (byte, place) in id.as_bytes().iter().zip(PLACES) {
        text[place] = DIGITS[usize::from(byte >> 4)];
        text[place + 1] = DIGITS[usize::from(byte & 15)];
    }
    HeaderValue::from_bytes(&text).unwrap_or(const { HeaderValue::from_static("") })
}

/// Names the memory that an answer came from, where a deployment wants to see it.
pub(crate) fn name_tier(app: &App, headers: &mut HeaderMap, tier: Option<Tier>) {
    if !app.settings().debug_tier {
        return;
    }
    let name = match tier {
        Some(Tier::Near) => "near",
        Some(Tier::Shared) => "shared",
        Some(Tier::Store) => "store",
        None => return,
    };
    headers.insert(X_SYMBOLON_TIER, HeaderValue::from_static(name));
}

#[cfg(test)]
mod tests {
    use symbolon::session::SessionId;

    use super::{claims, encoded, hyphenated};

    #[test]
    fn an_id_is_written_as_everywhere() {
        for bytes in [
            [0; 16],
            [0xff; 16],
            std::array::from_fn(|i| u8::try_from(i * 17).unwrap()),
        ] {
            let id = SessionId::from_bytes(bytes);
            assert_eq!(hyphenated(id), id.to_string().as_str());
        }
    }

    #[test]
    fn a_name_is_percent_encoded_and_cannot_break_out_of_its_header() {
        assert_eq!(encoded("user-1024._~"), "user-1024._~");
        assert_eq!(encoded("a b,c\"d%"), "a%20b%2Cc%22d%25");
        assert_eq!(encoded("虎"), "%E8%99%8E");
        assert_eq!(encoded("x\r\nX-Evil: 1"), "x%0D%0AX-Evil%3A%201");
        assert_eq!(encoded(""), "");
    }

    #[test]
    fn claims_are_base64url_of_their_json() {
        assert_eq!(claims("{}"), "e30");
        assert_eq!(claims(r#"{"a":"虎"}"#), "eyJhIjoi6JmOIn0");
    }
}
