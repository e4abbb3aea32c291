use std::net::SocketAddr;

use crate::history::audit::Entry;
use crate::proxy::Trigger;
use crate::servers::{Postgres, StartPostgres};

/// Which store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
}

/// A store that the nodes share.
pub enum Store {
    /// PostgreSQL.
    Postgres(Postgres),
}

impl Store {
    /// Starts an empty one.
    #[must_use]
    pub fn start(kind: Kind) -> Self {
        match kind {
            // A place for each connection of each node, and some for whoever looks.
            Kind::Postgres => {
                Self::Postgres(StartPostgres::default().setting("max_connections", "150").start())
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Postgres(postgres) => postgres.address(),
        }
    }

    /// What a node calls it, over a proxy.
    #[must_use]
    pub fn url_at(&self, address: SocketAddr) -> String {
        match self {
            Self::Postgres(postgres) => postgres.url_at(address),
        }
    }

    /// Finds the orders to commit among the bytes to it.
    #[must_use]
    pub fn commits(&self) -> Trigger {
        match self {
            Self::Postgres(_) => Trigger::on(*b"COMMIT\0"),
        }
    }

    /// Ends it as a power cut would.
    pub fn kill9(&self) {
        match self {
            Self::Postgres(postgres) => postgres.kill9(),
        }
    }

    /// Starts it again after that, and waits until it takes connections.
    pub fn start_again(&self) {
        match self {
            Self::Postgres(postgres) => postgres.start_again(),
        }
    }

    /// Stops it where it stands.
    pub fn freeze(&self) {
        match self {
            Self::Postgres(postgres) => postgres.freeze(),
        }
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        match self {
            Self::Postgres(postgres) => postgres.thaw(),
        }
    }

    /// The number of the newest entry of the audit record.
    #[must_use]
    pub fn audit_end(&self) -> u64 {
        let newest = self.sql("SELECT coalesce(max(audit_id), 0) FROM audit");
        newest.parse().unwrap()
    }

    /// The entries of the audit record after one.
    #[must_use]
    pub fn audit_after(&self, end: u64) -> Vec<Entry> {
        let rows = self.sql(&format!(
            "SELECT event, encode(session_id, 'hex'), subject FROM audit WHERE audit_id > {end}"
        ));
        rows.lines().filter_map(entry).collect()
    }

    fn sql(&self, text: &str) -> String {
        match self {
            Self::Postgres(postgres) => postgres.sql(text),
        }
    }

    /// All that it holds, as text.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        match self {
            Self::Postgres(postgres) => postgres.dump(),
        }
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
