//! Redis as the store.

mod contract;
mod given;
mod opening;
