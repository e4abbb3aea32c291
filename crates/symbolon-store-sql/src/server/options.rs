//! What opening a store on a server is told.

use std::sync::Arc;

use symbolon_core::clock::Timestamp;
use symbolon_core::random::Randomness;
use symbolon_core::revocation::LogSink;
use symbolon_core::token::KeyCheck;

/// How to open a store on a database server.
pub struct OpenServer {
    /// Where: `postgres://USER:PASSWORD@HOST:PORT/DATABASE`, or the same with `mysql://` or `mariadb://`.
    ///
    /// After `?` may stand `sslmode` (`verify-full`, which is the default but for a loopback address or a
    /// Unix socket, or `disable`), `sslrootcert` (a PEM file of the authorities to trust; by default the
    /// system's); for PostgreSQL `options` (such as `-c search_path=symbolon`), for MySQL and MariaDB `socket` (the
    /// path of the server's Unix socket).
    pub url: String,
    /// The image of the master key; a store that belongs to another key is refused.
    pub key_check: KeyCheck,
    /// The wall clock: where a new store's time begins.
    pub now: Timestamp,
    /// Takes the rows of the log that this process commits.
    pub sink: Arc<dyn LogSink>,
    /// Chance, for the ids of rows of the log.
    pub randomness: Arc<dyn Randomness>,
    /// How many connections this process opens at the most, besides two that only ends of sessions use, one for
    /// heartbeats and one for signals. Each runs one operation at a time. At least one.
    pub connections_max: usize,
}
