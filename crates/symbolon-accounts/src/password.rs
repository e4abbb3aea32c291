//! A password in the clear, for as short a time as possible.

pub mod cost;
mod phc;
pub mod pool;
pub mod rules;

use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The longest password, in bytes of UTF-8. It is refused beyond, never cut: two passwords that
/// differ anywhere are different. NIST SP 800-63B-4, section 3.1.1.2, asks for at least 64
/// characters; the limit is there because every byte is hashed before anything is known of its sender.
pub const PASSWORD_LEN_MAX: usize = 1024;

/// A password as a person gave it, in Unicode's form NFC (NIST SP 800-63B-4, section 3.1.1.2), so
/// that two keyboards give the same bytes. It is wiped when dropped.
///
/// It cannot be printed, copied or compared:
/// ```compile_fail
/// fn show(password: symbolon_accounts::password::Password) -> String { format!("{password:?}") }
/// ```
/// ```compile_fail
/// fn show(password: symbolon_accounts::password::Password) -> String { format!("{password}") }
/// ```
/// ```compile_fail
/// fn copy(password: &symbolon_accounts::password::Password) -> symbolon_accounts::password::Password { password.clone() }
/// ```
/// ```compile_fail
/// use symbolon_accounts::password::Password;
/// fn same(a: Password, b: Password) -> bool { a == b }
/// ```
pub struct Password(Zeroizing<String>);

/// A text is too long for a password.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a password may have at most {PASSWORD_LEN_MAX} bytes: give a shorter one, it is never cut")]
pub struct TooLong;

impl Password {
    /// Takes a password of at most [`PASSWORD_LEN_MAX`] bytes, as given. Whether it is a good one is
    /// asked only of new ones, by [`rules`].
    ///
    /// # Errors
    /// When it is longer.
    pub fn new(text: &str) -> Result<Self, TooLong> {
        if text.len() > PASSWORD_LEN_MAX {
            return Err(TooLong);
        }
        // NFC makes a text at the most three times as long (UAX #15): room for all of it from the
        // start, so that growing leaves no copy behind that is not wiped.
        let mut composed = Zeroizing::new(String::with_capacity(text.len() * 3));
        composed.extend(text.nfc());
        Ok(Self(composed))
    }

    fn as_str(&self) -> &str {
        &self.0
    }

    /// The same password once more, for the one place that needs it twice.
    pub(crate) fn again(&self) -> Self {
        Self(self.0.clone())
    }
}
