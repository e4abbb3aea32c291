//! A TCP proxy that misbehaves when told to: one stands between one node and one server that it depends on.
//!
//! ```text
//! let proxy = Proxy::before(postgres.address()).await;
//! let url = postgres.url_at(proxy.address());
//! proxy.set(Fault::Blackhole(Way::Both)).await;   // a partition
//! proxy.set(Fault::Pass).await;                   // it heals
//! ```

mod listen;
mod pump;
mod trigger;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::randomness::Seeded;
use crate::server::free_address;
pub use trigger::Trigger;

/// Which bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// From the client to the server.
    Up,
    /// From the server to the client.
    Down,
    /// Both.
    Both,
}

impl Way {
    /// Whether it covers that one direction.
    fn covers(self, one: Self) -> bool {
        self == Self::Both || self == one
    }
}

/// What happens to connections, those that are open and those to come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing: bytes pass as they come.
    Pass,
    /// Nobody listens, and open connections are reset.
    Refuse,
    /// Bytes of that way vanish, and so do the ends of connections. A connection that lost some is reset as soon as bytes
    /// pass again, as its ends would find; one begun meanwhile gets no answer before.
    Blackhole(Way),
    /// Every connection is reset, a new one as soon as it is made.
    Reset,
    /// Nothing moves and nothing is lost.
    Freeze,
    /// Each piece is held that long.
    Delay(Duration),
    /// Once the server was sent the trigger's pattern the connection ends: orderly for the server, which may still
    /// do what it was asked, with a reset for the client.
    CutAfter(Trigger),
    /// Once the server was sent the trigger's pattern, all that it answers is lost, and then the connection is reset.
    DropReplyAfter(Trigger),
    /// In so many of a thousand pieces of that way one byte becomes another.
    Corrupt(Way, u32),
}

/// A proxy before one server. Dropping it closes its connections.
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    _tasks: JoinSet<()>,
}

/// What the proxy's tasks share.
struct Shared {
    setting: watch::Sender<Setting>,
    /// The number of the setting that the listener obeys.
    obeyed: watch::Sender<u64>,
    fired: AtomicU64,
    chance: Seeded,
}

/// What holds now.
#[derive(Clone, Debug)]
struct Setting {
    number: u64,
    fault: Fault,
    upstream: SocketAddr,
}

impl Shared {
    fn count(&self) {
        self.fired.fetch_add(1, Ordering::Relaxed);
    }
}

impl Proxy {
    /// Listens on a free port and passes everything to `upstream`.
    pub async fn before(upstream: SocketAddr) -> Self {
        let address = free_address();
        let setting = Setting {
            number: 0,
            fault: Fault::Pass,
            upstream,
        };
        let shared = Arc::new(Shared {
            setting: watch::Sender::new(setting),
            obeyed: watch::Sender::new(0),
            fired: AtomicU64::new(0),
            chance: Seeded::new(u64::from(address.port())),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(listen::run(address, Arc::clone(&shared)));
        let proxy = Self {
            address,
            shared,
            _tasks: tasks,
        };
        proxy.set(Fault::Pass).await;
        proxy
    }

    /// Where it listens, whatever it is told.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Misbehaves in this way from now on; it does so when this returns.
    pub async fn set(&self, fault: Fault) {
        self.change(|setting| setting.fault = fault).await;
    }

    /// Passes new connections to another server; open ones stay where they are.
    pub async fn point_at(&self, upstream: SocketAddr) {
        self.change(|setting| setting.upstream = upstream).await;
    }

    /// How often a trigger fired, a byte was changed, or a connection was cut.
    #[must_use]
    pub fn fired(&self) -> u64 {
        self.shared.fired.load(Ordering::Relaxed)
    }

    async fn change(&self, change: impl FnOnce(&mut Setting)) {
        let mut number = 0;
        self.shared.setting.send_modify(|setting| {
            change(setting);
            setting.number += 1;
            number = setting.number;
        });
        let mut obeyed = self.shared.obeyed.subscribe();
        // An error: the listener is gone, as at the end of a test.
        drop(obeyed.wait_for(|obeyed| *obeyed >= number).await);
    }
}
