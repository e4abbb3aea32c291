//! Redis as the store.

mod contract;
mod examine;
mod given;
mod opening;
