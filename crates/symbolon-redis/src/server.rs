//! The way to a server: found, reached, encrypted, logged in.

use std::io;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, ProtocolVersion, PushInfo, RedisConnectionInfo, RedisError, Value};
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::address::{Address, Host, Login, Route, Sentinels};
use crate::hello::Hello;
use crate::line::Line;
use crate::options::OpenRedisError;
use crate::tls;

/// How long it may take to reach a server and log in: with TLS some round trips, and a server that takes longer is of
/// no use as a cache.
const CONNECT_MAX: Duration = Duration::from_millis(500);

/// How long one Sentinel may take, so that a dead one does not use up the time of the others.
const SENTINEL_MAX: Duration = Duration::from_millis(150);

/// How many commands may wait to be written to one connection. The library's 50 would make more readers than that
/// wait for each other.
const WRITING_MAX: usize = 1_024;

/// How operators see our connections in `CLIENT LIST`.
const CLIENT_NAME: &str = "symbolon";

/// A server, and how to go there.
pub(crate) struct Server {
    address: Address,
    tls: Option<TlsConnector>,
}

/// Why a server was not reached.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreached {
    /// The way there.
    #[error("reach {place}: {source}")]
    Way { place: String, source: io::Error },
    /// It took longer than it may.
    #[error("it does not answer in {} ms", CONNECT_MAX.as_millis())]
    Late,
    /// What it said.
    #[error("{0}")]
    Said(#[from] RedisError),
    /// No Sentinel knew a primary.
    #[error("no Sentinel knows where {service} is: {last}")]
    Unknown { service: String, last: String },
    /// The server that a Sentinel named takes no writes.
    #[error("{place} is a replica, though a Sentinel names it as the primary")]
    Replica { place: String },
}

/// Takes what the server pushes. Must not block.
pub(crate) type Pushes = Box<dyn Fn(PushInfo) + Send + Sync>;

trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

impl Server {
    /// The server of a URL.
    pub(crate) fn of(url: &str) -> Result<Self, OpenRedisError> {
        let address = Address::parse(url)?;
        let tls = tls::connector(&address)?;
        Ok(Self { address, tls })
    }

    /// How it is found.
    pub(crate) fn route(&self) -> &Route {
        &self.address.route
    }

    /// Another one, reached and logged in to as this one is.
    pub(crate) fn at(&self, host: Host) -> Self {
        let mut address = self.address.clone();
        address.place = host.to_string();
        address.route = Route::Host(host);
        Self {
            address,
            tls: self.tls.clone(),
        }
    }

    /// The same one, for whoever says nothing of himself.
    pub(crate) fn without_login(&self) -> Self {
        Self {
            address: Address {
                login: Login::default(),
                ..self.address.clone()
            },
            tls: self.tls.clone(),
        }
    }

    /// Whether it is the one at that place.
    pub(crate) fn is_at(&self, host: &Host) -> bool {
        matches!(&self.address.route, Route::Host(own) if own == host)
    }

    /// Where it is, for messages.
    pub(crate) fn place(&self) -> &str {
        &self.address.place
    }

    /// Reaches it and logs in.
    pub(crate) async fn connect(&self, pushes: Option<Pushes>) -> Result<Line, Unreached> {
        let connecting = self.connect_at_leisure(pushes);
        // The parts of a connection that was given up are closed with the future.
        timeout(CONNECT_MAX, connecting)
            .await
            .unwrap_or(Err(Unreached::Late))
    }

