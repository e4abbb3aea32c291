//! What is broken, and how it is mended.

use std::time::Duration;

use symbolon_testkit::cluster::{Cache, Cluster, Node};
use symbolon_testkit::history::Nanos;
use symbolon_testkit::history::stops::Stop;
use symbolon_testkit::proxy::{Fault, Way};
use symbolon_testkit::randomness::Seeded;
use tokio::task::block_in_place;
use tokio::time::sleep;

use crate::cli::StoreName;

/// One kind of fault. The numbers are those of the plan of the campaign.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, clap::ValueEnum)]
pub(crate) enum Nemesis {
    /// Nothing is broken
    N0,
    /// A node is killed (kill -9) and started again
    N1,
    /// A node is stopped where it stands (SIGSTOP) and goes on
    N2,
    /// Each node in turn is ended in order (SIGTERM) and started again
    N3,
    /// Redis is killed and started again
    N4,
    /// Redis is stopped where it stands and goes on
    N5,
    /// Redis is started again empty
    N6,
    /// Redis is started again with what it held some seconds before
    N7,
    /// A replica of Redis that was cut off takes over
    N8,
    /// Redis forgets everything, has hardly any memory, and sleeps
    N9,
    /// One node cannot reach Redis, or hears nothing from it, or both
    N10,
    /// One node cannot reach the store, or hears nothing from it, or both
    N11,
    /// The store is killed and started again
    N12,
    /// The store is stopped where it stands and goes on
    N13,
    /// Answers to COMMIT are lost
    N14,
    /// A node is started again and cut off from the store as soon as it is ready
    CutAtStart,
    /// The store is started again with what it had written some seconds before (Redis)
    StoreOfBefore,
    /// The store is started again empty (Redis)
    StoreEmpty,
    /// The store is killed, a node is killed and started meanwhile, and then the store comes back (Redis with a fallback)
    NodeWhileAway,
    /// The store is killed and comes back, and a node is killed on its way home (Redis with a fallback)
    NodeOnWayHome,
    /// The primary is killed, its replica takes its place, and it comes back (Redis with a Sentinel)
    FailoverKill,
    /// The same, of a primary that is stopped where it stands and goes on
    FailoverStop,
    /// The same, of a primary that nobody reaches for a while
    FailoverCut,
    /// The same, of a primary that its replica and its Sentinels do not reach, and the nodes do
    FailoverPart,
}

/// One answer in so many is lost.
const LOST_ONE_IN: u32 = 4;
/// How long Redis goes on after a copy was made of it.
const OLDER: Duration = Duration::from_secs(2);
/// How long a node that was just started can reach the store: its lease of two seconds goes on beyond that.
const WARMS_UP: Duration = Duration::from_millis(700);
/// How long a node has to notice that the store is away.
const NOTICES: Duration = Duration::from_millis(1500);
/// How long after the store is back a node is killed: a part of this, by chance. It looks twice before it sets out.
const ON_THE_WAY: Duration = Duration::from_millis(1500);
/// How long Redis sleeps, in seconds; a node waits for 50 ms.
const SLEEP: &str = "1.5";

/// A fault that is there, as its mending needs to know it.
pub(crate) enum Wound {
    /// Nothing is left to mend.
    None,
    /// Nothing either: which nodes were stopped in order, and when.
    Rolled(Vec<Stop>),
    Killed(usize),
    Stopped(usize),
    Ways,
    StoreKilled,
    StoreFrozen,
    FailedOver(Nemesis),
    CacheKilled,
    CacheFrozen,
    CacheReplaced,
    CacheStarved,
}

