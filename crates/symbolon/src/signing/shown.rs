//! Signing keys as an operator sees them.

use symbolon_core::clock::Timestamp;
use symbolon_core::signing::{SigningAlg, SigningKeyRecord, replaced_at, signer};
use symbolon_jwt::ring::Ring;

/// What a key does now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyState {
    /// It is published and will sign.
    Next,
    /// It signs.
    Active,
    /// It verifies what it signed.
    Retired,
    /// What it signed is refused.
    Revoked,
    /// It was given by the configuration, and signs.
    Given,
}

impl KeyState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Next,
        Self::Active,
        Self::Retired,
        Self::Revoked,
        Self::Given,
    ];

    /// The word of answers and tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Revoked => "revoked",
            Self::Given => "given",
        }
    }
}

/// A signing key without its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SigningKeyShown {
    /// Its name (`kid`).
    pub id: String,
    /// How it signs.
    pub alg: SigningAlg,
    /// What it does now.
    pub state: KeyState,
    /// When it was made; `None`: it was given.
    pub created_at: Option<Timestamp>,
    /// When it begins to sign.
    pub active_from: Option<Timestamp>,
    /// When the next one signs in its place.
    pub replaced_at: Option<Timestamp>,
    /// Since when what it signed is refused.
    pub revoked_at: Option<Timestamp>,
}

/// All keys, the oldest first; then the one that was given, if one was.
pub(super) fn all(ring: &Ring, now: Timestamp) -> Vec<SigningKeyShown> {
    let records = ring.records();
    let of_store = records.iter().map(|key| of(records, key, ring, now));
    let given = ring.shared().map(|id| SigningKeyShown {
        id: id.as_str().to_owned(),
        alg: SigningAlg::Hs256,
        state: KeyState::Given,
        created_at: None,
        active_from: None,
        replaced_at: None,
        revoked_at: None,
    });
    of_store.chain(given).collect()
}

fn of(records: &[SigningKeyRecord], key: &SigningKeyRecord, ring: &Ring, now: Timestamp) -> SigningKeyShown {
    let replaced_at = replaced_at(records, key);
    let stands_back = key.alg == SigningAlg::Hs256 && ring.shared().is_some();
    let signs = signer(records, key.alg, now).is_some_and(|signer| signer.id == key.id);
    let state = if key.revoked_at.is_some() {
        KeyState::Revoked
    } else if signs && !stands_back {
        KeyState::Active
    } else if now < key.active_from && replaced_at.is_none() && !stands_back {
        KeyState::Next
    } else {
        KeyState::Retired
    };
    SigningKeyShown {
        id: key.id.as_str().to_owned(),
        alg: key.alg,
        state,
        created_at: Some(key.created_at),
        active_from: Some(key.active_from),
        replaced_at,
        revoked_at: key.revoked_at,
    }
}
