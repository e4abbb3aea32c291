use std::net::SocketAddr;

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

    /// All that it holds, as text.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        match self {
            Self::Postgres(postgres) => postgres.dump(),
        }
    }
}
