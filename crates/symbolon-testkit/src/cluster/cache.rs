use std::net::SocketAddr;

use crate::servers::{Redis, StartRedis};

/// The Redis that the nodes share, with a replica.
pub struct Cache {
    primary: Redis,
    replica: Redis,
}

/// Where a Redis keeps what it was told to save.
const SAVED: &str = "dump.rdb";

impl Cache {
    /// Starts both, empty.
    #[must_use]
    pub fn start() -> Self {
        let start = || {
            let start = StartRedis::default().setting("enable-debug-command", "yes");
            // What is looked through for secrets must not be packed.
            start.setting("rdbcompression", "no")
        };
        let primary = start().start();
        let replica = start().replica_of(&primary).start();
        Self { primary, replica }
    }

    /// The one that is written to.
    #[must_use]
    pub fn primary(&self) -> &Redis {
        &self.primary
    }

    /// Where the primary listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.primary.address()
    }

    /// What a node calls it, over a proxy.
    #[must_use]
    pub fn url_at(address: SocketAddr) -> String {
        format!("redis://{address}")
    }

    /// Keeps what it holds now, for a later start.
    pub fn save(&self) {
        self.primary.cli(&["SAVE"]);
    }

    /// Keeps nothing for a later start.
    pub fn forget(&self) {
        // There may be nothing.
        drop(std::fs::remove_file(self.primary.folder().join(SAVED)));
    }

    /// Cuts the replica off: from now on it is what the primary was.
    pub fn cut_replica(&self) {
        self.replica.cli(&["REPLICAOF", "NO", "ONE"]);
    }

    /// Where the replica listens.
    #[must_use]
    pub fn replica_address(&self) -> SocketAddr {
        self.replica.address()
    }

    /// Lets the replica follow again.
    pub fn follow(&self) {
        let address = self.primary.address();
        let (host, port) = (address.ip().to_string(), address.port().to_string());
        self.replica.cli(&["REPLICAOF", &host, &port]);
    }

    /// All that the primary holds.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        self.save();
        let kept = std::fs::read(self.primary.folder().join(SAVED)).unwrap();
        self.forget();
        kept
    }
}
