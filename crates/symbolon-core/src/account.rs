//! Accounts: only what the built-in log-in needs.

use crate::clock::Timestamp;
use crate::subject::{NameError, SubjectId};

/// The longest account name, in bytes.
pub const ACCOUNT_NAME_MAX: usize = 128;

/// The name of an account: trimmed, and compared without regard to case, so that spellings of one
/// name share one account and one throttle.
#[derive(Clone, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct AccountName(String);

impl AccountName {
    /// A name of 1 to [`ACCOUNT_NAME_MAX`] bytes without control characters.
    ///
    /// # Errors
    /// When the text is not such a name.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let text = text.trim().to_lowercase();
        if text.len() > ACCOUNT_NAME_MAX {
            return Err(NameError::TooLong {
                max: ACCOUNT_NAME_MAX,
            });
        }
        SubjectId::new(text).map(|checked| Self(checked.as_str().to_owned()))
    }

    /// The folded text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an account may do with the API.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Role {
    /// Only its own sessions.
    #[default]
    User,
    /// Reads everything.
    Viewer,
    /// Does everything.
    Admin,
}

impl Role {
    /// The word that stands in stores and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Viewer => "viewer",
            Self::Admin => "admin",
        }
    }

    /// The role of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::User, Self::Viewer, Self::Admin]
            .into_iter()
            .find(|role| role.as_str() == word)
    }
}

/// Whether an account can log in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AccountState {
    /// It can.
    #[default]
    Enabled,
    /// An operator said no.
    Disabled,
    /// A hundred wrong passwords in a row: a new password must be set
    /// (NIST SP 800-63B-4, section 3.2.2).
    PasswordDisabled,
}

impl AccountState {
    /// The word that stands in stores and answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::PasswordDisabled => "password_disabled",
        }
    }

    /// The state of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Enabled, Self::Disabled, Self::PasswordDisabled]
            .into_iter()
            .find(|state| state.as_str() == word)
    }
}

/// A password's image in the PHC string format. It does not show itself.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A PHC string as stored or just made.
    #[must_use]
    pub fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string, to store or to compare with.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// An account, as the store keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Its name.
    pub name: AccountName,
    /// Whose sessions it begins.
    pub subject: SubjectId,
    /// The image of its password.
    pub password: PasswordHash,
    /// What it may do.
    pub role: Role,
    /// Whether it can log in.
    pub state: AccountState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its password was last set.
    pub password_changed_at: Timestamp,
}
