use std::net::SocketAddr;

use super::Failover;
use crate::history::audit::Entry;
use crate::history::leaks;
use crate::proxy::Trigger;
use crate::servers::{MariaDb, Postgres, Redis, StartMariaDb, StartPostgres, StartRedis};

/// Which store.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MariaDB.
    MariaDb,
    /// One Redis.
    Redis(Synced),
    /// One Redis and one that follows it, each of which keeps what it acknowledges, with a Sentinel.
    Failover,
}

/// When a Redis puts on its disk what it has acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Synced {
    /// Before it does so (`appendfsync always`).
    Always,
    /// Within a second (`appendfsync everysec`).
    EverySecond,
}

/// A store that the nodes share.
pub enum Store {
    /// PostgreSQL.
    Postgres(Postgres),
    /// MariaDB.
    MariaDb(MariaDb),
    /// Redis.
    Redis(Redis),
    /// Two Redis, and who decides which of them it is.
    Failover(Box<Failover>),
}

/// An entry of the audit record in Redis: its id, and eight names with their values.
const STREAM_LINES: usize = 17;
const NEWEST: &str = "SELECT coalesce(max(audit_id), 0) FROM audit";

/// Does the same with either.
macro_rules! either {
    ($store:expr, $database:ident => $does:expr) => {
        match $store {
            Store::Postgres($database) => $does,
            Store::MariaDb($database) => $does,
            Store::Redis($database) => $does,
            Store::Failover(both) => {
                let $database = both.leader();
                $does
            }
        }
    };
}

impl Store {
    /// Starts an empty one, with a place for each connection of each node and some for whoever looks.
    #[must_use]
    pub fn start(kind: Kind) -> Self {
        match kind {
            Kind::Postgres => {
                Self::Postgres(StartPostgres::default().setting("max_connections", "150").start())
            }
            Kind::MariaDb => Self::MariaDb(StartMariaDb::default().setting("max-connections", "150").start()),
            Kind::Redis(synced) => Self::Redis(kept(synced).start()),
            Kind::Failover => Self::Failover(Box::new(Failover::start(&kept(Synced::Always)))),
        }
    }

    /// Where it listens, or who knows where it does.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Failover(both) => both.address(),
            one => either!(one, database => database.address()),
        }
    }

    /// What a node calls it, over a proxy.
    #[must_use]
    pub fn url_at(&self, address: SocketAddr) -> String {
        match self {
            Self::Postgres(database) => database.url_at(address),
            Self::MariaDb(database) => database.url_at(address),
            Self::Redis(_) => format!("redis://{address}"),
            Self::Failover(_) => Failover::url_at(address),
        }
    }

    /// Finds the orders to commit among the bytes to it: the word alone is also in READ COMMITTED.
    #[must_use]
    pub fn commits(&self) -> Trigger {
        match self {
            Self::Postgres(_) => Trigger::on(*b"COMMIT\0"),
            // The code of a query, and its text.
            Self::MariaDb(_) => Trigger::on(*b"\x03COMMIT"),
            // Each change is one script.
            Self::Redis(_) | Self::Failover(_) => Trigger::on(*b"EVALSHA"),
        }
    }

    /// Ends it as a power cut would.
    pub fn kill9(&self) {
        either!(self, database => database.kill9());
    }

    /// Starts it again after that, and waits until it takes connections.
    pub fn start_again(&self) {
        either!(self, database => database.start_again());
    }

    /// Stops it where it stands.
    pub fn freeze(&self) {
        either!(self, database => database.freeze());
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        either!(self, database => database.thaw());
    }

    /// Keeps a copy of what a Redis has written so far; nothing of any other store.
    pub fn copy(&self) {
        if let Self::Redis(redis) = self {
            redis.copy_disk();
        }
    }

    /// Puts a Redis that was killed back to the copy, or to nothing if there is none.
    pub fn put_back(&self) {
        if let Self::Redis(redis) = self {
            redis.put_disk_back();
        }
    }

    /// The Redis that it is, or that leads.
    fn redis(&self) -> Option<&Redis> {
        match self {
            Self::Postgres(_) | Self::MariaDb(_) => None,
            Self::Redis(redis) => Some(redis),
            Self::Failover(both) => Some(both.leader()),
        }
    }

    /// The two Redis and their Sentinel, where it is those.
    #[must_use]
    pub fn failover(&self) -> Option<&Failover> {
        match self {
            Self::Failover(both) => Some(both),
            _ => None,
        }
    }

    /// Where the audit record ends: what its newest entry is counted as.
    #[must_use]
    pub fn audit_end(&self) -> u64 {
        let newest = match self {
            Self::Postgres(database) => database.sql(NEWEST),
            Self::MariaDb(database) => database.sql(NEWEST),
            // One that is emptied counts anew: all of it is given.
            Self::Redis(_) | Self::Failover(_) => return 0,
        };
        newest.trim().parse().unwrap()
    }

    /// The entries of the audit record after one.
    #[must_use]
    pub fn audit_after(&self, end: u64) -> Vec<Entry> {
        let select = |id: &str| {
            format!(
                "SELECT concat(event, '|', coalesce({id}, ''), '|', coalesce(subject, '')) FROM audit \
                 WHERE audit_id > {end}"
            )
        };
        let rows = match self {
            Self::Postgres(database) => database.sql(&select("encode(session_id, 'hex')")),
            Self::MariaDb(database) => database.sql(&select("lower(hex(session_id))")),
            Self::Redis(_) | Self::Failover(_) => {
                return self.redis().map(stream_entries).unwrap_or_default();
            }
        };
        rows.lines().filter_map(entry).collect()
    }

    /// All that it holds, as text or as it was written.
    #[must_use]
    pub fn dump(&self) -> Vec<u8> {
        match self {
            Self::Postgres(database) => database.dump(),
            Self::MariaDb(database) => database.dump(),
            Self::Redis(_) | Self::Failover(_) => {
                let files = self.redis().map(|redis| leaks::files_below(&redis.disk()));
                let files = files.into_iter().flatten();
                files.flat_map(|(_, bytes)| bytes).collect()
            }
        }
    }
}

