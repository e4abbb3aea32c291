//! Whose session it is, which application holds it, and what the issuer says about it.

use std::fmt;

/// A name is not one that can be stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// No character at all.
    #[error("it must not be empty")]
    Empty,
    /// Longer than the limit, in bytes of UTF-8.
    #[error("it must have at most {max} bytes")]
    TooLong {
        /// The limit.
        max: usize,
    },
    /// A control character, which would forge lines in a log or a header.
    #[error("it must not contain control characters")]
    Control,
}

/// A text of 1 to `max` bytes without control characters.
pub(crate) fn checked(text: String, max: usize) -> Result<String, NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    if text.len() > max {
        return Err(NameError::TooLong { max });
    }
    if text.chars().any(char::is_control) {
        return Err(NameError::Control);
    }
    Ok(text)
}

/// Whose session it is (RFC 7519 `sub`): opaque to Symbolon.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct SubjectId(String);

/// The longest subject, in bytes: RFC 7519 sets none; OpenID Connect Core 1.0, section 2, allows 255.
pub const SUBJECT_LEN_MAX: usize = 255;

impl SubjectId {
    /// A subject of 1 to [`SUBJECT_LEN_MAX`] bytes without control characters.
    ///
    /// # Errors
    /// When the text is not such a name.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        checked(text.into(), SUBJECT_LEN_MAX).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SubjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which application holds the tokens (RFC 6749 `client_id`).
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ClientId(String);

/// The longest client id, in bytes.
pub const CLIENT_LEN_MAX: usize = 128;

impl ClientId {
    /// A client id of 1 to [`CLIENT_LEN_MAX`] bytes without control characters.
    ///
    /// # Errors
    /// When the text is not such a name.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        checked(text.into(), CLIENT_LEN_MAX).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ClientId {
    /// The client of a log-in that names none.
    fn default() -> Self {
        Self("default".to_owned())
    }
}

/// What the issuer says about the subject: the text of a JSON object, kept as it was given.
///
/// The domain does not read it; the edge has checked that it is one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claims(String);

/// The longest claims, in bytes: they are part of each cached session and of a gateway's headers.
pub const CLAIMS_LEN_MAX: usize = 4096;

impl Claims {
    /// The claims of a session for which none were given.
    pub const NONE: &'static str = "{}";

    /// Keeps the text of a JSON object.
    ///
    /// # Errors
    /// When it is longer than [`CLAIMS_LEN_MAX`] bytes.
    pub fn new(json: impl Into<String>) -> Result<Self, NameError> {
        let json = json.into();
        if json.len() > CLAIMS_LEN_MAX {
            return Err(NameError::TooLong { max: CLAIMS_LEN_MAX });
        }
        Ok(Self(json))
    }

    /// The text.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.0
    }

    /// Whether nothing is claimed.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0 == Self::NONE
    }
}

impl Default for Claims {
    fn default() -> Self {
        Self(Self::NONE.to_owned())
    }
}
