//! What is kept, as Redis keeps it.

pub(crate) mod audit;
pub(crate) mod cut;
pub(crate) mod log;
pub(crate) mod session;
