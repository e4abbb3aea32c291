use std::net::SocketAddr;

use crate::history::audit::Entry;
use crate::proxy::Trigger;
use crate::servers::{MariaDb, Postgres, StartMariaDb, StartPostgres};

/// Which store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
}

/// A store that the nodes share.
pub enum Store {
    /// PostgreSQL.
    Postgres(Postgres),
    /// MariaDB.
    MariaDb(MariaDb),
}

/// Does the same with either.
macro_rules! either {
    ($store:expr, $database:ident => $does:expr) => {
        match $store {
            Store::Postgres($database) => $does,
            Store::MariaDb($database) => $does,
        }
    };
}

impl Store {
    /// Starts an empty one, with a place for each connection of each node and some for whoever looks.
    #[must_use]
    pub fn start(kind: Kind) -> Self {
        match kind {
            Kind::Postgres => {
                Self::Postgres(StartPostgres::default().setting("max_connections", "150").start())
            }
            Kind::MariaDb => Self::MariaDb(StartMariaDb::default().setting("max-connections", "150").start()),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        either!(self, database => database.address())
    }

    /// What a node calls it, over a proxy.
    #[must_use]
    pub fn url_at(&self, address: SocketAddr) -> String {
        either!(self, database => database.url_at(address))
    }

    /// Finds the orders to commit among the bytes to it: the word alone is also in READ COMMITTED.
    #[must_use]
    pub fn commits(&self) -> Trigger {
        match self {
            Self::Postgres(_) => Trigger::on(*b"COMMIT\0"),
            // The code of a query, and its text.
            Self::MariaDb(_) => Trigger::on(*b"\x03COMMIT"),
        }
    }

    /// Ends it as a power cut would.
    pub fn kill9(&self) {
        either!(self, database => database.kill9());
    }

    /// Starts it again after that, and waits until it takes connections.
    pub fn start_again(&self) {
        either!(self, database => database.start_again());
    }

    /// Stops it where it stands.
    pub fn freeze(&self) {
        either!(self, database => database.freeze());
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        either!(self, database => database.thaw());
    }

    /// The number of the newest entry of the audit record.
    #[must_use]
    pub fn audit_end(&self) -> u64 {
        let newest = self.sql("SELECT coalesce(max(audit_id), 0) FROM audit");
        newest.trim().parse().unwrap()
    }

    /// The entries of the audit record after one.
    #[must_use]
    pub fn audit_after(&self, end: u64) -> Vec<Entry> {
        let id = match self {
            Self::Postgres(_) => "encode(session_id, 'hex')",
            Self::MariaDb(_) => "lower(hex(session_id))",
        };
        let rows = self.sql(&format!(
            "SELECT concat(event, '|', coalesce({id}, ''), '|', coalesce(subject, '')) FROM audit \
             WHERE audit_id > {end}"
        ));
        rows.lines().filter_map(entry).collect()
    }

    fn sql(&self, text: &str) -> String {
        either!(self, database => database.sql(text))
    }

    /// All that it holds, as text.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        either!(self, database => database.dump())
    }
}

/// A row of three columns between bars.
fn entry(row: &str) -> Option<Entry> {
    let mut columns = row.splitn(3, '|');
    let event = columns.next()?.to_owned();
    let session = columns.next().filter(|hex| hex.len() == 32);
    let subject = columns.next().filter(|subject| !subject.is_empty());
    Some(Entry {
        event,
        session: session.map(with_hyphens),
        subject: subject.map(str::to_owned),
    })
}

/// Thirty-two hexadecimal digits as a session's id is written (RFC 9562, section 4).
fn with_hyphens(hex: &str) -> String {
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}
