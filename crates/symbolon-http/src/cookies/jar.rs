use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;
use symbolon::Token;
use symbolon::verdict::Inactive;

use super::{CookieFault, Cookies, LASTING};
use crate::app::App;
use crate::bearer::Presented;
use crate::csrf::{self, NotOurPage};
use crate::problem::Problem;

/// What a browser has of ours, for the routes that use more than the access token. Nothing is refused before it is
/// used.
pub(crate) struct Jar {
    access: Result<Presented, CookieFault>,
    refresh: Result<Presented, CookieFault>,
    lasting: bool,
    known_device: Option<String>,
    asked_by: Result<(), NotOurPage>,
    is_empty: bool,
}

impl Jar {
    /// That a page of ours asks.
    ///
    /// # Errors
    /// 403: it is not shown.
    pub(crate) fn is_ours(&self) -> Result<(), Problem> {
        Ok(self.asked_by?)
    }

    /// The proof of a known device. One that is there twice is none: it is no reason to refuse a log-in.
    pub(crate) fn known_device(&self) -> Option<String> {
        self.known_device.clone()
    }

    /// Whether there is no cookie of a token.
    pub(crate) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Whether the cookies outlive the browser.
    pub(crate) fn is_lasting(&self) -> bool {
        self.lasting
    }

    /// The refresh token, where it is proof: a page of ours asks, and the access token beside it is of the same session.
    ///
    /// # Errors
    /// 400, 403 or 431. The inner error: there is none, or none that counts.
    pub(crate) fn rotating(self) -> Result<Result<Token, Inactive>, Problem> {
        if self.is_empty {
            return Ok(Err(Inactive::Absent));
        }
        self.asked_by?;
        let (access, refresh) = (self.access?.token(), self.refresh?.token());
        Ok(match (access, refresh) {
            (Ok(access), Ok(refresh)) if access.session_id() == refresh.session_id() => Ok(refresh),
            (Err(inactive), _) | (_, Err(inactive)) => Err(inactive),
            // Some other host may have put it there.
            (Ok(_), Ok(_)) => Err(Inactive::Malformed),
        })
    }

    /// The refresh token alone: proof enough to end its session.
    ///
    /// # Errors
    /// 400, 403 or 431.
    pub(crate) fn ending(self) -> Result<Presented, Problem> {
        let refresh = self.refresh?;
        if !matches!(refresh, Presented::Nothing) {
            self.asked_by?;
        }
        Ok(refresh)
    }

    /// What comes with a request.
    pub(crate) fn of(app: &App, parts: &Parts) -> Self {
        let settings = app.settings().cookies;
        let access = value(&parts.headers, settings.access_name());
        let refresh = value(&parts.headers, settings.refresh_name());
        let is_empty = matches!((&access, &refresh), (Ok(None), Ok(None)));
        let (refresh, lasting) = match refresh {
            Ok(Some(marked)) => match marked.strip_suffix(LASTING.as_bytes()) {
                Some(bare) => (Ok(Some(bare)), true),
                None => (Ok(Some(marked)), false),
            },
            other => (other, false),
        };
        Self {
            access: access.map(|value| Presented::of_bytes(app, value)),
            refresh: refresh.map(|value| Presented::of_bytes(app, value)),
            lasting,
            known_device: known_device(&parts.headers, settings.known_device_name()),
            asked_by: csrf::check(app, parts),
            is_empty,
        }
    }
}

fn known_device(headers: &HeaderMap, name: &str) -> Option<String> {
    let proof = value(headers, name).ok().flatten()?;
    std::str::from_utf8(proof).ok().map(str::to_owned)
}

fn value<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h [u8]>, CookieFault> {
    Cookies::of(headers).map_or(Ok(None), |cookies| cookies.value(name))
}

impl FromRequestParts<App> for Jar {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        Ok(Self::of(app, parts))
    }
}
