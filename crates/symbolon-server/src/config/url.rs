//! The address of a store, and the password inside of it.

use std::fmt;
use std::path::PathBuf;

use crate::messages::{Message, config as text};

/// Which store, and where. Debug and Display mask the password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    /// `sqlite:` (a file of the data folder) or `sqlite:PATH`.
    Sqlite(Option<PathBuf>),
    /// `memory:`: SQLite in memory; a restart loses all.
    Memory,
    /// `postgres://…`
    Postgres(ServerUrl),
    /// `mysql://…`, also for MariaDB.
    Mysql(ServerUrl),
    /// `redis://…`, or another of the schemes of a Redis.
    Redis(ServerUrl),
}

/// The address of a server, with the password where one was given.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct ServerUrl {
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    /// Host, port, path and query.
    rest: String,
}

/// From an address to the store that is there.
type Kind = fn(ServerUrl) -> StoreUrl;

/// Accepted schemes.
const SCHEMES: &[(&str, Kind)] = &[
    ("postgres", StoreUrl::Postgres),
    ("postgresql", StoreUrl::Postgres),
    ("mysql", StoreUrl::Mysql),
    ("mariadb", StoreUrl::Mysql),
];

impl StoreUrl {
    /// Reads `sqlite:[PATH]`, `memory:`, or `scheme://[user[:password]@]host[:port][/path][?query]`.
    ///
    /// # Errors
    /// What is wrong, without a part of the address: it may hold a password.
    pub(crate) fn parse(written: &str) -> Result<Self, Message> {
        if written.chars().any(|c| c.is_control() || c == ' ') && !written.starts_with("sqlite:")
            || written.contains('\0')
        {
            return Err(text::URL_BLANK.into());
        }
        match written
            .split_once(':')
            .or(BARE.contains(&written).then_some((written, "")))
        {
            Some(("sqlite", "")) => Ok(Self::Sqlite(None)),
            Some(("sqlite", ":memory:")) => Err(text::URL_SQLITE_MEMORY.into()),
            Some(("sqlite", path)) if path.starts_with("//") => Err(text::URL_SQLITE_SLASHES.into()),
            Some(("sqlite", path)) => Ok(Self::Sqlite(Some(PathBuf::from(path)))),
            Some(("memory", "")) => Ok(Self::Memory),
            Some((scheme, _)) if is_redis(scheme) => Self::parse_redis(written),
            Some((scheme, rest)) => match (
                SCHEMES.iter().find(|(name, _)| *name == scheme),
                rest.strip_prefix("//"),
            ) {
                (Some((_, store)), Some(rest)) => ServerUrl::parse(scheme, rest, Shape::Database).map(store),
                _ => Err(text::URL_UNKNOWN.into()),
            },
            None => Err(text::URL_UNKNOWN.into()),
        }
    }

    /// Reads where a Redis is: one server, a socket, Sentinels or a cluster, by the schemes that `docs/operations.md`
    /// lists. What follows them is read by whoever goes there.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub(crate) fn parse_redis(written: &str) -> Result<Self, Message> {
        let (scheme, rest) = written.split_once("://").ok_or(text::URL_UNKNOWN_CACHE)?;
        if !is_redis(scheme) {
            return Err(text::URL_UNKNOWN_CACHE.into());
        }
        if written.chars().any(|c| c.is_control() || c == ' ') {
            return Err(text::URL_BLANK.into());
        }
        ServerUrl::parse(scheme, rest, Shape::Redis).map(Self::Redis)
    }

    /// The server's address, where the store is a server.
    pub(crate) fn server(&self) -> Option<&ServerUrl> {
        match self {
            Self::Sqlite(_) | Self::Memory => None,
            Self::Postgres(url) | Self::Mysql(url) | Self::Redis(url) => Some(url),
        }
    }
}

/// Schemes that need no colon: in YAML one at the end wants quotes.
const BARE: [&str; 2] = ["sqlite", "memory"];
/// What may follow `redis` or `valkey` in the scheme of a Redis.
const REDIS_KINDS: [&str; 7] = [
    "",
    "s",
    "+unix",
    "-sentinel",
    "s-sentinel",
    "-cluster",
    "s-cluster",
];

