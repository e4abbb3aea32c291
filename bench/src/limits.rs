//! What the machine can do at the most: HTTP without any work, SQLite without any HTTP.

pub(crate) mod hyper;
pub(crate) mod nginx;
pub(crate) mod redis;
pub(crate) mod sqlite;
