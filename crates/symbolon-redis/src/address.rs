//! Where Redis is, read from its URL.
//!
//! ```text
//! redis[s]://[[USER]:PASSWORD@]HOST[:PORT][/DB][?ca_file=PATH]
//! redis+unix://[[USER]:PASSWORD@]/PATH[?db=DB]
//! redis[s]-sentinel://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DB]?sentinelServiceName=NAME
//!     [&sentinelUsername=USER][&sentinelPassword=PASSWORD][&ca_file=PATH]
//! redis[s]-cluster://[[USER]:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][?ca_file=PATH]
//! ```
//! `valkey` may stand for `redis`. The `s` is TLS; the certificate is always verified. User, password and file are
//! percent-encoded.

use std::path::PathBuf;

use percent_encoding::percent_decode_str;

use crate::options::OpenRedisError;

/// The port where the URL names none.
const PORT: u16 = 6379;
/// The port of a Sentinel where the URL names none.
const SENTINEL_PORT: u16 = 26379;
/// The most hosts that a URL may name.
const HOSTS_MAX: usize = 16;

/// What is told of a URL whose password has the signs that part a URL.
const UNENCODED: &str = "the signs / ? # and @ in a user, password or path are to be percent-encoded";

/// What the URL says.
#[derive(Clone)]
pub(crate) struct Address {
    /// How a server is found.
    pub(crate) route: Route,
    /// Whether the way is encrypted, and who vouches for the server.
    pub(crate) way: Way,
    /// As whom one logs in to the server.
    pub(crate) login: Login,
    /// The number of the database.
    pub(crate) db: i64,
    /// Without secrets, for messages.
    pub(crate) place: String,
}

/// How a server is found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Route {
    /// It is there.
    Host(Host),
    /// It listens at a file of this machine.
    Socket(PathBuf),
    /// These know where the primary of that name is.
    Sentinels(Sentinels),
    /// These are some of a cluster.
    Cluster(Vec<Host>),
}

/// A name or an address, and a port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Host {
    pub(crate) name: String,
    pub(crate) port: u16,
}

/// Those who know where the primary is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sentinels {
    pub(crate) hosts: Vec<Host>,
    pub(crate) service: String,
    pub(crate) login: Login,
}

/// How the way to the server is made safe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Way {
    /// It is trusted as it is.
    Plain,
    /// By TLS; the certificate is verified against these authorities, or the system's.
    Verified(Option<PathBuf>),
}

/// A user and a password. It cannot be printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub(crate) struct Login {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login")
    }
}

/// What the scheme says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Single { tls: bool },
    Unix,
    Sentinel { tls: bool },
    Cluster { tls: bool },
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        let rest = text
            .strip_prefix("redis")
            .or_else(|| text.strip_prefix("valkey"))?;
        Some(match rest {
            "" => Self::Single { tls: false },
            "s" => Self::Single { tls: true },
            "+unix" => Self::Unix,
            "-sentinel" => Self::Sentinel { tls: false },
            "s-sentinel" => Self::Sentinel { tls: true },
            "-cluster" => Self::Cluster { tls: false },
            "s-cluster" => Self::Cluster { tls: true },
            _ => return None,
        })
    }

    /// The parameters that it knows.
    fn parameters(self) -> &'static [&'static str] {
        match self {
            Self::Single { tls: false } | Self::Cluster { tls: false } => &[],
            Self::Single { tls: true } | Self::Cluster { tls: true } => &["ca_file"],
            Self::Unix => &["db"],
            Self::Sentinel { tls: false } => &["sentinelServiceName", "sentinelUsername", "sentinelPassword"],
            Self::Sentinel { tls: true } => &[
                "sentinelServiceName",
                "sentinelUsername",
                "sentinelPassword",
                "ca_file",
            ],
        }
    }

    fn tls(self) -> bool {
        matches!(
            self,
            Self::Single { tls: true } | Self::Sentinel { tls: true } | Self::Cluster { tls: true }
        )
    }
}

impl Address {
    /// Reads a URL.
    pub(crate) fn parse(url: &str) -> Result<Self, OpenRedisError> {
        let parsed = Parts::split(url).and_then(Parts::address);
        parsed.map_err(|detail| OpenRedisError::Address { detail })
    }
}

/// The pieces of a URL. The detail of a fault never repeats the part before the `@`.
struct Parts<'u> {
    scheme: Scheme,
    login: Login,
    hosts: &'u str,
    path: &'u str,
    query: Vec<(&'u str, String)>,
}

impl<'u> Parts<'u> {
    fn split(url: &'u str) -> Result<Self, String> {
        const SCHEMES: &str = "expected redis://, rediss://, redis+unix://, redis-sentinel://, rediss-sentinel://, \
             redis-cluster:// or rediss-cluster://";
        let (scheme, rest) = url.split_once("://").ok_or(SCHEMES)?;
        let scheme = Scheme::parse(scheme).ok_or(SCHEMES)?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        // What follows may be the end of a password, and is not repeated.
        if query.contains('@') || rest.contains('#') {
            return Err(UNENCODED.to_owned());
        }
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if path.contains('@') {
            return Err(UNENCODED.to_owned());
        }
        let (login, hosts) = match authority.rsplit_once('@') {
            Some((login, hosts)) => (Login::parse(login)?, hosts),
            None => (Login::default(), authority),
        };
        Ok(Self {
            scheme,
            login,
            hosts,
            path,
            query: parse_query(query, scheme)?,
        })
    }

