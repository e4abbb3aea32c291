//! What a Redis that is to be the store says of itself, for an operator: whether it keeps what it acknowledges, has room,
//! is closed to others, and takes writes.
//!
//! Nothing is judged here. What it does not tell, since its user may not ask or its owner has taken the command away, is
//! `None`.

use std::collections::HashMap;
use std::time::Duration;

use redis::{Cmd, FromRedisValue, Value};
use tokio::time::timeout;

use crate::examine::{QUESTION_MAX, SILENT, ask};
use crate::line::Line;
use crate::options::{OpenRedisError, checked_prefix};
use crate::server::Server;

/// How a Redis is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RedisCondition {
    /// Where it is, without secrets.
    pub place: String,
    /// How many replicas follow it.
    pub replicas: u64,
    /// How many of them must have been heard of lately for it to take a write (`min-replicas-to-write`).
    pub replicas_awaited: Option<u64>,
    /// Whether it lets in whoever has no password.
    pub is_open: bool,
    /// Whether it listens beyond this machine and takes what comes from there.
    pub is_public: Option<bool>,
    /// What it keeps on disk.
    pub persistence: RedisPersistence,
    /// What memory it has.
    pub memory: RedisMemory,
    /// After how long it closes a connection on which nothing is asked (`timeout`); zero: never.
    pub idle_limit: Option<Duration>,
    /// How often it looks whether a silent client is still there (`tcp-keepalive`); zero: never.
    pub keepalive: Option<Duration>,
    /// What it refuses of what a store does, in its own words.
    pub refusal: Option<String>,
}

/// What a Redis keeps on disk.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RedisPersistence {
    /// Whether each write goes to the append-only file.
    pub appends: Option<bool>,
    /// When that file is synchronised (`appendfsync`): `always`, `everysec`, `no`.
    pub fsync: Option<String>,
    /// Whether it makes a copy of everything now and then (`save`).
    pub copies: Option<bool>,
    /// Whether the newest write of one of its files failed.
    pub has_failed: bool,
}

/// What memory a Redis has, in bytes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RedisMemory {
    /// How much is used.
    pub used: u64,
    /// How much may be (`maxmemory`); zero: as much as the machine gives.
    pub max: u64,
    /// What is done when it is full (`maxmemory-policy`).
    pub policy: Option<String>,
}

/// Looks at the Redis of a URL as it would be the store of a node; `Err`: it could not be asked, and why. How it is
/// opened, and what cannot be opened, is [`RedisStore`](crate::RedisStore)'s.
///
/// # Errors
/// When the URL, the prefix or the file of authorities is wrong.
pub async fn examine_condition(
    url: &str,
    prefix: &str,
) -> Result<Result<RedisCondition, String>, OpenRedisError> {
    let prefix = checked_prefix(prefix)?;
    let server = Server::of(url)?;
    let looking = async {
        let line = server.connect(None).await.map_err(|error| error.to_string())?;
        Ok(look(&server, &line, prefix).await)
    };
    Ok(looking.await)
}

async fn look(server: &Server, line: &Line, prefix: &str) -> RedisCondition {
    let info = Info::read(line).await;
    let config = Config::read(line).await;
    RedisCondition {
        place: server.place().to_owned(),
        replicas: info.number("connected_slaves").unwrap_or(0),
        replicas_awaited: config.number("min-replicas-to-write"),
        is_open: is_open(server).await,
        is_public: config.is_public(&info),
        persistence: RedisPersistence {
            appends: info.flag("aof_enabled"),
            fsync: config.text("appendfsync"),
            copies: config.text("save").map(|points| !points.is_empty()),
            has_failed: info.has_failed(),
        },
        memory: RedisMemory {
            used: info.number("used_memory").unwrap_or(0),
            max: info.number("maxmemory").unwrap_or(0),
            policy: info.text("maxmemory_policy"),
        },
        idle_limit: config.seconds("timeout"),
        keepalive: config.seconds("tcp-keepalive"),
        refusal: refusal(line, prefix).await,
    }
}

/// What `INFO` says, by its names.
#[derive(Debug)]
struct Info(HashMap<String, String>);

impl Info {
    async fn read(line: &Line) -> Self {
        let answer = ask(line, &redis::cmd("INFO")).await;
        let text = answer
            .ok()
            .and_then(|answer| String::from_redis_value(answer).ok());
        Self::of(&text.unwrap_or_default())
    }

    fn of(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once(':'));
        Self(
            pairs
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.parse().ok()
    }

    fn major(&self) -> Option<u32> {
        self.0.get("redis_version")?.split('.').next()?.parse().ok()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        Some(self.0.get(name)? == "1")
    }

    fn has_failed(&self) -> bool {
        [
            "rdb_last_bgsave_status",
            "aof_last_write_status",
            "aof_last_bgrewrite_status",
        ]
        .iter()
        .any(|name| self.0.get(*name).is_some_and(|status| status == "err"))
    }
}

/// What `CONFIG GET` says, by its names: each is asked for by itself, since before version 7 it takes one only.
#[derive(Debug)]
struct Config(HashMap<String, String>);

