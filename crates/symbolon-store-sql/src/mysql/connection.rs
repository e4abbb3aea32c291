//! What every connection is set to.

use std::time::Duration;

use mysql_async::Conn;
use mysql_async::prelude::Queryable as _;

use super::address::Address;
use super::check::{LOOK, Settings, check};
use super::fault::{open_error, unreachable};
use super::flavor::Flavor;
use super::link::MySqlLink;
use crate::server::{OpenServerError, STATEMENT_MAX};

/// How long a connection may take to come about: at a server that runs it is milliseconds.
const CONNECT_MAX: Duration = Duration::from_secs(1);

/// How long MySQL waits for a client that says nothing, also within a transaction: the only limit that it has. A
/// connection that was idle for most of it is not used any more.
pub(super) const IDLE_MAX: Duration = Duration::from_secs(5);

/// What every connection says first. Transactions are READ COMMITTED whatever the server's default is: a step reads
/// again what it has waited for, and a longer snapshot would hide what was committed meanwhile. Values that do not fit
/// are errors. A statement that is alone is its own transaction, and a COMMIT begins no other.
pub(super) fn settings(flavor: Flavor) -> String {
    let limit = STATEMENT_MAX.as_secs();
    let limits = match flavor {
        Flavor::MariaDb => format!(
            "max_statement_time = {limit}, idle_transaction_timeout = {limit}, idle_write_transaction_timeout = {limit}"
        ),
        Flavor::MySql => format!(
            "max_execution_time = {}, wait_timeout = {}",
            STATEMENT_MAX.as_millis(),
            IDLE_MAX.as_secs()
        ),
    };
    format!(
        "SET NAMES utf8mb4; SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE; \
         SET SESSION autocommit = 1, time_zone = '+00:00', completion_type = 'NO_CHAIN', \
         sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', \
         innodb_lock_wait_timeout = {limit}, lock_wait_timeout = {limit}, {limits}"
    )
}

/// Connects, and refuses a server that is not what it must be: it may be another one than before.
pub(super) async fn connect(address: &Address) -> Result<MySqlLink, OpenServerError> {
    let place = &address.place;
    let fault = |error| open_error(place, &error);
    let opening = async {
        let mut conn = Conn::new(address.opts.clone()).await.map_err(fault)?;
        let found: Vec<(String, String)> = conn.query(LOOK).await.map_err(fault)?;
        let flavor = check(place, &Settings(found.into_iter().collect()))?;
        conn.query_drop(settings(flavor)).await.map_err(fault)?;
        Ok(MySqlLink::new(conn, flavor))
    };
    match tokio::time::timeout(CONNECT_MAX, opening).await {
        Ok(opened) => opened,
        Err(_) => {
            let detail = format!("it did not answer within {} ms", CONNECT_MAX.as_millis());
            Err(unreachable(place.clone(), detail))
        }
    }
}
