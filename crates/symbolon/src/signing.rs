//! Signing: the keys of signed access tokens, from the store into memory, and a new one when it is time.
//!
//! Every key is made once and sealed in the store, so that all who share the store and have the master key sign with
//! the same one, and a restart changes nothing. In memory they are a ring, which is replaced as a whole whenever the log
//! says that the keys have changed.

mod keeper;
mod settings;
mod shown;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::RwLock;
use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::{Clock, Timestamp};
use symbolon_core::random::Randomness;
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::session::Session;
use symbolon_core::signing::{SIGNING_KEYS_MAX, SigningAlg, SigningKeyRecord, newest};
use symbolon_core::store::{InsertSigningKey, SigningKeyStore as _};
use symbolon_core::token::{MasterKey, SignedToken};
use symbolon_jwt::compact;
use symbolon_jwt::jwks::{Jwk, public_keys};
use symbolon_jwt::key::{SigningKey, WeakSecret};
use symbolon_jwt::ring::Ring;
use symbolon_jwt::seal::Sealer;
use symbolon_node::tail::Tail;
use symbolon_node::{Receipt, Wait};
use zeroize::Zeroizing;

use crate::store::AnyStore;
use crate::{Symbolon, Unavailable};

pub use settings::{SharedSecret, SignedTokens, SignedTokensFault};
pub use shown::{KeyState, SigningKeyShown};

/// How long a new key is published before it signs: twice as long as a copy of the published keys may be kept, so that
/// whoever verifies by themselves has it in time.
pub const PUBLISHED_AHEAD: Duration = Duration::from_secs(2 * PUBLISHED_FOR.as_secs());

/// How long a copy of the published keys may be kept.
pub const PUBLISHED_FOR: Duration = Duration::from_secs(300);

const MILLISECOND: Duration = Duration::from_millis(1);

/// How a key is followed by the next.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Rotation {
    /// The new one is published now and signs a little later; what the old one signed stays good.
    #[default]
    Published,
    /// The new one signs at once: whoever verifies by themselves may not know it yet.
    Now,
    /// The new one signs at once, and whatever the older ones have signed is refused from now on.
    Revoking,
}

/// Why no new key was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RotationRefused {
    /// There are as many as there may be.
    #[error(
        "there are {SIGNING_KEYS_MAX} signing keys, as many as there may be; the oldest goes when all it signed is past"
    )]
    TooMany,
    /// The key was given, not made here.
    #[error(
        "the key is the secret that the configuration gives; change it there, in every service that has it"
    )]
    Given,
}

/// What signing is made of.
pub(crate) struct SigningParts<'m> {
    pub(crate) store: AnyStore,
    pub(crate) tail: Arc<Tail>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) randomness: Arc<dyn Randomness>,
    pub(crate) master: &'m MasterKey,
    pub(crate) settings: SignedTokens,
}

/// The keys, where they come from, and what they are used for.
pub(crate) struct Signing {
    store: AnyStore,
    tail: Arc<Tail>,
    clock: Arc<dyn Clock>,
    randomness: Arc<dyn Randomness>,
    sealer: Arc<Sealer>,
    settings: SignedTokens,
    ring: RwLock<Known>,
    readings: Readings,
}

/// Readings that were asked for: how many were begun, and the newest that has come to a good end.
#[derive(Default)]
struct Readings {
    turn: tokio::sync::Mutex<()>,
    begun: AtomicU64,
    done: AtomicU64,
}

/// The ring, and the position of the log that was applied before it was read.
struct Known {
    ring: Arc<Ring>,
    asof: RevocationSeq,
}

