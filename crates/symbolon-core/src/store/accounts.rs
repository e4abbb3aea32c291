//! Accounts and the throttle's counters.

use std::future::Future;

use super::{CutDone, StoreError};
use crate::account::{Account, AccountName, AccountState, PasswordHash, Role};
use crate::audit::AuditEntry;
use crate::clock::Timestamp;
use crate::revocation::RevocationReason;
use crate::session::{Epoch, Session};
use crate::subject::SubjectId;
use crate::throttle::{Attempts, ThrottleKey};
use crate::token::Generation;

/// An account with the newest cut that concerns its subject, read in one step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundAccount {
    /// The account.
    pub account: Account,
    /// The newer of its subject's cut and everyone's.
    pub epoch: Epoch,
}

/// An account to write.
#[derive(Clone, Debug)]
pub struct InsertAccount {
    /// The account.
    pub account: Account,
    /// Only if there is no account at all.
    pub only_first: bool,
    /// Its audit entry.
    pub audit: AuditEntry,
}

/// A page of accounts, by name.
#[derive(Clone, Debug, Default)]
pub struct AccountPage {
    /// Only those after this name: the last of the page before.
    pub after: Option<AccountName>,
    /// How many.
    pub limit: u32,
}

/// A session that goes on after its subject's others were ended, with a new pair.
#[derive(Clone, Debug)]
pub struct KeptSession {
    /// The session as it is to be: its tokens are written.
    pub session: Session,
    /// The generation that it must still have; otherwise it ends with the others.
    pub from: Generation,
}

/// A new password.
#[derive(Clone, Debug)]
pub struct SetPassword {
    /// Whose.
    pub name: AccountName,
    /// Its image.
    pub password: PasswordHash,
    /// The image that must still be there; `None`: whatever is there.
    pub expected: Option<PasswordHash>,
    /// The session that goes on.
    pub keep: Option<KeptSession>,
    /// The throttle's counter to clear.
    pub clear_attempts: ThrottleKey,
    /// Its audit entry; its instant is the change's.
    pub audit: AuditEntry,
}

/// The same password under another cost.
#[derive(Clone, Debug)]
pub struct ReplaceHash {
    /// Whose.
    pub name: AccountName,
    /// The image that must still be there.
    pub expected: PasswordHash,
    /// Its new image.
    pub password: PasswordHash,
    /// Its audit entry.
    pub audit: AuditEntry,
}

/// A new role or state of an account.
#[derive(Clone, Debug)]
pub struct AccountChange {
    /// Whose.
    pub name: AccountName,
    /// The new role.
    pub role: Option<Role>,
    /// The new state. `Disabled` ends its subject's sessions; a disabled password does not, or strangers
    /// who guess at it could log its owner out.
    pub state: Option<AccountState>,
    /// Its audit entry.
    pub audit: AuditEntry,
}

/// Accounts, as the store keeps them.
pub trait AccountStore: Send + Sync + 'static {
    /// Reads one account.
    fn find_account(
        &self,
        name: AccountName,
    ) -> impl Future<Output = Result<Option<FoundAccount>, StoreError>> + Send;

    /// Reads the account whose subject this is: a subject has one at the most.
    fn find_account_of(
        &self,
        subject: SubjectId,
    ) -> impl Future<Output = Result<Option<FoundAccount>, StoreError>> + Send;

    /// Reads a page of accounts.
    fn list_accounts(
        &self,
        page: AccountPage,
    ) -> impl Future<Output = Result<Vec<Account>, StoreError>> + Send;

    /// Writes a new account; `false`: its name or its subject is taken, or it is not the first.
    fn insert_account(&self, insert: InsertAccount) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Sets a password, enables an account whose password was disabled, and ends its subject's
    /// sessions but the one kept; `None`: no such account, or its password is not the expected one.
    fn set_password(
        &self,
        set: SetPassword,
    ) -> impl Future<Output = Result<Option<CutDone>, StoreError>> + Send;

    /// Replaces the image of a password that stays the same: nothing ends, and the instant of its
    /// change stays. `false`: no such account, or its image is not the expected one.
    fn replace_hash(&self, replace: ReplaceHash) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Changes role or state and says so in the log; `None`: no such account.
    fn change_account(
        &self,
        change: AccountChange,
    ) -> impl Future<Output = Result<Option<CutDone>, StoreError>> + Send;

    /// Removes an account and ends its subject's sessions; `None`: no such account.
    fn remove_account(
        &self,
        name: AccountName,
        reason: RevocationReason,
        audit: AuditEntry,
    ) -> impl Future<Output = Result<Option<CutDone>, StoreError>> + Send;

    /// Reads a counter; one that was never written is zero.
    fn find_attempts(&self, key: ThrottleKey) -> impl Future<Output = Result<Attempts, StoreError>> + Send;

    /// Sets a counter from `seen` to `next`; `false`: it is no longer as seen, and nothing was written.
    fn reserve_attempt(
        &self,
        key: ThrottleKey,
        seen: Attempts,
        next: Attempts,
        at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
