//! What nodes tell each other at once: LISTEN and NOTIFY, over a connection and on a thread of their own.
//!
//! A notification is sent after the commit that it tells of, and not in it: the server lets transactions that notify
//! commit one after the other, in all its databases, so an acknowledgement would wait for the sync of every
//! revocation; and a commit must not fail because somebody does not listen.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use symbolon_core::revocation::RevocationSeq;
use symbolon_core::signal::{Acknowledgement, Signal, Signals};
use tokio::runtime::Builder;
use tokio::sync::{Notify, watch};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_postgres::Notification;
use tokio_postgres::types::{ToSql, Type};

use super::connection::{Connection, connect_hearing};
use super::driver::Postgres;
use super::fault::said;
use super::notice;
use crate::hex::hex;
use crate::server::SignalParts;

/// How long an answer may take, and a word to oneself.
const ANSWER_MAX: Duration = Duration::from_secs(1);

/// How often a word to oneself is sent: a connection that was cut without a word is silent, as a quiet one is.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// After how long it is tried again, the first time and at the most.
const RETRY_MIN: Duration = Duration::from_millis(100);
const RETRY_MAX: Duration = Duration::from_millis(800);

/// After how long it is tried again where what stands between passes nothing on: that is seldom set otherwise.
const DEAF_AGAIN: Duration = Duration::from_secs(60);

/// The signals of one node. It speaks and hears until it is dropped, or the store is closed.
pub(crate) struct PostgresSignals {
    outgoing: Arc<Outgoing>,
    ended: watch::Sender<bool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What is to be sent. Of each sort only the newest: it says what those before it said.
#[derive(Default)]
struct Outgoing {
    pending: Mutex<Pending>,
    there: Notify,
}

#[derive(Default)]
struct Pending {
    grown: Option<RevocationSeq>,
    applied: Option<Acknowledgement>,
}

impl PostgresSignals {
    /// Starts its thread. `None`: the system gives none, which was said.
    pub(super) fn start(way: Postgres, parts: SignalParts) -> Option<Self> {
        let outgoing = Arc::new(Outgoing::default());
        let ended = watch::Sender::new(false);
        let (theirs, end) = (Arc::clone(&outgoing), ended.subscribe());
        let thread = thread::Builder::new().name("symbolon-signals".to_owned());
        let thread = thread.spawn(move || run(way, theirs, parts, end));
        match thread {
            Ok(thread) => Some(Self {
                outgoing,
                ended,
                thread: Mutex::new(Some(thread)),
            }),
            Err(error) => {
                tracing::error!(%error, "no thread for PostgreSQL's notifications");
                None
            }
        }
    }
}

impl Signals for PostgresSignals {
    fn send(&self, signal: Signal) {
        let mut pending = self.outgoing.lock();
        match signal {
            Signal::Rows(rows) => {
                let last = rows.iter().map(|row| row.seq).max();
                pending.grown = pending.grown.max(last);
            }
            Signal::Grown(seq) => pending.grown = pending.grown.max(Some(seq)),
            Signal::Applied(said) => pending.applied = Some(said),
            Signal::Missed => return,
        }
        drop(pending);
        self.outgoing.there.notify_one();
    }
}

impl Outgoing {
    fn lock(&self) -> std::sync::MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was not sent is sent over the next connection, if nothing newer is.
    fn put_back(&self, grown: Option<RevocationSeq>, applied: Option<Acknowledgement>) {
        let mut pending = self.lock();
        pending.grown = pending.grown.max(grown);
        pending.applied = pending.applied.or(applied);
        drop(pending);
        self.there.notify_one();
    }
}

impl Drop for PostgresSignals {
    /// Waits for the thread, unless it is the one that drops the last handle.
    fn drop(&mut self) {
        self.ended.send_replace(true);
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner);
        let thread = thread.take();
        if let Some(thread) = thread.filter(|thread| thread.thread().id() != thread::current().id()) {
            // One that panicked has said so already.
            drop(thread.join());
        }
    }
}

fn run(way: Postgres, outgoing: Arc<Outgoing>, parts: SignalParts, mut ended: watch::Receiver<bool>) {
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(%error, "PostgreSQL's notifications are not heard");
            return;
        }
    };
    let mut closing = parts.closing.clone();
    let speaker = Speaker {
        way,
        outgoing,
        ear: Rc::new(Ear {
            channel: format!("symbolon_{}", hex(&parts.cluster_id)),
            own: RefCell::default(),
            parts,
            heard: Cell::new(0),
            probed: Notify::new(),
        }),
    };
    LocalSet::new().block_on(&runtime, async {
        // An error: whoever could say so is gone. All may be given up: what is held is closed with it.
        tokio::select! {
            _ = closing.wait_for(|closing| *closing) => {}
            _ = ended.wait_for(|ended| *ended) => {}
            () = speaker.speak() => {}
        }
    });
}

/// Hears what is notified.
struct Ear {
    channel: String,
    /// The channel of words to oneself: each connection has its own.
    own: RefCell<String>,
    parts: SignalParts,
    /// The newest word to oneself that came back.
    heard: Cell<u64>,
    probed: Notify,
}

impl Ear {
    fn hear(&self, notification: &Notification) {
        if notification.channel() == *self.own.borrow() {
            self.heard.set(notification.payload().parse().unwrap_or_default());
            self.probed.notify_one();
        } else if notification.channel() == self.channel
            && let Some(signal) = notice::read(&self.parts.key, notification.payload())
        {
            self.parts.sink.heard(signal);
        }
    }

