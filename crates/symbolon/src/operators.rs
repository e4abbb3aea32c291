//! What an operator does with accounts and API keys.

use symbolon_accounts::accounts::{self, AccountError, Conflict};
use symbolon_accounts::api_keys::{ApiKeyError, NewApiKey};
use symbolon_core::account::{Account, AccountName, AccountState, Role};
use symbolon_core::api_key::{ApiKey, ApiKeyId, Scopes};
use symbolon_core::audit::Origin;
use symbolon_core::clock::Timestamp;
use symbolon_core::store::{AccountStore as _, ApiKeyStore as _, CutDone};
use symbolon_core::subject::{ClientId, SubjectId};
use symbolon_core::token::RawToken;
use symbolon_node::{Receipt, Undecided};

use crate::{Password, Symbolon, Unavailable};

/// An account to make.
pub struct NewAccount {
    /// Its name as it was typed.
    pub name: String,
    /// Its password.
    pub password: Password,
    /// Whose sessions it begins; its name if not given.
    pub subject: Option<SubjectId>,
    /// What it may do.
    pub role: Role,
}

/// Why an operator's change was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountFault {
    /// The name or password is not one that is taken: why, and how to mend it.
    #[error("{0}")]
    Refused(String),
    /// The name or the subject is taken.
    #[error("an account of that name or subject is there already")]
    Taken,
    /// There is none of that name.
    #[error("there is no account of that name")]
    NotFound,
    /// It is the last enabled administrator.
    #[error("it is the last administrator that can log in; make another one first")]
    LastAdministrator,
    /// It does not fit what is there: why.
    #[error("{0}")]
    Conflict(String),
    /// There are as many API keys as there may be.
    #[error("there are as many API keys as there may be; revoke some first")]
    TooManyKeys,
}

impl Symbolon {
    /// Makes an account.
    ///
    /// # Errors
    /// The outer error: it cannot be decided now. The inner one: it was refused.
    pub async fn add_account(
        &self,
        new: NewAccount,
        origin: &Origin,
    ) -> Result<Result<Account, AccountFault>, Unavailable> {
        let new = accounts::NewAccount {
            name_text: &new.name,
            password: new.password,
            role: new.role,
            subject: new.subject,
        };
        told_apart(self.inner.accounts.create(new, origin).await)
    }

    /// Reads one account by the text of its name.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, Unavailable> {
        Ok(self.inner.accounts.find(name).await?)
    }

    /// Reads the account of a subject.
    pub(crate) async fn account_of(&self, subject: &str) -> Result<Option<Account>, Unavailable> {
        let Ok(subject) = SubjectId::new(subject) else {
            return Ok(None);
        };
        let found = self.inner.node.store().find_account_of(subject).await?;
        Ok(found.map(|found| found.account))
    }

    /// Reads a page of accounts by name: those after `after`.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn accounts(
        &self,
        after: Option<AccountName>,
        limit: u32,
    ) -> Result<Vec<Account>, Unavailable> {
        Ok(self.inner.accounts.list(after, limit).await?)
    }

    /// Sets a password in the name of an operator and ends the subject's sessions.
    ///
    /// # Errors
    /// The outer error: it cannot be decided now. The inner one: it was refused.
    pub async fn set_password(
        &self,
        name: &str,
        new: Password,
        origin: &Origin,
    ) -> Result<Result<Receipt, AccountFault>, Unavailable> {
        receipt(self.inner.accounts.set_password(name, new, origin).await)
    }

    /// Changes role or state. Disabling it ends its subject's sessions.
    ///
    /// # Errors
    /// The outer error: it cannot be decided now. The inner one: it was refused.
    pub async fn change_account(
        &self,
        name: &str,
        role: Option<Role>,
        state: Option<AccountState>,
        origin: &Origin,
    ) -> Result<Result<Receipt, AccountFault>, Unavailable> {
        let change = accounts::Change { role, state };
        receipt(self.inner.accounts.change(name, change, origin).await)
    }

    /// Removes an account and ends its subject's sessions.
    ///
    /// # Errors
    /// The outer error: it cannot be decided now. The inner one: it was refused.
    pub async fn remove_account(
        &self,
        name: &str,
        origin: &Origin,
    ) -> Result<Result<Receipt, AccountFault>, Unavailable> {
        receipt(self.inner.accounts.remove(name, origin).await)
    }

    /// Makes an API key. Its token is in the answer and nowhere else.
    ///
    /// # Errors
    /// The outer error: it cannot be decided now. The inner one: it was refused.
    pub async fn add_api_key(
        &self,
        name: &str,
        scopes: Scopes,
        client_id: Option<ClientId>,
        expires_at: Option<Timestamp>,
        origin: &Origin,
    ) -> Result<Result<(ApiKey, RawToken), AccountFault>, Unavailable> {
        let new = NewApiKey {
            name: name.to_owned(),
            scopes,
            client_id,
            expires_at,
        };
        match self.inner.api_keys.create(new, origin).await {
            Ok(created) => Ok(Ok((created.key, created.token))),
            Err(ApiKeyError::Store(error)) => Err(error.into()),
            Err(ApiKeyError::Randomness(error)) => Err(Undecided::from(error).into()),
            Err(ApiKeyError::LimitReached) => Ok(Err(AccountFault::TooManyKeys)),
            Err(other) => Ok(Err(AccountFault::Refused(other.to_string()))),
        }
    }

    /// Reads all API keys, the newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, Unavailable> {
        Ok(self.inner.node.store().list_api_keys().await?)
    }

    /// Ends an API key; `None`: there is none of that id.
    ///
    /// # Errors
    /// When it is not known to be durable.
    pub async fn revoke_api_key(
        &self,
        id: ApiKeyId,
        origin: &Origin,
    ) -> Result<Option<Receipt>, Unavailable> {
        match self.inner.api_keys.revoke(id, origin).await {
            Ok(row) => Ok(Some(Receipt::of_row(&row))),
            Err(ApiKeyError::Store(error)) => Err(error.into()),
            Err(_) => Ok(None),
        }
    }
}

fn receipt(done: Result<CutDone, AccountError>) -> Result<Result<Receipt, AccountFault>, Unavailable> {
    told_apart(done).map(|done| done.map(|done| Receipt::of_cut(&done)))
}

/// Tells what an operator can mend from what cannot be decided now.
fn told_apart<T>(done: Result<T, AccountError>) -> Result<Result<T, AccountFault>, Unavailable> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(AccountError::Unknown) => Ok(Err(AccountFault::NotFound)),
        Err(AccountError::Conflict(Conflict::Taken)) => Ok(Err(AccountFault::Taken)),
        Err(AccountError::Conflict(Conflict::LastAdministrator)) => Ok(Err(AccountFault::LastAdministrator)),
        Err(AccountError::Conflict(conflict)) => Ok(Err(AccountFault::Conflict(conflict.to_string()))),
        Err(AccountError::Name(error)) => Ok(Err(AccountFault::Refused(format!("the name: {error}")))),
        Err(AccountError::Password(error)) => Ok(Err(AccountFault::Refused(error.to_string()))),
        Err(other) => Err(other.into()),
    }
}
