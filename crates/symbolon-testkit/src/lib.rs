//! What Symbolon's tests share. Nothing of it is part of the product.
//!
//! 1. [`contract`]: what every store promises, as tests of any store.
//! 2. [`randomness`] and [`faulty`]: chance that can be had again, and a store that fails when told to.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where product code has to answer"
)]

pub mod contract;
pub mod faulty;
pub mod randomness;
