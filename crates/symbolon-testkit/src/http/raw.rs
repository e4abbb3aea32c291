//! Bytes as they are, for requests that no client would send.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::DEADLINE;

/// The end of a head.
const BLANK_LINE: &[u8] = b"\r\n\r\n";

/// Sends `bytes` on a connection of their own and gives the bytes of the one answer: its head and a
/// body of the length that it says, or all up to the end of the connection.
///
/// # Errors
/// When the connection cannot be made, breaks, or nothing ends the answer in time.
pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let exchange = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(bytes).await?;
        let mut answer = Vec::new();
        while !is_whole(&answer) && stream.read_buf(&mut answer).await? > 0 {}
        Ok(answer)
    };
    timeout(DEADLINE, exchange)
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
}

fn is_whole(answer: &[u8]) -> bool {
    let Some(head) = answer.windows(4).position(|window| window == BLANK_LINE) else {
        return false;
    };
    let body = answer.len() - head - BLANK_LINE.len();
    let head = String::from_utf8_lossy(&answer[..head]).to_ascii_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse::<usize>().ok());
    length.is_some_and(|length| body >= length)
}
