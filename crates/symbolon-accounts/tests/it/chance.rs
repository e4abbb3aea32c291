//! Chance that has run out.

use symbolon_core::random::{Randomness, RandomnessUnavailable};

/// A source that has run dry.
pub(crate) struct Dry;

impl Randomness for Dry {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomnessUnavailable> {
        Err(RandomnessUnavailable)
    }
}