impl Signing {
    /// Reads the keys of the store, and makes the first one where tokens are signed by default.
    pub(crate) async fn open(parts: SigningParts<'_>) -> Result<Self, Unavailable> {
        let sealer = Sealer::new(parts.master).map_err(failed)?;
        let empty = Ring::open(Vec::new(), &sealer, None).map_err(failed)?;
        let signing = Self {
            store: parts.store,
            tail: parts.tail,
            clock: parts.clock,
            randomness: parts.randomness,
            sealer: Arc::new(sealer),
            settings: parts.settings,
            ring: RwLock::new(Known {
                ring: Arc::new(empty),
                asof: RevocationSeq::ZERO,
            }),
            readings: Readings::default(),
        };
        signing.reload().await?;
        if let Some(alg) = compact::alg_of(signing.settings.style, signing.settings.alg) {
            signing.ready(alg).await?;
        }
        Ok(signing)
    }

    /// The keys that are known now.
    pub(crate) fn ring(&self) -> Arc<Ring> {
        Arc::clone(&self.ring.read().ring)
    }

    pub(crate) fn settings(&self) -> &SignedTokens {
        &self.settings
    }

    /// Reads a signed token.
    pub(crate) fn read(&self, text: &str) -> Option<SignedToken> {
        compact::read(&self.ring(), &self.settings.issuer, text)
    }

    /// The text of a session's current access token; `None`: it is a reference.
    pub(crate) async fn write(&self, session: &Session) -> Result<Option<Zeroizing<String>>, Unavailable> {
        let Some(alg) = compact::alg_of(session.style, self.settings.alg) else {
            return Ok(None);
        };
        self.ready(alg).await?;
        compact::write(&self.ring(), self.settings.alg, &self.settings.issuer, session).map_err(failed)
    }

    /// Sees to it that there is a key for a way to sign.
    pub(crate) async fn ready(&self, alg: SigningAlg) -> Result<(), Unavailable> {
        let now = self.clock.now();
        if self.ring().signer(alg, now).is_none() {
            self.add(alg, Rotation::Now, &Origin::system(now)).await?;
        }
        Ok(())
    }

    /// Makes the next key of a way to sign, and gives the row of the log that says so. Where another node was faster,
    /// its key is taken.
    pub(crate) async fn add(
        &self,
        alg: SigningAlg,
        rotation: Rotation,
        origin: &Origin,
    ) -> Result<Option<LogRow>, Unavailable> {
        let ring = self.ring();
        let follows = newest(ring.records(), alg);
        let made = self.make(alg, rotation, follows, origin.at).await?;
        let audit = origin.entry(AuditEvent::SigningKeyAdded).saying(format!(
            "{} {}",
            alg.as_str(),
            made.id.as_str()
        ));
        let insert = InsertSigningKey {
            follows: follows.map(|key| key.id.clone()),
            key: made,
            revokes_older: rotation == Rotation::Revoking,
            audit,
        };
        let row = self.store.insert_signing_key(insert).await?;
        self.reload().await?;
        Ok(row)
    }

    /// A new key, sealed. One for RSA takes a tenth of a second of a core, so it is made on a thread that may wait.
    async fn make(
        &self,
        alg: SigningAlg,
        rotation: Rotation,
        follows: Option<&SigningKeyRecord>,
        now: Timestamp,
    ) -> Result<SigningKeyRecord, Unavailable> {
        let (randomness, sealer) = (Arc::clone(&self.randomness), Arc::clone(&self.sealer));
        let making = tokio::task::spawn_blocking(move || {
            let (key, material) = SigningKey::generate(alg, &*randomness).map_err(failed)?;
            let sealed = sealer.seal(&key, &material, &*randomness).map_err(failed)?;
            Ok::<_, Unavailable>((key.id().clone(), sealed))
        });
        let (id, sealed) = making.await.map_err(failed)??;
        // Always later than the one before: of two keys the later one counts.
        let created_at = follows.map_or(now, |key| now.max(Timestamp(key.created_at.0.saturating_add(1))));
        Ok(SigningKeyRecord {
            id,
            alg,
            sealed,
            created_at,
            active_from: match rotation {
                Rotation::Published => now.after(PUBLISHED_AHEAD),
                // What was made in this millisecond is signed already.
                Rotation::Now | Rotation::Revoking => now.after(MILLISECOND),
            },
            revoked_at: None,
        })
    }