impl Config {
    async fn read(line: &Line) -> Self {
        let mut config = HashMap::new();
        for name in [
            "appendfsync",
            "save",
            "timeout",
            "tcp-keepalive",
            "bind",
            "protected-mode",
            "port",
            "tls-port",
            "min-replicas-to-write",
        ] {
            let mut question = redis::cmd("CONFIG");
            question.arg("GET").arg(name);
            let Ok(answer) = ask(line, &question).await else {
                // Whoever may not ask for one may ask for none.
                break;
            };
            config.extend(HashMap::<String, String>::from_redis_value(answer).unwrap_or_default());
        }
        Self(config)
    }

    fn text(&self, name: &str) -> Option<String> {
        self.0.get(name).cloned()
    }

    fn number(&self, name: &str) -> Option<u64> {
        self.0.get(name)?.parse().ok()
    }

    fn seconds(&self, name: &str) -> Option<Duration> {
        self.number(name).map(Duration::from_secs)
    }

    /// Without an address that is bound it listens at all of them. Its protected mode takes nothing from outside as long
    /// as there is no password; before version 7 only where no address is bound either.
    fn is_public(&self, info: &Info) -> Option<bool> {
        let bound = self.0.get("bind")?;
        let is_local = |address: &str| {
            let address = address.trim_start_matches('-');
            address.starts_with("127.") || address == "::1" || address == "localhost"
        };
        let has_port = ["port", "tls-port"]
            .iter()
            .any(|name| self.0.get(*name).is_some_and(|port| port != "0"));
        let is_protected = self.0.get("protected-mode").is_some_and(|mode| mode == "yes")
            && (bound.is_empty() || info.major().is_some_and(|major| major >= 7));
        let listens_beyond = bound.is_empty() || !bound.split_whitespace().all(is_local);
        Some(has_port && listens_beyond && !is_protected)
    }
}

/// Whether somebody without a password gets an answer there.
async fn is_open(server: &Server) -> bool {
    let Ok(line) = server.without_login().connect(None).await else {
        return false;
    };
    // One that cannot write its file refuses even this, but to those alone whom it knows.
    let answer = ask(&line, &redis::cmd("PING")).await;
    answer.map_or_else(|said| said.contains("MISCONF"), |_| true)
}

/// Does once what a store does all the time: a script that writes. What it wrote it takes away again.
async fn refusal(line: &Line, prefix: &str) -> Option<String> {
    const TRIAL: &str = "redis.call('SET', KEYS[1], '', 'PX', 1000) return redis.call('DEL', KEYS[1])";
    let mut trial: Cmd = redis::cmd("EVAL");
    trial.arg(TRIAL).arg(1).arg(format!("{{{prefix}}}:examine"));
    match timeout(QUESTION_MAX, line.call(&trial)).await {
        Ok(Ok(Value::Int(_))) => None,
        Ok(Ok(_)) => Some("it does not do what it is asked".to_owned()),
        Ok(Err(error)) => Some(error.to_string()),
        Err(_late) => Some(SILENT.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, Info};

    fn config(pairs: &[(&str, &str)]) -> Config {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config(pairs.collect())
    }

    #[test]
    fn a_server_is_public_where_it_takes_what_comes_from_outside() {
        let of = |bind, protected, version| {
            let config = config(&[
                ("bind", bind),
                ("port", "6379"),
                ("tls-port", "0"),
                ("protected-mode", protected),
            ]);
            config.is_public(&Info::of(&format!("redis_version:{version}")))
        };
        for local in ["127.0.0.1", "127.0.0.1 -::1", "127.0.0.1 ::1"] {
            assert_eq!(of(local, "no", "7.0.15"), Some(false), "{local}");
        }
        for public in ["", "0.0.0.0", "* -::*", "127.0.0.1 10.0.0.7", "-::*"] {
            assert_eq!(of(public, "no", "7.0.15"), Some(true), "{public}");
            assert_eq!(of(public, "yes", "7.0.15"), Some(false), "{public}");
        }
        assert_eq!(of("0.0.0.0", "yes", "6.2.7"), Some(true));
        assert_eq!(of("", "yes", "6.2.7"), Some(false));
        let socket = config(&[("bind", ""), ("port", "0")]);
        assert_eq!(socket.is_public(&Info::of("")), Some(false), "a socket alone");
        assert_eq!(config(&[]).is_public(&Info::of("")), None);
    }

    #[test]
    fn what_info_says_is_read_by_its_names() {
        let info =
            Info::of("# Memory\r\nused_memory:1024\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n");
        assert_eq!(info.number("used_memory"), Some(1_024));
        assert_eq!(info.text("maxmemory_policy").as_deref(), Some("noeviction"));
        assert_eq!((info.flag("aof_enabled"), info.flag("none")), (Some(true), None));
        assert!(!info.has_failed());
        for failed in ["rdb_last_bgsave_status:err", "aof_last_write_status:err"] {
            assert!(Info::of(failed).has_failed(), "{failed}");
        }
    }
}
