//! The routes, one file for each group of callers.
//!
//! A handler reads as: who asks (an extractor), what (a body), the one public method of [`symbolon`] that does it, and the
//! answer. [`exchange`] is what the routes of today and of the older systems share.

pub(crate) mod admin;
pub(crate) mod compat_s1;
pub(crate) mod compat_s2;
pub(crate) mod compat_s3;
pub(crate) mod events;
pub(crate) mod exchange;
pub(crate) mod gateway;
pub(crate) mod home;
pub(crate) mod in_path;
pub(crate) mod jwks;
pub(crate) mod oauth;
pub(crate) mod operations;
pub(crate) mod person;
pub(crate) mod services;
pub(crate) mod wait;
