use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use parking_lot::Mutex;
use rustix::process::{Resource, getrlimit};

use super::{ListenLimits, PeerAddr};
use crate::client_addr::TrustedProxies;
use crate::limits::RESERVED_FILES;

/// Counts connections, together and by address, and lets in no more than may be. Listeners that shall share one
/// count share a gate.
#[derive(Debug)]
pub struct Gate {
    connections_max: usize,
    per_address_max: usize,
    loopback_counts: bool,
    exempt: TrustedProxies,
    inside: Mutex<Inside>,
}

/// Bounded by `connections_max`: an address without a connection has no entry.
#[derive(Debug, Default)]
struct Inside {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// Why a connection was not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Turned {
    /// All places are taken.
    #[error("all places for connections are taken")]
    Full,
    /// This address has all the places that it may have.
    #[error("the address has as many connections as it may")]
    AddressFull,
}

impl Gate {
    /// A gate with the numbers of `limits`, lowered to what the process may open as files. Trusted proxies and
    /// loopback count towards the total only: many clients stand behind one of them.
    #[must_use]
    pub fn new(limits: &ListenLimits, exempt: TrustedProxies) -> Self {
        Self {
            connections_max: limits.connections_max.min(files_for_connections()),
            per_address_max: limits.per_address_max,
            loopback_counts: limits.loopback_counts,
            exempt,
            inside: Mutex::default(),
        }
    }

    /// Connections that are open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.inside.lock().total
    }

    /// Takes a place for `peer` until the place is dropped.
    ///
    /// # Errors
    /// When there is none left, for anyone or for this address.
    pub fn enter(self: &Arc<Self>, peer: PeerAddr) -> Result<Place, Turned> {
        let counted = peer.ip().filter(|ip| self.counts(*ip)).map(counted_as);
        let mut inside = self.inside.lock();
        if inside.total >= self.connections_max {
            return Err(Turned::Full);
        }
        if let Some(address) = counted {
            let count = inside.by_address.get(&address).copied().unwrap_or(0);
            if count >= self.per_address_max {
                return Err(Turned::AddressFull);
            }
            inside.by_address.insert(address, count + 1);
        }
        inside.total += 1;
        Ok(Place {
            gate: Arc::clone(self),
            counted,
        })
    }
}

impl Gate {
    fn counts(&self, ip: IpAddr) -> bool {
        (self.loopback_counts || !ip.is_loopback()) && !self.exempt.contains(ip)
    }
}

/// A place inside the gate, given back when dropped.
#[derive(Debug)]
pub struct Place {
    gate: Arc<Gate>,
    counted: Option<IpAddr>,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut inside = self.gate.inside.lock();
        inside.total = inside.total.saturating_sub(1);
        let Some(address) = self.counted else { return };
        match inside.by_address.get_mut(&address) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                inside.by_address.remove(&address);
            }
        }
    }
}

/// One host has a whole /64 with IPv6, so that is what counts as an address there.
fn counted_as(ip: IpAddr) -> IpAddr {
    const HOST_BITS: u32 = 64;
    match ip {
        IpAddr::V4(_) => ip,
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> HOST_BITS << HOST_BITS).into(),
    }
}

/// What the process may open, less what the store and its kin need. Without a limit there is none here either.
fn files_for_connections() -> usize {
    let files = getrlimit(Resource::Nofile)
        .current
        .and_then(|files| usize::try_from(files).ok());
    files.map_or(usize::MAX, |files| files.saturating_sub(RESERVED_FILES).max(1))
}
