//! What every connection is set to, and what the server must be.

use std::time::Duration;

use std::future::poll_fn;

use tokio::task::JoinSet;
use tokio_postgres::SimpleQueryMessage::Row;
use tokio_postgres::{AsyncMessage, Client, Notification};

use super::NAME;
use super::address::Address;
use super::fault::{open_error, unreachable};
use super::tls::Tls;
use crate::server::{OpenServerError, STATEMENT_MAX};

/// The oldest version whose project still mends it.
const VERSION_MIN: u32 = 140_000;

/// How long a connection may take to come about: at a server that runs it is milliseconds, and an
/// operation waits no longer than [`STATEMENT_MAX`] in all.
const CONNECT_MAX: Duration = Duration::from_secs(1);

/// How long the kernel tries to reach a server that is silent before it says that the connection is lost.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// An open connection. When it is dropped it is cut, also one over which something stands still: nothing is left to be
/// said then.
pub(super) struct Connection {
    /// The driver's handle.
    pub(super) client: Client,
    wire: JoinSet<()>,
}

impl Connection {
    /// Waits until it is lost. May be given up.
    pub(super) async fn lost(&mut self) {
        self.wire.join_next().await;
    }
}

/// A plan is made once for a connection, and stays as the tables grow: one that was made for empty tables, which are read
/// from end to end at once, would still read them so when they hold millions. Every statement has its index, so plans by
/// indexes are right for tables of every size. What has no other way is then held to be dear, which is no reason to
/// compile it.
const PLANS: &str =
    "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off";

/// What every connection says first. Transactions are READ COMMITTED whatever the server's default is: a step
/// reads again what it has waited for, and a longer snapshot would hide what was committed meanwhile.
fn settings(name: &str) -> String {
    let limit = STATEMENT_MAX.as_millis();
    let silence = SILENCE_MAX.as_millis();
    format!(
        "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE; \
         SET statement_timeout = {limit}; SET lock_timeout = {limit}; \
         SET idle_in_transaction_session_timeout = {limit}; SET tcp_user_timeout = {silence}; \
         {PLANS}; SET application_name = '{name}'"
    )
}

/// One row: what [`check`] looks at.
const LOOK: &str = "SELECT current_setting('server_version_num'), current_setting('server_version'), \
    pg_is_in_recovery(), current_setting('fsync'), current_setting('full_page_writes'), \
    current_setting('synchronous_commit'), current_setting('server_encoding')";

/// Connects under a name that operators see, and refuses a server that is not what it must be: it may be another one than
/// before.
pub(super) async fn connect(address: &Address, tls: &Tls, name: &str) -> Result<Connection, OpenServerError> {
    connect_hearing(address, tls, name, |_| {}).await
}

/// The same, and tells what is notified.
pub(super) async fn connect_hearing(
    address: &Address,
    tls: &Tls,
    name: &str,
    mut hear: impl FnMut(&Notification) + 'static,
) -> Result<Connection, OpenServerError> {
    let place = &address.place;
    let mut config = address.config.clone();
    config.connect_timeout(CONNECT_MAX).tcp_user_timeout(SILENCE_MAX);
    let fault = |error| open_error(place, &error);
    let opening = async {
        let (client, mut connection) = config.connect(tls.clone()).await.map_err(fault)?;
        let mut wire = JoinSet::new();
        wire.spawn_local(async move {
            // What ends it is said to whoever waits for an answer over it.
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(notification) = message {
                    hear(&notification);
                }
            }
        });
        let connection = Connection { client, wire };
        let client = &connection.client;
        client.batch_execute(&settings(name)).await.map_err(fault)?;
        let rows = client.simple_query(LOOK).await.map_err(fault)?;
        let columns: Vec<&str> = rows
            .iter()
            .find_map(|message| match message {
                Row(row) => Some(
                    (0..row.len())
                        .map(|index| row.get(index).unwrap_or_default())
                        .collect(),
                ),
                _ => None,
            })
            .unwrap_or_default();
        check(place, &columns)?;
        Ok(connection)
    };
    match tokio::time::timeout(CONNECT_MAX, opening).await {
        Ok(opened) => opened,
        Err(_) => {
            let detail = format!("it did not answer within {} ms", CONNECT_MAX.as_millis());
            Err(unreachable(place.clone(), detail))
        }
    }
}

/// Refuses a server that could lose a commit, or does not decide.
fn check(place: &str, found: &[&str]) -> Result<(), OpenServerError> {
    let &[number, version, standby, fsync, pages, commit, encoding] = found else {
        let detail = "it does not tell its settings";
        return Err(unreachable(place.to_owned(), detail.to_owned()));
    };
    let wrong = |setting, found: &str, why, remedy| {
        Err(OpenServerError::Setting {
            server: NAME,
            place: place.to_owned(),
            setting,
            found: found.to_owned(),
            why,
            remedy,
        })
    };
    if number.parse().is_ok_and(|number: u32| number < VERSION_MIN) {
        return wrong(
            "server_version",
            version,
            "it is too old",
            "use PostgreSQL 14 or newer",
        );
    }
    if standby != "f" {
        return wrong(
            "pg_is_in_recovery",
            "true",
            "it is a standby, and what is read there may be old",
            "set store.url to the primary",
        );
    }
    if fsync != "on" {
        let why = "a crash would lose or damage what was committed";
        return wrong(
            "fsync",
            fsync,
            why,
            "set it to on in postgresql.conf and restart PostgreSQL",
        );
    }
    if pages != "on" {
        let why = "a crash could damage what was committed";
        return wrong(
            "full_page_writes",
            pages,
            why,
            "set it to on in postgresql.conf and reload PostgreSQL",
        );
    }
    if !["on", "remote_apply"].contains(&commit) {
        let why = "a session that was ended could be alive again after a crash";
        let remedy = "set it to on in postgresql.conf, or: ALTER ROLE user SET synchronous_commit = on";
        return wrong("synchronous_commit", commit, why, remedy);
    }
    if encoding != "UTF8" {
        let remedy = "create the database anew: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0";
        return wrong("server_encoding", encoding, "it cannot hold every name", remedy);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    const GOOD: [&str; 7] = ["150018", "15.18", "f", "on", "on", "on", "UTF8"];

    fn refused(index: usize, value: &str) -> Option<String> {
        let mut found = GOOD;
        found[index] = value;
        check("db:5432/x", &found).err().map(|error| error.to_string())
    }

    /// What a test's own server cannot be brought to be.
    #[test]
    fn a_server_that_is_too_old_or_a_standby_or_of_another_encoding_is_refused() {
        assert_eq!(refused(0, "140000"), None);
        assert_eq!(refused(5, "remote_apply"), None);
        let mut old = GOOD;
        (old[0], old[1]) = ("139999", "13.99");
        assert_eq!(
            check("db:5432/x", &old).unwrap_err().to_string(),
            "PostgreSQL at db:5432/x has server_version = 13.99: it is too old; use PostgreSQL 14 or newer"
        );
        assert_eq!(
            refused(2, "t").unwrap(),
            "PostgreSQL at db:5432/x has pg_is_in_recovery = true: it is a standby, and what is read there may be old; \
             set store.url to the primary"
        );
        assert_eq!(
            refused(6, "SQL_ASCII").unwrap(),
            "PostgreSQL at db:5432/x has server_encoding = SQL_ASCII: it cannot hold every name; \
             create the database anew: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"
        );
        for commit in ["off", "local", "remote_write"] {
            assert!(refused(5, commit).is_some(), "{commit}");
        }
        assert!(check("db:5432/x", &GOOD[..6]).is_err());
    }
}
