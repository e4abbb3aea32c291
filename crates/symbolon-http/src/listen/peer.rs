use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::pulse::Pulse;

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerAddr {
    /// An address and a port. An IPv4 address that came in as IPv6 (`::ffff:192.0.2.1`) is IPv4 here.
    Ip(SocketAddr),
    /// A process of this machine that may open the socket's file.
    Unix,
}

impl PeerAddr {
    /// The address of `peer`, with IPv4-mapped IPv6 turned back into IPv4.
    #[must_use]
    pub fn from_socket(peer: SocketAddr) -> Self {
        Self::Ip(SocketAddr::new(peer.ip().to_canonical(), peer.port()))
    }

    /// The address without its port; `None` for a Unix socket.
    #[must_use]
    pub fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Ip(peer) => Some(peer.ip()),
            Self::Unix => None,
        }
    }
}

/// One connection as its requests see it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Peer {
    addr: PeerAddr,
    tls: bool,
    pulse: Arc<Pulse>,
}

impl Peer {
    pub(super) fn new(addr: PeerAddr, tls: bool, pulse: Arc<Pulse>) -> Self {
        Self { addr, tls, pulse }
    }

    /// A peer without a connection, for a service that is called in process.
    #[must_use]
    pub fn detached(addr: PeerAddr) -> Self {
        Self::new(addr, false, Arc::default())
    }

    /// Who is at the other end: the last proxy, not the person (see [`crate::client_addr`]).
    #[must_use]
    pub fn addr(&self) -> PeerAddr {
        self.addr
    }

    /// Whether this connection itself is encrypted.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Lifts the time limits of request and idling from this connection as long as the guard lives: for
    /// `?wait=full`, event streams, exports and bulk work. The guard goes into the body of a streamed answer. The
    /// write limit stays: a peer that takes nothing is cut off here too.
    ///
    /// On HTTP/2 it holds for the other requests of the connection as well, since they share its life.
    #[must_use]
    pub fn long_work(&self) -> LongWork {
        self.pulse.begin_long();
        LongWork {
            pulse: Arc::clone(&self.pulse),
        }
    }
}

/// As long as it lives, its connection is not closed for being slow. See [`Peer::long_work`].
#[derive(Debug)]
pub struct LongWork {
    pulse: Arc<Pulse>,
}

impl Drop for LongWork {
    fn drop(&mut self) {
        self.pulse.end_long();
    }
}
