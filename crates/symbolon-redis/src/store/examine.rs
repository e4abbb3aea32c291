//! A Redis and the store in it, looked at without beginning to use it: for whoever wants to know before a start.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::token::KeyCheck;
use tokio::time::Instant;

use super::fault::Fault;
use super::handle::RedisStore;
use super::identity::{
    FORMAT, OPEN, ask, check_format, check_key, check_server, damaged, foreign, hex, place_of, torn,
    unreached,
};
use super::open_error::OpenRedisStoreError;
use super::reply::{list, number, text, tuple};
use super::script::Call;
use crate::address::Route;
use crate::hello::Hello;
use crate::line::Line;
use crate::options::checked_prefix;
use crate::server::Server;

/// How often the way there and back is measured: once may be chance.
const ROUND_TRIPS: u32 = 5;

/// What a Redis is, and the store in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExaminedRedisStore {
    /// Which server, with its version, such as `Redis 7.0.15`.
    pub engine: String,
    /// Where it is, without secrets.
    pub place: String,
    /// The form of the store's keys; `None`: there is no store yet.
    pub format: Option<u32>,
    /// The newest form that this release knows.
    pub newest_format: u32,
    /// The shortest way there and back, of a few.
    pub round_trip: Duration,
    /// Its clock.
    pub clock: Timestamp,
}

impl RedisStore {
    /// Looks at a URL and a prefix, without going there.
    ///
    /// # Errors
    /// [`Options`](OpenRedisStoreError::Options) or [`Cluster`](OpenRedisStoreError::Cluster): what is wrong with them.
    pub fn check(url: &str, prefix: &str) -> Result<(), OpenRedisStoreError> {
        server_of(url, prefix).map(drop)
    }

    /// Looks at the Redis of a URL, and the store there, without beginning to use it. Nothing is changed in it. With
    /// `key` also at whether the store was made with it.
    ///
    /// # Errors
    /// When Redis or the store cannot be used; the error says what to do.
    pub async fn examine(
        url: &str,
        prefix: &str,
        key: Option<KeyCheck>,
    ) -> Result<ExaminedRedisStore, OpenRedisStoreError> {
        let (server, prefix) = server_of(url, prefix)?;
        let place = server.place();
        let line = server
            .connect(None)
            .await
            .map_err(|error| unreached(place, error))?;
        let hello = Hello::read(&ask(&line, place, &redis::cmd("HELLO")).await?);
        check_server(place, &hello)?;
        let format = find_format(&line, place, &prefix, key).await?;
        Ok(ExaminedRedisStore {
            engine: engine(&hello),
            place: place.to_owned(),
            format,
            newest_format: FORMAT,
            round_trip: measure(&line, place).await?,
            clock: clock(&line, place).await?,
        })
    }
}

/// The server of a URL that may be a store's, and what the keys there begin with.
pub(super) fn server_of(url: &str, prefix: &str) -> Result<(Server, String), OpenRedisStoreError> {
    let prefix = format!("{{{}}}:", checked_prefix(prefix)?);
    let server = Server::of(url)?;
    if matches!(server.route(), Route::Cluster(_)) {
        return Err(OpenRedisStoreError::Cluster);
    }
    Ok((server, prefix))
}

async fn find_format(
    line: &Line,
    place: &str,
    prefix: &str,
    key: Option<KeyCheck>,
) -> Result<Option<u32>, OpenRedisStoreError> {
    let mut call = Call::of(&OPEN);
    // What a new store would be made of; the last says that none is to be made.
    for _ in 0..4 {
        call.arg("");
    }
    call.arg("0");
    let keys = place_of(prefix, &[0; 16]);
    let answer = ask(line, place, &call.command(&keys, true)).await?;
    let words = list(answer).and_then(|words| words.into_iter().map(text).collect::<Result<Vec<_>, _>>());
    let words = words.map_err(|fault| damaged(place, fault))?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["none"] => Ok(None),
        ["found", format, _, key_check, _] => {
            if let Some(key) = key {
                check_key(place, key_check, &hex(&key.0))?;
            }
            check_format(place, format).map(Some)
        }
        ["foreign", what] => Err(foreign(place, prefix, what)),
        _ => Err(torn(place)),
    }
}

async fn measure(line: &Line, place: &str) -> Result<Duration, OpenRedisStoreError> {
    let mut shortest = Duration::MAX;
    for _ in 0..ROUND_TRIPS {
        let sent = Instant::now();
        ask(line, place, &redis::cmd("PING")).await?;
        shortest = shortest.min(sent.elapsed());
    }
    Ok(shortest)
}

async fn clock(line: &Line, place: &str) -> Result<Timestamp, OpenRedisStoreError> {
    let answer = ask(line, place, &redis::cmd("TIME")).await?;
    let read = |answer| -> Result<i64, Fault> {
        let [seconds, micros] = tuple(answer)?;
        let (seconds, micros): (i64, i64) = (number(seconds)?, number(micros)?);
        Ok(seconds.saturating_mul(1_000).saturating_add(micros / 1_000))
    };
    read(answer).map(Timestamp).map_err(|fault| damaged(place, fault))
}

/// Which server it says it is, as its name is written.
fn engine(hello: &Hello) -> String {
    let name = match hello.server.as_str() {
        "redis" => "Redis",
        "valkey" => "Valkey",
        other => other,
    };
    format!("{name} {}", hello.version)
}
