//! The wire's own bodies: what clients send and read, field by field as in the contract. Domain types never go out
//! by themselves.
//!
//! What comes in: [`ttl`], [`claims`], [`names`], [`device`], [`login`], [`issue`], [`verify`]. What goes out: [`instant`],
//! [`session`], [`pair`] (the only place that writes tokens into answers, with [`compat`]), [`receipt`].

pub(crate) mod claims;
pub(crate) mod compat;
pub(crate) mod device;
pub(crate) mod instant;
pub(crate) mod issue;
pub(crate) mod login;
pub(crate) mod names;
pub(crate) mod pair;
pub(crate) mod receipt;
pub(crate) mod session;
pub(crate) mod ttl;
pub(crate) mod verify;

/// The body of a route that needs none: an empty object at the most.
#[derive(Debug, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}
