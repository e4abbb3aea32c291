use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use super::connection::Protocols;
use super::gate::{Gate, Place};
use super::guarded::Serve;
use super::socket::{Accepted, Source};
use super::stream::Stream;
use super::watched::End;
use super::{ListenLimits, PeerAddr, Tls};

/// First and longest pause after an accept that failed for want of files or memory. The kernel keeps new connections
/// meanwhile; a second is what their clients bear.
const PAUSE_MIN: Duration = Duration::from_millis(10);
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The loop that turns a socket into connections.
pub(super) struct Accepting<H> {
    connections: Arc<Connections<H>>,
    gate: Arc<Gate>,
    tasks: TaskTracker,
}

/// What each connection needs, behind one counter of references.
struct Connections<H> {
    serve: Arc<H>,
    protocols: Protocols,
    tls: Option<Tls>,
    limits: Arc<ListenLimits>,
}

impl<H: Serve> Accepting<H> {
    pub(super) fn new(
        serve: Arc<H>,
        protocols: Protocols,
        tls: Option<Tls>,
        limits: Arc<ListenLimits>,
        gate: Arc<Gate>,
        tasks: TaskTracker,
    ) -> Self {
        Self {
            connections: Arc::new(Connections {
                serve,
                protocols,
                tls,
                limits,
            }),
            gate,
            tasks,
        }
    }

    /// Runs until dropped. Cancel-safe: a connection is handed to its task without waiting.
    pub(super) async fn run(&self, source: impl Source) {
        let mut pause = Pause::default();
        loop {
            match source.accept().await {
                Ok(accepted) => {
                    pause = Pause::default();
                    self.admit(accepted);
                }
                Err(error) => {
                    if let Some(time) = pause.after(&error) {
                        sleep(time).await;
                    }
                }
            }
        }
    }

    fn admit(&self, accepted: Accepted) {
        let peer = accepted.peer();
        match self.gate.enter(peer) {
            Ok(place) => {
                self.tasks
                    .spawn(Arc::clone(&self.connections).run(accepted, peer, place));
            }
            Err(turned) => {
                debug!(?peer, %turned, "connection reset");
                accepted.reset();
            }
        }
    }
}

impl<H: Serve> Connections<H> {
    /// One connection from its first byte to its last. The place is given back at the end, however it comes.
    async fn run(self: Arc<Self>, accepted: Accepted, peer: PeerAddr, _place: Place) {
        let stream = match accepted {
            Accepted::Unix(unix) => Stream::Unix(unix),
            Accepted::Tcp(tcp, _) => match self.shake_hands(tcp).await {
                Ok(stream) => stream,
                Err(error) => return debug!(?peer, %error, "tls handshake failed"),
            },
        };
        match self.protocols.serve(Arc::clone(&self.serve), stream, peer).await {
            Ok(End::Served(Ok(()))) => {}
            Ok(End::Served(Err(error))) => debug!(?peer, %error, "connection failed"),
            Ok(End::Overdue(phase)) => debug!(?peer, ?phase, "connection closed for being slow"),
            Ok(End::CutOff) => debug!(?peer, "connection cut off at the end of the drain"),
            Err(error) => debug!(?peer, %error, "connection closed before a request"),
        }
    }

    async fn shake_hands(&self, tcp: TcpStream) -> io::Result<Stream> {
        let Some(tls) = &self.tls else {
            return Ok(Stream::Tcp(tcp));
        };
        let handshake = timeout(self.limits.tls, tls.acceptor().accept(tcp));
        // A handshake that is dropped half-way loses nothing that was asked.
        let stream = tokio::select! {
            handshake = handshake => handshake.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??,
            () = self.protocols.draining() => return Err(io::ErrorKind::ConnectionAborted.into()),
        };
        Ok(Stream::Tls(Box::new(stream)))
    }
}

/// The pauses between accepts that fail one after another.
#[derive(Debug, Default)]
struct Pause {
    last: Option<Duration>,
}

impl Pause {
    /// How long to wait after `error`; not at all when only that one connection was lost.
    fn after(&mut self, error: &io::Error) -> Option<Duration> {
        use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
        if matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted) {
            return None;
        }
        let pause = match self.last {
            // Said once for each shortage, not once for each failure in it.
            None => {
                warn!(%error, "accept connection failed; waiting for files or memory");
                PAUSE_MIN
            }
            Some(last) => (last * 2).min(PAUSE_MAX),
        };
        self.last = Some(pause);
        Some(pause)
    }
}
