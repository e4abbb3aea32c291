use std::time::Duration;

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};
use symbolon::KNOWN_DEVICE_TTL;
use zeroize::Zeroizing;

use super::{CookieSettings, LASTING};

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// Name and value of one cookie, in bytes: beyond it browsers drop the cookie without a word (RFC 6265bis §5.6).
const COOKIE_MAX: usize = 4096;

/// A token that no browser would keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a token is too large for a cookie")]
pub(crate) struct CookieTooLarge;

impl CookieSettings {
    /// What stands behind the value. `Lax` lets a link from elsewhere lead to a page that knows its user; nothing that
    /// changes anything is reached by a link.
    fn access_attributes(self) -> &'static str {
        if self.secure {
            "; Path=/; Secure; HttpOnly; SameSite=Lax"
        } else {
            "; Path=/; HttpOnly; SameSite=Lax"
        }
    }

    /// It is read by a page of ours alone, so no link from elsewhere needs to bring it.
    fn known_device_attributes(self) -> &'static str {
        if self.secure {
            "; Path=/; Secure; HttpOnly; SameSite=Strict"
        } else {
            "; Path=/; HttpOnly; SameSite=Strict"
        }
    }

    fn refresh_attributes(self) -> &'static str {
        if self.secure {
            "; Path=/v1; Secure; HttpOnly; SameSite=Strict"
        } else {
            "; Path=/v1; HttpOnly; SameSite=Strict"
        }
    }
}

/// Puts both tokens into cookies: until the browser ends, or for as long as `lasting` says.
///
/// # Errors
/// When a browser would not keep one. Nothing is put there then.
pub(crate) fn set(
    settings: CookieSettings,
    headers: &mut HeaderMap,
    access: &str,
    refresh: Option<&str>,
    lasting: Option<Duration>,
) -> Result<(), CookieTooLarge> {
    let mark = if lasting.is_some() { LASTING } else { "" };
    let access = cookie(
        settings.access_name(),
        &[access, settings.access_attributes()],
        lasting,
    )?;
    let refresh = refresh
        .map(|refresh| {
            cookie(
                settings.refresh_name(),
                &[refresh, mark, settings.refresh_attributes()],
                lasting,
            )
        })
        .transpose()?;
    headers.append(SET_COOKIE, access);
    if let Some(refresh) = refresh {
        headers.append(SET_COOKIE, refresh);
    }
    Ok(())
}

/// Puts the proof of a known device into a cookie that outlives the browser.
///
/// # Errors
/// When a browser would not keep it.
pub(crate) fn set_known_device(
    settings: CookieSettings,
    headers: &mut HeaderMap,
    proof: &str,
) -> Result<(), CookieTooLarge> {
    let parts = [proof, settings.known_device_attributes()];
    let cookie = cookie(settings.known_device_name(), &parts, Some(KNOWN_DEVICE_TTL))?;
    headers.append(SET_COOKIE, cookie);
    Ok(())
}

