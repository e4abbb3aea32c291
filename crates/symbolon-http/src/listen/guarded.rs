use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{HeaderMap, Request, Response, Version, header};
use hyper::body::{Body, Incoming};
use hyper::service::Service;
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep};

use super::ListenLimits;
use super::peer::Peer;
use super::pulse::Pulse;

/// What a listener serves: one service for each connection, and an answer for what never reaches it.
pub trait Serve: Send + Sync + 'static {
    /// The body of every answer.
    type Body: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static;
    /// The service of one connection.
    type Service: Service<Request<Incoming>, Response = Response<Self::Body>, Error = Infallible, Future: Send>
        + Send
        + 'static;

    /// The service for a connection that was just opened.
    fn connect(&self, peer: Peer) -> Self::Service;

    /// The answer to a request that the service does not see, or whose answer it does not give in time.
    fn refuse(&self, peer: &Peer, refusal: Refusal) -> Response<Self::Body>;
}

/// Why the listener answers in place of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Path and query are longer than [`ListenLimits::uri_max`].
    UriTooLong,
    /// More header fields than [`ListenLimits::headers_max`]. Beyond a hundred hyper itself answers on HTTP/1.1.
    TooManyHeaders,
    /// An HTTP/1.1 request without a `Host`, or any request with two (RFC 9112 §3.2): a proxy may have believed the other.
    HostNotSingle,
    /// A transfer coding besides one `chunked`: hyper goes by the last of them, and a proxy may not.
    CodingNotChunked,
    /// No answer within [`ListenLimits::request`]. The work was dropped.
    Overdue,
}

/// The service of one connection, counted, timed, and spared what no route wants to see.
pub(super) struct Guarded<H: Serve> {
    service: H::Service,
    desk: Arc<Desk<H>>,
}

/// What all requests of a connection share, behind one counter of references.
struct Desk<H> {
    serve: Arc<H>,
    peer: Peer,
    pulse: Arc<Pulse>,
    limits: Arc<ListenLimits>,
}

impl<H: Serve> Guarded<H> {
    pub(super) fn new(serve: Arc<H>, peer: Peer, pulse: Arc<Pulse>, limits: Arc<ListenLimits>) -> Self {
        let service = serve.connect(peer.clone());
        Self {
            service,
            desk: Arc::new(Desk {
                serve,
                peer,
                pulse,
                limits,
            }),
        }
    }
}

impl<H: Serve> Desk<H> {
    fn refusal(&self, request: &Request<Incoming>) -> Option<Refusal> {
        if request
            .uri()
            .path_and_query()
            .is_some_and(|uri| uri.as_str().len() > self.limits.uri_max)
        {
            Some(Refusal::UriTooLong)
        } else if request.headers().len() > self.limits.headers_max {
            Some(Refusal::TooManyHeaders)
        } else if !has_one_host(request.version(), request.headers()) {
            Some(Refusal::HostNotSingle)
        } else if !is_plainly_chunked(request) {
            Some(Refusal::CodingNotChunked)
        } else {
            None
        }
    }

    fn refuse(&self, refusal: Refusal) -> Response<H::Body> {
        self.serve.refuse(&self.peer, refusal)
    }
}

/// One request that the service has not answered yet.
struct OpenRequest<H> {
    desk: Arc<Desk<H>>,
}

impl<H> OpenRequest<H> {
    fn new(desk: &Arc<Desk<H>>) -> Self {
        desk.pulse.begin_request();
        Self {
            desk: Arc::clone(desk),
        }
    }
}

impl<H> Drop for OpenRequest<H> {
    fn drop(&mut self) {
        self.desk.pulse.end_request();
    }
}

/// HTTP/1.0 and HTTP/2 may go without (the latter has `:authority`); two are never right.
fn has_one_host(version: Version, headers: &HeaderMap) -> bool {
    // The values are gone through only when some name is there twice: this runs for each request.
    let single = headers.len() == headers.keys_len() || headers.get_all(header::HOST).iter().nth(1).is_none();
    single && (version != Version::HTTP_11 || headers.contains_key(header::HOST))
}

/// Without a body there is no coding to look at, so that most requests pay nothing.
fn is_plainly_chunked(request: &Request<Incoming>) -> bool {
    if request.body().is_end_stream() {
        return true;
    }
    let mut codings = request.headers().get_all(header::TRANSFER_ENCODING).iter();
    let plain = codings
        .next()
        .is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    plain && codings.next().is_none()
}

impl<H: Serve> Service<Request<Incoming>> for Guarded<H> {
    type Response = Response<H::Body>;
    type Error = Infallible;
    type Future = Timed<H>;

    fn call(&self, request: Request<Incoming>) -> Timed<H> {
        let open = OpenRequest::new(&self.desk);
        let work = match self.desk.refusal(&request) {
            Some(refusal) => Work::Refused { refusal },
            None => Work::Running {
                answer: self.service.call(request),
            },
        };
        Timed {
            work,
            timer: None,
            open,
        }
    }
}

pin_project! {
    /// The answer to one request, within its time. The timer is made when the answer is not there at once, and
    /// on the heap: a verify from memory has none, and its future stays small.
    pub(super) struct Timed<H: Serve> {
        #[pin]
        work: Work<<H::Service as Service<Request<Incoming>>>::Future>,
        timer: Option<Pin<Box<Sleep>>>,
        open: OpenRequest<H>,
    }
}

pin_project! {
    #[project = WorkNow]
    enum Work<F> {
        Running { #[pin] answer: F },
        Refused { refusal: Refusal },
    }
}

impl<H: Serve> Future for Timed<H> {
    type Output = Result<Response<H::Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let desk = &this.open.desk;
        match this.work.project() {
            WorkNow::Refused { refusal } => return Poll::Ready(Ok(desk.refuse(*refusal))),
            WorkNow::Running { answer } => {
                if let Poll::Ready(answer) = answer.poll(cx) {
                    return Poll::Ready(answer);
                }
            }
        }
        let limit = desk.limits.request;
        let timer = this
            .timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(limit)));
        while timer.as_mut().poll(cx).is_ready() {
            if !desk.pulse.is_long() {
                return Poll::Ready(Ok(desk.refuse(Refusal::Overdue)));
            }
            // Long work: look again later, since its guard may be gone before the answer is there.
            timer.as_mut().reset(Instant::now() + limit);
        }
        Poll::Pending
    }
}
