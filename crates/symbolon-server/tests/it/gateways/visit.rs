//! A client that sends exactly the bytes that a test wants, also those that no honest client sends.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

/// Longer than a gateway waits for anything.
const PATIENCE: Duration = Duration::from_secs(20);

/// One request on a connection of its own.
#[derive(Clone)]
pub(crate) struct Visit {
    from: IpAddr,
    line: String,
    headers: Vec<u8>,
    closes: bool,
    body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// 0: there was none.
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Visit {
    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            from: Ipv4Addr::LOCALHOST.into(),
            line: format!("{method} {target} HTTP/1.1"),
            headers: b"Host: app.example.com\r\n".to_vec(),
            closes: false,
            body: Vec::new(),
        }
    }

    pub(crate) fn post(target: &str, body: &Value) -> Self {
        let body = body.to_string();
        let mut visit = Self::new("POST", target)
            .header("Content-Type: application/json")
            .header(format!("Content-Length: {}", body.len()));
        visit.body = body.into();
        visit
    }

    /// One more line of the header, as it is to be sent.
    pub(crate) fn header(mut self, line: impl AsRef<[u8]>) -> Self {
        let line = line.as_ref();
        self.closes |= line.to_ascii_lowercase().starts_with(b"connection:");
        self.headers.extend_from_slice(line);
        self.headers.extend_from_slice(b"\r\n");
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header(format!("Authorization: Bearer {token}"))
    }

    /// The same with another method.
    pub(crate) fn method(mut self, method: &str) -> Self {
        let (_, rest) = self.line.split_once(' ').unwrap();
        self.line = format!("{method} {rest}");
        self
    }

    /// From another address of loopback: all of 127.0.0.0/8 is this machine.
    pub(crate) fn from(mut self, address: &str) -> Self {
        self.from = address.parse().unwrap();
        self
    }

    fn bytes(self) -> Vec<u8> {
        let mut bytes = self.line.into_bytes();
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.headers);
        // What is to say something else about the connection says this too.
        if !self.closes {
            bytes.extend_from_slice(b"Connection: close\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    pub(crate) async fn to(self, address: SocketAddr) -> Answer {
        let mut stream = connect(self.from, address).await;
        let said = exchange(&mut stream, &self.bytes()).await;
        Answer::of(&said)
    }
}

/// A connection from one of loopback's addresses.
pub(crate) async fn connect(from: IpAddr, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(from, 0)).unwrap();
    timeout(PATIENCE, socket.connect(to)).await.unwrap().unwrap()
}

/// Sends, and reads to the end of the connection. A reset is an end too.
pub(crate) async fn exchange(stream: &mut TcpStream, bytes: &[u8]) -> String {
    // It may be refused half-way.
    drop(stream.write_all(bytes).await);
    let mut answer = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    let said = String::from_utf8_lossy(&answer).into_owned();
    assert!(read.is_ok(), "the connection stays open after {said:?}");
    said
}

impl Answer {
    fn of(said: &str) -> Self {
        let (head, body) = said.split_once("\r\n\r\n").unwrap_or((said, ""));
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        Self {
            status: status.unwrap_or(0),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// The value of a header, if it is there; an empty one is not.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1).filter_map(|line| line.split_once(':'));
        lines
            .filter(|(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
            .find(|value| !value.is_empty())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}
