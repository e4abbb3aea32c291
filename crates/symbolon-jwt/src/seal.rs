//! Keys as a store keeps them: sealed with a key that is not in the store.
//!
//! `version 1 ‖ nonce 12 ‖ AES-256-GCM(key, nonce, material, bound to way and name) 16 + n`. The way to sign and the
//! name are bound, so that nobody who can write to the store makes a key sign in another way, or passes one key off as
//! another.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use symbolon_core::random::{Randomness, RandomnessUnavailable, draw};
use symbolon_core::signing::{SigningAlg, SigningKeyId, SigningKeyRecord};
use symbolon_core::token::{MasterKey, Purpose};
use zeroize::Zeroizing;

use crate::key::{KeyError, Material, SigningKey};

const VERSION: u8 = 1;

/// What seals and opens.
pub struct Sealer(LessSafeKey);

/// A key cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// There is no randomness.
    #[error(transparent)]
    Randomness(#[from] RandomnessUnavailable),
    /// The cryptographic library did not do its step.
    #[error("the signing key {id} cannot be sealed")]
    Seal {
        /// Which.
        id: String,
    },
    /// It was sealed with another master key, for another name or way to sign, or was changed.
    #[error("the signing key {id} in the store does not open with this master key")]
    Open {
        /// Which.
        id: String,
    },
    /// What was sealed is no key.
    #[error("the signing key {id} in the store is no key: {source}")]
    Key {
        /// Which.
        id: String,
        /// Why.
        source: KeyError,
    },
}

impl Sealer {
    /// The one of a deployment. A key is sealed once, at random: far fewer than the 2^32 messages that one key of
    /// AES-GCM may seal so (NIST SP 800-38D, section 8.3).
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub fn new(master: &MasterKey) -> Result<Self, KeyError> {
        let key = master.derive(Purpose::Seal);
        let key = UnboundKey::new(&AES_256_GCM, &*key);
        key.map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| KeyError::Make { alg: "the seal" })
    }

    /// Seals what a key is made of.
    ///
    /// # Errors
    /// When there is no randomness, or the library fails.
    pub fn seal(
        &self,
        key: &SigningKey,
        material: &Material,
        source: &dyn Randomness,
    ) -> Result<Vec<u8>, SealError> {
        let failed = |_| SealError::Seal {
            id: key.id().as_str().to_owned(),
        };
        let nonce: [u8; NONCE_LEN] = draw(source)?;
        let mut bytes = Zeroizing::new(material.bytes().to_vec());
        let bound = Aad::from(bound(key.alg(), key.id()));
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), bound, &mut bytes)
            .map_err(failed)?;
        Ok([&[VERSION], nonce.as_slice(), &bytes, tag.as_ref()].concat())
    }

    /// Opens a key of the store.
    ///
    /// # Errors
    /// When it does not open, or is no key.
    pub fn open(&self, record: &SigningKeyRecord) -> Result<SigningKey, SealError> {
        let id = || record.id.as_str().to_owned();
        let material = self
            .material(record)
            .ok_or_else(|| SealError::Open { id: id() })?;
        SigningKey::of(record.id.clone(), record.alg, &material)
            .map_err(|source| SealError::Key { id: id(), source })
    }

    fn material(&self, record: &SigningKeyRecord) -> Option<Material> {
        let rest = record.sealed.strip_prefix(&[VERSION])?;
        let (nonce, sealed) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let bound = Aad::from(bound(record.alg, &record.id));
        let opened = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), bound, &mut bytes);
        let len = opened.ok()?.len();
        bytes.truncate(len);
        Some(Material::of(bytes))
    }
}

/// The text that a seal is bound to. Neither word has a blank in it.
fn bound(alg: SigningAlg, id: &SigningKeyId) -> Vec<u8> {
    format!("symbolon/v1/signing-key {} {}", alg.as_str(), id.as_str()).into_bytes()
}
