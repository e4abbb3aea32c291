//! The 200 of a gateway: who it is, in headers, and no body.

use std::sync::LazyLock;

use axum::body::Body;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use symbolon::Live;
use symbolon::session::SessionId;
use symbolon::subject::Claims;

use super::name_tier;
use crate::app::App;
use crate::renewal;
use crate::request_id::{RequestId, X_REQUEST_ID};

/// The headers whose values are this answer's own, in the order in which [`passed`] gives them.
const OWN: [HeaderName; 5] = [
    HeaderName::from_static("x-symbolon-subject"),
    HeaderName::from_static("x-symbolon-session"),
    HeaderName::from_static("x-symbolon-client"),
    HeaderName::from_static("x-symbolon-claims"),
    X_REQUEST_ID,
];

/// The answer with empty places, and `Cache-Control`. To copy it costs half of what it costs to find the place of each
/// name anew. The six are what the smallest table but one holds, so that no byte of it is copied for nothing.
static BLANK: LazyLock<HeaderMap> = LazyLock::new(|| {
    let mut headers = HeaderMap::with_capacity(OWN.len() + 1);
    for name in OWN {
        headers.append(name, HeaderValue::from_static(""));
    }
    headers.append(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
});

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

/// 200 and who it is. It goes no further than the gateway, so it carries, besides, only what no answer goes out without:
/// the id of the request and `Cache-Control`.
pub(super) fn passed(app: &App, id: RequestId, live: &Live) -> Response {
    let mut headers = BLANK.clone();
    let values = [
        encoded(live.identity.subject()),
        hyphenated(live.session_id),
        client(live.identity.client_id()),
        claims(live.identity.claims()),
        id.header(),
    ];
    // The order of a map's values is the one in which they came in. Should it ever be another, its test says so.
    for (place, value) in headers.values_mut().zip(values) {
        *place = value;
    }
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

#[cfg(test)]
mod tests {
    use symbolon::session::SessionId;

    use super::{BLANK, OWN, claims, encoded, hyphenated};

    #[test]
    fn each_value_goes_to_its_own_name() {
        let mut headers = BLANK.clone();
        for (place, name) in headers.values_mut().zip(&OWN) {
            *place = name.as_str().parse().unwrap();
        }
        assert_eq!(headers.len(), OWN.len() + 1);
        for name in &OWN {
            assert_eq!(headers[name], name.as_str());
        }
        assert_eq!(headers["cache-control"], "no-store");
    }

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