    async fn connect_at_leisure(&self, pushes: Option<Pushes>) -> Result<Line, Unreached> {
        let (login, db) = (&self.address.login, self.address.db);
        match &self.address.route {
            Route::Host(host) => log_in(self.reach(host).await?, login, db, pushes).await,
            Route::Socket(path) => {
                let stream = UnixStream::connect(path).await;
                let stream = stream.map_err(|source| no_way(path.display(), source))?;
                log_in(Box::new(stream), login, db, pushes).await
            }
            // Any of them; each is a server of its own once it is known.
            Route::Cluster(hosts) => {
                let mut last = Unreached::Late;
                for host in hosts {
                    match self.reach(host).await {
                        Ok(stream) => return log_in(stream, login, db, pushes).await,
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
            Route::Sentinels(sentinels) => {
                let host = self.ask(sentinels).await?;
                let line = log_in(self.reach(&host).await?, login, db, pushes).await?;
                // One that was demoted a moment ago is still named.
                let hello = line.call(&redis::cmd("HELLO")).await;
                if hello.is_ok_and(|hello| Hello::read(&hello).is_replica()) {
                    return Err(Unreached::Replica {
                        place: host.to_string(),
                    });
                }
                Ok(line.named(host))
            }
        }
    }

    /// Which one the Sentinels name just now; `None`: there are none, or none that knows it.
    pub(crate) async fn named(&self) -> Option<Host> {
        match &self.address.route {
            Route::Sentinels(sentinels) => self.ask(sentinels).await.ok(),
            Route::Host(_) | Route::Socket(_) | Route::Cluster(_) => None,
        }
    }

    /// Asks one Sentinel after the other where the primary is.
    async fn ask(&self, sentinels: &Sentinels) -> Result<Host, Unreached> {
        let mut last = String::new();
        for host in &sentinels.hosts {
            let asking = async {
                let stream = self.reach(host).await?;
                let line = log_in(stream, &sentinels.login, 0, None).await?;
                let mut question = redis::cmd("SENTINEL");
                question.arg("GET-MASTER-ADDR-BY-NAME").arg(&sentinels.service);
                Ok::<Value, Unreached>(line.call(&question).await?)
            };
            match timeout(SENTINEL_MAX, asking).await {
                Ok(Ok(answer)) => match read_host(answer) {
                    Some(primary) => return Ok(primary),
                    None => last = format!("{host} does not know it"),
                },
                Ok(Err(error)) => last = error.to_string(),
                Err(_late) => last = format!("{host} does not answer in {} ms", SENTINEL_MAX.as_millis()),
            }
        }
        Err(Unreached::Unknown {
            service: sentinels.service.clone(),
            last,
        })
    }

    async fn reach(&self, host: &Host) -> Result<Box<dyn Duplex>, Unreached> {
        let stream = TcpStream::connect((host.name.as_str(), host.port)).await;
        let stream = stream.map_err(|source| no_way(host, source))?;
        // A command is small and its answer is waited for.
        stream.set_nodelay(true).map_err(|source| no_way(host, source))?;
        let Some(tls) = &self.tls else {
            return Ok(Box::new(stream));
        };
        let name = ServerName::try_from(host.name.clone());
        let name = name.map_err(|error| no_way(host, io::Error::other(error)))?;
        let stream = tls.connect(name, stream).await;
        Ok(Box::new(stream.map_err(|source| no_way(host, source))?))
    }
}

fn no_way(place: impl std::fmt::Display, source: io::Error) -> Unreached {
    Unreached::Way {
        place: place.to_string(),
        source,
    }
}

async fn log_in(
    stream: Box<dyn Duplex>,
    login: &Login,
    db: i64,
    pushes: Option<Pushes>,
) -> Result<Line, Unreached> {
    let mut info = RedisConnectionInfo::default()
        .set_protocol(ProtocolVersion::RESP3)
        .set_skip_set_lib_name()
        .set_db(db);
    if let Some(user) = &login.user {
        info = info.set_username(user);
    }
    if let Some(password) = &login.password {
        info = info.set_password(password);
    }
    let mut config = AsyncConnectionConfig::new()
        // Each caller has a limit of its own.
        .set_response_timeout(None)
        .set_pipeline_buffer_size(WRITING_MAX);
    if let Some(pushes) = pushes {
        config = config.set_push_sender(move |push| {
            pushes(push);
            Ok::<(), redis::aio::SendError>(())
        });
    }
    let (connection, driver) = MultiplexedConnection::new_with_config(&info, stream, config).await?;
    let line = Line::new(connection, driver);
    let mut name = redis::cmd("CLIENT");
    name.arg("SETNAME").arg(CLIENT_NAME);
    // A name is worth nothing but to those who look; a Sentinel may not allow it.
    drop(line.call(&name).await);
    Ok(line)
}

fn read_host(answer: Value) -> Option<Host> {
    let (name, port): (String, u16) = redis::from_redis_value(answer).ok()?;
    Some(Host { name, port })
}
