//! PostgreSQL: many connections, one thread that drives them.
//!
//! 1. `options`, `address` and `open_error`: what opening is told, answers, and refuses.
//! 2. `tls`: the way there, encrypted and verified.
//! 3. `connection`: what every connection is set to, and what the server must be. `fault`: how its errors are read.
//! 4. `identity`: the schema, whose store it is, and the jump of the log after a restart of the server.
//! 5. `link`: an operation's view of a connection.
//! 6. `pool`: the connections. `job`: operations on their way here and their answers on their way back.
//! 7. `attempt`: one operation in one transaction, and what a failure of it means.
//! 8. `outbox`: what was committed is told in the order of its positions, whatever came back first.
//! 9. `engine`: the handle that holds all of it, and its thread.

mod address;
mod attempt;
mod connection;
mod engine;
mod fault;
mod identity;
mod job;
mod link;
mod open_error;
mod options;
mod outbox;
mod pool;
mod tls;

pub(crate) use engine::Engine;
pub use open_error::OpenServerError;
pub use options::OpenServer;
