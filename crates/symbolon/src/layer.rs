//! A tower layer: only requests with a live token pass.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use symbolon_node::{Live, Verdict};
use tower_layer::Layer;
use tower_service::Service;

use crate::Symbolon;

/// Lets requests with a live access token in `Authorization: Bearer …` (RFC 6750, section 2.1) pass
/// and puts who it is, as [`Live`], into the request's extensions. Others are answered 401, and 503
/// with `Retry-After` while it cannot be decided.
#[derive(Clone)]
pub struct RequireSession {
    symbolon: Symbolon,
}

impl RequireSession {
    /// A layer that asks `symbolon`.
    #[must_use]
    pub fn new(symbolon: Symbolon) -> Self {
        Self { symbolon }
    }
}

impl<I> Layer<I> for RequireSession {
    type Service = RequireSessionService<I>;

    fn layer(&self, inner: I) -> Self::Service {
        RequireSessionService {
            symbolon: self.symbolon.clone(),
            inner,
        }
    }
}

/// The service that [`RequireSession`] makes.
#[derive(Clone)]
pub struct RequireSessionService<I> {
    symbolon: Symbolon,
    inner: I,
}

/// The answer to come.
type Answer<R, E> = Pin<Box<dyn Future<Output = Result<R, E>> + Send>>;

impl<I, B, R> Service<Request<B>> for RequireSessionService<I>
where
    I: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    I::Future: Send + 'static,
    B: Send + 'static,
    R: Default + Send + 'static,
{
    type Response = Response<R>;
    type Error = I::Error;
    type Future = Answer<Self::Response, Self::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone takes its place.
        let ready = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, ready);
        let symbolon = self.symbolon.clone();
        Box::pin(async move {
            match judge(&symbolon, request.headers()).await {
                Ok(live) => {
                    request.extensions_mut().insert(live);
                    inner.call(request).await
                }
                Err(refusal) => Ok(refusal.into_response()),
            }
        })
    }
}

enum Refusal {
    NoProof,
    Undecided,
}

impl Refusal {
    fn into_response<R: Default>(self) -> Response<R> {
        let mut response = Response::new(R::default());
        let (status, name, value) = match self {
            Self::NoProof => (
                StatusCode::UNAUTHORIZED,
                WWW_AUTHENTICATE,
                "Bearer error=\"invalid_token\"",
            ),
            Self::Undecided => (StatusCode::SERVICE_UNAVAILABLE, RETRY_AFTER, "1"),
        };
        *response.status_mut() = status;
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
        response
    }
}

async fn judge(symbolon: &Symbolon, headers: &HeaderMap) -> Result<Live, Refusal> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else {
        return Err(Refusal::NoProof);
    };
    let text = value.to_str().map_err(|_| Refusal::NoProof)?;
    let (scheme, token) = text.split_once(' ').ok_or(Refusal::NoProof)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Refusal::NoProof);
    }
    if symbolon.names_unknown_key(token.trim()) {
        symbolon.learn_keys().await.map_err(|_| Refusal::Undecided)?;
    }
    let token = symbolon.read_token(token.trim()).map_err(|_| Refusal::NoProof)?;
    match symbolon.verify(&token).await {
        Ok(Verdict::Active(live)) => Ok(live),
        Ok(Verdict::Inactive(_)) => Err(Refusal::NoProof),
        Err(_) => Err(Refusal::Undecided),
    }
}
