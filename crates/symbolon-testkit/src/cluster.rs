//! Several nodes over one store: real processes, each with a proxy of its own before each server that it depends on.
//!
//! ```text
//! let binary = env!("CARGO_BIN_EXE_symbolon");
//! let mut cluster = Layout::of(binary).nodes(3).start().await;
//! cluster.node(0).to_store.set(Fault::Blackhole(Way::Both)).await;   // a partition between one node and the store
//! cluster.node_mut(1).server.kill9().await;
//! cluster.heal().await;
//! ```

mod cache;
mod failover;
mod store;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;

use crate::proxy::{Fault, Proxy};
use crate::server::{Server, Start, folder};
pub use cache::Cache;
pub use failover::Failover;
pub use store::{Kind, Store, Synced};

/// A master key for all nodes; a real one is drawn, this one is a test's.
const MASTER_KEY: &str = "5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed5eed\n";

/// What a cluster is made of.
#[derive(Clone, Debug)]
pub struct Layout {
    start: Start,
    nodes: u16,
    store: Kind,
    cache: bool,
}

impl Layout {
    /// One node of the binary at that path over PostgreSQL, with a lease of two seconds.
    #[must_use]
    pub fn of(binary: impl Into<PathBuf>) -> Self {
        Self {
            start: Start::binary(binary),
            nodes: 1,
            store: Kind::Postgres,
            cache: false,
        }
        .lease(Duration::from_secs(2))
    }

    /// So many nodes.
    #[must_use]
    pub fn nodes(mut self, nodes: u16) -> Self {
        self.nodes = nodes;
        self
    }

    /// Over a store of this kind.
    #[must_use]
    pub fn store(mut self, store: Kind) -> Self {
        self.store = store;
        self
    }

    /// With a Redis beside it that the nodes share.
    #[must_use]
    pub fn cache(mut self) -> Self {
        self.cache = true;
        self
    }

    /// With this lease.
    #[must_use]
    pub fn lease(self, lease: Duration) -> Self {
        self.env("SYMBOLON_NODE__LEASE", &format!("{}ms", lease.as_millis()))
    }

    /// With this environment variable, for every node.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.start = self.start.env(name, value);
        self
    }

    /// Starts the servers, and then each node once the one before is ready.
    pub async fn start(self) -> Cluster {
        let shared = folder();
        let key_file = shared.path().join("master.key");
        write_private(&key_file, MASTER_KEY);
        let (store, cache) = tokio::task::block_in_place(|| {
            let cache = self.cache.then(Cache::start);
            (Store::start(self.store), cache)
        });
        let mut nodes = Vec::new();
        for _ in 0..self.nodes {
            let to_store = Proxy::before(store.address()).await;
            let mut start = self.start.clone();
            start = start
                .env("SYMBOLON_STORE__URL", store.url_at(to_store.address()))
                .env("SYMBOLON_KEYS__MASTER_FILE", key_file.display().to_string());
            let mut to_cache = None;
            if let Some(cache) = &cache {
                let proxy = Proxy::before(cache.address()).await;
                start = start.env("SYMBOLON_CACHE__REDIS_URL", Cache::url_at(proxy.address()));
                to_cache = Some(proxy);
            }
            nodes.push(Node {
                server: start.ready().await,
                to_store,
                to_cache,
            });
        }
        Cluster {
            nodes,
            store,
            cache,
            _shared: shared,
        }
    }
}

/// A file that only its owner reads: a node refuses a key that others can read.
fn write_private(path: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// One node, and the ways to what it depends on.
pub struct Node {
    /// The process.
    pub server: Server,
    /// Its way to the store.
    pub to_store: Proxy,
    /// Its way to the Redis, where there is one.
    pub to_cache: Option<Proxy>,
}

impl Node {
    /// Breaks none of its ways any more.
    pub async fn heal(&self) {
        self.to_store.set(Fault::Pass).await;
        if let Some(to_cache) = &self.to_cache {
            to_cache.set(Fault::Pass).await;
        }
    }
}

/// Nodes that run.
pub struct Cluster {
    // Before the store: they are ended before it.
    nodes: Vec<Node>,
    store: Store,
    cache: Option<Cache>,
    _shared: TempDir,
}

impl Cluster {
    /// The nodes, in the order of their starts.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// One node.
    #[must_use]
    pub fn node(&self, number: usize) -> &Node {
        &self.nodes[number]
    }

    /// One node, to be killed or started.
    pub fn node_mut(&mut self, number: usize) -> &mut Node {
        &mut self.nodes[number]
    }

    /// What they share.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The Redis beside it, where there is one.
    #[must_use]
    pub fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// Where each node listens.
    #[must_use]
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.nodes.iter().map(|node| node.server.address()).collect()
    }

    /// Breaks no way any more.
    pub async fn heal(&self) {
        for node in &self.nodes {
            node.heal().await;
        }
    }

    /// How often the proxies did harm to a connection.
    #[must_use]
    pub fn fired(&self) -> u64 {
        let ways = self
            .nodes
            .iter()
            .flat_map(|node| [Some(&node.to_store), node.to_cache.as_ref()]);
        ways.flatten().map(Proxy::fired).sum()
    }
}