/// Takes both cookies of tokens back and, where a deployment wants it, all else that the browser keeps for this site.
pub(crate) fn clear(settings: CookieSettings, headers: &mut HeaderMap) {
    let pairs = [
        (settings.access_name(), settings.access_attributes()),
        (settings.refresh_name(), settings.refresh_attributes()),
    ];
    for (name, attributes) in pairs {
        // Without a value it is far below the limit.
        if let Ok(cookie) = cookie(name, &[attributes], Some(Duration::ZERO)) {
            headers.append(SET_COOKIE, cookie);
        }
    }
    if settings.clear_site_data {
        headers.insert(
            CLEAR_SITE_DATA,
            HeaderValue::from_static(r#""cookies", "storage""#),
        );
    }
}

/// One `Set-Cookie`. The text is wiped; the header's own copy lives until the answer is written.
fn cookie(name: &str, parts: &[&str], lasting: Option<Duration>) -> Result<HeaderValue, CookieTooLarge> {
    let value = parts.iter().rev().skip(1).map(|part| part.len()).sum::<usize>();
    if name.len() + value > COOKIE_MAX {
        return Err(CookieTooLarge);
    }
    let age = lasting.map(|life| format!("; Max-Age={}", life.as_secs()));
    let text = Zeroizing::new([name, "=", &parts.concat(), age.as_deref().unwrap_or_default()].concat());
    let mut value = HeaderValue::from_str(&text).map_err(|_| CookieTooLarge)?;
    // Neither shown by `Debug` nor kept in the compression table of HTTP/2.
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;
    use http::header::SET_COOKIE;

    use super::{COOKIE_MAX, CookieTooLarge, clear, set, set_known_device};
    use crate::cookies::CookieSettings;

    const SECURE: CookieSettings = CookieSettings {
        secure: true,
        clear_site_data: true,
    };
    const PLAIN: CookieSettings = CookieSettings {
        secure: false,
        clear_site_data: false,
    };

    fn lines(headers: &HeaderMap) -> Vec<&str> {
        headers
            .get_all(SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    #[test]
    fn a_known_device_is_known_for_ninety_days() {
        for (settings, line) in [
            (
                SECURE,
                "__Host-symbolon-device=d; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=7776000",
            ),
            (
                PLAIN,
                "symbolon-device=d; Path=/; HttpOnly; SameSite=Strict; Max-Age=7776000",
            ),
        ] {
            let mut headers = HeaderMap::new();
            set_known_device(settings, &mut headers, "d").unwrap();
            assert_eq!(lines(&headers), [line]);
        }
    }

    #[test]
    fn both_tokens_are_put_away_with_every_attribute() {
        let mut headers = HeaderMap::new();
        set(SECURE, &mut headers, "a", Some("r"), None).unwrap();
        assert_eq!(
            lines(&headers),
            [
                "__Host-symbolon=a; Path=/; Secure; HttpOnly; SameSite=Lax",
                "__Secure-symbolon-refresh=r; Path=/v1; Secure; HttpOnly; SameSite=Strict",
            ]
        );
        assert!(
            headers
                .get_all(SET_COOKIE)
                .iter()
                .all(http::HeaderValue::is_sensitive)
        );
        assert!(!format!("{headers:?}").contains("__Host"));
    }

    #[test]
    fn what_is_to_last_says_for_how_long_and_the_refresh_token_says_so_again() {
        let mut headers = HeaderMap::new();
        let life = Some(Duration::from_secs(2_592_000));
        set(PLAIN, &mut headers, "a", Some("r"), life).unwrap();
        assert_eq!(
            lines(&headers),
            [
                "symbolon=a; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000",
                "symbolon-refresh=r.remember; Path=/v1; HttpOnly; SameSite=Strict; Max-Age=2592000",
            ]
        );
    }

    #[test]
    fn a_session_without_a_refresh_token_has_one_cookie() {
        let mut headers = HeaderMap::new();
        set(SECURE, &mut headers, "a", None, None).unwrap();
        assert_eq!(lines(&headers).len(), 1);
    }

    #[test]
    fn cookies_are_taken_back_by_name_path_and_prefix() {
        let mut headers = HeaderMap::new();
        clear(SECURE, &mut headers);
        assert_eq!(
            lines(&headers),
            [
                "__Host-symbolon=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
                "__Secure-symbolon-refresh=; Path=/v1; Secure; HttpOnly; SameSite=Strict; Max-Age=0",
            ]
        );
        assert_eq!(headers["clear-site-data"], r#""cookies", "storage""#);
        let mut headers = HeaderMap::new();
        clear(PLAIN, &mut headers);
        assert_eq!(
            lines(&headers),
            [
                "symbolon=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0",
                "symbolon-refresh=; Path=/v1; HttpOnly; SameSite=Strict; Max-Age=0",
            ]
        );
        assert!(!headers.contains_key("clear-site-data"));
    }

    #[test]
    fn a_cookie_has_4096_bytes_at_the_most_and_none_is_half_set() {
        let mut headers = HeaderMap::new();
        let largest = "x".repeat(COOKIE_MAX - "__Host-symbolon".len());
        assert_eq!(set(SECURE, &mut headers, &largest, Some("r"), None), Ok(()));
        let mut headers = HeaderMap::new();
        let larger = format!("{largest}x");
        assert_eq!(
            set(SECURE, &mut headers, &larger, Some("r"), None),
            Err(CookieTooLarge)
        );
        assert_eq!(
            set(SECURE, &mut headers, "a", Some(&larger), None),
            Err(CookieTooLarge)
        );
        assert!(headers.is_empty());
        let mark = "x".repeat(COOKIE_MAX - "__Secure-symbolon-refresh.remember".len());
        let life = Some(Duration::from_secs(1));
        assert_eq!(set(SECURE, &mut headers, "a", Some(&mark), life), Ok(()));
        let mut headers = HeaderMap::new();
        let mark = format!("{mark}x");
        assert_eq!(
            set(SECURE, &mut headers, "a", Some(&mark), life),
            Err(CookieTooLarge)
        );
    }
}
