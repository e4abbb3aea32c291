//! That a request which proves itself by a cookie was made by a page of ours (OWASP, Cross-Site Request Forgery).
//!
//! A browser sends cookies along whoever makes it ask. So an unsafe method needs two things that the page of another
//! site cannot add: the header `X-Symbolon: 1`, which a form cannot send at all and a script only after we agreed to it
//! (see [`crate::cors`]); and the browser's own word about where the request comes from, `Sec-Fetch-Site: same-origin`.
//! A browser that does not give that word says `Origin`, which then must be where it reached us. `same-site` is not
//! enough: a sibling subdomain is somebody else.
//!
//! An origin that the operator listed for CORS may ask with cookies too: it may ask for anything else already, and its
//! browser lets it send `X-Symbolon` for that reason alone.
//!
//! A token in `Authorization` needs none of this: no browser adds one by itself. Neither does `/verify`: it changes
//! nothing, and what the request behind it may do is the application's to judge.

use http::header::ORIGIN;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};

use crate::app::App;
use crate::listen::Peer;
use crate::problem::Problem;
use crate::web_origin::Arrival;

const X_SYMBOLON: HeaderName = HeaderName::from_static("x-symbolon");
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Why a request is not known to come from a page of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotOurPage {
    /// The header that only our pages send is missing.
    #[error("a request with a cookie needs the header X-Symbolon: 1")]
    Unmarked,
    /// The browser says that another site asks, or nobody says who.
    #[error("a request with a cookie must come from a page of this origin")]
    Elsewhere,
}

impl From<NotOurPage> for Problem {
    fn from(fault: NotOurPage) -> Self {
        Self::cross_site(match fault {
            NotOurPage::Unmarked => "a request with a cookie needs the header X-Symbolon: 1",
            NotOurPage::Elsewhere => {
                "a request with a cookie must come from a page of this origin (Sec-Fetch-Site, Origin)"
            }
        })
    }
}

/// Whether a method may change something (RFC 9110 §9.2.1).
pub(crate) fn is_unsafe(method: &Method) -> bool {
    !method.is_safe()
}

/// That a page of ours asks.
///
/// # Errors
/// What speaks against it.
pub(crate) fn check(app: &App, parts: &Parts) -> Result<(), NotOurPage> {
    let headers = &parts.headers;
    if single(headers, &X_SYMBOLON) != Said::Once("1") {
        return Err(NotOurPage::Unmarked);
    }
    let is_ours = app.settings().cors_origins.listed(headers).is_some()
        || match single(headers, &SEC_FETCH_SITE) {
            Said::Once(site) => site == "same-origin",
            Said::Never => is_own_origin(app, parts),
            Said::Unclear => false,
        };
    if is_ours {
        Ok(())
    } else {
        Err(NotOurPage::Elsewhere)
    }
}

fn is_own_origin(app: &App, parts: &Parts) -> bool {
    let (Said::Once(origin), Some(peer)) = (single(&parts.headers, &ORIGIN), parts.extensions.get::<Peer>())
    else {
        return false;
    };
    Arrival::of(peer, &app.settings().trusted_proxies).is_own(origin, &parts.uri, &parts.headers)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said<'h> {
    Never,
    Once(&'h str),
    /// Twice, or something that is no text.
    Unclear,
}

fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Said<'h> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Said::Never,
        (Some(value), None) => value.to_str().map_or(Said::Unclear, Said::Once),
        _ => Said::Unclear,
    }
}
