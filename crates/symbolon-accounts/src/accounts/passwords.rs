//! New passwords.

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::store::{AccountStore, CutDone, KeptSession, SessionStore, SetPassword};

use super::{AccountError, Accounts, Conflict, Known, Outcome, Refusal};
use crate::name::account_name;
use crate::password::Password;

/// A change of the password by the account's owner.
pub struct ChangePassword<'a> {
    /// Whose.
    pub name_text: &'a str,
    /// The password that the account has: proves who asks.
    pub current: Password,
    /// The password that it gets.
    pub new: Password,
    /// What tells whoever asks from strangers.
    pub known: Known<'a>,
    /// The session that goes on.
    pub keep: Option<KeptSession>,
}

/// What became of a [`ChangePassword`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PasswordChange {
    /// The new password is set and the sessions are ended.
    Done(CutDone),
    /// The current password was not proven.
    Refused(Refusal),
}

impl<S: AccountStore + SessionStore> Accounts<S> {
    /// Sets a new password for whoever proves the current one, under the same throttle as a log-in,
    /// and ends the subject's sessions but the one kept.
    ///
    /// # Errors
    /// When the new password is not taken (then the current one is not looked at), when another
    /// change was faster, or when the store or the pool cannot answer.
    pub async fn change_password(
        &self,
        change: ChangePassword<'_>,
        origin: &Origin,
    ) -> Result<PasswordChange, AccountError> {
        let name = account_name(change.name_text).map_err(|_| AccountError::Unknown)?;
        self.settings.rules.check(&change.new, &name)?;
        let proven = match self
            .authenticate(name.as_str(), change.current, change.known, origin)
            .await?
        {
            Outcome::Authenticated(proven) => proven,
            Outcome::Refused(refusal) => return Ok(PasswordChange::Refused(refusal)),
        };
        let password = self.pool.hash(change.new).await?;
        let set = SetPassword {
            password,
            expected: Some(proven.compared.clone()),
            keep: change.keep,
            // Strangers guess at another password from now on.
            clear_attempts: self.counters.of(&name),
            audit: origin.entry(AuditEvent::PasswordSet).of(&proven.subject),
            name,
        };
        let done = self.store.set_password(set).await?;
        let done = done.ok_or(Conflict::PasswordChanged)?;
        if let Err(error) = self.clear_attempts(&proven, origin.at).await {
            // It is done: that a counter of the owner's own stays must not read as if it were not.
            tracing::warn!(%error, "a password was changed, and its owner's counter could not be cleared");
        }
        Ok(PasswordChange::Done(done))
    }
}

impl<S: AccountStore> Accounts<S> {
    /// Sets a new password in the name of an operator, ends all sessions of the subject, and enables
    /// a password that was disabled.
    ///
    /// # Errors
    /// When there is no such account, the password is not taken, or the store or the pool cannot
    /// answer.
    pub async fn set_password(
        &self,
        name_text: &str,
        password: Password,
        origin: &Origin,
    ) -> Result<CutDone, AccountError> {
        let account = self.find(name_text).await?.ok_or(AccountError::Unknown)?;
        self.settings.rules.check(&password, &account.name)?;
        let set = SetPassword {
            password: self.pool.hash(password).await?,
            expected: None,
            keep: None,
            clear_attempts: self.counters.of(&account.name),
            audit: origin.entry(AuditEvent::PasswordSet).of(&account.subject),
            name: account.name,
        };
        self.store.set_password(set).await?.ok_or(AccountError::Unknown)
    }
}
