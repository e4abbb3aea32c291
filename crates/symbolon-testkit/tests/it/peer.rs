//! A peer that answers with the bytes it was given, for tests of whoever asks.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// Answers each request on each connection with what `answer` makes of it; `None` ends the connection.
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    _task: JoinSet<()>,
}

impl Peer {
    pub(crate) async fn on<F>(address: &str, answer: F) -> Self
    where
        F: Fn(&str) -> Option<Vec<u8>> + Send + Clone + 'static,
    {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, answer.clone()));
            }
        });
        Self { address, _task: task }
    }

    /// Answers the first bytes of each connection with these, and ends it.
    pub(crate) async fn closing(bytes: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut task = JoinSet::new();
        task.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                drop(stream.read(&mut request).await);
                drop(stream.write_all(bytes).await);
            }
        });
        Self { address, _task: task }
    }
}

async fn serve(mut stream: TcpStream, answer: impl Fn(&str) -> Option<Vec<u8>>) {
    let mut request = Vec::new();
    while stream.read_buf(&mut request).await.unwrap_or(0) > 0 {
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if body.len() < length {
            continue;
        }
        let Some(bytes) = answer(&text) else { return };
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
        request.clear();
    }
}

/// An answer of that status with that body.
pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes()
}
