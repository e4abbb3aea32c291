//! The authoritative store over SQL. SQLite is inside; the operations are written once for every engine.
//!
//! Reading order:
//!
//! 1. `link`: one connection inside one transaction, as a trait: the only thing an operation sees.
//! 2. `dialect`: in what the engines differ, as a document.
//! 3. `record`: the domain's types as rows, and back.
//! 4. `operation` and `ops`: each step of the store, written once over any link.
//! 5. `sqlite`: the one engine so far: a writer with group commit, readers, the file and its lock.
//! 6. [`SqlStore`]: the traits of `symbolon_core::store`.

mod dialect;
mod link;
mod operation;
mod ops;
mod record;
mod sqlite;
mod store;

pub use sqlite::{Durability, Examined, OpenError, OpenSqlite, Opened, Place};
pub use store::SqlStore;