impl Nemesis {
    /// What it does, in a table's words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::N0 => "N0 no fault",
            Self::N1 => "N1 node kill -9",
            Self::N2 => "N2 node SIGSTOP",
            Self::N3 => "N3 rolling SIGTERM",
            Self::N4 => "N4 Redis kill -9",
            Self::N5 => "N5 Redis SIGSTOP",
            Self::N6 => "N6 Redis empty",
            Self::N7 => "N7 Redis of before",
            Self::N8 => "N8 stale replica",
            Self::N9 => "N9 Redis forgets",
            Self::N10 => "N10 node–Redis partition",
            Self::N11 => "N11 node–store partition",
            Self::N12 => "N12 store kill -9",
            Self::N13 => "N13 store SIGSTOP",
            Self::N14 => "N14 lost COMMIT answers",
            Self::CutAtStart => "node cut off at its start",
            Self::StoreOfBefore => "store of before",
            Self::StoreEmpty => "store empty",
            Self::NodeWhileAway => "store away, node kill -9",
            Self::NodeOnWayHome => "store back, node kill -9",
            Self::FailoverKill => "failover, primary kill -9",
            Self::FailoverStop => "failover, primary SIGSTOP",
            Self::FailoverCut => "failover, primary cut off",
            Self::FailoverPart => "failover, primary cut off from its Sentinels alone",
        }
    }

    /// Whether it can strike on a store, with a Redis beside it or without.
    pub(crate) fn strikes(self, store: StoreName, has_cache: bool) -> bool {
        match self {
            Self::N0 | Self::N1 | Self::N2 => true,
            // For the wrong variants, where it is asked for.
            Self::CutAtStart => false,
            Self::FailoverKill | Self::FailoverStop | Self::FailoverCut | Self::FailoverPart => {
                store == StoreName::RedisSentinel
            }
            // What a Redis is led to is asked of its Sentinel; and there the failover is what happens to the store.
            _ if store == StoreName::RedisSentinel => false,
            Self::NodeWhileAway | Self::NodeOnWayHome => store == StoreName::RedisAlone,
            // Of one node none is left meanwhile.
            Self::N3 => store != StoreName::RedisAlone,
            Self::StoreOfBefore | Self::StoreEmpty => store.is_redis(),
            Self::N11 | Self::N12 | Self::N13 | Self::N14 => true,
            Self::N4 | Self::N5 | Self::N6 | Self::N7 | Self::N8 | Self::N9 | Self::N10 => has_cache,
        }
    }

    /// Whether a replica takes the store's place.
    pub(crate) fn fails_over(self) -> bool {
        matches!(
            self,
            Self::FailoverKill | Self::FailoverStop | Self::FailoverCut | Self::FailoverPart
        )
    }

    /// Whether nodes are without the store for a while.
    pub(crate) fn takes_store_away(self) -> bool {
        !matches!(self, Self::N0 | Self::N1 | Self::N2 | Self::N3)
    }

    /// Whether it ends with a node that is begun again: that node is ready when it has recovered.
    pub(crate) fn ends_with_a_node(self) -> bool {
        matches!(self, Self::N1 | Self::NodeOnWayHome)
    }

    /// Breaks something.
    pub(crate) async fn strike(
        self,
        cluster: &mut Cluster,
        chance: &Seeded,
        now: impl Fn() -> Nanos,
    ) -> Wound {
        let count = cluster.nodes().len();
        let node = usize::try_from(chance.below(count as u64)).unwrap_or(0);
        let way = [Way::Both, Way::Up, Way::Down][usize::try_from(chance.below(3)).unwrap_or(0)];
        match self {
            Self::N0 => Wound::None,
            Self::N1 => {
                cluster.node_mut(node).server.kill9().await;
                Wound::Killed(node)
            }
            Self::N2 => {
                cluster.node(node).server.sigstop().await;
                Wound::Stopped(node)
            }
            Self::N3 => roll(cluster, now).await,
            Self::N10 => {
                if let Some(to_cache) = &cluster.node(node).to_cache {
                    to_cache.set(Fault::Blackhole(way)).await;
                }
                Wound::Ways
            }
            Self::N11 => {
                cluster.node(node).to_store.set(Fault::Blackhole(way)).await;
                Wound::Ways
            }
            Self::N12 => {
                block_in_place(|| cluster.store().kill9());
                Wound::StoreKilled
            }
            Self::N13 => {
                block_in_place(|| cluster.store().freeze());
                Wound::StoreFrozen
            }
            Self::StoreOfBefore => {
                block_in_place(|| cluster.store().copy());
                sleep(OLDER).await;
                put_back(cluster)
            }
            Self::StoreEmpty => put_back(cluster),
            Self::NodeWhileAway => node_while_away(cluster, node).await,
            Self::NodeOnWayHome => node_on_way_home(cluster, node, chance).await,
            _ if self.fails_over() => {
                self.strike_leader(cluster).await;
                Wound::FailedOver(self)
            }
            Self::CutAtStart => cut_at_start(cluster.node_mut(node)).await,
            Self::N14 => {
                let trigger = cluster.store().commits().one_in(LOST_ONE_IN);
                for node in cluster.nodes() {
                    node.to_store.set(Fault::DropReplyAfter(trigger.clone())).await;
                }
                Wound::Ways
            }
            _ => match cluster.cache() {
                Some(cache) => self.strike_cache(cluster, cache).await,
                None => Wound::None,
            },
        }
    }

    async fn strike_leader(self, cluster: &Cluster) {
        let Some(both) = cluster.store().failover() else {
            return;
        };
        match self {
            Self::FailoverStop => block_in_place(|| both.leader().freeze()),
            Self::FailoverCut => both.cut().await,
            Self::FailoverPart => block_in_place(|| both.part()),
            _ => block_in_place(|| both.leader().kill9()),
        }
    }

    /// Brings the one that led back once the other has taken over, and waits until it follows.
    async fn heal_leader(self, cluster: &Cluster) {
        let Some(both) = cluster.store().failover() else {
            return;
        };
        block_in_place(|| both.wait_for_failover());
        match self {
            Self::FailoverStop => block_in_place(|| both.leader().thaw()),
            Self::FailoverCut => both.mend().await,
            Self::FailoverPart => block_in_place(|| both.join()),
            _ => block_in_place(|| both.leader().start_again()),
        }
        block_in_place(|| both.settle());
    }

    async fn strike_cache(self, cluster: &Cluster, cache: &Cache) -> Wound {
        match self {
            Self::N5 => {
                block_in_place(|| cache.primary().freeze());
                Wound::CacheFrozen
            }
            Self::N6 => {
                block_in_place(|| {
                    cache.primary().kill9();
                    cache.forget();
                    cache.primary().start_again();
                });
                Wound::None
            }
            Self::N7 => {
                block_in_place(|| cache.save());
                sleep(OLDER).await;
                block_in_place(|| {
                    cache.primary().kill9();
                    cache.primary().start_again();
                    cache.forget();
                });
                Wound::None
            }
            Self::N8 => {
                block_in_place(|| cache.cut_replica());
                sleep(OLDER).await;
                lead(cluster, cache.replica_address()).await;
                Wound::CacheReplaced
            }
            Self::N9 => {
                block_in_place(|| {
                    cache.primary().cli(&["CONFIG", "SET", "maxmemory", "2mb"]);
                    cache
                        .primary()
                        .cli(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
                    cache.primary().cli(&["FLUSHALL"]);
                    cache.primary().cli(&["DEBUG", "SLEEP", SLEEP]);
                });
                Wound::CacheStarved
            }
            _ => {
                block_in_place(|| cache.primary().kill9());
                Wound::CacheKilled
            }
        }
    }
}

