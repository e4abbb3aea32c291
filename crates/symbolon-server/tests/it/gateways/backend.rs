//! An HTTP server that keeps what it was asked, byte for byte: the application behind a gateway, or a Symbolon that a
//! test has made up.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The answer of an application that minds only its own things.
pub(crate) const SERVED: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserved";

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) line: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Asked {
    fn of(head: &str) -> Self {
        let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
        let headers = headers.lines().filter_map(|line| line.split_once(':'));
        Self {
            line: line.to_owned(),
            headers: headers
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect(),
            body: String::new(),
        }
    }

    /// The header as programs of the CGI kind see it (RFC 3875 §4.1.18): names in capitals, each hyphen an underscore, so
    /// that two names may become one. Values of the same name are joined.
    pub(crate) fn cgi(&self) -> BTreeMap<String, String> {
        let mut variables = BTreeMap::<String, String>::new();
        for (name, value) in &self.headers {
            let name = format!("HTTP_{}", name.to_uppercase().replace('-', "_"));
            variables
                .entry(name)
                .and_modify(|joined| *joined += &format!(",{value}"))
                .or_insert_with(|| value.clone());
        }
        variables
    }

    /// One of these variables; empty if it is not there.
    pub(crate) fn variable(&self, name: &str) -> String {
        self.cgi().remove(name).unwrap_or_default()
    }

    /// All variables whose name has `part` in it.
    pub(crate) fn variables(&self, part: &str) -> BTreeMap<String, String> {
        let mut variables = self.cgi();
        variables.retain(|name, _| name.contains(part));
        variables
    }
}

#[derive(Default)]
struct Record {
    asked: Mutex<Vec<Asked>>,
    connections: Mutex<usize>,
}

/// A server in this process; it ends with the value.
pub(crate) struct Backend {
    address: SocketAddr,
    record: Arc<Record>,
    _serving: JoinSet<()>,
}

impl Backend {
    /// Answers everything with these bytes.
    pub(crate) async fn answering(answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let record = Arc::new(Record::default());
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, answer, Arc::clone(&record)));
        Self {
            address,
            record,
            _serving: serving,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.record.asked.lock().unwrap().clone()
    }

    /// The only request since the last call.
    pub(crate) fn only(&self) -> Asked {
        let mut asked = std::mem::take(&mut *self.record.asked.lock().unwrap());
        assert_eq!(asked.len(), 1, "{asked:#?}");
        asked.remove(0)
    }

    pub(crate) fn connections(&self) -> usize {
        *self.record.connections.lock().unwrap()
    }
}

async fn serve(listener: TcpListener, answer: &'static str, record: Arc<Record>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        *record.connections.lock().unwrap() += 1;
        let record = Arc::clone(&record);
        connections.spawn(async move {
            // A gateway that hangs up is no fault.
            drop(converse(stream, answer, &record).await);
        });
    }
}

async fn converse(mut stream: TcpStream, answer: &str, record: &Record) -> std::io::Result<()> {
    let mut read = Vec::new();
    loop {
        let Some(mut asked) = take_head(&mut read) else {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
            continue;
        };
        let length = asked.variable("HTTP_CONTENT_LENGTH").parse().unwrap_or(0);
        while read.len() < length {
            if stream.read_buf(&mut read).await? == 0 {
                return Ok(());
            }
        }
        let body: Vec<u8> = read.drain(..length).collect();
        asked.body = String::from_utf8_lossy(&body).into_owned();
        record.asked.lock().unwrap().push(asked);
        stream.write_all(answer.as_bytes()).await?;
    }
}

/// The head of the first request in `read`, once it is whole.
fn take_head(read: &mut Vec<u8>) -> Option<Asked> {
    let end = read.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head: Vec<u8> = read.drain(..end + 4).collect();
    Some(Asked::of(&String::from_utf8_lossy(&head[..end])))
}
