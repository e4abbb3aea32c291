//! Redis Cluster: which server has a key is learned from the servers' own refusals.
//!
//! A server that is asked about a key of another names the one that has it (`MOVED`), so no command is needed that a
//! user of a cache need not be allowed. What is not known yet, or has a server that is away, is asked of any.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use arc_swap::ArcSwap;
use redis::{ErrorKind, RedisError, ServerErrorKind};
use tokio::sync::mpsc;

use super::fleet::Node;
use super::gate::Passage;
use crate::address::Host;
use crate::server::Server;

/// How many slots the keys of a cluster fall into.
const SLOTS: u16 = 16_384;

/// The most servers that are used. A forged refusal must not fill the memory.
const SERVERS_MAX: usize = 256;

/// Nobody is known to have the slot.
const UNKNOWN: u16 = u16::MAX;

/// The servers of a cluster, as far as known.
pub(crate) struct Cluster {
    /// Any of them, to make the others like it.
    sample: Server,
    /// Only ever grows, so that a place in it stays good.
    nodes: ArcSwap<Vec<Arc<Node>>>,
    slots: Box<[AtomicU16]>,
    newcomers: mpsc::UnboundedSender<Arc<Node>>,
}

impl Cluster {
    /// A cluster of which these are known.
    pub(crate) fn of(
        sample: Server,
        seeds: Vec<Server>,
        newcomers: mpsc::UnboundedSender<Arc<Node>>,
    ) -> Self {
        let nodes: Vec<Arc<Node>> = seeds.into_iter().map(|seed| Arc::new(Node::new(seed))).collect();
        for node in &nodes {
            // An error: nobody looks after them any more.
            drop(newcomers.send(Arc::clone(node)));
        }
        Self {
            sample,
            nodes: ArcSwap::from_pointee(nodes),
            slots: (0..SLOTS).map(|_| AtomicU16::new(UNKNOWN)).collect(),
            newcomers,
        }
    }

    pub(crate) fn passage(&self, name: &str) -> Option<Arc<Passage>> {
        let at = self.slots[slot_of(name)].load(Ordering::Relaxed);
        let nodes = self.nodes.load();
        let owner = nodes.get(usize::from(at)).and_then(|node| node.gate.passage());
        owner.or_else(|| open(&nodes))
    }

    pub(crate) fn any(&self) -> Option<Arc<Passage>> {
        open(&self.nodes.load())
    }

    pub(crate) fn choose(&self, attempt: usize) -> Arc<Node> {
        let nodes = self.nodes.load();
        Arc::clone(&nodes[attempt % nodes.len()])
    }

    pub(crate) fn clear(&self) {
        for node in self.nodes.load().iter() {
            node.gate.clear();
        }
    }

    pub(crate) fn moved(&self, name: &str, refusal: &RedisError) -> Option<Arc<Passage>> {
        if refusal.kind() != ErrorKind::Server(ServerErrorKind::Moved) {
            return None;
        }
        let (place, _slot) = refusal.redirect_node()?;
        let at = self.place_of(&read_host(place)?)?;
        // The slot is computed here: what is forged in a refusal moves no other key.
        self.slots[slot_of(name)].store(at, Ordering::Relaxed);
        self.nodes.load().get(usize::from(at))?.gate.passage()
    }

    /// The place of a server among the known ones, which it joins if there is room.
    fn place_of(&self, host: &Host) -> Option<u16> {
        let mut added = None;
        let mut at = None;
        self.nodes.rcu(|nodes| {
            added = None;
            at = nodes.iter().position(|node| node.server.is_at(host));
            if at.is_some() || nodes.len() >= SERVERS_MAX {
                return Arc::clone(nodes);
            }
            let node = Arc::new(Node::new(self.sample.at(host.clone())));
            let mut more = Vec::clone(nodes);
            at = Some(more.len());
            more.push(Arc::clone(&node));
            added = Some(node);
            Arc::new(more)
        });
        if let Some(node) = added {
            drop(self.newcomers.send(node));
        }
        at.and_then(|at| u16::try_from(at).ok())
    }
}

fn open(nodes: &[Arc<Node>]) -> Option<Arc<Passage>> {
    nodes.iter().find_map(|node| node.gate.passage())
}

/// A host and a port as a server writes them: the last colon parts them, also after an address of IPv6.
fn read_host(place: &str) -> Option<Host> {
    let (name, port) = place.rsplit_once(':')?;
    // A server that does not know its own name leaves it out.
    let known = !matches!(name, "" | "?");
    Some(Host {
        name: known.then(|| name.to_owned())?,
        port: port.parse().ok().filter(|port| *port != 0)?,
    })
}

/// The slot of a key: CRC16 (XMODEM) of it. Ours have no braces, of which only a part would count.
fn slot_of(name: &str) -> usize {
    let crc = name.bytes().fold(0_u16, |crc, byte| {
        let index = usize::from(byte ^ u8::try_from(crc >> 8).unwrap_or_default());
        (crc << 8) ^ CRC16[index]
    });
    usize::from(crc % SLOTS)
}

static CRC16: [u16; 256] = crc16();

const fn crc16() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte: u16 = 0;
    while byte < 256 {
        let mut crc = byte << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 0x8000 == 0 {
                crc << 1
            } else {
                (crc << 1) ^ 0x1021
            };
            bit += 1;
        }
        table[byte as usize] = crc;
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{read_host, slot_of};

    #[test]
    fn a_key_falls_into_the_slot_that_redis_says() {
        // From the Redis Cluster specification; against a real one in `tests/it/cluster.rs`.
        assert_eq!(slot_of("123456789"), 12_739);
        assert_eq!(slot_of(""), 0);
        assert_eq!(slot_of("foo"), 12_182);
    }

    #[test]
    fn a_place_is_a_host_and_a_port() {
        let place = |text: &str| read_host(text).map(|host| host.to_string());
        assert_eq!(place("10.0.0.7:7001").as_deref(), Some("10.0.0.7:7001"));
        assert_eq!(place("2001:db8::7:7001").as_deref(), Some("[2001:db8::7]:7001"));
        for nothing in ["", ":7001", "?:7001", "a", "a:", "a:0", "a:70000"] {
            assert_eq!(place(nothing), None, "{nothing}");
        }
    }
}
