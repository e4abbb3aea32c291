//! What a listener serves: the fast path of gateways, then the router; every answer sealed and counted, every panic
//! turned into a 500.

mod caught;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, Request};
use hyper::body::Incoming;
use hyper::service::Service;
use tower_service::Service as _;
use tracing::Instrument as _;

use crate::app::{App, ServiceContext};
use crate::bearer;
use crate::caller::OperatorSocket;
use crate::listen::{Peer, PeerAddr, Refusal, Serve};
use crate::metrics::RouteClass;
use crate::min_seq;
use crate::problem::Problem;
use crate::request_id::{RequestId, Seal};
use crate::router;
use crate::routes::gateway;
use crate::web_origin::Arrival;
use caught::Caught;

/// The service of a listener.
#[derive(Clone)]
pub struct HttpServe {
    app: App,
    context: ServiceContext,
    router: Router,
}

impl HttpServe {
    /// What `context` names of `app`. Several may be made of one app.
    #[must_use]
    pub fn new(app: App, context: ServiceContext) -> Self {
        let router = router::router(&app, context);
        Self { app, context, router }
    }
}

impl Serve for HttpServe {
    type Body = Body;
    type Service = HttpService;

    fn connect(&self, peer: Peer) -> HttpService {
        HttpService {
            serve: self.clone(),
            seal: Seal::new(peer.is_tls()),
            arrival: Arrival::of(&peer, &self.app.settings().trusted_proxies),
            peer,
        }
    }

    fn refuse(&self, peer: &Peer, refusal: Refusal) -> Response {
        let id = self.app.request_ids().next_id();
        tracing::debug!(request.id = %id, ?refusal, "the listener refused a request");
        let mut response = Problem::from(refusal).into_response();
        Seal::new(peer.is_tls()).apply(&mut response, id);
        self.app
            .metrics()
            .answered(RouteClass::Other, response.status().as_u16());
        response
    }
}

/// The service of one connection.
pub struct HttpService {
    serve: HttpServe,
    seal: Seal,
    arrival: Arrival,
    peer: Peer,
}

impl Service<Request<Incoming>> for HttpService {
    type Response = Response;
    type Error = Infallible;
    type Future = HttpAnswer;

    fn call(&self, request: Request<Incoming>) -> HttpAnswer {
        let app = &self.serve.app;
        let id = app.request_ids().next_id();
        if request.uri().path() != gateway::PATH || !self.serve.context.api {
            return HttpAnswer::later(self.route(request, id));
        }
        let now = || gateway::from_memory(app, id, request.headers(), request.uri().query());
        match catch_unwind(AssertUnwindSafe(now)) {
            Ok(Some(response)) => HttpAnswer::Now(Some(self.finish(response, RouteClass::Gateway, id))),
            Ok(None) => HttpAnswer::later(self.judge(request, id)),
            Err(_) => HttpAnswer::Now(Some(self.finish(caught::internal(), RouteClass::Gateway, id))),
        }
    }
}

impl HttpService {
    fn finish(&self, response: Response, route: RouteClass, id: RequestId) -> Response {
        finish(&self.serve.app, self.seal, response, route, id)
    }

    /// A verify that memory alone does not answer.
    fn judge(
        &self,
        request: Request<Incoming>,
        id: RequestId,
    ) -> impl Future<Output = Response> + Send + use<> {
        let (app, seal) = (self.serve.app.clone(), self.seal);
        let (parts, _) = request.into_parts();
        let span = tracing::info_span!("request", request.id = %id);
        async move {
            let judged = async {
                match keys_known(&app, &parts.headers, parts.uri.query()).await {
                    Ok(()) => gateway::judge(&app, id, &parts.headers, parts.uri.query()).await,
                    Err(problem) => problem.into_response(),
                }
            };
            let answer = Caught::new(judged).await;
            finish(&app, seal, answer, RouteClass::Gateway, id)
        }
        .instrument(span)
    }

    fn route(
        &self,
        request: Request<Incoming>,
        id: RequestId,
    ) -> impl Future<Output = Response> + Send + use<> {
        let app = self.serve.app.clone();
        let seal = Seal::new(self.arrival.is_https(request.headers()));
        let readable = app.settings().cors_origins.judge(&request);
        let route = RouteClass::of(request.uri().path());
        let mut request = request.map(Body::new);
        let extensions = request.extensions_mut();
        extensions.insert(id);
        if self.serve.context.trusts_socket && self.peer.addr() == PeerAddr::Unix {
            extensions.insert(OperatorSocket);
        }
        extensions.insert(self.peer.clone());
        let mut router = self.serve.router.clone();
        let span = tracing::info_span!("request", request.id = %id);
        async move {
            let routed = async {
                if let Some(answer) = readable.answer() {
                    return answer;
                }
                if let Err(problem) = keys_known(&app, request.headers(), request.uri().query()).await {
                    return problem.into_response();
                }
                if let Err(problem) = min_seq::reached(&app, request.headers()).await {
                    return problem.into_response();
                }
                match router.call(request).await {
                    Ok(response) => response,
                    Err(never) => match never {},
                }
            };
            let mut answer = Caught::new(routed).await;
            readable.tell(answer.headers_mut());
            finish(&app, seal, answer, route, id)
        }
        .instrument(span)
    }
}

/// Sees to it that a token is not refused for a key that another node has just made.
async fn keys_known(app: &App, headers: &HeaderMap, query: Option<&str>) -> Result<(), Problem> {
    match bearer::shows_unknown_key(app, headers, query) {
        true => bearer::learn(app).await,
        false => Ok(()),
    }
}

/// Completes and counts an answer. The 200 of a gateway comes complete: it has no body and goes no further than the
/// gateway, so it is spared what is for browsers. A refusal has a body, and there are gateways that hand it on as it is.
#[inline]
fn finish(app: &App, seal: Seal, mut response: Response, route: RouteClass, id: RequestId) -> Response {
    if route != RouteClass::Gateway || response.status().as_u16() != 200 {
        seal.apply(&mut response, id);
    }
    app.metrics().answered(route, response.status().as_u16());
    response
}

/// An answer that is there, or one to wait for. The first costs no box.
pub enum HttpAnswer {
    /// There it is.
    Now(Option<Response>),
    /// Not yet.
    Later(Pin<Box<dyn Future<Output = Response> + Send>>),
}

impl HttpAnswer {
    fn later(answer: impl Future<Output = Response> + Send + 'static) -> Self {
        Self::Later(Box::pin(answer))
    }
}

impl Future for HttpAnswer {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            // hyper polls no future that has answered; if it did, it would wait for ever.
            Self::Now(response) => response
                .take()
                .map_or(Poll::Pending, |response| Poll::Ready(Ok(response))),
            Self::Later(answer) => answer.as_mut().poll(cx).map(Ok),
        }
    }
}