/// Whether it is the scheme of a Redis.
fn is_redis(scheme: &str) -> bool {
    let kind = scheme
        .strip_prefix("redis")
        .or_else(|| scheme.strip_prefix("valkey"));
    kind.is_some_and(|kind| REDIS_KINDS.contains(&kind))
}

/// What an address is of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A database server.
    Database,
    /// One Redis, several, or a socket; the log-in at Sentinels stands in the query.
    Redis,
}

impl Shape {
    fn takes_host(self, host: &str, scheme: &str) -> bool {
        match self {
            Self::Database => is_host(host),
            Self::Redis if scheme.ends_with("+unix") => host.is_empty(),
            Self::Redis => host.split(',').all(is_host),
        }
    }
}

impl ServerUrl {
    /// Reads what follows `scheme://`.
    fn parse(scheme: &str, rest: &str, shape: Shape) -> Result<Self, Message> {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if path.contains('@') {
            return Err(text::URL_AT.into());
        }
        if shape == Shape::Database && path.to_ascii_lowercase().contains("password=") {
            return Err(text::URL_QUERY_PASSWORD.into());
        }
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        if !shape.takes_host(host, scheme) {
            return Err(text::URL_HOST.into());
        }
        let (user, password) = match login.map(|login| (login, login.split_once(':'))) {
            None => (None, None),
            Some((user, None)) => (Some(user), None),
            Some((_, Some((_, "")))) => {
                return Err(text::URL_EMPTY_PASSWORD.into());
            }
            Some((_, Some((user, password)))) => (Some(user), Some(password)),
        };
        Ok(Self {
            scheme: scheme.to_owned(),
            user: user.map(str::to_owned),
            password: password.map(str::to_owned),
            rest: format!("{host}{path}"),
        })
    }

    /// The whole address, with the password: for the driver alone.
    pub(crate) fn with_password(&self) -> String {
        self.write_with(self.password.as_deref(), &self.rest)
    }

    /// Whether Sentinels say where the server is, and which takes over.
    pub(crate) fn names_sentinels(&self) -> bool {
        self.scheme.ends_with("-sentinel")
    }

    /// The password as written, so with `%40` and the like.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// What stands behind the host, with the password of Sentinels masked.
    fn masked_rest(&self) -> String {
        const NAME: &str = "sentinelPassword=";
        match self.rest.split_once(NAME) {
            None => self.rest.clone(),
            Some((before, secret)) => {
                let after = secret.find('&').map_or("", |end| &secret[end..]);
                format!("{before}{NAME}***{after}")
            }
        }
    }

    fn write_with(&self, password: Option<&str>, rest: &str) -> String {
        let Self { scheme, user, .. } = self;
        match (user, password) {
            (Some(user), Some(password)) => format!("{scheme}://{user}:{password}@{rest}"),
            (Some(user), None) => format!("{scheme}://{user}@{rest}"),
            (None, _) => format!("{scheme}://{rest}"),
        }
    }
}

/// `name`, `name:5432`, `10.0.0.1:5432`, `[::1]:5432`.
fn is_host(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((host, port)) => (host.parse::<std::net::Ipv6Addr>().is_ok(), port),
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            // A percent sign: the path of a socket, as in %2Frun%2Fpostgresql.
            let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._%".contains(&byte);
            (!host.is_empty() && host.bytes().all(is_name_byte), port)
        }
    };
    host && (port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok()))
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "***");
        f.write_str(&self.write_with(password, &self.masked_rest()))
    }
}

impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(None) => f.write_str("sqlite:"),
            Self::Sqlite(Some(path)) => write!(f, "sqlite:{}", path.display()),
            Self::Memory => f.write_str("memory:"),
            Self::Postgres(url) | Self::Mysql(url) | Self::Redis(url) => write!(f, "{url}"),
        }
    }
}
