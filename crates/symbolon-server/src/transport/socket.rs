use std::io;
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::time::timeout;

use super::call::{Call, Reply};
use super::exchange::exchange;
use super::socket_path::SocketPath;
use crate::compose::Composition;
use crate::exit::Failure;

/// For one answer: a revocation waits for other nodes for half a minute. The server gives up before, so what takes longer
/// is a server that hangs.
const ANSWER_TIME: Duration = Duration::from_secs(40);

/// A server that runs, reached by the socket in its data folder.
#[derive(Debug)]
pub(crate) struct Server {
    path: SocketPath,
    pid: Option<u32>,
}

impl Server {
    /// Finds the server of a data folder.
    ///
    /// # Errors
    /// When nobody answers there, or we may not ask.
    pub(crate) async fn find(composition: &Composition<'_>) -> io::Result<Self> {
        let path = SocketPath::of(composition.data_dir())?;
        let stream = UnixStream::connect(path.reached()).await?;
        let pid = stream
            .peer_cred()
            .ok()
            .and_then(|peer| peer.pid())
            .and_then(|pid| pid.try_into().ok());
        Ok(Self { path, pid })
    }

    /// Its process, where the system says so.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// Sends one request on a connection of its own.
    ///
    /// # Errors
    /// When no answer comes, or one that cannot be read.
    pub(crate) async fn call(&self, call: Call) -> Result<Reply, Failure> {
        let asked = async {
            let stream = UnixStream::connect(self.path.reached())
                .await
                .map_err(|error| error.to_string())?;
            exchange(stream, call).await
        };
        let answer = timeout(ANSWER_TIME, asked)
            .await
            .unwrap_or_else(|_| Err("no answer in time".to_owned()));
        answer.map_err(|why| {
            Failure::unavailable(format!(
                "ask the server at {}: {why}",
                self.path.shown().display()
            ))
        })
    }
}
