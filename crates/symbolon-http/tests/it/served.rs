//! The whole wire over a real listener: a Symbolon in memory, its routes, and requests to it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use symbolon::account::Role;
use symbolon::api_key::{ApiKeyId, Scopes};
use symbolon::session::TokenStyle;
use symbolon::subject::ClientId;
use symbolon::{Builder, NewAccount, Password, SignedTokens, Symbolon};
use symbolon_http::app::{App, HttpSettings, ServiceContext};
use symbolon_http::client_addr::TrustedProxies;
use symbolon_http::listen::{Gate, ListenLimits, Listener};
use symbolon_http::request_id::RequestIds;
use symbolon_http::serve::HttpServe;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::running::PATIENCE;

/// The password of every account of the tests.
pub(crate) const PASSWORD: &str = "seven herons under a green lamp";

/// What a server stands in that is asked by cases without a runtime of their own.
pub(crate) fn standing() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap()
}

/// What is different from the usual.
pub(crate) struct Setup {
    pub(crate) settings: HttpSettings,
    pub(crate) builder: Builder,
}

impl Default for Setup {
    fn default() -> Self {
        // The least that Argon2 can be: what is tested is what comes of it.
        let builder = Symbolon::builder()
            .in_memory()
            .near_capacity(10_000)
            .password_cost(8, 1);
        Self {
            settings: HttpSettings::default(),
            builder,
        }
    }
}

impl Setup {
    /// Tokens of that issuer and style.
    pub(crate) fn signed(mut self, issuer: &str, style: TokenStyle) -> Self {
        let signed = SignedTokens {
            issuer: issuer.to_owned(),
            style,
            ..SignedTokens::default()
        };
        self.builder = self.builder.signed_tokens(signed);
        self
    }

    pub(crate) async fn start(self) -> Served {
        let (symbolon, _) = self.builder.open().await.unwrap();
        let app = App::new(symbolon.clone(), self.settings, RequestIds::new([7; 12]));
        let tasks = TaskTracker::new();
        let stop = CancellationToken::new();
        let mut served = Served {
            symbolon,
            app,
            addr: SocketAddr::from(([127, 0, 0, 1], 0)),
            tasks,
            stop,
        };
        served.addr = served.listen(ServiceContext::PUBLIC);
        served
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Served {
    pub(crate) symbolon: Symbolon,
    pub(crate) app: App,
    pub(crate) addr: SocketAddr,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Served {
    pub(crate) async fn start() -> Self {
        Setup::default().start().await
    }

    /// One more listener of the same app.
    pub(crate) fn listen(&self, context: ServiceContext) -> SocketAddr {
        let limits = ListenLimits::default();
        let gate = Arc::new(Gate::new(&limits, TrustedProxies::default()));
        let listener = Listener::tcp(SocketAddr::from(([127, 0, 0, 1], 0)), limits, gate).unwrap();
        let addr = listener.local_addr().unwrap().unwrap();
        self.run(listener, context);
        addr
    }

    /// The same at a Unix socket.
    pub(crate) fn listen_unix(&self, path: &Path, context: ServiceContext) {
        let limits = ListenLimits::default();
        let gate = Arc::new(Gate::new(&limits, TrustedProxies::default()));
        self.run(Listener::unix(path, limits, gate).unwrap(), context);
    }

    fn run(&self, listener: Listener, context: ServiceContext) {
        let serve = Arc::new(HttpServe::new(self.app.clone(), context));
        let stop = self.stop.clone();
        self.tasks
            .spawn(async move { listener.serve(serve, stop, PATIENCE).await });
    }

    /// Sends a request on a connection of its own.
    pub(crate) async fn ask(&self, ask: Ask) -> Answer {
        self.ask_at(self.addr, ask).await
    }

    pub(crate) async fn ask_at(&self, addr: SocketAddr, ask: Ask) -> Answer {
        Answer::of(self.open(TcpStream::connect(addr).await.unwrap(), ask).await).await
    }

    pub(crate) async fn ask_unix(&self, path: &Path, ask: Ask) -> Answer {
        Answer::of(self.open(UnixStream::connect(path).await.unwrap(), ask).await).await
    }

    /// Sends a request and leaves the body of its answer to the caller.
    pub(crate) async fn open_stream(&self, ask: Ask) -> Response<Incoming> {
        self.open(TcpStream::connect(self.addr).await.unwrap(), ask).await
    }

    async fn open<S>(&self, stream: S, ask: Ask) -> Response<Incoming>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        self.tasks.spawn(async move {
            // That a connection was closed under a body is what some tests are about.
            let _closed = connection.await;
        });
        sender.send_request(ask.0).await.unwrap()
    }

    pub(crate) async fn get(&self, path: &str, token: &str) -> Answer {
        self.ask(Ask::new(Method::GET, path).bearer(token)).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &str) -> Answer {
        self.ask(Ask::new(Method::DELETE, path).bearer(token)).await
    }

    /// POST with a JSON body and without a token.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.ask(Ask::new(Method::POST, path).json(&body)).await
    }

    /// POST with both.
    pub(crate) async fn post_as(&self, path: &str, token: &str, body: Value) -> Answer {
        self.ask(Ask::new(Method::POST, path).bearer(token).json(&body))
            .await
    }

    /// Makes an account with [`PASSWORD`].
    pub(crate) async fn account(&self, name: &str, role: Role) {
        let password = Password::new(PASSWORD).unwrap();
        let new = NewAccount {
            name: name.to_owned(),
            password,
            subject: None,
            role,
        };
        let origin = self.symbolon.origin_of_system();
        self.symbolon.add_account(new, &origin).await.unwrap().unwrap();
    }

    /// Makes an API key with these scopes; its id and its text.
    pub(crate) async fn key_with_id(&self, scopes: &str) -> (ApiKeyId, String) {
        let (scopes, origin) = (Scopes::parse(scopes).unwrap(), self.symbolon.origin_of_system());
        let made = self
            .symbolon
            .add_api_key("tests", scopes, None, None, &origin)
            .await;
        let (key, token) = made.unwrap().unwrap();
        (key.id, token.expose().to_string())
    }

    /// Makes an API key of an OAuth client; its id and its text.
    pub(crate) async fn client_key(&self, scopes: &str, client: &str) -> (ApiKeyId, String) {
        let (scopes, origin) = (Scopes::parse(scopes).unwrap(), self.symbolon.origin_of_system());
        let client = Some(ClientId::new(client).unwrap());
        let made = self
            .symbolon
            .add_api_key("tests", scopes, client, None, &origin)
            .await;
        let (key, token) = made.unwrap().unwrap();
        (key.id, token.expose().to_string())
    }

    pub(crate) async fn key(&self, scopes: &str) -> String {
        self.key_with_id(scopes).await.1
    }

    /// Logs in to an account that is there.
    pub(crate) async fn log_in(&self, name: &str) -> Tokens {
        let body = serde_json::json!({"username": name, "password": PASSWORD});
        Tokens::of(&self.post("/v1/login", body).await)
    }

    /// A person with an account and a session.
    pub(crate) async fn person(&self, name: &str) -> Tokens {
        self.account(name, Role::User).await;
        self.log_in(name).await
    }

    /// Issues a session with these fields.
    pub(crate) async fn issue(&self, body: Value) -> Tokens {
        let key = self.key("issue").await;
        let answer = self.post_as("/v1/service/sessions", &key, body).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        Tokens::of(&answer)
    }

    /// The reason why a token is refused; `None`: it is not.
    pub(crate) async fn refused(&self, token: &str) -> Option<String> {
        let answer = self.get("/verify", token).await;
        (answer.status == 401).then(|| answer.json()["reason"].as_str().unwrap().to_owned())
    }
}

/// A session's tokens as a client has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) session: String,
}

