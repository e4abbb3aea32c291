//! A small HTTP/1.1 client of one connection: exact bytes of each answer, and an exact account of
//! what is known when there is none.

mod raw;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

pub use raw::exchange;

/// Longer than a server takes for anything that it answers at all (a request has five seconds).
const DEADLINE: Duration = Duration::from_secs(20);

/// Why there is no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NoAnswer {
    /// Nothing was sent: the server has not seen the request.
    NotSent(String),
    /// It was sent, and what became of it is not known.
    Unknown(String),
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status code.
    pub status: u16,
    /// Its header fields.
    pub headers: HeaderMap,
    /// The bytes of its body.
    pub body: Bytes,
}

impl Answer {
    /// The body as JSON; `null` where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header field's value, if there is one that is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// A request to send.
#[derive(Clone, Debug)]
pub struct Ask {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Bytes,
}

impl Ask {
    /// Reads what is at `path`.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// Posts a JSON body.
    #[must_use]
    pub fn post(path: impl Into<String>, body: &Value) -> Self {
        Self::new(Method::POST, path).json(body)
    }

    /// Any method, without a body.
    #[must_use]
    pub fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// With a JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json")
            .body(body.to_string())
    }

    /// With exactly this body.
    #[must_use]
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// With a header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a bearer token (RFC 6750, section 2.1).
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    fn build(self, host: SocketAddr) -> Result<Request<Full<Bytes>>, NoAnswer> {
        let mut builder = Request::builder()
            .method(self.method)
            .uri(self.path)
            .header("host", host.to_string());
        for (name, value) in self.headers {
            builder = builder.header(name, value);
        }
        builder
            .body(Full::new(self.body))
            .map_err(|error| NoAnswer::NotSent(error.to_string()))
    }
}

/// A client with one connection, kept alive and opened anew when it was closed.
pub struct Client {
    address: SocketAddr,
    connection: Option<SendRequest<Full<Bytes>>>,
    /// Drives the connection; ends with the client.
    driver: JoinSet<()>,
}

impl Client {
    /// A client of the server at `address`. Nothing is opened yet.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            connection: None,
            driver: JoinSet::new(),
        }
    }

    /// Makes sure of an open connection. What is sent after it, with no step between, cannot reach
    /// a process that was started later.
    ///
    /// # Errors
    /// When the server does not accept one.
    pub async fn connect(&mut self) -> Result<(), NoAnswer> {
        if let Some(open) = self.connection.as_mut()
            && open.ready().await.is_ok()
        {
            return Ok(());
        }
        self.connection = None;
        let opening = timeout(DEADLINE, TcpStream::connect(self.address)).await;
        let stream = match opening {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return Err(NoAnswer::NotSent(error.to_string())),
            Err(_) => return Err(NoAnswer::NotSent("no connection in time".to_owned())),
        };
        let shaken = handshake(TokioIo::new(stream)).await;
        let (open, driver) = shaken.map_err(|error| NoAnswer::NotSent(error.to_string()))?;
        self.driver = JoinSet::new();
        self.driver.spawn(async move {
            // Its error is told to whoever waits for an answer.
            drop(driver.await);
        });
        self.connection = Some(open);
        Ok(())
    }

    /// Sends on the connection that [`Client::connect`] has made sure of.
    ///
    /// # Errors
    /// When there is no answer, with what is known of the request.
    pub async fn send_connected(&mut self, ask: Ask) -> Result<Answer, NoAnswer> {
        let request = ask.build(self.address)?;
        let Some(mut open) = self.connection.take() else {
            return Err(NoAnswer::NotSent("no connection is open".to_owned()));
        };
        let exchange = async {
            let answer = open.send_request(request).await?;
            let (head, body) = answer.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body,
            })
        };
        match timeout(DEADLINE, exchange).await {
            Ok(Ok(answer)) => {
                self.connection = Some(open);
                Ok(answer)
            }
            Ok(Err(error)) => Err(NoAnswer::Unknown(error.to_string())),
            Err(_) => Err(NoAnswer::Unknown("no answer in time".to_owned())),
        }
    }

    /// Opens a connection where there is none, and sends.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn try_send(&mut self, ask: Ask) -> Result<Answer, NoAnswer> {
        self.connect().await?;
        self.send_connected(ask).await
    }

    /// Sends a request that must be answered.
    pub async fn send(&mut self, ask: Ask) -> Answer {
        match self.try_send(ask).await {
            Ok(answer) => answer,
            Err(why) => panic!("{} did not answer: {why:?}", self.address),
        }
    }
}
