//! What a person's browser reaches: a page, the modules of `clients/js`, and Symbolon behind them, as a gateway of one
//! origin would have it. It counts what is asked of Symbolon, and misbehaves when told to.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use symbolon_testkit::proxy::{Fault, Proxy};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const PAGE: &str = "<!doctype html><title>a page</title>";
/// Where Debian's package node-axios has the library as a browser takes it.
const AXIOS: &str = "/usr/share/nodejs/axios/dist/axios.js";

/// As the gateways of `deploy/` say it.
const UNDECIDED: &str = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: application/problem+json\r\n\
    Content-Length: 40\r\nConnection: close\r\n\r\n{\"status\":503,\"code\":\"unavailable\"}     ";
/// As the page of a hotel's network may say it.
const STRANGER: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\nContent-Length: 14\r\n\
    Connection: close\r\n\r\n<h1>Hotel</h1>";

/// What becomes of the requests to some of Symbolon's paths.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Says {
    /// They pass.
    Nothing,
    /// 503, to all paths that begin so, as often as this.
    Undecided(&'static str, usize),
    /// A 401 that is not Symbolon's.
    Stranger(&'static str),
}

struct Shared {
    says: Mutex<Says>,
    asked: Mutex<Vec<String>>,
    /// The bodies of refreshes.
    shown: Mutex<Vec<String>>,
    upstream: SocketAddr,
}

/// A server in this process; it ends with the value.
pub(super) struct Front {
    port: u16,
    shared: Arc<Shared>,
    /// Between it and Symbolon.
    pub(super) way: Proxy,
    _serving: JoinSet<()>,
}

impl Front {
    pub(super) async fn before(symbolon: SocketAddr) -> Self {
        let way = Proxy::before(symbolon).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            says: Mutex::new(Says::Nothing),
            asked: Mutex::default(),
            shown: Mutex::default(),
            upstream: way.address(),
        });
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, Arc::clone(&shared)));
        Self {
            port,
            shared,
            way,
            _serving: serving,
        }
    }

    /// The page, at a name that browsers trust also without TLS.
    pub(super) fn page(&self) -> String {
        format!("http://localhost:{}/page", self.port)
    }

    /// The page, at a name that they do not trust: there are no Web Locks there.
    pub(super) fn untrusted_page(&self) -> String {
        format!("http://{}:{}/page", crate::chromium::UNTRUSTED, self.port)
    }

    pub(super) fn says(&self, says: Says) {
        *self.shared.says.lock().unwrap() = says;
    }

    /// How often that was asked of Symbolon since it was asked here, such as `POST /v1/refresh`.
    pub(super) fn asked(&self, line: &str) -> usize {
        let asked = std::mem::take(&mut *self.shared.asked.lock().unwrap());
        asked.iter().filter(|own| *own == line).count()
    }

    /// The bodies of all refreshes since it was asked here.
    pub(super) fn shown(&self) -> Vec<String> {
        std::mem::take(&mut *self.shared.shown.lock().unwrap())
    }

    /// Loses the answer to the next refresh, and no other one.
    pub(super) async fn lose_one_refresh(&self) {
        let trigger = symbolon_testkit::proxy::Trigger::on(*b"POST /v1/refresh");
        self.way.set(Fault::DropReplyAfter(trigger)).await;
        while self.way.fired() == 0 {
            tokio::task::yield_now().await;
        }
        self.way.set(Fault::Pass).await;
    }
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            // A browser that hangs up is no fault, and neither is an answer that was lost on purpose.
            drop(answer(stream, &shared).await);
        });
    }
}

/// One request on each connection.
async fn answer(mut client: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut read = Vec::new();
    let end = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if client.read_buf(&mut read).await? == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let line = head.split(" HTTP/").next().unwrap_or_default().to_owned();
    let path = line.split(' ').nth(1).unwrap_or_default();
    if let Some(served) = served(path) {
        client.write_all(served.as_bytes()).await?;
        return client.shutdown().await;
    }
    shared.asked.lock().unwrap().push(line.clone());
    if let Some(said) = shared.said(path) {
        // The body has to be read, or the browser meets a reset.
        read_whole(&mut client, &mut read, end, &head).await?;
        client.write_all(said.as_bytes()).await?;
        return client.shutdown().await;
    }
    let mut symbolon = TcpStream::connect(shared.upstream).await?;
    read_whole(&mut client, &mut read, end, &head).await?;
    if line == "POST /v1/refresh" {
        let body = String::from_utf8_lossy(&read[end..]).into_owned();
        shared.shown.lock().unwrap().push(body);
    }
    let closing = head.replace("Connection: keep-alive", "Connection: close");
    symbolon.write_all(closing.as_bytes()).await?;
    symbolon.write_all(&read[end..]).await?;
    copy(&mut symbolon, &mut client).await?;
    client.shutdown().await
}

async fn read_whole(
    client: &mut TcpStream,
    read: &mut Vec<u8>,
    end: usize,
    head: &str,
) -> std::io::Result<()> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    let length = lines
        .filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .find_map(|(_, value)| value.parse().ok())
        .unwrap_or(0);
    while read.len() < end + length && client.read_buf(read).await? > 0 {}
    Ok(())
}

/// The page and what it loads.
fn served(path: &str) -> Option<String> {
    let (media_type, text) = match path {
        "/page" => ("text/html", PAGE.to_owned()),
        "/library/axios.js" => ("text/javascript", file(Path::new(AXIOS))),
        path => {
            let name = path.strip_prefix("/client/")?;
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../clients/js");
            ("text/javascript", file(&folder.join(name)))
        }
    };
    Some(format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}",
        text.len()
    ))
}

fn file(path: &Path) -> String {
    std::fs::read_to_string(path)
        .unwrap_or_else(|error| panic!("{}: {error}; `cargo xtask test` installs it", path.display()))
}

impl Shared {
    /// What is said in Symbolon's place.
    fn said(&self, path: &str) -> Option<&'static str> {
        let mut says = self.says.lock().unwrap();
        match &mut *says {
            Says::Undecided(begin, left) if path.starts_with(*begin) && *left > 0 => {
                *left -= 1;
                Some(UNDECIDED)
            }
            Says::Stranger(begin) if path.starts_with(*begin) => Some(STRANGER),
            _ => None,
        }
    }
}