/// The stream in which a Redis has the audit record, if it has one.
fn stream(redis: &Redis) -> Option<String> {
    let keys = redis.cli(&["KEYS", "*audit"]);
    keys.lines().next().map(str::to_owned)
}

/// All entries of that stream: the id of each, and then names and values, a line for each.
fn stream_entries(redis: &Redis) -> Vec<Entry> {
    let Some(key) = stream(redis) else {
        return Vec::new();
    };
    let said = redis.cli(&["XRANGE", &key, "-", "+"]);
    let lines: Vec<&str> = said.lines().collect();
    let entry = |lines: &[&str]| {
        let fields = lines.get(1..).unwrap_or_default();
        let value = |name: &str| {
            let field = fields.chunks(2).find(|field| field.first() == Some(&name))?;
            field
                .get(1)
                .filter(|value| !value.is_empty())
                .map(|value| (*value).to_owned())
        };
        Entry {
            event: value("event").unwrap_or_default(),
            session: value("session"),
            subject: value("subject"),
        }
    };
    lines.chunks(STREAM_LINES).map(entry).collect()
}

/// A Redis that keeps what it acknowledged.
fn kept(synced: Synced) -> StartRedis {
    let synced = match synced {
        Synced::Always => "always",
        Synced::EverySecond => "everysec",
    };
    StartRedis::default()
        .setting("appendonly", "yes")
        .setting("appendfsync", synced)
        .setting("maxmemory-policy", "noeviction")
        // What is looked through for secrets must not be packed.
        .setting("rdbcompression", "no")
}

/// A row of three columns between bars.
fn entry(row: &str) -> Option<Entry> {
    let mut columns = row.splitn(3, '|');
    let event = columns.next()?.to_owned();
    let session = columns.next().filter(|hex| hex.len() == 32);
    let subject = columns.next().filter(|subject| !subject.is_empty());
    Some(Entry {
        event,
        session: session.map(with_hyphens),
        subject: subject.map(str::to_owned),
    })
}

/// Thirty-two hexadecimal digits as a session's id is written (RFC 9562, section 4).
fn with_hyphens(hex: &str) -> String {
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}
