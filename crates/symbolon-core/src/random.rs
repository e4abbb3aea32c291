//! Chance, as a parameter.

use std::fmt;

/// The source of randomness did not answer.
#[derive(Debug)]
pub struct RandomnessUnavailable;

impl fmt::Display for RandomnessUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the operating system gave no randomness")
    }
}

impl std::error::Error for RandomnessUnavailable {}

/// A source of unpredictable bytes. Outside tests it is the operating system's.
pub trait Randomness: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the source cannot answer; nothing may be issued then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable>;
}

/// Draws one array of random bytes.
///
/// # Errors
/// See [`Randomness::fill`].
pub fn draw<const N: usize>(source: &dyn Randomness) -> Result<[u8; N], RandomnessUnavailable> {
    let mut bytes = [0; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}
