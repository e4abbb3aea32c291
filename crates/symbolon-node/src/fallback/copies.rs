//! What the mirror is told of the store.

use std::sync::atomic::Ordering;

use symbolon_core::account::AccountName;
use symbolon_core::ban::{Ban, BanPosition};
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::store::{AccountPage, ListBans, Mirror, MirrorCopy, Mirrored, StoreError};
use symbolon_core::throttle::{Attempts, ThrottleKey};

use super::Fallback;

/// How many rows of a list are read at once.
const PAGE: u32 = 1_000;

impl<P: Mirrored, M: Mirror> Fallback<P, M> {
    /// Copies an account as the store has it now.
    pub(super) async fn copy_account(&self, name: AccountName) -> Result<(), StoreError> {
        let store = self.home("copy an account")?;
        let found = self.heed(store.find_account(name.clone()).await)?;
        let copy = MirrorCopy::Account(name, found.map(|found| found.account));
        self.inner.mirror.copy(copy).await
    }

    /// Copies a counter. It decides nothing as long as the store is there, so a log-in does not fail for it.
    pub(super) async fn copy_attempts(&self, key: ThrottleKey, attempts: Attempts, at: Timestamp) {
        let mirror = &self.inner.mirror;
        let copied = async {
            let seen = mirror.find_attempts(key).await?;
            if seen != attempts {
                mirror.reserve_attempt(key, seen, attempts, at).await?;
            }
            Ok::<(), StoreError>(())
        };
        if let Err(error) = copied.await {
            tracing::warn!(%error, "a counter of failed attempts could not be copied into the mirror");
        }
    }

    pub(super) async fn copy_api_keys(&self, store: &P) -> Result<(), StoreError> {
        let keys = self.heed(store.list_api_keys().await)?;
        self.inner.mirror.copy(MirrorCopy::ApiKeys(keys)).await
    }

    pub(super) async fn copy_signing_keys(&self, store: &P) -> Result<(), StoreError> {
        let keys = self.heed(store.list_signing_keys().await)?;
        self.inner.mirror.copy(MirrorCopy::SigningKeys(keys)).await
    }

    pub(super) async fn copy_bans(&self, store: &P) -> Result<(), StoreError> {
        let bans = self.heed(bans_in_force(store, self.now()).await)?;
        self.inner.mirror.copy(MirrorCopy::Bans(bans)).await
    }

    /// Copies everything that log-in needs, and answers the position up to which it knows the log.
    pub(super) async fn copy_all(&self, store: &P) -> Result<RevocationSeq, StoreError> {
        let applied = self.inner.tail.applied();
        self.copy_accounts(store).await?;
        self.copy_api_keys(store).await?;
        self.copy_signing_keys(store).await?;
        self.copy_bans(store).await?;
        Ok(applied.max(RevocationSeq(self.inner.position.load(Ordering::Acquire))))
    }

    async fn copy_accounts(&self, store: &P) -> Result<(), StoreError> {
        let mut after = None;
        let mut first = true;
        loop {
            let page = AccountPage { after, limit: PAGE };
            let accounts = self.heed(store.list_accounts(page).await)?;
            let is_last = accounts.len() < PAGE as usize;
            after = accounts.last().map(|account| account.name.clone());
            let copy = MirrorCopy::Accounts { first, accounts };
            self.inner.mirror.copy(copy).await?;
            if is_last {
                return Ok(());
            }
            first = false;
        }
    }
}

/// Every ban in force.
pub(super) async fn bans_in_force<S: symbolon_core::store::BanStore>(
    store: &S,
    now: Timestamp,
) -> Result<Vec<Ban>, StoreError> {
    let mut bans: Vec<Ban> = Vec::new();
    loop {
        let after = bans.last().map(|ban| BanPosition {
            ends_at: ban.ends_at(),
            seq: ban.seq,
        });
        let list = ListBans {
            in_force_at: Some(now),
            after,
            limit: PAGE,
        };
        let page = store.list_bans(list).await?;
        let is_last = page.len() < PAGE as usize;
        bans.extend(page);
        if is_last {
            return Ok(bans);
        }
    }
}