impl Tokens {
    pub(crate) fn of(answer: &Answer) -> Self {
        assert!(answer.status < 300, "{} {}", answer.status, answer.body);
        let body = answer.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        Self {
            access: text("access_token"),
            refresh: text("refresh_token"),
            session: text("session_id"),
        }
    }
}

/// A request.
pub(crate) struct Ask(pub(crate) Request<Full<Bytes>>);

impl Ask {
    pub(crate) fn new(method: Method, path: &str) -> Self {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "symbolon.test");
        Self(request.body(Full::default()).unwrap())
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.0.headers_mut().append(name, value.parse().unwrap());
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &format!("Bearer {token}"))
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// A form of these parameters.
    pub(crate) fn form(self, parameters: &[(&str, &str)]) -> Self {
        let encoded = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let pairs = parameters
            .iter()
            .map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
        let body = pairs.collect::<Vec<_>>().join("&");
        self.body("application/x-www-form-urlencoded", body)
    }

    /// HTTP Basic.
    pub(crate) fn basic(self, user: &str, password: &str) -> Self {
        let plain = format!("{user}:{password}");
        let encoded = data_encoding::BASE64.encode(plain.as_bytes());
        self.header(AUTHORIZATION.as_str(), &format!("Basic {encoded}"))
    }

    pub(crate) fn body(mut self, media_type: &str, body: impl Into<Bytes>) -> Self {
        self.0
            .headers_mut()
            .insert(CONTENT_TYPE, media_type.parse().unwrap());
        *self.0.body_mut() = Full::new(body.into());
        self
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(response: Response<Incoming>) -> Self {
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {:?}", self.body))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and body, with what differs from run to run replaced by its kind.
    pub(crate) fn exact(&self) -> (u16, String) {
        (self.status, steady(&self.body))
    }

    /// Status and `code` of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{}",
            self.body
        );
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }

    /// The `detail` of a problem.
    pub(crate) fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap().to_owned()
    }
}

/// Replaces tokens, ids and instants in a JSON text by their kinds. No string of the tests has an escaped quote.
fn steady(text: &str) -> String {
    let parts = text.split('"').map(|part| match part {
        token if token.starts_with("sya_") => "<access>",
        token if token.starts_with("syr_") => "<refresh>",
        device if device.starts_with("syd_") => "<device>",
        id if is_like("xxxxxxxx-xxxx-7xxx-xxxx-xxxxxxxxxxxx", id) => "<id>",
        instant if is_like("dddd-dd-ddTdd:dd:dd.dddZ", instant) => "<instant>",
        other => other,
    });
    parts.collect::<Vec<_>>().join("\"")
}

fn is_like(pattern: &str, text: &str) -> bool {
    pattern.len() == text.len()
        && pattern.bytes().zip(text.bytes()).all(|(sign, byte)| match sign {
            b'x' => byte.is_ascii_hexdigit(),
            b'd' => byte.is_ascii_digit(),
            _ => sign == byte,
        })
}

/// Asks again and again until an answer is as wanted.
pub(crate) async fn until<F>(mut ask: impl FnMut() -> F, wanted: impl Fn(&Answer) -> bool) -> Answer
where
    F: Future<Output = Answer>,
{
    let patience = tokio::time::Instant::now() + PATIENCE;
    loop {
        let answer = ask().await;
        if wanted(&answer) {
            return answer;
        }
        assert!(
            tokio::time::Instant::now() < patience,
            "it never came; last: {answer:?}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
