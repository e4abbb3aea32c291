//! The servers that are used: one, or those of a cluster.

use std::sync::Arc;

use redis::{Cmd, RedisError, Value};
use tokio::sync::mpsc;

use super::cluster::Cluster;
use super::gate::{Gate, Passage, Trouble};
use crate::address::Route;
use crate::server::Server;

/// A server, and the breaker before it.
pub(crate) struct Node {
    pub(crate) server: Server,
    pub(crate) gate: Gate,
}

impl Node {
    /// A server that was not tried yet.
    pub(crate) fn new(server: Server) -> Self {
        Self {
            server,
            gate: Gate::default(),
        }
    }
}

/// The servers.
pub(crate) enum Fleet {
    /// It has every key.
    One(Arc<Node>),
    /// Each has some.
    Cluster(Box<Cluster>),
}

/// Those that someone is to look after.
pub(crate) type Newcomers = mpsc::UnboundedReceiver<Arc<Node>>;

impl Fleet {
    /// The servers of an address. Each of them comes out at the other end, also one that is found later.
    pub(crate) fn of(server: Server) -> (Self, Newcomers) {
        // Bounded by how many servers a cluster may have.
        let (newcomers, coming) = mpsc::unbounded_channel();
        let fleet = match server.route() {
            Route::Cluster(seeds) => {
                let seeds = seeds.iter().map(|seed| server.at(seed.clone())).collect();
                Self::Cluster(Box::new(Cluster::of(server, seeds, newcomers)))
            }
            Route::Host(_) | Route::Socket(_) | Route::Sentinels(_) => {
                let node = Arc::new(Node::new(server));
                // The other end is in this function still.
                drop(newcomers.send(Arc::clone(&node)));
                Self::One(node)
            }
        };
        (fleet, coming)
    }

    /// Who is asked about a key, if the breaker before it is closed.
    pub(crate) fn passage(&self, name: &str) -> Option<Arc<Passage>> {
        match self {
            Self::One(node) => node.gate.passage(),
            Self::Cluster(cluster) => cluster.passage(name),
        }
    }

    /// Whoever is there.
    pub(crate) fn any(&self) -> Option<Arc<Passage>> {
        match self {
            Self::One(node) => node.gate.passage(),
            Self::Cluster(cluster) => cluster.any(),
        }
    }

    /// Where to connect at the `attempt`th try.
    pub(crate) fn choose(&self, attempt: usize) -> Arc<Node> {
        match self {
            Self::One(node) => Arc::clone(node),
            Self::Cluster(cluster) => cluster.choose(attempt),
        }
    }

    /// Asks about a key; what is elsewhere is asked there, once. Gives who has answered. It may be given up at any time.
    pub(crate) async fn ask(
        &self,
        passage: Arc<Passage>,
        name: &str,
        command: &Cmd,
    ) -> Result<(Value, Arc<Passage>), Trouble> {
        match passage.ask(command).await {
            Ok(value) => Ok((value, passage)),
            Err(Trouble::Said(refusal)) => match self.moved(name, &refusal) {
                Some(other) => Ok((other.ask(command).await?, other)),
                None => Err(Trouble::Said(refusal)),
            },
            Err(Trouble::Late) => Err(Trouble::Late),
        }
    }

    /// Learns from a refusal where a key is; gives who is to be asked instead.
    pub(crate) fn moved(&self, name: &str, refusal: &RedisError) -> Option<Arc<Passage>> {
        match self {
            Self::One(_) => None,
            Self::Cluster(cluster) => cluster.moved(name, refusal),
        }
    }

    /// Lets go of all connections.
    pub(crate) fn clear(&self) {
        match self {
            Self::One(node) => node.gate.clear(),
            Self::Cluster(cluster) => cluster.clear(),
        }
    }
}
