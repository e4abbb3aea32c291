//! What Symbolon's tests share. Nothing of it is part of the product.
//!
//! 1. [`contract`]: what every store promises, as tests of any store.
//! 2. [`randomness`], [`faulty`] and [`halts`]: chance that can be had again, a store that fails when told to, and one at whose
//!    calls work stops.
//! 3. [`server`] and [`http`]: the real binary, and a client of it.
//! 4. [`servers`]: the servers of others that the product uses, real ones.
//! 5. [`proxy`]: what breaks the way to them.
//! 6. [`cluster`]: several nodes over one store.
//! 7. [`history`] and [`workload`]: what clients saw, and clients that see much.
//! 8. [`wait`]: until something is so.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test stops where product code has to answer"
)]

pub mod cluster;
pub mod contract;
pub mod faulty;
pub mod halts;
pub mod history;
pub mod http;
pub mod proxy;
pub mod randomness;
pub mod server;
pub mod servers;
pub mod wait;
mod wall_clock;
pub mod workload;
