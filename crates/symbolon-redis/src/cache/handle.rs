//! The handle: what a node holds of its Redis.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use redis::Cmd;
use symbolon_core::signal::{Signal, Signals};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::ear;
use super::figures::{Counters, RedisFigures};
use super::fleet::Fleet;
use super::keeper::{self, Standing};
use super::marker::Marker;
use super::notice;
use super::outbox::{self, Order, Outbox};
use super::shared::{Names, Shared};
use crate::options::{OpenRedisError, RedisOptions, checked_prefix};
use crate::server::Server;

/// A Redis beside the store. It may be away, slow, empty, old or forged: only speed changes.
pub struct RedisCache {
    shared: Arc<Shared>,
    facts: Outbox,
    signals: Outbox,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

impl RedisCache {
    /// Begins to use a Redis, in the runtime that it is called in. It does not wait for it.
    ///
    /// # Errors
    /// When the URL, the prefix or the file of authorities is wrong; never because Redis is away.
    pub fn open(options: RedisOptions) -> Result<Self, OpenRedisError> {
        let prefix = checked_prefix(&options.prefix)?;
        let server = Server::of(&options.url)?;
        let place = server.place().to_owned();
        let (fleet, newcomers) = Fleet::of(server);
        let shared = Arc::new(Shared {
            fleet,
            place,
            names: Names::of(prefix),
            marker: Marker::of(prefix),
            keys: options.keys,
            counters: Arc::new(Counters::default()),
            standing: watch::Sender::new(Standing::Untried),
            listening: false.into(),
        });
        let (facts, waiting_facts) = Outbox::for_facts();
        let (signals, waiting_signals) = Outbox::for_signals();
        let cache = Self {
            shared,
            facts,
            signals,
            tasks: TaskTracker::new(),
            cancel: CancellationToken::new(),
        };
        cache.run(keeper::keep_all(Arc::clone(&cache.shared), newcomers));
        cache.run(outbox::send(Arc::clone(&cache.shared), waiting_facts, |shared| {
            &shared.counters.written
        }));
        cache.run(outbox::send(
            Arc::clone(&cache.shared),
            waiting_signals,
            |shared| &shared.counters.sent,
        ));
        if let Some(sink) = options.sink {
            cache.run(ear::listen(Arc::clone(&cache.shared), sink));
        }
        Ok(cache)
    }

    /// What has happened since the start.
    #[must_use]
    pub fn figures(&self) -> RedisFigures {
        let here = self.shared.fleet.any().is_some();
        self.shared
            .counters
            .figures(here, self.shared.listening.load(Ordering::Relaxed))
    }

    /// What an operator is told, and each change of it.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.shared.standing.subscribe()
    }

    /// Where it is: host and port, without secrets.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.shared.place
    }

    /// Ends its tasks and connections. What waits to be written is dropped: it is a cache.
    pub async fn close(&self) {
        self.cancel.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.shared.fleet.clear();
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(crate) fn facts(&self) -> &Outbox {
        &self.facts
    }

    /// Runs a task until the handle is closed or dropped.
    fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let cancelled = self.cancel.clone().cancelled_owned();
        self.tasks.spawn(async move {
            // Each task may be given up at any point: what it holds is closed with it.
            tokio::select! {
                () = cancelled => {}
                () = task => {}
            }
        });
    }
}

impl Signals for RedisCache {
    fn send(&self, signal: Signal) {
        let shared = &self.shared;
        if let Some((channel, message)) = notice::seal(&shared.keys.ack, &shared.names.channels, &signal) {
            let mut command = Cmd::with_capacity(3, channel.len() + message.len() + 16);
            command.arg("PUBLISH").arg(channel).arg(message);
            self.signals.put(shared, Order { name: None, command });
        }
    }
}

impl Drop for RedisCache {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
