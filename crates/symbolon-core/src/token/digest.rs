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
    /// All four words are compared before anything is decided, and only that is hidden from the compiler: byte by byte it
    /// took as long as the image itself.
    fn eq(&self, other: &Self) -> bool {
        let differences = words(&self.0).zip(words(&other.0)).map(|(a, b)| a ^ b);
        differences.fold(0, |all, one| all | one).ct_eq(&0).into()
    }
}

impl Eq for TokenDigest {}

fn words(image: &[u8; 32]) -> impl Iterator<Item = u64> {
    let (words, _none_left) = image.as_chunks();
    words.iter().map(|word| u64::from_ne_bytes(*word))
}

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

#[cfg(test)]
mod tests {
    use super::TokenDigest;

    #[test]
    fn images_that_differ_in_any_one_bit_are_not_equal() {
        let image = std::array::from_fn(|at| u8::try_from(at * 7).unwrap());
        assert_eq!(TokenDigest::from_bytes(image), TokenDigest::from_bytes(image));
        for bit in 0..256 {
            let mut other = image;
            other[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(
                TokenDigest::from_bytes(image),
                TokenDigest::from_bytes(other),
                "bit {bit}"
            );
        }
    }
}
