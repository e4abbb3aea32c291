//! Accounts and the throttle's counters.

use symbolon_core::account::{Account, AccountName};
use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationReason;
use symbolon_core::store::{
    AccountChange, AccountPage, AccountStore, CutDone, FoundAccount, InsertAccount, ReplaceHash, SetPassword,
    StoreError,
};
use symbolon_core::subject::SubjectId;
use symbolon_core::throttle::{Attempts, ThrottleKey};

use super::SqlStore;
use crate::ops::accounts::{FindAccount, FindAccountOf, RemoveAccount};
use crate::ops::attempts::{FindAttempts, ReserveAttempt};

impl AccountStore for SqlStore {
    async fn find_account(&self, name: AccountName) -> Result<Option<FoundAccount>, StoreError> {
        self.ask(FindAccount(name)).await
    }

    async fn find_account_of(&self, subject: SubjectId) -> Result<Option<FoundAccount>, StoreError> {
        self.ask(FindAccountOf(subject)).await
    }

    async fn list_accounts(&self, page: AccountPage) -> Result<Vec<Account>, StoreError> {
        self.ask(page).await
    }

    async fn insert_account(&self, insert: InsertAccount) -> Result<bool, StoreError> {
        self.ask(insert).await
    }

    async fn set_password(&self, set: SetPassword) -> Result<Option<CutDone>, StoreError> {
        self.ask(set).await
    }

    async fn replace_hash(&self, replace: ReplaceHash) -> Result<bool, StoreError> {
        self.ask(replace).await
    }

    async fn change_account(&self, change: AccountChange) -> Result<Option<CutDone>, StoreError> {
        self.ask(change).await
    }

    async fn remove_account(
        &self,
        name: AccountName,
        reason: RevocationReason,
        audit: AuditEntry,
    ) -> Result<Option<CutDone>, StoreError> {
        self.ask(RemoveAccount { name, reason, audit }).await
    }

    async fn find_attempts(&self, key: ThrottleKey) -> Result<Attempts, StoreError> {
        self.ask(FindAttempts(key)).await
    }

    async fn reserve_attempt(
        &self,
        key: ThrottleKey,
        seen: Attempts,
        next: Attempts,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.ask(ReserveAttempt { key, seen, next, at }).await
    }
}
