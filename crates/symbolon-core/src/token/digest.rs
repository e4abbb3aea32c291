//! The one-way image of a secret.

use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::raw::Verifier;

/// SHA-256 of a verifier and its tag: all that a store or a cache ever holds of a token.
///
/// It covers the tag, which covers the rest: a token that differs anywhere from the one that was
/// issued has another image, also where an answer from memory does not check the tag itself. Forty
/// bytes are one block of SHA-256, as thirty-two would be.
///
/// Equality takes the same time wherever the first difference is.
#[derive(Clone, Copy)]
pub struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(super) fn of(verifier: &Verifier, tag: [u8; 8]) -> Self {
        // In one piece: two updates of the same hash take half as long again.
        let mut whole = Zeroizing::new([0; 40]);
        whole[..32].copy_from_slice(verifier.expose());
        whole[32..].copy_from_slice(&tag);
        Self(Sha256::digest(&whole[..]).into())
    }

    /// The image as stored before.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The image, to store it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for TokenDigest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenDigest {}

impl fmt::Debug for TokenDigest {
    /// Four bytes: enough to tell two apart in a test, too few to look one up.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "TokenDigest({:02x}{:02x}{:02x}{:02x}…)",
            self.0[0], self.0[1], self.0[2], self.0[3]
        )
    }
}
