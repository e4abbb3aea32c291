//! The one clock of the benchmarks.

use std::time::Instant;

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "measuring time is what a benchmark is for"
)]
#[must_use]
pub fn now() -> Instant {
    Instant::now()
}
