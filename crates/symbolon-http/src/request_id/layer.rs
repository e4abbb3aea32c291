use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::response::Response;
use http::Request;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::{RequestId, RequestIds, Seal};

/// Gives each request an id (a [`RequestId`] among its extensions) and seals its answer.
#[derive(Debug, Clone)]
pub struct SealLayer {
    ids: Arc<RequestIds>,
    seal: Seal,
}

impl SealLayer {
    /// Seals with ids of `ids`.
    #[must_use]
    pub fn new(ids: Arc<RequestIds>, seal: Seal) -> Self {
        Self { ids, seal }
    }
}

impl<S> Layer<S> for SealLayer {
    type Service = Sealed<S>;

    fn layer(&self, inner: S) -> Sealed<S> {
        Sealed {
            inner,
            layer: self.clone(),
        }
    }
}

/// A service whose answers are sealed. See [`SealLayer`].
#[derive(Debug, Clone)]
pub struct Sealed<S> {
    inner: S,
    layer: SealLayer,
}

impl<S, B> Service<Request<B>> for Sealed<S>
where
    S: Service<Request<B>, Response = Response>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = SealedFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let id = self.layer.ids.next_id();
        request.extensions_mut().insert(id);
        SealedFuture {
            answer: self.inner.call(request),
            id,
            seal: self.layer.seal,
        }
    }
}

pin_project! {
    /// The sealed answer of [`Sealed`].
    #[derive(Debug)]
    pub struct SealedFuture<F> {
        #[pin]
        answer: F,
        id: RequestId,
        seal: Seal,
    }
}

impl<F, E> Future for SealedFuture<F>
where
    F: Future<Output = Result<Response, E>>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = ready!(this.answer.poll(cx))?;
        this.seal.apply(&mut answer, *this.id);
        Poll::Ready(Ok(answer))
    }
}
