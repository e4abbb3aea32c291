//! Looks at a Redis as it is, for an operator.

use std::time::Duration;

use redis::{Cmd, ErrorKind, ServerErrorKind, Value};
use tokio::time::{Instant, timeout};

use crate::hello::Hello;
use crate::line::Line;
use crate::options::{OpenRedisError, checked_prefix};
use crate::server::Server;

/// How often the way there and back is measured.
const PINGS: usize = 21;

/// How long one question may take here: longer than in service, so that a slow server is told from a silent one.
pub(crate) const QUESTION_MAX: Duration = Duration::from_secs(2);

/// What is said of a question that took longer.
pub(crate) const SILENT: &str = "it does not answer in 2 s";

/// What was found at a URL. No policy of memory is wrong for a cache, and its clock decides nothing, so neither is here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExaminedRedis {
    /// Where it is, without secrets.
    pub place: String,
    /// What is there; else why it was not reached.
    pub found: Result<FoundRedis, String>,
}

/// A Redis that was reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoundRedis {
    /// Which server it says it is: `redis`, `valkey`.
    pub server: String,
    /// Of which version.
    pub version: String,
    /// Whether it takes no writes.
    pub is_replica: bool,
    /// How long half of the questions took at the most, there and back.
    pub latency: Duration,
    /// Which of the rights are missing, each with the server's own words.
    pub lacks: Vec<String>,
    /// Whether the user may do more than is needed: look into what others keep there.
    pub may_more: bool,
}

/// Looks at a URL and a prefix, without going there.
///
/// # Errors
/// When the URL, the prefix or the file of authorities is wrong.
pub fn check(url: &str, prefix: &str) -> Result<(), OpenRedisError> {
    checked_prefix(prefix)?;
    Server::of(url).map(drop)
}

/// Looks at the Redis of a URL as a node would use it.
///
/// # Errors
/// When the URL, the prefix or the file of authorities is wrong.
pub async fn examine(url: &str, prefix: &str) -> Result<ExaminedRedis, OpenRedisError> {
    let prefix = checked_prefix(prefix)?;
    let server = Server::of(url)?;
    let looking = async {
        let line = server.connect(None).await.map_err(|error| error.to_string())?;
        look(&line, prefix).await
    };
    let found = looking.await;
    Ok(ExaminedRedis {
        place: server.place().to_owned(),
        found,
    })
}

async fn look(line: &Line, prefix: &str) -> Result<FoundRedis, String> {
    let hello = Hello::read(&ask(line, &redis::cmd("HELLO")).await.unwrap_or_default());
    Ok(FoundRedis {
        latency: latency(line).await?,
        lacks: lacks(line, prefix).await,
        may_more: ask(line, &redis::cmd("DBSIZE")).await.is_ok(),
        is_replica: hello.is_replica(),
        server: hello.server,
        version: hello.version,
    })
}

async fn latency(line: &Line) -> Result<Duration, String> {
    let mut times = Vec::with_capacity(PINGS);
    for _ in 0..PINGS {
        let began = Instant::now();
        ask(line, &redis::cmd("PING")).await?;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    Ok(times[PINGS / 2])
}

/// Does each thing once that a node does, under a name of its own.
async fn lacks(line: &Line, prefix: &str) -> Vec<String> {
    let name = format!("{prefix}:examine");
    let command = |words: &[&str]| {
        let mut command = Cmd::new();
        for word in words {
            command.arg(*word);
        }
        command
    };
    let trials = [
        command(&["HELLO"]),
        command(&["CLIENT", "SETNAME", "symbolon"]),
        command(&["SET", &name, "", "PX", "1000"]),
        command(&["GET", &name]),
        command(&["DEL", &name]),
        command(&["PUBLISH", &name, ""]),
    ];
    let mut lacks = Vec::new();
    for trial in &trials {
        match timeout(QUESTION_MAX, line.call(trial)).await {
            // In a cluster another server has that key, which is asked after the rights.
            Ok(Err(error)) if error.kind() != ErrorKind::Server(ServerErrorKind::Moved) => {
                lacks.push(error.to_string());
            }
            Ok(_) => {}
            Err(_late) => lacks.push(SILENT.to_owned()),
        }
    }
    let subscribed = timeout(QUESTION_MAX, line.subscribe(&[&name])).await;
    match subscribed {
        Ok(Ok(())) => {}
        Ok(Err(error)) => lacks.push(error.to_string()),
        Err(_late) => lacks.push(SILENT.to_owned()),
    }
    lacks
}

pub(crate) async fn ask(line: &Line, command: &Cmd) -> Result<Value, String> {
    match timeout(QUESTION_MAX, line.call(command)).await {
        Ok(answer) => answer.map_err(|error| error.to_string()),
        Err(_late) => Err(SILENT.to_owned()),
    }
}
