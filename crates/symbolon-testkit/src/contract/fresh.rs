use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogRow, LogSink};
use symbolon_core::session::{Ended, Session, SessionId};
use symbolon_core::store::{FoundSession, InsertSession, Inserted, Revoked, Store};
use symbolon_core::throttle::{Attempts, ThrottleKey};
use tokio::task::JoinSet;

use super::sample;

/// A sink that keeps every row it was given, in the order in which it was given them.
#[derive(Debug, Default)]
pub struct Recorded(Mutex<Vec<LogRow>>);

impl Recorded {
    /// The rows so far.
    #[must_use]
    pub fn rows(&self) -> Vec<LogRow> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl LogSink for Recorded {
    fn committed(&self, rows: &[LogRow]) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend_from_slice(rows);
    }
}

/// A store that nothing was written to yet, and the sink that it feeds.
pub struct Fresh<S> {
    /// The store.
    pub store: Arc<S>,
    /// Its sink.
    pub sink: Arc<Recorded>,
}

impl<S: Store> Fresh<S> {
    /// A fresh store with its sink.
    pub fn new(store: S, sink: Arc<Recorded>) -> Self {
        Self {
            store: Arc::new(store),
            sink,
        }
    }

    /// Writes a session without conditions.
    pub(super) async fn begin(&self, session: &Session) {
        let inserted = self.insert(sample::insert(session.clone())).await;
        assert!(matches!(inserted, Inserted::Done { .. }), "{inserted:?}");
    }

    /// Writes `count` sessions of `subject`, the oldest first.
    pub(super) async fn begin_many(&self, subject: &str, count: u32) -> Vec<SessionId> {
        let mut ids = Vec::new();
        for number in 0..count {
            let session = sample::session(subject, number);
            self.begin(&session).await;
            ids.push(session.id);
        }
        ids
    }

    /// Writes sessions, some at once: of one subject each waits for the one before it, so all at once would wait too
    /// long.
    pub(super) async fn begin_all(&self, sessions: &[Session]) {
        for wave in sessions.chunks(50) {
            let mut tasks = JoinSet::new();
            for session in wave {
                let (store, insert) = (Arc::clone(&self.store), sample::insert(session.clone()));
                tasks.spawn(async move { store.insert_session(insert).await.unwrap() });
            }
            for inserted in tasks.join_all().await {
                assert!(matches!(inserted, Inserted::Done { .. }), "{inserted:?}");
            }
        }
    }

    pub(super) async fn insert(&self, insert: InsertSession) -> Inserted {
        self.store.insert_session(insert).await.unwrap()
    }

    /// Nine wrong passwords at a counter.
    pub(super) async fn fail(&self, key: ThrottleKey) {
        let failed = Attempts {
            failures: 9,
            next_try_at: sample::at(9),
        };
        let step = self
            .store
            .reserve_attempt(key, Attempts::default(), failed, sample::at(0));
        assert!(step.await.unwrap());
    }

    pub(super) async fn found(&self, id: SessionId) -> FoundSession {
        self.store.find_session(id).await.unwrap().unwrap()
    }

    /// How the session has ended at `now`, if it has.
    pub(super) async fn ended(&self, id: SessionId, now: Timestamp) -> Option<Ended> {
        let found = self.found(id).await;
        found.session.ended(found.cut, now)
    }

    /// Which of the sessions are alive at `now`.
    pub(super) async fn alive(&self, ids: &[SessionId], now: Timestamp) -> Vec<SessionId> {
        let mut alive = Vec::new();
        for id in ids {
            if self.ended(*id, now).await.is_none() {
                alive.push(*id);
            }
        }
        alive
    }

    /// Ends a session that is alive.
    pub(super) async fn revoke(&self, id: SessionId) -> LogRow {
        match self.store.revoke_session(sample::revoke(id)).await.unwrap() {
            Revoked::Done(row) => row,
            other => panic!("the session was not alive: {other:?}"),
        }
    }

    /// Of `count` steps at once, each made from its number, exactly one is done: which, and what it answered.
    pub(super) async fn only_one_of<T, F>(&self, count: u8, step: impl Fn(Arc<S>, u8) -> F) -> (u8, T)
    where
        T: std::fmt::Debug + Send + 'static,
        F: Future<Output = Option<T>> + Send + 'static,
    {
        let numbered = |store, number| {
            let number = u8::try_from(number).unwrap();
            let step = step(store, number);
            async move { step.await.map(|done| (number, done)) }
        };
        let answers = self.parallel(u32::from(count), numbered).await;
        let mut done: Vec<_> = answers.into_iter().flatten().collect();
        assert_eq!(done.len(), 1, "{done:?}");
        done.remove(0)
    }

    /// Does `count` steps at once, each made from its number, and gives what they answered.
    pub(super) async fn parallel<T, F>(&self, count: u32, step: impl Fn(Arc<S>, u32) -> F) -> Vec<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let mut tasks = JoinSet::new();
        for number in 0..count {
            tasks.spawn(step(Arc::clone(&self.store), number));
        }
        tasks.join_all().await
    }
}
