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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::{Ready, ready};
    use std::sync::{Arc, Mutex};

    use bytes::Bytes;
    use http::{Request, Response};
    use http_body_util::Full;
    use hyper::body::Incoming;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;
    use tokio::time::Instant;

    use super::super::drain::Drain;
    use super::super::{Peer, Refusal};
    use super::{
        Accepted, Accepting, Gate, ListenLimits, PAUSE_MIN, Pause, Protocols, Serve, Source, TaskTracker, io,
    };
    use crate::client_addr::TrustedProxies;

    const TOO_MANY_OPEN_FILES: i32 = 24;

    /// Gives what it was filled with, the last first, and then nothing more.
    struct Script(Mutex<Vec<io::Result<Accepted>>>);

    impl Source for Script {
        async fn accept(&self) -> io::Result<Accepted> {
            let next = self.0.lock().unwrap().pop();
            match next {
                Some(outcome) => outcome,
                None => std::future::pending().await,
            }
        }
    }

    struct Hello;

    impl Serve for Hello {
        type Body = Full<Bytes>;
        type Service = Self;

        fn connect(&self, _: Peer) -> Self {
            Self
        }

        fn refuse(&self, _: &Peer, _: Refusal) -> Response<Full<Bytes>> {
            Response::default()
        }
    }

    impl hyper::service::Service<Request<Incoming>> for Hello {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = Ready<Result<Response<Full<Bytes>>, Infallible>>;

        fn call(&self, _: Request<Incoming>) -> Self::Future {
            ready(Ok(Response::new(Full::from("hello"))))
        }
    }

    fn accepting() -> Accepting<Hello> {
        let limits = Arc::new(ListenLimits::default());
        let tasks = TaskTracker::new();
        let protocols = Protocols::new(Arc::clone(&limits), &tasks, Arc::new(Drain::default()));
        let gate = Arc::new(Gate::new(&limits, TrustedProxies::default()));
        Accepting::new(Arc::new(Hello), protocols, None, limits, gate, tasks)
    }

    #[tokio::test]
    async fn without_file_descriptors_the_loop_waits_and_goes_on() {
        let (mut client, server) = UnixStream::pair().unwrap();
        let full = || Err(io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES));
        let script = vec![Ok(Accepted::Unix(server)), full(), full(), full()];
        let begin = Instant::now();
        let accepting = accepting();
        let running = accepting.run(Script(Mutex::new(script)));
        let asking = async {
            client.write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            answer
        };
        let answer = tokio::select! { () = running => unreachable!(), answer = asking => answer };
        assert!(answer.ends_with("\r\n\r\nhello"), "{answer}");
        assert!(begin.elapsed() >= PAUSE_MIN * (1 + 2 + 4));
    }

    #[test]
    fn pauses_double_to_a_second_and_begin_anew_after_a_success() {
        let mut pause = Pause::default();
        let full = io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES);
        let pauses: Vec<_> = (0..9)
            .filter_map(|_| pause.after(&full))
            .map(|pause| pause.as_millis())
            .collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
        assert_eq!(Pause::default().after(&full), Some(PAUSE_MIN));
    }

    #[test]
    fn a_connection_that_is_gone_already_costs_no_pause() {
        let mut pause = Pause::default();
        let gone = io::Error::from(io::ErrorKind::ConnectionAborted);
        assert_eq!(pause.after(&gone), None);
    }
}
