//! The handle: what a node holds of its store.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use redis::Value;
use symbolon_core::clock::Timestamp;
use symbolon_core::random::Randomness;
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::store::StoreError;
use symbolon_core::token::KeyCheck;
use tokio::task::JoinHandle;

use super::changes::{CHANGE_MAX, Changes, Worker};
use super::examine::server_of;
use super::fault::Fault;
use super::ground::Ground;
use super::identity;
use super::open_error::OpenRedisStoreError;
use super::options::{OpenRedisStore, OpenedRedisStore};
use super::script::Call;
use super::thread::Thread;
use super::wire::{Wire, follow_sentinels};
use crate::address::Route;

/// How long a read may take, and a small write that ends nothing.
const READ_MAX: Duration = Duration::from_millis(500);

/// The authoritative store in Redis or Valkey. Clones are the same store.
///
/// A step that takes a position of the log is done and told to the log's sink even if the future that asked for it is
/// dropped. Redis may be away: then steps are [`Unavailable`](StoreError::Unavailable) at once, and go on when it is back.
#[derive(Clone)]
pub struct RedisStore {
    inner: Arc<Inner>,
}

struct Inner {
    /// What reads, and writes what ends nothing.
    common: Wire,
    /// The heartbeat's own: no flood of other work keeps a lease from being renewed.
    heart: Wire,
    changes: Mutex<Option<Changes>>,
    /// What does them, until it is waited for.
    working: Mutex<Option<JoinHandle<()>>>,
    key_check: KeyCheck,
    randomness: Arc<dyn Randomness>,
    keep_ended: Duration,
    /// Drop after the wires that they drive.
    _threads: [Thread; 2],
}

impl RedisStore {
    /// Opens the store that the URL and the prefix name, or makes one where there is none. Of several processes that open
    /// one store at the same time, the first makes it.
    ///
    /// # Errors
    /// When Redis or the store cannot be used; the error says what to do.
    pub async fn open(options: OpenRedisStore) -> Result<(Self, OpenedRedisStore), OpenRedisStoreError> {
        Self::open_named(options, None).await
    }

    /// The same; a store that is made has the id that it had before it was lost.
    ///
    /// # Errors
    /// See [`open`](Self::open).
    pub async fn open_again(
        options: OpenRedisStore,
        cluster_id: [u8; 16],
    ) -> Result<(Self, OpenedRedisStore), OpenRedisStoreError> {
        Self::open_named(options, Some(cluster_id)).await
    }

    async fn open_named(
        options: OpenRedisStore,
        known_as: Option<[u8; 16]>,
    ) -> Result<(Self, OpenedRedisStore), OpenRedisStoreError> {
        let (server, prefix) = server_of(&options.url, &options.prefix)?;
        let server = Arc::new(server);
        let found = identity::find(&server, &prefix, &options, known_as).await?;
        let place = identity::place_of(&prefix, &found.cluster_id);
        let threads = [Thread::start("symbolon-redis")?, Thread::start("symbolon-beat")?];
        let seen = Arc::new(AtomicU64::new(0));
        let ground = Ground::new();
        let wire = |thread: &Thread| {
            let (server, seen) = (Arc::clone(&server), Arc::clone(&seen));
            Wire::new((server, ground.clone()), place.clone(), seen, thread)
        };
        let (common, heart) = (wire(&threads[0]), wire(&threads[1]));
        let head = identity::jump(&common, &*options.randomness, None).await;
        let head = head.map_err(|fault| identity::refused_open(server.place(), fault))?;
        let (changes, working) = Changes::new(Worker {
            wire: wire(&threads[0]),
            sink: options.sink,
            randomness: Arc::clone(&options.randomness),
        });
        let working = threads[0].run(working);
        if matches!(server.route(), Route::Sentinels(_)) {
            // The thread's end is its own.
            drop(threads[1].run(follow_sentinels(Arc::clone(&server), ground.clone())));
        }
        let inner = Inner {
            common,
            heart,
            changes: Mutex::new(Some(changes)),
            working: Mutex::new(working),
            key_check: options.key_check,
            randomness: options.randomness,
            keep_ended: options.keep_ended,
            _threads: threads,
        };
        let opened = OpenedRedisStore {
            cluster_id: found.cluster_id,
            high_water: found.high_water,
            head,
            fresh: found.fresh,
        };
        Ok((
            Self {
                inner: Arc::new(inner),
            },
            opened,
        ))
    }

