//! Bare hyper with one GET of a Redis for each request: what a verify costs that asks a cache on the network.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::AUTHORIZATION;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, body::Incoming};
use hyper_util::rt::TokioIo;
use redis::aio::MultiplexedConnection;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::process::{Running, free_address};

/// Starts this program as that server.
pub(crate) fn start(url: &str) -> anyhow::Result<Running> {
    let address = free_address()?;
    let own = std::env::current_exe().context("find this program")?;
    Running::start(
        Command::new(own).args(["redis-limit", &address.port().to_string(), url]),
        address,
    )
}

/// Serves until it is ended.
pub(crate) fn serve(port: u16, url: &str) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let redis = redis::Client::open(url)?
            .get_multiplexed_async_connection()
            .await
            .context("connect to the Redis")?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .context("listen")?;
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.context("accept a connection")?;
            stream.set_nodelay(true)?;
            let redis = redis.clone();
            let service = service_fn(move |request| answer(redis.clone(), request));
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            connections.spawn(connection);
            while connections.try_join_next().is_some() {}
        }
    })
}

/// What is kept under the token itself, or 401.
async fn answer(
    mut redis: MultiplexedConnection,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let token = request.headers().get(AUTHORIZATION).map(|value| value.as_bytes());
    let mut get = redis::cmd("GET");
    get.arg(token.unwrap_or_default());
    let kept: Option<Vec<u8>> = get.query_async(&mut redis).await.unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::new()));
    match kept {
        Some(kept) => *response.body_mut() = Full::new(Bytes::from(kept)),
        None => *response.status_mut() = StatusCode::UNAUTHORIZED,
    }
    Ok(response)
}

/// Keeps something of the size of a session under each `Authorization`.
pub(crate) async fn fill(url: &str, authorizations: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let mut redis = redis::Client::open(url)?
        .get_multiplexed_async_connection()
        .await?;
    let session = vec![b's'; SESSION_LEN];
    for authorization in authorizations {
        let mut set = redis::cmd("SET");
        set.arg(authorization).arg(&session);
        () = set.query_async(&mut redis).await.context("fill the Redis")?;
    }
    Ok(())
}

/// About what a session takes.
const SESSION_LEN: usize = 300;
