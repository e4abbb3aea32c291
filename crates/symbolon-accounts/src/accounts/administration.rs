//! What an operator does with accounts.

use symbolon_core::account::{Account, AccountName, AccountState, Role};
use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::revocation::RevocationReason;
use symbolon_core::store::{AccountChange, AccountPage, AccountStore, CutDone, InsertAccount};
use symbolon_core::subject::SubjectId;

use super::{AccountError, Accounts, Conflict};
use crate::name::account_name;
use crate::password::Password;

/// The most accounts of one page.
pub const ACCOUNTS_PAGE_MAX: u32 = 200;

/// An account to make.
pub struct NewAccount<'a> {
    /// Its name, as given.
    pub name_text: &'a str,
    /// Its password.
    pub password: Password,
    /// What it may do.
    pub role: Role,
    /// Whose sessions it begins; `None`: its name is the subject.
    pub subject: Option<SubjectId>,
}

/// A change of an account.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Change {
    /// The new role.
    pub role: Option<Role>,
    /// The new state.
    pub state: Option<AccountState>,
}

impl<S: AccountStore> Accounts<S> {
    /// Makes an account.
    ///
    /// # Errors
    /// When the name cannot be one, it or the subject is taken, the password is not taken, or the store or the pool
    /// cannot answer.
    pub async fn create(&self, new: NewAccount<'_>, origin: &Origin) -> Result<Account, AccountError> {
        let made = self.insert(new, false, origin).await?;
        Ok(made.ok_or(Conflict::Taken)?)
    }

    /// Hashes the password and writes the account; `None`: the name or the subject is taken,
    /// or it is not the first.
    pub(super) async fn insert(
        &self,
        new: NewAccount<'_>,
        only_first: bool,
        origin: &Origin,
    ) -> Result<Option<Account>, AccountError> {
        let name = account_name(new.name_text)?;
        self.settings.rules.check(&new.password, &name)?;
        let subject = match new.subject {
            Some(subject) => subject,
            None => SubjectId::new(name.as_str())?,
        };
        let account = Account {
            name,
            subject,
            password: self.pool.hash(new.password).await?,
            role: new.role,
            state: AccountState::Enabled,
            created_at: origin.at,
            password_changed_at: origin.at,
        };
        let audit = origin.entry(AuditEvent::AccountAdded);
        let insert = InsertAccount {
            audit: audit.of(&account.subject).saying(new.role.as_str()),
            account: account.clone(),
            only_first,
        };
        Ok(self.store.insert_account(insert).await?.then_some(account))
    }

    /// Changes role or state. Disabling it ends its subject's sessions.
    ///
    /// # Errors
    /// When there is no such account, it is the last administrator that can log in, its password is
    /// disabled and it is to be enabled without a new one, or the store cannot answer.
    pub async fn change(
        &self,
        name_text: &str,
        change: Change,
        origin: &Origin,
    ) -> Result<CutDone, AccountError> {
        // The semaphore is never closed.
        let _alone = self.administrators.acquire().await.ok();
        let account = self.get(name_text).await?;
        let state = change.state.unwrap_or(account.state);
        if account.state == AccountState::PasswordDisabled && state == AccountState::Enabled {
            return Err(Conflict::PasswordDisabled.into());
        }
        if !administers(change.role.unwrap_or(account.role), state) {
            self.require_another_administrator(&account).await?;
        }
        let audit = origin.entry(AuditEvent::AccountChanged);
        let change = AccountChange {
            role: change.role,
            state: change.state,
            audit: audit.of(&account.subject).saying(words(change)),
            name: account.name,
        };
        self.store
            .change_account(change)
            .await?
            .ok_or(AccountError::Unknown)
    }

    /// Removes an account and ends its subject's sessions.
    ///
    /// # Errors
    /// When there is no such account, it is the last administrator that can log in, or the store
    /// cannot answer.
    pub async fn remove(&self, name_text: &str, origin: &Origin) -> Result<CutDone, AccountError> {
        // The semaphore is never closed.
        let _alone = self.administrators.acquire().await.ok();
        let account = self.get(name_text).await?;
        self.require_another_administrator(&account).await?;
        let audit = origin.entry(AuditEvent::AccountRemoved).of(&account.subject);
        self.store
            .remove_account(account.name, RevocationReason::Revoked, audit)
            .await?
            .ok_or(AccountError::Unknown)
    }

    /// Finds an account by the text of its name.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn find(&self, name_text: &str) -> Result<Option<Account>, AccountError> {
        let Ok(name) = account_name(name_text) else {
            return Ok(None);
        };
        let found = self.store.find_account(name).await?;
        Ok(found.map(|found| found.account))
    }

    /// Finds an account by the text of its name.
    ///
    /// # Errors
    /// When there is none, or the store cannot answer.
    pub async fn get(&self, name_text: &str) -> Result<Account, AccountError> {
        self.find(name_text).await?.ok_or(AccountError::Unknown)
    }

    /// Lists accounts by name, at the most [`ACCOUNTS_PAGE_MAX`], from the one after `after`.
    ///
    /// # Errors
    /// When the store cannot answer.
    pub async fn list(&self, after: Option<AccountName>, limit: u32) -> Result<Vec<Account>, AccountError> {
        let limit = limit.clamp(1, ACCOUNTS_PAGE_MAX);
        Ok(self.store.list_accounts(AccountPage { after, limit }).await?)
    }

    /// Looks for an account that can administer the server once `leaving` cannot any more. It reads
    /// accounts until it finds one; that happens only where an administrator goes.
    async fn require_another_administrator(&self, leaving: &Account) -> Result<(), AccountError> {
        if !administers(leaving.role, leaving.state) {
            return Ok(());
        }
        let mut after = None;
        loop {
            let page = self.list(after, ACCOUNTS_PAGE_MAX).await?;
            let Some(last) = page.last() else {
                return Err(Conflict::LastAdministrator.into());
            };
            let another = |one: &Account| one.name != leaving.name && administers(one.role, one.state);
            if page.iter().any(another) {
                return Ok(());
            }
            after = Some(last.name.clone());
        }
    }
}

fn administers(role: Role, state: AccountState) -> bool {
    role == Role::Admin && state == AccountState::Enabled
}

/// What an audit entry says of a change: `role=admin state=disabled`.
fn words(change: Change) -> String {
    let role = change.role.map(|role| format!("role={}", role.as_str()));
    let state = change.state.map(|state| format!("state={}", state.as_str()));
    role.into_iter().chain(state).collect::<Vec<_>>().join(" ")
}