    /// Reads the keys of the store again. A reading that began before another one does not take its place.
    pub(crate) async fn reload(&self) -> Result<(), Unavailable> {
        let asof = self.tail.applied();
        let records = self.store.list_signing_keys().await?;
        let shared = self.shared().map_err(failed)?;
        let ring = Ring::open(records, &self.sealer, shared).map_err(failed)?;
        let mut known = self.ring.write();
        if asof >= known.asof {
            *known = Known {
                ring: Arc::new(ring),
                asof,
            };
        }
        Ok(())
    }

    /// Whether a text may be signed by a key that another node has made since the keys were read.
    pub(crate) fn names_unknown_key(&self, text: &str) -> bool {
        compact::names_unknown_key(&self.ring(), text)
    }

    /// Reads the keys again, once for all who ask meanwhile: a reading that begins after the question answers it.
    pub(crate) async fn learn(&self) -> Result<(), Unavailable> {
        let asked_at = self.readings.begun.load(Ordering::Acquire);
        let _alone = self.readings.turn.lock().await;
        if self.readings.done.load(Ordering::Acquire) > asked_at {
            return Ok(());
        }
        let this = self.readings.begun.fetch_add(1, Ordering::AcqRel) + 1;
        self.reload().await?;
        self.readings.done.store(this, Ordering::Release);
        Ok(())
    }

    fn shared(&self) -> Result<Option<SigningKey>, WeakSecret> {
        let secret = self.settings.secret.as_ref();
        secret
            .map(|secret| SigningKey::shared(secret.bytes()))
            .transpose()
    }
}

/// A step of cryptography did not go well: an operator must look.
fn failed(error: impl std::fmt::Display) -> Unavailable {
    Unavailable::Signing(error.to_string())
}

impl Symbolon {
    /// Who issues the tokens (RFC 7519 `iss`).
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.inner.signing.settings().issuer
    }

    /// How access tokens are signed, where they are.
    #[must_use]
    pub fn signing_alg(&self) -> SigningAlg {
        self.inner.signing.settings().alg
    }

    /// The public keys that verify what may be alive now, those included that will sign soon (RFC 7517).
    #[must_use]
    pub fn public_keys(&self) -> Vec<Jwk> {
        public_keys(&self.inner.signing.ring(), self.now())
    }

    /// The signing keys as an operator sees them, the oldest first. Never the keys themselves.
    #[must_use]
    pub fn signing_keys(&self) -> Vec<SigningKeyShown> {
        shown::all(&self.inner.signing.ring(), self.now())
    }

    /// Makes the next key of a way to sign, and answers with all of them.
    ///
    /// # Errors
    /// The outer error: it cannot be decided now. The inner one: it was refused.
    pub async fn rotate_signing_key(
        &self,
        alg: SigningAlg,
        rotation: Rotation,
        origin: &Origin,
    ) -> Result<Result<Vec<SigningKeyShown>, RotationRefused>, Unavailable> {
        let signing = &self.inner.signing;
        let ring = signing.ring();
        if alg == SigningAlg::Hs256 && ring.shared().is_some() {
            return Ok(Err(RotationRefused::Given));
        }
        if ring.records().len() >= SIGNING_KEYS_MAX {
            return Ok(Err(RotationRefused::TooMany));
        }
        // A first key has nobody who knows another one, so it signs at once.
        let rotation = match rotation {
            Rotation::Published if newest(ring.records(), alg).is_none() => Rotation::Now,
            other => other,
        };
        let row = signing.add(alg, rotation, origin).await?;
        // What the older keys have signed is refused by every node as soon as it has heard of it.
        if let Some(row) = row.filter(|_| rotation == Rotation::Revoking) {
            self.settle(Receipt::of_row(&row), Wait::Short).await;
        }
        let seen_at = self.now().max(origin.at.after(MILLISECOND));
        Ok(Ok(shown::all(&signing.ring(), seen_at)))
    }
}
