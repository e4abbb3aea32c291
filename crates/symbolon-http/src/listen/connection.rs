use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::HttpService;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use super::drain::Drain;
use super::guarded::{Guarded, Serve};
use super::paced::Paced;
use super::peer::Peer;
use super::pulse::Pulse;
use super::stream::Stream;
use super::watched::{Closes, End, Watched};
use super::{ListenLimits, PeerAddr};

/// What a client that knows beforehand that we speak HTTP/2 sends first (RFC 9113 §3.4).
const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The buffer of one HTTP/1.1 connection, bytes: a header block and as much of a body. hyper's own bound is 400 KiB,
/// which ten thousand connections would turn into 4 GiB.
const HTTP1_BUFFER: usize = 2 * crate::limits::HEADER_BLOCK_MAX;

/// Answers that wait for the peer on one HTTP/2 stream, bytes.
const HTTP2_SEND_BUFFER: usize = 64 * 1024;

/// Between two pings on an HTTP/2 connection with open streams, and for the answer to one: finds the dead peer of an
/// event stream.
const HTTP2_PING_EVERY: Duration = Duration::from_secs(20);
const HTTP2_PING_TIME: Duration = Duration::from_secs(10);

/// How connections are served: set once for a listener, shared by all of its connections.
#[derive(Debug, Clone)]
pub(super) struct Protocols {
    http1: http1::Builder,
    http2: http2::Builder<Tracked>,
    limits: Arc<ListenLimits>,
    drain: Arc<Drain>,
}

/// Why a connection ended before its first request.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unopened {
    #[error("no first byte in time")]
    Silent,
    #[error("the first bytes came too slowly")]
    Slow,
    #[error("read first bytes")]
    Read(#[from] io::Error),
    #[error("closed without a byte")]
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Protocol {
    Http1,
    Http2,
}

impl Protocols {
    pub(super) fn new(limits: Arc<ListenLimits>, tasks: &TaskTracker, drain: Arc<Drain>) -> Self {
        Self {
            http1: http1_builder(&limits),
            http2: http2_builder(&limits, tasks),
            limits,
            drain,
        }
    }

    /// Waits until the listener ends. Cancel-safe.
    pub(super) async fn draining(&self) {
        self.drain.begun().await;
    }

    /// Finds out what the peer speaks.
    async fn greet(&self, stream: &mut Stream) -> Result<(Protocol, Bytes), Unopened> {
        let mut early = Vec::with_capacity(HTTP2_PREFACE.len());
        let first = timeout(self.limits.first_byte, read_some(stream, &mut early)).await;
        first.map_err(|_| Unopened::Silent)??;
        while is_part_of_preface(&early) {
            let more = timeout(self.limits.header, read_some(stream, &mut early)).await;
            more.map_err(|_| Unopened::Slow)??;
        }
        let protocol = if early.starts_with(HTTP2_PREFACE) {
            Protocol::Http2
        } else {
            Protocol::Http1
        };
        Ok((protocol, early.into()))
    }

    /// Serves one connection to its end.
    pub(super) async fn serve<H: Serve>(
        &self,
        serve: Arc<H>,
        mut stream: Stream,
        addr: PeerAddr,
    ) -> Result<End, Unopened> {
        // A peer that has sent nothing is owed nothing when the listener ends. `greet` is dropped for good then.
        let (protocol, early) = tokio::select! {
            greeting = self.greet(&mut stream) => greeting?,
            () = self.draining() => return Ok(End::Served(Ok(()))),
        };
        let pulse = Arc::new(Pulse::default());
        let peer = Peer::new(addr, matches!(stream, Stream::Tls(_)), Arc::clone(&pulse));
        let io = TokioIo::new(Paced::new(stream, early, Arc::clone(&pulse)));
        let service = Guarded::new(serve, peer, Arc::clone(&pulse), Arc::clone(&self.limits));
        let end = match protocol {
            Protocol::Http1 => self.watch(self.http1.serve_connection(io, service), pulse).await,
            Protocol::Http2 => {
                pulse.set_framed();
                self.watch(self.http2.serve_connection(io, service), pulse).await
            }
        };
        Ok(end)
    }

    fn watch<C: Closes>(&self, connection: C, pulse: Arc<Pulse>) -> Watched<C> {
        Watched::new(
            connection,
            pulse,
            Arc::clone(&self.limits),
            Arc::clone(&self.drain),
        )
    }
}

fn is_part_of_preface(early: &[u8]) -> bool {
    early.len() < HTTP2_PREFACE.len() && HTTP2_PREFACE.starts_with(early)
}

/// Reads at most what is missing to a whole preface: the rest stays for hyper's own buffer.
async fn read_some(stream: &mut (impl AsyncRead + Unpin), early: &mut Vec<u8>) -> Result<(), Unopened> {
    let missing = HTTP2_PREFACE.len().saturating_sub(early.len());
    match stream.take(missing as u64).read_buf(early).await? {
        0 => Err(Unopened::Closed),
        _ => Ok(()),
    }
}

/// hyper's own header timer is off: it makes a timer for each request, counts the idle time between two as header,
/// and does not see a connection that sends nothing. `pipeline_flush` is off: with it hyper keeps an answer back
/// as long as anything unread is in its buffer, so that 400 and 431 are never sent (hyper 1.12). Without `writev`
/// head and body go out in one buffer. `max_headers` is not set: hyper then
/// clears room for that many fields on every request, a seventh of its work (its default, 100, is free); `guarded` counts.
fn http1_builder(limits: &ListenLimits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_header_size(limits.header_block_max)
        .max_buf_size(HTTP1_BUFFER.max(2 * limits.header_block_max))
        .writev(false);
    builder
}

fn http2_builder(limits: &ListenLimits, tasks: &TaskTracker) -> http2::Builder<Tracked> {
    let mut builder = http2::Builder::new(Tracked(tasks.clone()));
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(crate::limits::HTTP2_STREAMS_MAX)
        .max_header_list_size(u32::try_from(limits.header_block_max).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(crate::limits::HTTP2_RESETS_MAX)
        .max_local_error_reset_streams(crate::limits::HTTP2_FAULTS_MAX)
        .max_send_buf_size(HTTP2_SEND_BUFFER)
        .keep_alive_interval(HTTP2_PING_EVERY)
        .keep_alive_timeout(HTTP2_PING_TIME);
    builder
}

/// Runs the streams of HTTP/2 as tasks that the end of the listener waits for.
#[derive(Debug, Clone)]
pub(super) struct Tracked(TaskTracker);

impl<F: Future<Output: Send> + Send + 'static> Executor<F> for Tracked {
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}

type Io = TokioIo<Paced>;

impl<S, B> Closes for http1::Connection<Io, S>
where
    S: HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn close_gracefully(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}

impl<H: Serve> Closes for http2::Connection<Io, Guarded<H>, Tracked> {
    fn close_gracefully(self: Pin<&mut Self>) {
        self.graceful_shutdown();
    }
}
