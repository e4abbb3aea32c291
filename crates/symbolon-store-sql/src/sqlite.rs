//! SQLite: one file, one process, one writer.
//!
//! 1. `options` and `open_error`: what opening is told, answers, and refuses.
//! 2. `lock_file` and `own_file`: the file belongs to one process.
//! 3. `connection`: what every connection is set to, and how SQLite's errors are read.
//! 4. `identity`: the schema, whose store it is, and the jump of the log at each opening.
//! 5. `link`: an operation's view of a connection.
//! 6. `job` and `queue`: operations on their way to a thread.
//! 7. `writer`: group commit. `readers`: reads beside it. `checkpoint`: the log's way into the file.
//! 8. `health` and `engine`: the store's life, and the handle that holds all of it.
//! 9. `examine`: a look at a store that nobody uses.

mod checkpoint;
mod connection;
mod engine;
mod examine;
mod health;
mod identity;
mod job;
mod link;
mod lock_file;
mod open_error;
mod options;
mod own_file;
mod queue;
mod readers;
mod writer;

pub(crate) use engine::Engine;
pub use examine::Examined;
pub(crate) use examine::examine;
pub use open_error::OpenError;
pub use options::{Durability, OpenSqlite, Opened, Place};
