//! What is kept, as Redis keeps it.

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod ban;
pub(crate) mod cut;
mod fields;
pub(crate) mod log;
mod packed;
pub(crate) mod session;
pub(crate) mod signing_key;
