use std::sync::Arc;
use std::time::Duration;

use symbolon_http::app::{App, ServiceContext};
use symbolon_http::listen::Drained;
use symbolon_http::serve::HttpServe;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::doors::{Door, Doors};
use super::told;
use crate::config::tree::Locale;
use crate::exit::Exit;
use crate::lifecycle::{self, Signals};
use crate::messages::start as text;
use crate::transport::SocketPath;

/// For requests in flight, after which they are cut off. Supervisors kill after ten to thirty seconds.
const DRAIN_TIME: Duration = Duration::from_secs(10);
/// For a probe that is just being answered.
const OPERATIONS_DRAIN_TIME: Duration = Duration::from_secs(1);
/// For the store to write what waits and to fold its log. What was acknowledged is durable before.
const STORE_TIME: Duration = Duration::from_secs(10);

/// A server that runs.
pub(super) struct Running {
    app: App,
    locale: Locale,
    /// The listeners that serve requests.
    serving: JoinSet<Drained>,
    stop_serving: CancellationToken,
    /// The listener of operations alone: it says "draining" while the others drain.
    operations: JoinSet<Drained>,
    stop_operations: CancellationToken,
    /// Who says what becomes of Redis, where that is the store.
    _telling: Option<JoinSet<()>>,
    /// The way to the socket's file, for the listener that removes it at its end.
    _socket: Option<SocketPath>,
}

/// Why the server ends.
enum End {
    Asked { signal: &'static str },
    Died { part: String },
    ListenerDied,
}

impl Running {
    /// Lets everyone in. `in_redis`: whether sessions are kept in Redis, which then is told of.
    pub(super) fn start(doors: Doors, app: App, locale: Locale, in_redis: bool) -> Self {
        let mut running = Self {
            _telling: in_redis.then(|| told::tell(app.symbolon(), locale)),
            app,
            locale,
            serving: JoinSet::new(),
            stop_serving: CancellationToken::new(),
            operations: JoinSet::new(),
            stop_operations: CancellationToken::new(),
            _socket: doors.socket,
        };
        doors.all.into_iter().for_each(|door| running.open(door));
        running
    }

    fn open(&mut self, door: Door) {
        let serve = Arc::new(HttpServe::new(self.app.clone(), door.context));
        let (tasks, stop, drain) = match door.context {
            ServiceContext::OPERATIONS => {
                (&mut self.operations, &self.stop_operations, OPERATIONS_DRAIN_TIME)
            }
            _ => (&mut self.serving, &self.stop_serving, DRAIN_TIME),
        };
        tasks.spawn(door.listener.serve(serve, stop.clone(), drain));
    }

    /// Runs until the end, and ends in order: no to balancers, no new connections, answers to what was asked, everything
    /// written. A second signal ends it at once.
    pub(super) async fn until_end(mut self, mut signals: Signals) -> Exit {
        let locale = self.locale;
        let end = self.end(&mut signals).await;
        let exit = self.tell(&end);
        self.app.begin_draining();
        // The drain is dropped for good by the second signal: nothing is left to be done then.
        tokio::select! {
            () = self.finish() => {}
            signal = signals.asked() => {
                tracing::warn!("{}", text::STOPPED_AT_ONCE.fill(locale, &[("signal", &signal)]));
                lifecycle::leave(Exit::Failed)
            }
        }
        exit
    }

    /// Waits for what ends it. Cancel-safe: nothing is lost but the wait.
    async fn end(&mut self, signals: &mut Signals) -> End {
        let symbolon = self.app.symbolon();
        tokio::select! {
            signal = signals.asked() => End::Asked { signal },
            part = symbolon.died() => End::Died { part },
            Some(_) = self.serving.join_next() => End::ListenerDied,
            Some(_) = self.operations.join_next() => End::ListenerDied,
        }
    }

    /// Logs why it ends, and says what to exit with. What has died comes back with a new process, so the supervisor is
    /// told to try again.
    fn tell(&self, end: &End) -> Exit {
        let seconds = DRAIN_TIME.as_secs();
        match end {
            End::Asked { signal } => {
                let values: [(&str, &dyn std::fmt::Display); 2] = [("signal", signal), ("seconds", &seconds)];
                tracing::info!("{}", text::STOPPING.fill(self.locale, &values));
                Exit::Ok
            }
            End::Died { part } => {
                tracing::error!("{}", text::PART_DIED.fill(self.locale, &[("part", part)]));
                Exit::Unavailable
            }
            End::ListenerDied => {
                tracing::error!("{}", text::LISTENER_DIED.get(self.locale));
                Exit::Unavailable
            }
        }
    }

    async fn finish(&mut self) {
        self.stop_serving.cancel();
        let mut cut_off = drained(&mut self.serving).await;
        self.stop_operations.cancel();
        cut_off += drained(&mut self.operations).await;
        if cut_off > 0 {
            tracing::warn!("{}", text::CUT_OFF.fill(self.locale, &[("count", &cut_off)]));
        }
        match timeout(STORE_TIME, self.app.symbolon().stop()).await {
            Ok(()) => tracing::info!("{}", text::STOPPED.get(self.locale)),
            Err(_) => {
                let seconds = STORE_TIME.as_secs();
                tracing::error!("{}", text::STORE_SLOW.fill(self.locale, &[("seconds", &seconds)]));
                // The store's thread hangs: waiting for it once more would hang too.
                lifecycle::leave(Exit::Unavailable)
            }
        }
    }
}

/// Waits for the listeners; how many requests were cut off. One that panicked has said so by its panic.
async fn drained(listeners: &mut JoinSet<Drained>) -> usize {
    let mut cut_off = 0;
    while let Some(ended) = listeners.join_next().await {
        cut_off += ended.map_or(0, |drained| drained.cut_off);
    }
    cut_off
}
