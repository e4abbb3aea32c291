//! What is measured, chapter by chapter: each takes its part of every round and tells of it.

pub(crate) mod changes;
pub(crate) mod log_in;
pub(crate) mod memory;
pub(crate) mod verify;
