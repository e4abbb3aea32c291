//! Chance, from the operating system.

use symbolon_core::random::{Randomness, RandomnessUnavailable};

/// The operating system's source of randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRandomness;

impl Randomness for OsRandomness {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the operating system"
    )]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        getrandom::fill(bytes).map_err(|_| RandomnessUnavailable)
    }
}
