//! PostgreSQL: what is its own.
//!
//! 1. `address`: where it is. `tls`: the way there, encrypted and verified.
//! 2. `connection`: what every connection is set to, and what the server must be. `fault`: how its errors are read.
//! 3. `identity`: the schema, whose store it is, and the jump of the log after a restart of the server.
//! 4. `link`: an operation's view of a connection, and the transaction around it. `copy`: many rows at once.
//! 5. `signals`: what nodes tell each other at once, and `notice`: as what.
//! 6. `driver`: all of it, as `server` asks for it.

mod address;
mod connection;
mod copy;
mod driver;
mod fault;
mod identity;
mod link;
mod notice;
mod signals;
mod tls;

pub(crate) use driver::Postgres;

/// What it is called, in messages.
const NAME: &str = "PostgreSQL";