    async fn until_heard(&self, word: u64) {
        while self.heard.get() != word {
            self.probed.notified().await;
        }
    }
}

/// Sends what is to be sent.
struct Speaker {
    way: Postgres,
    outgoing: Arc<Outgoing>,
    ear: Rc<Ear>,
}

/// Why a connection is of no use any more.
enum Over {
    /// It came about and is lost, or did not come about.
    Lost(String),
    /// The server answers, and what is notified does not arrive.
    Deaf,
}

/// What was said of the connection last, so that it is said once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Lost,
    Deaf,
}

const WHICH: &str = "SELECT pg_backend_pid()";
const NOTIFY: &str = "SELECT pg_notify($1, $2)";

impl Speaker {
    async fn speak(&self) {
        let mut said = Said::Nothing;
        let mut retry = RETRY_MIN;
        loop {
            let over = self.use_one(&mut said, &mut retry).await;
            let rest = match over {
                Over::Lost(error) => {
                    if said == Said::Nothing {
                        tracing::info!(error, "PostgreSQL's notifications are away: the log alone tells");
                        said = Said::Lost;
                    }
                    let rest = retry;
                    retry = (retry * 2).min(RETRY_MAX);
                    rest
                }
                Over::Deaf => {
                    if said != Said::Deaf {
                        tracing::warn!(
                            place = self.way.address.place,
                            "what is between here and PostgreSQL passes no notifications on, as a pooler of transactions: \
                             the other nodes learn of revocations from the log alone; set store.url to the server itself, \
                             or have the pooler keep sessions"
                        );
                        said = Said::Deaf;
                    }
                    DEAF_AGAIN
                }
            };
            sleep(rest).await;
        }
    }

    /// Speaks and hears over one connection until it is of no use.
    async fn use_one(&self, said: &mut Said, retry: &mut Duration) -> Over {
        let mut line = match self.listen().await {
            Ok(line) => line,
            Err(error) => return Over::Lost(error),
        };
        let mut word = self.ear.heard.get();
        loop {
            word += 1;
            if let Err(over) = self.probe(&line, word).await {
                return over;
            }
            if *said != Said::Nothing {
                tracing::info!("PostgreSQL's notifications are heard again");
                *said = Said::Nothing;
            }
            *retry = RETRY_MIN;
            if let Err(error) = self.send_for(&mut line, PROBE_EVERY).await {
                return Over::Lost(error);
            }
        }
    }

    async fn listen(&self) -> Result<Connection, String> {
        let ear = Rc::clone(&self.ear);
        let hear = move |notification: &Notification| ear.hear(notification);
        let Postgres { address, tls, .. } = &self.way;
        let line = connect_hearing(address, tls, "symbolon-signals", hear).await;
        let line = line.map_err(|error| error.to_string())?;
        let pid = in_time(line.client.query_typed(WHICH, &[])).await?;
        let pid: i32 = pid
            .first()
            .and_then(|row| row.try_get(0).ok())
            .unwrap_or_default();
        let channel = &self.ear.channel;
        let own = format!("{channel}_{pid}");
        let listen = format!("LISTEN {channel}; LISTEN {own}");
        self.ear.own.replace(own);
        in_time(line.client.batch_execute(&listen)).await?;
        // From here on nothing goes by unheard.
        self.ear.parts.sink.heard(Signal::Missed);
        Ok(line)
    }

    /// Sends a word to oneself and waits for it.
    async fn probe(&self, line: &Connection, word: u64) -> Result<(), Over> {
        let own = self.ear.own.borrow().clone();
        let sent = notify(line, &own, &word.to_string()).await;
        sent.map_err(Over::Lost)?;
        let heard = timeout(ANSWER_MAX, self.ear.until_heard(word)).await;
        heard.map_err(|_| Over::Deaf)
    }

    /// Sends what there is, for so long.
    async fn send_for(&self, line: &mut Connection, time: Duration) -> Result<(), String> {
        let end = Instant::now() + time;
        loop {
            // All three may be given up and waited for anew.
            tokio::select! {
                () = line.lost() => return Err("the connection is closed".to_owned()),
                () = self.outgoing.there.notified() => self.send_pending(line).await?,
                () = sleep_until(end) => return Ok(()),
            }
        }
    }

    async fn send_pending(&self, line: &Connection) -> Result<(), String> {
        let Pending { grown, applied } = std::mem::take(&mut *self.outgoing.lock());
        let said = applied.map(|said| notice::applied(&self.ear.parts.key, &said));
        for payload in grown.map(notice::grown).into_iter().chain(said) {
            if let Err(error) = notify(line, &self.ear.channel, &payload).await {
                self.outgoing.put_back(grown, applied);
                return Err(error);
            }
        }
        Ok(())
    }
}

async fn notify(line: &Connection, channel: &str, payload: &str) -> Result<(), String> {
    let params: [(&(dyn ToSql + Sync), Type); 2] = [(&channel, Type::TEXT), (&payload, Type::TEXT)];
    in_time(line.client.query_typed(NOTIFY, &params)).await.map(drop)
}

async fn in_time<T>(answer: impl Future<Output = Result<T, tokio_postgres::Error>>) -> Result<T, String> {
    match timeout(ANSWER_MAX, answer).await {
        Ok(answer) => answer.map_err(|error| said(&error)),
        Err(_) => Err(format!("no answer within {} ms", ANSWER_MAX.as_millis())),
    }
}
