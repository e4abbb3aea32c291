//! The domain's types as rows, and back. What cannot be read is reported, never guessed.

pub(crate) mod account;
pub(crate) mod api_key;
pub(crate) mod audit;
pub(crate) mod ban;
pub(crate) mod cut;
pub(crate) mod log;
pub(crate) mod member;
pub(crate) mod place;
pub(crate) mod session;
pub(crate) mod signing_key;
