//! A listener that runs, with a service whose answers the test decides, and raw connections to it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::Request;
use hyper::body::Incoming;
use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::limits::{AUTH_BODY_MAX, BODY_TIME, read_body};
use symbolon_http::listen::{Drained, Gate, ListenLimits, Listener, Peer, Refusal, Serve};
use symbolon_http::problem::Problem;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Nothing here takes as long as that unless it hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of `/large`: more than the socket buffers of both ends take.
pub(crate) const LARGE: usize = 32 * 1024 * 1024;

/// What the service has seen and what it waits for.
#[derive(Debug)]
pub(crate) struct Desk {
    seen: Mutex<Vec<String>>,
    /// Permits let `/hold` and `/long` answer.
    pub(crate) release: Semaphore,
    /// A permit for each `/hold` and `/long` that has begun.
    pub(crate) begun: Semaphore,
}

impl Desk {
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    async fn hold(&self) -> Response {
        self.begun.add_permits(1);
        self.release.acquire().await.unwrap().forget();
        Response::new(Body::from("held"))
    }

    async fn answer(&self, peer: Peer, request: Request<Incoming>) -> Response {
        let path = request.uri().path().to_owned();
        self.seen.lock().unwrap().push(path.clone());
        match path.as_str() {
            "/hold" => self.hold().await,
            "/long" => {
                let _long = peer.long_work();
                self.hold().await
            }
            "/large" => Response::new(Body::from(vec![b'x'; LARGE])),
            "/count" => {
                let (parts, body) = request.into_parts();
                match read_body(&parts.headers, body, AUTH_BODY_MAX, BODY_TIME).await {
                    Ok(body) => Response::new(Body::from(body.len().to_string())),
                    Err(fault) => Problem::from(fault).into_response(),
                }
            }
            "/peer" => Response::new(Body::from(format!("{:?} {}", peer.addr().ip(), peer.is_tls()))),
            _ => Response::new(Body::from("ok")),
        }
    }
}

/// The service of the tests.
#[derive(Debug)]
pub(crate) struct TestServe(Arc<Desk>);

pub(crate) struct TestService(Arc<Desk>, Peer);

impl Serve for TestServe {
    type Body = Body;
    type Service = TestService;

    fn connect(&self, peer: Peer) -> TestService {
        TestService(Arc::clone(&self.0), peer)
    }

    fn refuse(&self, _: &Peer, refusal: Refusal) -> Response {
        Problem::from(refusal).into_response()
    }
}

impl hyper::service::Service<Request<Incoming>> for TestService {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let (desk, peer) = (Arc::clone(&self.0), self.1.clone());
        Box::pin(async move { Ok(desk.answer(peer, request).await) })
    }
}

/// A listener that serves until it is stopped.
pub(crate) struct Running {
    pub(crate) addr: Option<SocketAddr>,
    pub(crate) desk: Arc<Desk>,
    pub(crate) gate: Arc<Gate>,
    pub(crate) stop: CancellationToken,
    pub(crate) served: JoinHandle<Drained>,
}

impl Running {
    /// On a free port of loopback.
    pub(crate) fn start(limits: ListenLimits) -> Self {
        Self::start_with(limits, |listener| listener)
    }

    pub(crate) fn start_with(limits: ListenLimits, with: impl FnOnce(Listener) -> Listener) -> Self {
        let gate = Arc::new(Gate::new(&limits, TrustedProxies::default()));
        let addr = SocketAddr::from(([127, 0, 0, 1], 0));
        let listener = Listener::tcp(addr, limits, Arc::clone(&gate)).unwrap();
        Self::serve(with(listener), gate, PATIENCE)
    }

    pub(crate) fn serve(listener: Listener, gate: Arc<Gate>, drain_within: Duration) -> Self {
        let addr = listener.local_addr().unwrap();
        let desk = Arc::new(Desk {
            seen: Mutex::default(),
            release: Semaphore::new(0),
            begun: Semaphore::new(0),
        });
        let stop = CancellationToken::new();
        let serve = Arc::new(TestServe(Arc::clone(&desk)));
        let served = TaskTracker::new().spawn(listener.serve(serve, stop.clone(), drain_within));
        Self {
            addr,
            desk,
            gate,
            stop,
            served,
        }
    }

    pub(crate) async fn connect(&self) -> Raw<TcpStream> {
        Raw(TcpStream::connect(self.addr.unwrap()).await.unwrap())
    }

    /// Waits until so many `/hold` or `/long` have begun.
    pub(crate) async fn begun(&self, count: u32) {
        in_time(self.desk.begun.acquire_many(count))
            .await
            .unwrap()
            .forget();
    }

    /// Stops, and says how it ended.
    pub(crate) async fn stop(self) -> Drained {
        self.stop.cancel();
        in_time(self.served).await.unwrap()
    }
}

/// A connection as bytes.
pub(crate) struct Raw<S>(pub(crate) S);

impl<S: AsyncReadExt + AsyncWriteExt + Unpin> Raw<S> {
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Sends what may be refused half-way.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.0.write_all(bytes.as_ref()).await
    }

    /// Everything up to the end, as text. A reset is an end too.
    pub(crate) async fn rest(&mut self) -> String {
        let mut bytes = Vec::new();
        let _ = in_time(self.0.read_to_end(&mut bytes)).await;
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// One answer whose end is `end`.
    pub(crate) async fn until(&mut self, end: &str) -> String {
        let mut bytes = Vec::new();
        while !bytes.ends_with(end.as_bytes()) {
            let byte = in_time(self.0.read_u8()).await;
            let so_far = String::from_utf8_lossy(&bytes).into_owned();
            bytes.push(byte.unwrap_or_else(|error| panic!("{error} after {so_far:?}")));
        }
        String::from_utf8(bytes).unwrap()
    }
}

/// The outcome of `work`, which must not hang.
pub(crate) async fn in_time<F: Future>(work: F) -> F::Output {
    tokio::time::timeout(PATIENCE, work).await.expect("it hangs")
}

/// Looks until `condition` holds: for what happens in another task without telling.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let begin = Instant::now();
    while !condition() {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
        tokio::task::yield_now().await;
    }
}

/// Limits so long that none is met unless the test shortens it.
pub(crate) fn patient() -> ListenLimits {
    ListenLimits {
        first_byte: PATIENCE * 2,
        header: PATIENCE * 2,
        request: PATIENCE * 2,
        write: PATIENCE * 2,
        idle: PATIENCE * 2,
        tls: PATIENCE * 2,
        linger: PATIENCE * 2,
        ..ListenLimits::default()
    }
}

/// A limit that is met on purpose.
pub(crate) const SHORT: Duration = Duration::from_millis(100);
