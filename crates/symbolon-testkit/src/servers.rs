//! Real servers of other projects, each on a free port with a temporary folder of its own.
//!
//! Each stands under a guard: a small shell that reads from a pipe of the test process. Whatever ends the
//! test process, a failed test or a `kill -9`, closes the pipe; the guard then ends the server and
//! removes its folder. As root a server runs as the user that its Debian package made: none starts as root.

mod database;
mod disk;
mod guard;
mod mariadb;
mod postgres;
mod redis;

pub use database::{Database, Engine, Start};
pub use mariadb::{Maria, MariaDb, StartMariaDb};
pub use postgres::{PostgreSql, Postgres, StartPostgres};
pub use redis::{DOWN_AFTER, Redis, Start as StartRedis};
