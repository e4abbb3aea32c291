//! Bare hyper: a fixed answer to every request, as many threads as the server's own runtime has.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::process::Command;

use anyhow::Context as _;
use bytes::Bytes;
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::process::{Running, free_address};

const BODY: &[u8] = br#"{"active":true,"subject":"user-1024"}"#;

/// Starts this program as the bare server.
pub(crate) fn start() -> anyhow::Result<Running> {
    let address = free_address()?;
    let own = std::env::current_exe().context("find this program")?;
    Running::start(
        Command::new(own).args(["hyper-limit", &address.port().to_string()]),
        address,
    )
}

/// Serves until it is ended.
pub(crate) fn serve(port: u16) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .context("listen")?;
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.context("accept a connection")?;
            stream.set_nodelay(true)?;
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer));
            connections.spawn(connection);
            while connections.try_join_next().is_some() {}
        }
    })
}

async fn answer(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(Response::new(Full::new(Bytes::from_static(BODY))))
}
