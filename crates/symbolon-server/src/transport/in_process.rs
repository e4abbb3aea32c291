use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use symbolon::{OpenFault, Symbolon};
use symbolon_http::app::ServiceContext;
use symbolon_http::listen::{Peer, PeerAddr, Serve as _};
use symbolon_http::serve::HttpServe;

use super::call::{Call, Reply};
use super::exchange::exchange;
use crate::compose::Composition;
use crate::exit::Failure;
use crate::opening;
use crate::terminal::Terminal;

/// What a pipe holds, in bytes: a request of a command in one go.
const PIPE_BYTES: usize = 64 * 1024;

/// The store, opened by this process, behind the same service that a server has at its socket.
pub(crate) struct InProcess {
    symbolon: Symbolon,
    serve: HttpServe,
}

impl InProcess {
    /// Opens the store, and makes it where there is none. The first administrator is left to the first start of a
    /// server, which is where somebody looks for its password.
    ///
    /// # Errors
    /// When it cannot be opened; most often since a server has it.
    pub(crate) async fn open(composition: &Composition<'_>, terminal: Terminal) -> Result<Self, OpenFault> {
        let (symbolon, opened) = composition.light_builder()?.open().await?;
        opening::tell_made(&opened, terminal);
        // The ids of the few requests of one command need not differ from those of others.
        let app = composition.app(symbolon.clone(), [0; 12]);
        Ok(Self {
            symbolon,
            serve: HttpServe::new(app, ServiceContext::SOCKET),
        })
    }

    /// Sends one request through a pipe to a connection of the service: bytes for bytes what the socket sees.
    ///
    /// # Errors
    /// When no answer comes, or one that cannot be read.
    pub(crate) async fn call(&self, call: Call) -> Result<Reply, Failure> {
        let (near, far) = tokio::io::duplex(PIPE_BYTES);
        let service = self.serve.connect(Peer::detached(PeerAddr::Unix));
        let served = http1::Builder::new().serve_connection(TokioIo::new(far), service);
        let (answer, _) = tokio::join!(exchange(near, call), served);
        answer.map_err(|why| Failure::failed(format!("ask the store: {why}")))
    }

    /// Writes what waits and lets the store go.
    pub(crate) async fn close(self) {
        self.symbolon.stop().await;
    }
}
