//! Redis as the store.

mod given;
mod opening;
