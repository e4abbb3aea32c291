//! A wire to a server that is cut at a COMMIT, or another word.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Where the wire is cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cut {
    /// Nowhere.
    Never,
    /// The next COMMIT does not reach the server.
    BeforeCommit,
    /// The next COMMIT is done, and its answer is lost.
    AfterCommit,
    /// Not at all, but the next COMMIT never arrives: the server hears nothing more.
    Withheld,
    /// Not at all, but the answer to the next COMMIT waits until it is let through.
    Held,
}

/// A listener before the server. When it is dropped, every wire is cut.
pub(super) struct Proxy {
    address: SocketAddr,
    cut: Arc<AtomicU8>,
    through: Arc<Notify>,
    wires: Arc<AtomicUsize>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    /// Before a server, with what is sent to it to commit.
    pub(super) async fn before(server: SocketAddr, commit: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cut = Arc::new(AtomicU8::new(Cut::Never as u8));
        let through = Arc::new(Notify::new());
        let wire = (Arc::clone(&cut), Arc::clone(&through));
        let wires_so_far = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&wires_so_far);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut wires = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let server = TcpStream::connect(server).await.unwrap();
                wires.spawn(carry(client, server, commit, wire.clone()));
            }
        });
        Self {
            address,
            cut,
            through,
            wires: wires_so_far,
            _accepting: accepting,
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many wires there have been.
    pub(super) fn wires(&self) -> usize {
        self.wires.load(Ordering::SeqCst)
    }

    /// Cuts the wire over which the next COMMIT comes.
    pub(super) fn cut_once(&self, cut: Cut) {
        self.cut.store(cut as u8, Ordering::SeqCst);
    }

    /// Waits until the wire has been cut as it was told.
    pub(super) async fn until_reached(&self) {
        while self.cut.load(Ordering::SeqCst) != Cut::Never as u8 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// Lets the answer through that is held.
    pub(super) fn let_through(&self) {
        self.through.notify_one();
    }
}

async fn carry(
    mut client: TcpStream,
    mut server: TcpStream,
    commit: &[u8],
    (next_cut, through): (Arc<AtomicU8>, Arc<Notify>),
) {
    let (mut up, mut down) = ([0; 16_384], [0; 16_384]);
    loop {
        tokio::select! {
            Ok(length) = client.read(&mut up) => {
                let bytes = &up[..length];
                let commits = bytes.windows(commit.len()).any(|window| window == commit);
                let cut = if commits { next_cut.swap(Cut::Never as u8, Ordering::SeqCst) } else { 0 };
                if length == 0 || cut == Cut::BeforeCommit as u8 {
                    return;
                }
                if cut == Cut::Withheld as u8 {
                    std::future::pending::<()>().await;
                }
                server.write_all(bytes).await.unwrap();
                if cut == Cut::AfterCommit as u8 {
                    // The answer says that it is done; nobody else hears it.
                    assert!(server.read(&mut down).await.unwrap() > 0);
                    return;
                }
                if cut == Cut::Held as u8 {
                    through.notified().await;
                }
            }
            Ok(length) = server.read(&mut down) => {
                if length == 0 || client.write_all(&down[..length]).await.is_err() {
                    return;
                }
            }
            else => return,
        }
    }
}
