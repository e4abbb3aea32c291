//! Connections: how they are accepted, what they may take, and how they end.
//!
//! `axum::serve` sets no time limits of its own, and hyper's header timer does not see a connection that sends
//! nothing. So the loop is ours: TCP or a Unix socket, TLS or not, HTTP/1.1 and HTTP/2 (by ALPN or prior knowledge), with
//! the limits of [`ListenLimits`]:
//!
//! | what | answer |
//! |---|---|
//! | no first byte, a slow header, an answer that is not taken, an idle connection, a slow TLS handshake | closed |
//! | more header bytes than may be | HTTP/1.1: 431, empty body, by hyper; HTTP/2: 431 or the end of the stream, by h2 |
//! | not HTTP, two different lengths, a bad transfer coding | 400, empty body, by hyper |
//! | a length beside chunks (RFC 9112 §6.3) | read as chunks, then closed: never a second request |
//! | too many header fields, a path too long, no `Host` or two, a coding besides `chunked`, an answer that takes too long | [`Serve::refuse`] |
//! | too many connections, of all or of one address | reset |
//! | no file descriptors | the loop waits and goes on |
//!
//! Answers by hyper itself carry no `X-Request-Id`: they belong to no request.

mod accept;
mod connection;
mod drain;
mod gate;
mod guarded;
mod limits;
mod paced;
mod peer;
mod pulse;
mod socket;
mod stream;
mod tls;
mod watched;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use gate::{Gate, Place, Turned};
pub use guarded::{Refusal, Serve};
pub use limits::ListenLimits;
pub use peer::{LongWork, Peer, PeerAddr};
pub use tls::{Tls, TlsError};

use accept::Accepting;
use connection::Protocols;
use drain::{Drain, Stage};
use socket::Socket;

/// A bound socket that does not accept yet.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    tls: Option<Tls>,
    limits: ListenLimits,
    gate: Arc<Gate>,
}

/// Why a listener could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// An address is taken, not ours, or not allowed.
    #[error("listen on {addr}: {cause}")]
    Tcp {
        /// The address asked for.
        addr: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
    /// The socket's file cannot be made, or another process answers there.
    #[error("listen on {path}: {cause}")]
    Unix {
        /// The file asked for.
        path: PathBuf,
        /// What the system says.
        cause: io::Error,
    },
}

/// How a listener ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Connections (and HTTP/2 requests) that were cut off because their time was over. Zero: nothing was lost.
    pub cut_off: usize,
}

impl Listener {
    /// Binds `addr`. Needs a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn tcp(addr: SocketAddr, limits: ListenLimits, gate: Arc<Gate>) -> Result<Self, ListenError> {
        let socket = Socket::tcp(addr).map_err(|cause| ListenError::Tcp { addr, cause })?;
        Ok(Self {
            socket,
            tls: None,
            limits,
            gate,
        })
    }

    /// Binds the Unix socket `path` with mode 0600, in place of a file that a killed server left there. The file
    /// is removed when the listener ends.
    ///
    /// # Errors
    /// When another process listens there, or the file cannot be made.
    pub fn unix(path: &Path, limits: ListenLimits, gate: Arc<Gate>) -> Result<Self, ListenError> {
        let socket = Socket::unix(path).map_err(|cause| ListenError::Unix {
            path: path.to_path_buf(),
            cause,
        })?;
        Ok(Self {
            socket,
            tls: None,
            limits,
            gate,
        })
    }

    /// Speaks TLS on every connection. Without effect on a Unix socket.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The address that was bound, with its real port; `None` for a Unix socket.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn local_addr(&self) -> io::Result<Option<SocketAddr>> {
        self.socket.local_addr()
    }

    /// Accepts and serves until `stop`, then drains: the socket is closed, idle connections end, requests in flight
    /// are answered within `drain_within`, and what is left then is cut off. Returns when no task is left.
    pub async fn serve<H: Serve>(
        self,
        serve: Arc<H>,
        stop: CancellationToken,
        drain_within: Duration,
    ) -> Drained {
        let tasks = TaskTracker::new();
        let drain = Arc::new(Drain::default());
        let limits = Arc::new(self.limits);
        let protocols = Protocols::new(Arc::clone(&limits), &tasks, Arc::clone(&drain));
        let accepting = Accepting::new(serve, protocols, self.tls, limits, self.gate, tasks.clone());
        // Both branches lose nothing when dropped: an accepted connection is a task at once.
        tokio::select! {
            () = accepting.run(self.socket) => {}
            () = stop.cancelled() => {}
        }
        drain.enter(Stage::Draining);
        tasks.close();
        let in_time = tokio::time::timeout(drain_within, tasks.wait()).await.is_ok();
        let cut_off = if in_time { 0 } else { tasks.len() };
        drain.enter(Stage::Closing);
        tasks.wait().await;
        Drained { cut_off }
    }
}