/// Restarts each node, the next one when the one before is ready.
async fn roll(cluster: &mut Cluster, now: impl Fn() -> Nanos) -> Wound {
    let mut stops = Vec::new();
    for node in 0..cluster.nodes().len() {
        let from = now();
        let server = &mut cluster.node_mut(node).server;
        server.sigterm();
        assert!(
            server.wait_exit().await.success(),
            "a node does not stop in order"
        );
        server.restart().await;
        stops.push(Stop {
            node: u16::try_from(node).unwrap_or(u16::MAX),
            from,
            ready: now(),
        });
    }
    Wound::Rolled(stops)
}

/// Ends a node in order, starts it again, and cuts it off as soon as it is ready.
async fn cut_at_start(node: &mut Node) -> Wound {
    node.server.sigterm();
    node.server.wait_exit().await;
    node.server.restart().await;
    // So long it is asked about sessions, and remembers them.
    sleep(WARMS_UP).await;
    node.to_store.set(Fault::Blackhole(Way::Both)).await;
    Wound::Ways
}

/// Kills the store, and a node when it goes on without it. The node is begun again at once.
async fn node_while_away(cluster: &mut Cluster, node: usize) -> Wound {
    block_in_place(|| cluster.store().kill9());
    sleep(NOTICES).await;
    let server = &mut cluster.node_mut(node).server;
    server.kill9().await;
    server.begin_again();
    Wound::StoreKilled
}

/// Kills the store, brings it back, and kills a node when it brings home what was begun meanwhile.
async fn node_on_way_home(cluster: &mut Cluster, node: usize, chance: &Seeded) -> Wound {
    block_in_place(|| cluster.store().kill9());
    sleep(NOTICES + NOTICES).await;
    block_in_place(|| cluster.store().start_again());
    let parts = f64::from(u32::try_from(chance.below(100)).unwrap_or(0)) / 100.0;
    sleep(ON_THE_WAY.mul_f64(parts)).await;
    cluster.node_mut(node).server.kill9().await;
    Wound::Killed(node)
}

/// Kills the store. Started again it has its copy, or nothing.
fn put_back(cluster: &Cluster) -> Wound {
    block_in_place(|| {
        cluster.store().kill9();
        cluster.store().put_back();
    });
    Wound::StoreKilled
}

/// Leads every node's way to another Redis.
async fn lead(cluster: &Cluster, address: std::net::SocketAddr) {
    for to_cache in cluster.nodes().iter().filter_map(|node| node.to_cache.as_ref()) {
        to_cache.point_at(address).await;
        to_cache.set(Fault::Reset).await;
        to_cache.set(Fault::Pass).await;
    }
}

impl Wound {
    /// Mends it. A node that was killed is only begun: that it becomes ready is its own recovery.
    pub(crate) async fn heal(self, cluster: &mut Cluster) {
        match self {
            Self::None | Self::Rolled(_) => {}
            Self::Killed(node) => cluster.node_mut(node).server.begin_again(),
            Self::Stopped(node) => cluster.node(node).server.sigcont(),
            Self::Ways => cluster.heal().await,
            Self::StoreKilled => block_in_place(|| cluster.store().start_again()),
            Self::StoreFrozen => block_in_place(|| cluster.store().thaw()),
            Self::FailedOver(nemesis) => nemesis.heal_leader(cluster).await,
            of_cache => {
                if let Some(cache) = cluster.cache() {
                    of_cache.heal_cache(cluster, cache).await;
                }
            }
        }
    }

    async fn heal_cache(self, cluster: &Cluster, cache: &Cache) {
        match self {
            Self::CacheFrozen => block_in_place(|| cache.primary().thaw()),
            Self::CacheStarved => drop(block_in_place(|| {
                cache.primary().cli(&["CONFIG", "SET", "maxmemory", "0"])
            })),
            Self::CacheReplaced => {
                lead(cluster, cache.address()).await;
                block_in_place(|| cache.follow());
            }
            _ => block_in_place(|| cache.primary().start_again()),
        }
    }
}
