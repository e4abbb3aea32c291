//! The steps of the store, each in the file of its subject matter.

pub(crate) mod accounts;
pub(crate) mod adopt;
pub(crate) mod api_keys;
pub(crate) mod attempts;
pub(crate) mod bans;
pub(crate) mod census;
mod confirm;
pub(crate) mod cuts;
pub(crate) mod issue;
mod live;
pub(crate) mod log;
pub(crate) mod members;
pub(crate) mod mirror;
pub(crate) mod passwords;
pub(crate) mod propose;
pub(crate) mod purge;
pub(crate) mod read;
pub(crate) mod revoke;
pub(crate) mod rotate;
pub(crate) mod signing_keys;
pub(crate) mod subjects;
pub(crate) mod sweep;
pub(crate) mod uses;
pub(crate) mod walk;

#[cfg(test)]
mod tests;
