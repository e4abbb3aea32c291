//! Stores on a database server: what is the same whichever server it is.
//!
//! 1. `options` and `open_error`: what opening is told, and why it was refused.
//! 2. `address` and `trust`: how a URL asks for TLS, and who vouches for a server.
//! 3. `driver`: what a kind of server brings: a way there, connections, and the transaction around an operation.
//! 4. `identity`: the schema, and whose store it is. `jump`: the log's head after a restart of the server.
//! 5. `pool`: the connections. `job`: operations on their way here and their answers on their way back.
//! 6. `attempt`: one operation in one transaction, or several of one sort, and what a failure of it means. `groups`: which
//!    share one.
//! 7. `outbox`: what was committed is told in the order of its positions, whatever came back first.
//! 8. `crew`: one thread that drives connections. `engine`: the handle that holds all of it; the heartbeat has a crew of
//!    its own.
//! 9. `examine`: a server and the store on it, looked at before a start.

pub(crate) mod address;
mod attempt;
mod crew;
mod driver;
mod engine;
mod examine;
mod groups;
pub(crate) mod identity;
mod job;
mod jump;
mod open_error;
mod options;
mod outbox;
mod pool;
pub(crate) mod trust;

pub(crate) use driver::{Driver, STATEMENT_MAX, SignalParts, State, Uncommitted, Wire};
pub(crate) use engine::Engine;
pub use examine::ExaminedServer;
pub(crate) use examine::{Numbers, examine};
pub(crate) use identity::{Ground, Site};
pub use open_error::OpenServerError;
pub use options::OpenServer;