    fn address(self) -> Result<Address, String> {
        let way = if self.scheme.tls() {
            Way::Verified(self.parameter("ca_file").map(PathBuf::from))
        } else {
            Way::Plain
        };
        let (route, db) = match self.scheme {
            Scheme::Single { .. } => (
                Route::Host(self.one_host()?),
                parse_db(self.path.trim_matches('/'))?,
            ),
            Scheme::Unix => (
                Route::Socket(self.socket()?),
                parse_db(self.parameter("db").unwrap_or_default())?,
            ),
            Scheme::Cluster { .. } => (Route::Cluster(self.cluster()?), 0),
            Scheme::Sentinel { .. } => (
                Route::Sentinels(self.sentinels()?),
                parse_db(self.path.trim_matches('/'))?,
            ),
        };
        let place = match &route {
            Route::Cluster(hosts) => {
                let hosts: Vec<String> = hosts.iter().map(Host::to_string).collect();
                format!("the cluster of {}", hosts.join(","))
            }
            Route::Host(host) => host.to_string(),
            Route::Socket(path) => path.display().to_string(),
            Route::Sentinels(sentinels) => format!("{} by its Sentinels", sentinels.service),
        };
        Ok(Address {
            route,
            way,
            login: self.login,
            db,
            place,
        })
    }

    fn one_host(&self) -> Result<Host, String> {
        if self.hosts.contains(',') {
            return Err(
                "it must name one host; several are for redis-sentinel:// or redis-cluster://".to_owned(),
            );
        }
        Host::parse(self.hosts, PORT)
    }

    fn socket(&self) -> Result<PathBuf, String> {
        if !self.hosts.is_empty() {
            return Err(
                "redis+unix:// takes a path and no host, such as redis+unix:///run/redis.sock".to_owned(),
            );
        }
        let path = plain("the path", self.path)?;
        if path.len() < 2 {
            return Err("redis+unix:// names no path".to_owned());
        }
        Ok(PathBuf::from(path))
    }

    fn sentinels(&self) -> Result<Sentinels, String> {
        let hosts = self.many_hosts(SENTINEL_PORT)?;
        let service = self.parameter("sentinelServiceName").unwrap_or_default();
        if service.is_empty() {
            return Err(
                "a Sentinel must be told the name of the primary: ?sentinelServiceName=NAME".to_owned(),
            );
        }
        let own = |name| self.parameter(name).map(str::to_owned);
        let login = Login {
            user: own("sentinelUsername"),
            password: own("sentinelPassword"),
        };
        if login.user.is_some() && login.password.is_none() {
            return Err("sentinelUsername is there without sentinelPassword".to_owned());
        }
        Ok(Sentinels {
            hosts,
            service: service.to_owned(),
            login,
        })
    }

    fn many_hosts(&self, default_port: u16) -> Result<Vec<Host>, String> {
        if self.hosts.split(',').count() > HOSTS_MAX {
            return Err(format!("it names more than {HOSTS_MAX} hosts"));
        }
        self.hosts
            .split(',')
            .map(|host| Host::parse(host, default_port))
            .collect()
    }

    /// The servers of a cluster, which has one database.
    fn cluster(&self) -> Result<Vec<Host>, String> {
        if !matches!(self.path, "" | "/" | "/0") {
            return Err("a cluster has no other database than 0".to_owned());
        }
        self.many_hosts(PORT)
    }

    fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().find(|(key, _)| *key == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl Login {
    fn parse(text: &str) -> Result<Self, String> {
        let Some((user, password)) = text.split_once(':') else {
            return Err(
                "before the @ stands a user without a password; a password alone is :PASSWORD@".to_owned(),
            );
        };
        let user = plain("the user", user)?;
        let password = plain("the password", password)?;
        if password.is_empty() {
            return Err("the password is empty".to_owned());
        }
        Ok(Self {
            user: (!user.is_empty()).then_some(user),
            password: Some(password),
        })
    }
}

impl Host {
    fn parse(text: &str, default_port: u16) -> Result<Self, String> {
        let (name, port) = match text.strip_prefix('[') {
            // An address of IPv6 has colons of its own.
            Some(rest) => {
                let (name, rest) = rest.split_once(']').ok_or("an address in brackets has no ]")?;
                (name, rest.strip_prefix(':'))
            }
            None => match text.split_once(':') {
                Some((name, port)) => (name, Some(port)),
                None => (text, None),
            },
        };
        if name.is_empty() {
            return Err("it names no host".to_owned());
        }
        let port = match port {
            None => default_port,
            Some(port) => match port.parse() {
                Ok(0) | Err(_) => return Err("the port is not a number from 1 to 65535".to_owned()),
                Ok(port) => port,
            },
        };
        Ok(Self {
            name: name.to_owned(),
            port,
        })
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

fn parse_query(query: &str, scheme: Scheme) -> Result<Vec<(&str, String)>, String> {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !scheme.parameters().contains(&name) {
            return Err(unknown_parameter(name, scheme));
        }
        if pairs.iter().any(|(known, _)| *known == name) {
            return Err(format!("{name} stands twice"));
        }
        pairs.push((name, plain(name, value)?));
    }
    Ok(pairs)
}

fn unknown_parameter(name: &str, scheme: Scheme) -> String {
    if name == "ca_file" {
        return "ca_file makes no sense without TLS; write rediss://".to_owned();
    }
    match scheme.parameters() {
        [] => format!("it has the parameter {name:?}; none is known here"),
        known => format!(
            "it has the unknown parameter {name:?}; known are {}",
            known.join(", ")
        ),
    }
}

fn parse_db(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    // Redis itself sets the upper end by its configuration.
    match text.parse::<u16>() {
        Ok(db) => Ok(i64::from(db)),
        Err(_) => Err("the database is not a number from 0 to 65535".to_owned()),
    }
}

/// A text without its percent signs.
fn plain(what: &str, text: &str) -> Result<String, String> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded
        .map(Into::into)
        .map_err(|_| format!("{what} is not percent-encoded UTF-8"))
}

#[cfg(test)]
mod tests;
