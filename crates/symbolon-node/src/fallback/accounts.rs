//! Accounts and the throttle's counters. What is written to the store is copied into the mirror before it is answered;
//! while the store is away log-in reads the copies, and nothing of an account is changed.

use symbolon_core::account::{Account, AccountName};
use symbolon_core::audit::AuditEntry;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationReason;
use symbolon_core::store::{
    AccountChange, AccountPage, AccountStore, CutDone, FoundAccount, InsertAccount, Mirror, Mirrored,
    ReplaceHash, SetPassword, StoreError,
};
use symbolon_core::subject::SubjectId;
use symbolon_core::throttle::{Attempts, ThrottleKey};

use super::Fallback;
use super::way::Way;

impl<P: Mirrored, M: Mirror> AccountStore for Fallback<P, M> {
    async fn find_account(&self, name: AccountName) -> Result<Option<FoundAccount>, StoreError> {
        match self.way("read an account").await? {
            Way::Home(store) => self.heed(store.find_account(name).await),
            Way::Away(_pass) => self.inner.mirror.find_account(name).await,
        }
    }

    async fn find_account_of(&self, subject: SubjectId) -> Result<Option<FoundAccount>, StoreError> {
        match self.way("read a subject's account").await? {
            Way::Home(store) => self.heed(store.find_account_of(subject).await),
            Way::Away(_pass) => self.inner.mirror.find_account_of(subject).await,
        }
    }

    async fn list_accounts(&self, page: AccountPage) -> Result<Vec<Account>, StoreError> {
        match self.way("list accounts").await? {
            Way::Home(store) => self.heed(store.list_accounts(page).await),
            Way::Away(_pass) => self.inner.mirror.list_accounts(page).await,
        }
    }

    async fn insert_account(&self, insert: InsertAccount) -> Result<bool, StoreError> {
        // Above all no first one: that the store is empty cannot be known.
        let (store, _pass) = self.only_home("add an account").await?;
        let name = insert.account.name.clone();
        let inserted = self.heed(store.insert_account(insert).await)?;
        if inserted {
            self.copy_account(name).await?;
        }
        Ok(inserted)
    }

    async fn set_password(&self, set: SetPassword) -> Result<Option<CutDone>, StoreError> {
        let (store, _pass) = self.only_home("set a password").await?;
        let (name, key, at) = (set.name.clone(), set.clear_attempts, set.audit.at);
        let done = self.heed(store.set_password(set).await);
        self.note_heard().await?;
        let done = done?;
        if done.is_some() {
            self.copy_attempts(key, Attempts::default(), at).await;
            self.copy_account(name).await?;
        }
        Ok(done)
    }

    async fn replace_hash(&self, replace: ReplaceHash) -> Result<bool, StoreError> {
        let (store, _pass) = self.only_home("replace a password's hash").await?;
        let name = replace.name.clone();
        let replaced = self.heed(store.replace_hash(replace).await)?;
        if replaced {
            self.copy_account(name).await?;
        }
        Ok(replaced)
    }

    async fn change_account(&self, change: AccountChange) -> Result<Option<CutDone>, StoreError> {
        let (store, _pass) = self.only_home("change an account").await?;
        let name = change.name.clone();
        let done = self.heed(store.change_account(change).await);
        self.note_heard().await?;
        let done = done?;
        if done.is_some() {
            self.copy_account(name).await?;
        }
        Ok(done)
    }

    async fn remove_account(
        &self,
        name: AccountName,
        reason: RevocationReason,
        audit: AuditEntry,
    ) -> Result<Option<CutDone>, StoreError> {
        let (store, _pass) = self.only_home("remove an account").await?;
        let done = self.heed(store.remove_account(name.clone(), reason, audit).await);
        self.note_heard().await?;
        let done = done?;
        if done.is_some() {
            self.copy_account(name).await?;
        }
        Ok(done)
    }

    async fn find_attempts(&self, key: ThrottleKey) -> Result<Attempts, StoreError> {
        match self.way("read a counter of failed attempts").await? {
            Way::Home(store) => self.heed(store.find_attempts(key).await),
            Way::Away(_pass) => self.inner.mirror.find_attempts(key).await,
        }
    }

    async fn reserve_attempt(
        &self,
        key: ThrottleKey,
        seen: Attempts,
        next: Attempts,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let store = match self.way("count an attempt").await? {
            Way::Home(store) => store,
            Way::Away(_pass) => return self.inner.mirror.reserve_attempt(key, seen, next, at).await,
        };
        let reserved = self.heed(store.reserve_attempt(key, seen, next, at).await)?;
        if reserved {
            self.copy_attempts(key, next, at).await;
        }
        Ok(reserved)
    }
}
