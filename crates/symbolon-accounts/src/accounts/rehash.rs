//! Hashes of an older cost, renewed when their password comes by.
//!
//! It happens beside the log-in that brought the password: nobody waits for it, and where there is no
//! room for it, the next log-in brings the password again.

use std::future::Future;
use std::sync::Arc;

use parking_lot::Mutex;
use symbolon_core::account::Account;
use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::store::{AccountStore, ReplaceHash};
use tokio::sync::mpsc;

use super::{AccountError, Accounts};
use crate::password::Password;
use crate::password::pool::Pool;

/// How many passwords wait for their new hash at the most: each is held in the clear, and they are
/// taken one after the other.
const WAITING_MAX: usize = 16;

/// A right password, and the hash of it that is to be renewed.
struct Rehash {
    account: Account,
    password: Password,
    origin: Origin,
}

/// The way from log-ins to the [`Rehasher`].
pub(super) struct Rehashes {
    sender: mpsc::Sender<Rehash>,
    receiver: Mutex<Option<mpsc::Receiver<Rehash>>>,
}

impl Rehashes {
    pub(super) fn new() -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        Self {
            sender,
            receiver: Mutex::new(Some(receiver)),
        }
    }

    /// Takes a password if there is room for it.
    pub(super) fn offer(&self, account: &Account, password: Password, origin: &Origin) {
        let rehash = Rehash {
            account: account.clone(),
            password,
            origin: origin.clone(),
        };
        // Full, or nobody takes them: the next log-in brings it again.
        drop(self.sender.try_send(rehash));
    }
}

/// Renews hashes, one after the other.
pub struct Rehasher<S> {
    store: Arc<S>,
    pool: Arc<Pool>,
    receiver: mpsc::Receiver<Rehash>,
}

impl<S> Accounts<S> {
    /// What renews hashes of an older cost, to be run as long as there are log-ins; `None`: it was
    /// taken before.
    #[must_use]
    pub fn rehasher(&self) -> Option<Rehasher<S>> {
        Some(Rehasher {
            store: Arc::clone(&self.store),
            pool: Arc::clone(&self.pool),
            receiver: self.rehashes.receiver.lock().take()?,
        })
    }
}

impl<S: AccountStore> Rehasher<S> {
    /// Renews until `cancelled`.
    pub async fn run(mut self, cancelled: impl Future<Output = ()>) {
        let mut cancelled = std::pin::pin!(cancelled);
        loop {
            // Cancel-safe: a password that was not received stays in its place.
            let rehash = tokio::select! {
                () = &mut cancelled => return,
                rehash = self.receiver.recv() => rehash,
            };
            let Some(rehash) = rehash else { return };
            if let Err(error) = self.renew(rehash).await {
                tracing::warn!(%error, "a password hash of an older cost could not be renewed; the next log-in tries again");
            }
        }
    }

    async fn renew(&self, rehash: Rehash) -> Result<(), AccountError> {
        let Rehash {
            account,
            password,
            origin,
        } = rehash;
        let Some(renewed) = self.pool.hash_if_idle(password).await? else {
            return Ok(());
        };
        let replace = ReplaceHash {
            audit: origin.entry(AuditEvent::PasswordRehashed).of(&account.subject),
            name: account.name,
            expected: account.password,
            password: renewed,
        };
        // A password that was set meanwhile stays: it is the newer one.
        self.store.replace_hash(replace).await?;
        Ok(())
    }
}
