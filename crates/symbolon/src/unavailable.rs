//! What cannot be decided now.

use std::time::Duration;

use symbolon_accounts::accounts::AccountError;
use symbolon_accounts::password::pool::PoolError;
use symbolon_core::store::StoreError;
use symbolon_node::Undecided;

/// It cannot be decided now; nothing about a token or a password follows from it. Try again.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unavailable {
    /// The node cannot decide.
    #[error(transparent)]
    Undecided(#[from] Undecided),
    /// More passwords wait to be compared than can be in time.
    #[error("too many passwords wait to be compared")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// A stored password cannot be read, or hashing failed: an operator must look.
    #[error("a password cannot be compared: {0}")]
    Password(String),
    /// An access token cannot be signed: an operator must look.
    #[error("an access token cannot be signed: {0}")]
    Signing(String),
}

impl From<StoreError> for Unavailable {
    fn from(error: StoreError) -> Self {
        Self::Undecided(Undecided::Store(error))
    }
}

impl From<PoolError> for Unavailable {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Busy { retry_after } => Self::Busy { retry_after },
            other => Self::Password(other.to_string()),
        }
    }
}

impl From<AccountError> for Unavailable {
    /// What is no fault of the request. What is one is told apart before, where it can happen.
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            AccountError::Pool(error) => error.into(),
            other => Self::Password(other.to_string()),
        }
    }
}

impl Unavailable {
    /// When to try again.
    #[must_use]
    pub fn retry_after(&self) -> Duration {
        match self {
            Self::Undecided(_) => Duration::from_secs(1),
            Self::Busy { retry_after } => *retry_after,
            // An operator must look first.
            Self::Password(_) | Self::Signing(_) => Duration::from_secs(30),
        }
    }
}
