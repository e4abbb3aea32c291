//! What a person recognises a session by, and what was observed of it.

use std::net::IpAddr;

/// The longest text of a device or a user agent that is kept, in bytes; longer ones are cut.
pub const DEVICE_TEXT_MAX: usize = 256;

/// What a person recognises: given at log-in, never proof of anything.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Device {
    /// The application's own id of it.
    pub id: Option<String>,
    /// What sort it is: `web`, `ios`, `android`, `desktop` or another word of the application.
    pub kind: Option<String>,
    /// What its owner calls it.
    pub name: Option<String>,
    /// The operating system, read from the user agent.
    pub os: Option<String>,
    /// The browser, read from the user agent.
    pub browser: Option<String>,
}

/// Where a request came from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SeenFrom {
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// Its `User-Agent` (RFC 9110, section 10.1.5).
    pub user_agent: Option<String>,
}

/// Cuts a text to [`DEVICE_TEXT_MAX`] bytes at a character, without control characters.
#[must_use]
pub fn kept_text(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    let mut end = clean.len().min(DEVICE_TEXT_MAX);
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    clean[..end].to_owned()
}
