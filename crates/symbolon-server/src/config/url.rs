//! The address of a store, and the password inside of it.

use std::fmt;
use std::path::PathBuf;

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
    /// `redis://…`, or `rediss://…` over TLS.
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
    ("redis", StoreUrl::Redis),
    ("rediss", StoreUrl::Redis),
];

impl StoreUrl {
    /// Reads `sqlite:[PATH]`, `memory:`, or `scheme://[user[:password]@]host[:port][/path][?query]`.
    ///
    /// # Errors
    /// What is wrong, without a part of the address: it may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.chars().any(|c| c.is_control() || c == ' ') && !text.starts_with("sqlite:")
            || text.contains('\0')
        {
            return Err(
                "has a space or a control character in the address; write them as %20 and so on".into(),
            );
        }
        match text
            .split_once(':')
            .or(BARE.contains(&text).then_some((text, "")))
        {
            Some(("sqlite", "")) => Ok(Self::Sqlite(None)),
            Some(("sqlite", ":memory:")) => Err("names SQLite's memory; write memory:".into()),
            Some(("sqlite", path)) if path.starts_with("//") => Err(
                "has slashes after sqlite:; write sqlite:PATH, such as sqlite:/var/lib/symbolon/symbolon.db"
                    .into(),
            ),
            Some(("sqlite", path)) => Ok(Self::Sqlite(Some(PathBuf::from(path)))),
            Some(("memory", "")) => Ok(Self::Memory),
            Some((scheme, rest)) => match (
                SCHEMES.iter().find(|(name, _)| *name == scheme),
                rest.strip_prefix("//"),
            ) {
                (Some((_, store)), Some(rest)) => ServerUrl::parse(scheme, rest).map(store),
                _ => Err(UNKNOWN.into()),
            },
            None => Err(UNKNOWN.into()),
        }
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
const UNKNOWN: &str = "is not understood; expected sqlite:, sqlite:PATH, memory:, postgres://HOST/DATABASE, \
                       mysql://HOST/DATABASE or redis://HOST/0";

impl ServerUrl {
    /// Reads what follows `scheme://`.
    fn parse(scheme: &str, rest: &str) -> Result<Self, String> {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if path.contains('@') {
            return Err(
                "has an @ after the host; in a password write / as %2F, ? as %3F, # as %23, @ as %40".into(),
            );
        }
        if path.to_ascii_lowercase().contains("password=") {
            return Err(
                "has a password in its query; write it before the host, as USER:PASSWORD@HOST".into(),
            );
        }
        let (login, host) = match authority.rsplit_once('@') {
            Some((login, host)) => (Some(login), host),
            None => (None, authority),
        };
        if !is_host(host) {
            return Err("has no valid host and port after ://".into());
        }
        let (user, password) = match login.map(|login| (login, login.split_once(':'))) {
            None => (None, None),
            Some((user, None)) => (Some(user), None),
            Some((_, Some((_, "")))) => {
                return Err("has an empty password; give one, or leave out the colon".into());
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
        self.write_with(self.password.as_deref())
    }

    /// The password as written, so with `%40` and the like.
    pub(crate) fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    fn write_with(&self, password: Option<&str>) -> String {
        let Self {
            scheme, user, rest, ..
        } = self;
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
        f.write_str(&self.write_with(self.password.as_ref().map(|_| "***")))
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
