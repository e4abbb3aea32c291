//! One connection: its driver lives as long as it does.

use redis::aio::MultiplexedConnection;
use redis::{Cmd, Pipeline, RedisError, Value};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::address::Host;

/// A connection on which many ask at once. Answers come in the order of the questions, also of those that nobody
/// waits for any more.
pub(crate) struct Line {
    connection: MultiplexedConnection,
    host: Option<Host>,
    ended: CancellationToken,
    /// Ends with the line.
    _driver: JoinSet<()>,
}

impl Line {
    /// A connection and what drives it.
    pub(crate) fn new(
        connection: MultiplexedConnection,
        driver: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let ended = CancellationToken::new();
        let tell = ended.clone().drop_guard();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            driver.await;
            drop(tell);
        });
        Self {
            connection,
            host: None,
            ended,
            _driver: tasks,
        }
    }

    /// The same, to the server that the Sentinels have named.
    pub(crate) fn named(mut self, host: Host) -> Self {
        self.host = Some(host);
        self
    }

    /// Where the Sentinels have said that the server is; `None`: nobody was asked.
    pub(crate) fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// Asks, and waits for the answer without limit. It may be given up at any time.
    pub(crate) async fn call(&self, command: &Cmd) -> Result<Value, RedisError> {
        self.connection
            .clone()
            .send_packed_command(command)
            .await?
            .extract_error()
    }

    /// Asks several things at once. What the server refuses is among the answers.
    pub(crate) async fn call_all(&self, commands: &Pipeline) -> Result<Vec<Value>, RedisError> {
        let count = commands.len();
        self.connection
            .clone()
            .send_packed_commands(commands, 0, count)
            .await
    }

    /// Has the server push what is published on those channels.
    pub(crate) async fn subscribe(&self, channels: &[&str]) -> Result<(), RedisError> {
        self.connection.clone().subscribe(channels).await
    }

    /// Waits until the connection is over.
    pub(crate) async fn ended(&self) {
        self.ended.cancelled().await;
    }
}
