use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;

use crate::proxy::{Fault, Proxy, Way};
use crate::servers::{Redis, StartRedis};

/// What the Sentinels call the primary.
const SERVICE: &str = "main";
/// As many as there should be, and how many of them must agree that the primary is gone.
const SENTINELS: usize = 3;
const QUORUM: usize = 2;
/// Between two looks at who leads.
const LOOK: Duration = Duration::from_millis(100);
/// So often it is looked, longer than it takes on a busy machine: the Sentinels let one that is back follow after ten
/// seconds.
const LOOKS: u32 = 900;

/// Two Redis, one of which follows the other, and three Sentinels that let the second lead when the first is gone. Nodes,
/// Sentinels and each other reach each of the two by a way that can be cut.
pub struct Failover {
    servers: [Redis; 2],
    ways: [Proxy; 2],
    sentinels: [Redis; SENTINELS],
    /// Which of the two leads, as it was seen last.
    leader: AtomicUsize,
}

impl Failover {
    /// Starts all, each of the two in this way, and waits until one has what the other has. It is called where blocking is
    /// allowed, within a runtime.
    #[must_use]
    pub fn start(redis: &StartRedis) -> Self {
        let servers = [redis.clone().start(), redis.clone().start()];
        let ways = [0, 1].map(|number: usize| {
            let way = Handle::current().block_on(Proxy::before(servers[number].address()));
            announce(&servers[number], way.address());
            way
        });
        let leader = ways[0].address();
        let (host, port) = (leader.ip().to_string(), leader.port().to_string());
        servers[1].cli(&["REPLICAOF", &host, &port]);
        let failover = Self {
            servers,
            ways,
            sentinels: [(); SENTINELS].map(|()| {
                let sentinel = StartRedis::default().sentinel_at(SERVICE, leader, QUORUM);
                sentinel.start()
            }),
            leader: AtomicUsize::new(0),
        };
        failover.settle();
        failover
    }

    /// Where the first Sentinel listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.sentinels[0].address()
    }

    /// What a node calls it, over a proxy before a Sentinel.
    #[must_use]
    pub fn url_at(address: SocketAddr) -> String {
        format!("redis-sentinel://{address}?sentinelServiceName={SERVICE}")
    }

    /// The one that led when that was settled last.
    #[must_use]
    pub fn leader(&self) -> &Redis {
        &self.servers[self.leader.load(Ordering::Acquire)]
    }

    /// The one that followed then.
    #[must_use]
    pub fn follower(&self) -> &Redis {
        &self.servers[1 - self.leader.load(Ordering::Acquire)]
    }

    /// Cuts the one that leads off from everyone.
    pub async fn cut(&self) {
        let way = &self.ways[self.leader.load(Ordering::Acquire)];
        way.set(Fault::Blackhole(Way::Both)).await;
    }

    /// Lets it be reached again.
    pub async fn mend(&self) {
        for way in &self.ways {
            way.set(Fault::Pass).await;
        }
    }

    /// Cuts the one that leads off from the other and from the Sentinels, and from nobody else.
    pub fn part(&self) {
        // A Sentinel takes no other answer to its PING than those of one that lives.
        let leader = self.leader();
        leader.cli(&["ACL", "SETUSER", "default", "-ping", "-psync", "-sync"]);
        leader.cli(&["CLIENT", "KILL", "TYPE", "replica"]);
    }

    /// Lets both have it again.
    pub fn join(&self) {
        self.leader()
            .cli(&["ACL", "SETUSER", "default", "+ping", "+psync", "+sync"]);
    }

    /// Waits until one leads, the other follows it with all that it has, and the Sentinels have seen both and each other.
    pub fn settle(&self) {
        let leader = self.look("nobody leads", || self.settled());
        self.leader.store(leader, Ordering::Release);
    }

    /// Waits until every Sentinel names the one that followed. One that led and is back before that may lead on: then nothing
    /// has failed over.
    pub fn wait_for_failover(&self) {
        let before = self.leader.load(Ordering::Acquire);
        self.look("nobody takes over", || {
            self.named().filter(|(leader, _)| *leader != before)
        });
    }

    fn look<T>(&self, fault: &str, look: impl Fn() -> Option<T>) -> T {
        for _ in 0..LOOKS {
            if let Some(seen) = look() {
                return seen;
            }
            std::thread::sleep(LOOK);
        }
        let said = self.sentinels[0].cli(&["SENTINEL", "MASTER", SERVICE]);
        panic!("{fault}: {said}");
    }

    /// Which of the two all Sentinels name, and its port.
    fn named(&self) -> Option<(usize, u16)> {
        let named = |sentinel: &Redis| sentinel.cli(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", SERVICE]);
        let first = named(&self.sentinels[0]);
        let agree = self.sentinels.iter().all(|sentinel| named(sentinel) == first);
        let port: u16 = first.lines().last()?.parse().ok()?;
        let leader = self.ways.iter().position(|way| way.address().port() == port)?;
        agree.then_some((leader, port))
    }

    /// Which of the two leads, if they and the Sentinels agree.
    fn settled(&self) -> Option<usize> {
        let (leader, port) = self.named()?;
        let info = |server: usize| self.servers[server].cli(&["INFO", "replication"]);
        let (leading, following) = (info(leader), info(1 - leader));
        let agree = leading.contains("role:master")
            && leading.contains("state=online")
            && following.contains(&format!("master_port:{port}\r"))
            && following.contains("master_link_status:up");
        (agree && self.sentinels.iter().all(is_ready)).then_some(leader)
    }
}

/// Whether a Sentinel can let the one that follows lead: it has seen it, and can be elected.
fn is_ready(sentinel: &Redis) -> bool {
    let replicas = sentinel.cli(&["SENTINEL", "REPLICAS", SERVICE]);
    let flags = replicas.lines().skip_while(|line| *line != "flags").nth(1);
    let quorum = sentinel.cli(&["SENTINEL", "CKQUORUM", SERVICE]);
    flags == Some("slave") && quorum.starts_with(&format!("OK {SENTINELS} "))
}

/// Lets a Redis call itself by the address at which others reach it, also when it is started again.
fn announce(redis: &Redis, address: SocketAddr) {
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    redis.cli(&["CONFIG", "SET", "replica-announce-ip", &host]);
    redis.cli(&["CONFIG", "SET", "replica-announce-port", &port]);
    redis.cli(&["CONFIG", "SET", "repl-diskless-sync-delay", "0"]);
    redis.cli(&["CONFIG", "REWRITE"]);
}
