//! What the benchmarks share. `docs/benchmarks.md` says what is measured and how to repeat it.
//!
//! 1. [`samples`]: figures over rounds, and how they are written.
//! 2. [`stopwatch`]: the one clock.
//! 3. [`filled`]: a Symbolon with many sessions.

pub mod filled;
pub mod samples;
pub mod stopwatch;