    /// Makes the store anew, under its old id and empty, in a Redis that was emptied or started without its data: for who
    /// can give it back what it had. Until then each step is [`Unavailable`](StoreError::Unavailable), since an empty Redis
    /// proves nothing. `now` is where its time begins. `false`: the store is there.
    ///
    /// # Errors
    /// When Redis is away, or holds another store.
    pub async fn found_anew(&self, now: Timestamp) -> Result<bool, StoreError> {
        let inner = &self.inner;
        let founding = identity::found_anew(&inner.common, inner.key_check, now, &*inner.randomness);
        founding
            .await
            .map_err(|fault| fault.in_step("make the store anew"))
    }

    /// Moves the log's head beyond a position, unless it is there already.
    pub(super) async fn jump_head_beyond(&self, seq: RevocationSeq) -> Result<RevocationSeq, Fault> {
        let inner = &self.inner;
        identity::jump(&inner.common, &*inner.randomness, Some(seq)).await
    }

    /// Takes no more changes, and waits until those that were taken are done.
    pub async fn close(&self) {
        drop(taken(&self.inner.changes));
        if let Some(working) = taken(&self.inner.working) {
            // It ends when the last way in is gone; a fault of its own was said where it arose.
            drop(working.await);
        }
    }

    /// How long an ended session is kept.
    pub(super) fn keep_ended(&self) -> Duration {
        self.inner.keep_ended
    }

    /// Whether Redis is reached just now.
    #[must_use]
    pub fn is_here(&self) -> bool {
        self.inner.common.is_here()
    }

    /// Has a script run that takes no position.
    pub(super) async fn ask(&self, call: &Call) -> Result<Value, StoreError> {
        self.ask_for(call, READ_MAX).await
    }

    /// The same, where it may take as long as a change.
    pub(super) async fn ask_at_length(&self, call: &Call) -> Result<Value, StoreError> {
        self.ask_for(call, CHANGE_MAX).await
    }

    async fn ask_for(&self, call: &Call, limit: Duration) -> Result<Value, StoreError> {
        let answer = self.inner.common.ask(call, limit).await;
        answer.map_err(|fault| fault.in_step(call.script.does))
    }

    /// Has a script run over the heartbeat's own connection.
    pub(super) async fn ask_heart(&self, call: &Call) -> Result<Value, StoreError> {
        let answer = self.inner.heart.ask(call, READ_MAX).await;
        answer.map_err(|fault| fault.in_step(call.script.does))
    }

    /// Notes a position that was read.
    pub(super) fn has_seen(&self, seq: RevocationSeq) {
        self.inner.heart.has_seen(seq);
    }

    /// Has a script run that ends something, or says that something has changed: it answers `{ answer, rows }`. The sink
    /// has the rows.
    pub(super) async fn change(&self, call: Call) -> Result<(Value, Vec<LogRow>), StoreError> {
        self.change_for(call, true).await
    }

    /// The same for one that begins something, and is the first to be refused when too many wait.
    pub(super) async fn begin(&self, call: Call) -> Result<(Value, Vec<LogRow>), StoreError> {
        self.change_for(call, false).await
    }

    async fn change_for(&self, call: Call, ends: bool) -> Result<(Value, Vec<LogRow>), StoreError> {
        let does = call.script.does;
        let sent = self.sender().map(|changes| changes.ask(call, ends));
        let closed = || Fault::Unavailable("the store was closed".to_owned()).in_step(does);
        let answer = sent.ok_or_else(closed)?.await;
        answer.map_err(|fault| fault.in_step(does))
    }

    fn sender(&self) -> Option<Changes> {
        let changes = self.inner.changes.lock();
        changes.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn taken<T>(place: &Mutex<Option<T>>) -> Option<T> {
    place.lock().unwrap_or_else(PoisonError::into_inner).take()
}
