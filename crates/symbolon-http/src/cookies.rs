//! The cookies that hold a browser's tokens (RFC 6265bis), so that no script ever sees one.
//!
//! `__Host-symbolon` holds the access token and `__Secure-symbolon-refresh` the refresh token. The first prefix makes
//! browsers refuse a cookie of that name from any other host. The second cannot promise that, since its cookie goes to
//! `/v1` alone; so the refresh token counts only beside an access token of the same session, which nobody else can have
//! put there.
//!
//! Reading is a dozen lines for exactly two names and writing is two lines of text, so no crate is used for it.

mod jar;
mod read;
mod write;

pub(crate) use jar::Jar;
pub(crate) use read::{CookieFault, Cookies};
pub(crate) use write::{clear, set, set_known_device};

/// What is put behind a refresh token whose cookies outlive the browser: `remember` at log-in. A browser does not say
/// which of its cookies last, and the pair that follows is to last as long.
pub(crate) const LASTING: &str = ".remember";

/// How cookies are written and taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CookieSettings {
    /// Whether they go over https alone. `false` is for development over plain http: the names then are `symbolon` and
    /// `symbolon-refresh`, since browsers keep the prefixes for `Secure` cookies.
    pub secure: bool,
    /// Whether a log-out by cookie has the browser forget what else it keeps for this site (`Clear-Site-Data`).
    pub clear_site_data: bool,
}

impl Default for CookieSettings {
    fn default() -> Self {
        Self {
            secure: true,
            clear_site_data: true,
        }
    }
}

impl CookieSettings {
    /// The name of the cookie of the access token.
    #[must_use]
    pub fn access_name(self) -> &'static str {
        if self.secure {
            "__Host-symbolon"
        } else {
            "symbolon"
        }
    }

    /// The name of the cookie of the proof of a known device, which outlives the session.
    #[must_use]
    pub fn known_device_name(self) -> &'static str {
        if self.secure {
            "__Host-symbolon-device"
        } else {
            "symbolon-device"
        }
    }

    /// The name of the cookie of the refresh token.
    #[must_use]
    pub fn refresh_name(self) -> &'static str {
        if self.secure {
            "__Secure-symbolon-refresh"
        } else {
            "symbolon-refresh"
        }
    }
}
