//! The authoritative store over SQL. SQLite is inside, PostgreSQL, MySQL and MariaDB are servers; the operations are
//! written once for every engine.
//!
//! Reading order:
//!
//! 1. `link`: one connection inside one transaction, as a trait: the only thing an operation sees.
//! 2. `dialect`: in what the engines differ, as a document.
//! 3. `record`: the domain's types as rows, and back.
//! 4. `operation` and `ops`: each step of the store, written once over any link.
//! 5. `sqlite`: a writer with group commit, readers, the file and its lock.
//! 6. `server`: connections, the order in which commits are told, and what becomes of one that is in doubt; the same
//!    for every server. `postgres` and `mysql`: what is one's own. `mysql`: the same of MySQL and MariaDB.
//! 7. [`SqlStore`]: the traits of `symbolon_core::store`.

mod dialect;
mod hex;
mod link;
mod mysql;
mod operation;
mod ops;
mod postgres;
mod record;
mod server;
mod sqlite;
mod store;

pub use server::{ExaminedServer, OpenServer, OpenServerError};
pub use sqlite::{Durability, Examined, OpenError, OpenSqlite, Opened, Place};
pub use store::SqlStore;
