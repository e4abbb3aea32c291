//! MySQL and MariaDB: what is their own.
//!
//! 1. `flavor`: in what the two differ.
//! 2. `address`: where a server is, and the way there.
//! 3. `connection`: what every connection is set to. `check`: what the server must be. `fault`: how its errors are read.
//! 4. `identity`: the schema, in steps that can be cut off and gone on with.
//! 5. `link`: an operation's view of a connection, and the transaction around it. `value`: parameters and columns.
//!    `text`: many statements at once.
//! 6. `driver`: all of it, as `server` asks for it.

mod address;
mod check;
mod connection;
mod driver;
mod fault;
mod flavor;
mod identity;
mod link;
mod text;
mod value;

pub(crate) use driver::MySql;

/// What it is called, in messages, before it has said which of the two it is.
const NAME: &str = "MySQL";
