//! What the tests of a store on a server begin with.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use symbolon_core::revocation::{LogRow, LogSink};
use symbolon_core::store::StoreError;
use symbolon_core::token::KeyCheck;
use symbolon_store_sql::{OpenServer, OpenServerError, Opened, SqlStore};
use symbolon_testkit::contract::{Recorded, sample};
use symbolon_testkit::randomness::Seeded;
use symbolon_testkit::servers::Postgres;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_postgres::{Client, NoTls};

/// A schema of a server, for one store.
pub(super) struct Place {
    pub(super) server: &'static Postgres,
    pub(super) schema: String,
}

impl Place {
    /// An empty one in the server that all tests share.
    pub(super) fn new() -> Self {
        let server = Postgres::shared();
        Self {
            server,
            schema: server.schema(),
        }
    }

    pub(super) fn url(&self) -> String {
        self.server.url_of(&self.schema)
    }

    pub(super) fn open(&self) -> (SqlStore, Arc<Recorded>, Opened) {
        open(&self.url())
    }

    /// A client of its own, to look, to lock and to break.
    pub(super) async fn beside(&self) -> Beside {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.unwrap();
        let mut wire = JoinSet::new();
        wire.spawn(async move { drop(connection.await) });
        Beside { client, _wire: wire }
    }

    /// Waits until so many in this schema's tables wait for a lock.
    pub(super) async fn until_waiting(&self, client: &Client, count: i64) {
        let waiting = "SELECT count(DISTINCT l.pid) FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid \
            WHERE NOT l.granted AND EXISTS (SELECT h.pid FROM pg_locks AS h WHERE h.pid = l.pid \
            AND h.relation IN (SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = current_schema()::regnamespace))";
        eventually(async || client.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) >= count).await;
    }
}

/// A client that belongs to no store.
pub(super) struct Beside {
    client: Client,
    _wire: JoinSet<()>,
}

impl Deref for Beside {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl DerefMut for Beside {
    fn deref_mut(&mut self) -> &mut Client {
        &mut self.client
    }
}

/// A step that goes on while the test does something else.
pub(super) struct Aside<T>(JoinSet<T>);

pub(super) fn aside<T: Send + 'static>(step: impl Future<Output = T> + Send + 'static) -> Aside<T> {
    let mut tasks = JoinSet::new();
    tasks.spawn(step);
    Aside(tasks)
}

impl<T: 'static> Aside<T> {
    /// Waits for what it answers.
    pub(super) async fn end(mut self) -> T {
        self.0.join_next().await.unwrap().unwrap()
    }
}

pub(super) fn open(url: &str) -> (SqlStore, Arc<Recorded>, Opened) {
    let sink = Arc::new(Recorded::default());
    let (store, opened) = SqlStore::open_server(server_options(url, sink.clone())).unwrap();
    (store, sink, opened)
}

pub(super) fn server_options(url: &str, sink: Arc<dyn LogSink>) -> OpenServer {
    OpenServer {
        url: url.to_owned(),
        key_check: KeyCheck([1; 32]),
        now: sample::BEGIN,
        sink,
        randomness: Arc::new(Seeded::new(1)),
        connections_max: 8,
    }
}

pub(super) fn refusal(url: &str) -> OpenServerError {
    refused(server_options(url, Arc::new(Recorded::default())))
}

pub(super) fn refused(options: OpenServer) -> OpenServerError {
    match SqlStore::open_server(options) {
        Err(error) => error,
        Ok(_) => panic!("the store was opened"),
    }
}

/// Looks again until it is so.
pub(super) async fn eventually(mut look: impl AsyncFnMut() -> bool) {
    let so = async {
        while !look().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        timeout(Duration::from_secs(20), so).await.is_ok(),
        "it never came about"
    );
}

/// Why a step was not done, where it may succeed later.
pub(super) fn unavailable<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Err(StoreError::Unavailable { detail, .. }) => detail,
        other => panic!("it is available: {other:?}"),
    }
}

/// The rows that the sink has are those of the log from the first on.
pub(super) async fn assert_told(store: &SqlStore, sink: &Recorded, first: &LogRow) {
    use symbolon_core::store::Upkeep as _;
    assert_eq!(
        store.revocations_from(first.seq, 1_000).await.unwrap(),
        sink.rows()
    );
}
