//! A store that is back and empty gets what the mirror has.

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::signing::{SigningAlg, SigningKeyId};
use symbolon_core::store::{
    AccountPage, BanSubject, InsertAccount, InsertSigningKey, MarkChange, Mirror, Mirrored, StoreError,
};

use super::{Fallback, in_time};
use crate::fallback::copies::bans_in_force;
use crate::fallback::event::FallbackEvent;

/// How many accounts are read at once.
const PAGE: u32 = 1_000;
/// What the audit entries say.
const WHY: &str = "restored: the store was empty";

impl<P: Mirrored + Clone, M: Mirror> Fallback<P, M> {
    /// Whether the store is empty and the mirror is not.
    pub(in crate::fallback) async fn is_to_restore(&self) -> Result<bool, StoreError> {
        let mirror = &self.inner.mirror;
        if mirror.read_mark().await?.restoring {
            return Ok(true);
        }
        if is_empty(mirror).await? {
            return Ok(false);
        }
        let store = self.home("see whether the store is empty")?;
        Ok(in_time(is_empty(store)).await? && in_time(store.walk_sessions(None, 1)).await?.is_empty())
    }

    /// Writes what the mirror has. An interruption leaves the store with a part of it, and the next try goes on, since
    /// what is there is passed over.
    pub(super) async fn restore(&self, store: &P) -> Result<(), StoreError> {
        self.mark_restoring(true).await?;
        let accounts = self.restore_accounts(store).await?;
        let bans = self.restore_bans(store).await?;
        let api_keys = self.restore_api_keys(store).await?;
        let signing_keys = self.restore_signing_keys(store).await?;
        self.mark_restoring(false).await?;
        self.say(&FallbackEvent::Restored {
            accounts,
            api_keys,
            signing_keys,
            bans,
        });
        Ok(())
    }

    async fn mark_restoring(&self, restoring: bool) -> Result<(), StoreError> {
        let change = MarkChange {
            restoring: Some(restoring),
            ..MarkChange::default()
        };
        self.inner.mirror.change_mark(change).await
    }

    async fn restore_accounts(&self, store: &P) -> Result<u64, StoreError> {
        let origin = Origin::system(self.now());
        let (mut after, mut count) = (None, 0);
        loop {
            let page = AccountPage { after, limit: PAGE };
            let accounts = self.inner.mirror.list_accounts(page).await?;
            let is_last = accounts.len() < PAGE as usize;
            after = accounts.last().map(|account| account.name.clone());
            for account in accounts {
                let audit = origin.entry(AuditEvent::AccountAdded).of(&account.subject);
                let insert = InsertAccount {
                    account,
                    only_first: false,
                    audit: audit.saying(WHY),
                };
                in_time(store.insert_account(insert)).await?;
                count += 1;
            }
            if is_last {
                return Ok(count);
            }
        }
    }

    async fn restore_bans(&self, store: &P) -> Result<u64, StoreError> {
        let bans = bans_in_force(&self.inner.mirror, self.now()).await?;
        let count = bans.len() as u64;
        for ban in bans {
            let audit = Origin::system(ban.banned_at)
                .entry(AuditEvent::Banned)
                .of(&ban.subject)
                .saying(WHY);
            let ban = BanSubject {
                subject: ban.subject,
                until: ban.until,
                note: ban.note,
                audit,
            };
            in_time(store.ban_subject(ban)).await?;
        }
        Ok(count)
    }

    async fn restore_api_keys(&self, store: &P) -> Result<u64, StoreError> {
        let origin = Origin::system(self.now());
        let keys = self.inner.mirror.list_api_keys().await?;
        let count = keys.len() as u64;
        for key in keys {
            if in_time(store.find_api_key(key.id)).await?.is_some() {
                continue;
            }
            let audit = origin.entry(AuditEvent::KeyAdded).on(key.id).saying(WHY);
            in_time(store.insert_api_key(key, audit)).await?;
        }
        Ok(count)
    }

    async fn restore_signing_keys(&self, store: &P) -> Result<u64, StoreError> {
        let origin = Origin::system(self.now());
        let keys = self.inner.mirror.list_signing_keys().await?;
        let there = in_time(store.list_signing_keys()).await?;
        let count = keys.len() as u64;
        let mut newest: Vec<(SigningAlg, SigningKeyId)> = Vec::new();
        for key in keys {
            let (alg, id) = (key.alg, key.id.clone());
            let follows = newest
                .iter()
                .rfind(|(of, _)| *of == alg)
                .map(|(_, id)| id.clone());
            if there.iter().all(|one| one.id != id) {
                let audit = origin.entry(AuditEvent::SigningKeyAdded).saying(WHY);
                let insert = InsertSigningKey {
                    key,
                    follows,
                    revokes_older: false,
                    audit,
                };
                in_time(store.insert_signing_key(insert)).await?;
            }
            newest.push((alg, id));
        }
        Ok(count)
    }
}

/// Whether a store has nothing that a mirror copies.
async fn is_empty<S: symbolon_core::store::Store>(store: &S) -> Result<bool, StoreError> {
    let page = AccountPage {
        after: None,
        limit: 1,
    };
    Ok(store.list_accounts(page).await?.is_empty()
        && store.list_signing_keys().await?.is_empty()
        && store.list_api_keys().await?.is_empty())
}
