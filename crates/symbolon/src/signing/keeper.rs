//! What is done with the keys by itself: read again when the log says so, followed by the next when they are old,
//! removed when nothing that they signed can be alive.

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow};
use symbolon_core::signing::{SIGNING_KEYS_MAX, SigningAlg, SigningKeyId, is_spent, newest};
use symbolon_core::store::SigningKeyStore as _;
use symbolon_jwt::ring::Ring;
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use super::{Rotation, Signing};
use crate::Unavailable;

/// Between two looks at the age of the keys, which live for days.
const LOOK_EVERY: Duration = Duration::from_secs(300);

/// How long a reading that failed is waited with, so that a store that is away is not asked all the time.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

impl Signing {
    /// Tends the keys until `cancel`.
    pub(crate) async fn keep(self: Arc<Self>, cancel: CancellationToken) {
        let mut rows = self.tail.listen();
        loop {
            // Cancel-safe: a row that is missed by another branch being faster is received the next time.
            let done = tokio::select! {
                () = cancel.cancelled() => return,
                row = rows.recv() => match concerns_keys(&row) {
                    Some(true) => self.reload().await,
                    Some(false) => Ok(()),
                    // The tail lives as long as this does.
                    None => return,
                },
                () = tokio::time::sleep(LOOK_EVERY) => self.tend().await,
            };
            if let Err(error) = done {
                tracing::warn!(%error, "the signing keys could not be tended; the next try follows");
                tokio::select! {
                    () = cancel.cancelled() => return,
                    () = tokio::time::sleep(AGAIN_AFTER) => {}
                }
                rows = self.tail.listen();
                if let Err(error) = self.reload().await {
                    tracing::warn!(%error, "the signing keys could not be read; they are as they were");
                }
            }
        }
    }

    /// Does what is due now.
    pub(crate) async fn tend(&self) -> Result<(), Unavailable> {
        let now = self.clock.now();
        for alg in SigningAlg::ALL {
            if self.is_due(&self.ring(), alg, now) {
                tracing::info!(alg = alg.as_str(), "the signing key is followed by the next");
                self.add(alg, Rotation::Published, &Origin::system(now)).await?;
            }
        }
        self.remove_spent(now).await
    }

    /// Whether a key is old enough to be followed. One that signs nothing new is not.
    fn is_due(&self, ring: &Ring, alg: SigningAlg, now: Timestamp) -> bool {
        let settings = self.settings();
        let is_used = match alg {
            // For the sessions of older systems, whatever the others are signed with.
            SigningAlg::Hs256 => ring.shared().is_none(),
            other => other == settings.alg,
        };
        let is_old =
            newest(ring.records(), alg).is_some_and(|key| now >= key.created_at.after(settings.rotate_after));
        is_used && is_old && ring.records().len() < SIGNING_KEYS_MAX
    }

    async fn remove_spent(&self, now: Timestamp) -> Result<(), Unavailable> {
        let ring = self.ring();
        let records = ring.records();
        let spent: Vec<SigningKeyId> = records
            .iter()
            .filter(|key| is_spent(records, key, now))
            .map(|key| key.id.clone())
            .collect();
        if spent.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = spent.iter().map(SigningKeyId::as_str).collect();
        let audit = Origin::system(now)
            .entry(AuditEvent::SigningKeysRemoved)
            .saying(names.join(" "));
        self.store.remove_signing_keys(spent, audit).await?;
        self.reload().await
    }
}

/// Whether a row is about the keys, also where rows were missed; `None`: there will be none any more.
fn concerns_keys(row: &Result<LogRow, RecvError>) -> Option<bool> {
    match row {
        Ok(row) => Some(row.kind == LogKind::SigningKeys),
        Err(RecvError::Lagged(_)) => Some(true),
        Err(RecvError::Closed) => None,
    }
}
