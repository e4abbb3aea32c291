//! What the tests of a store on a server begin with.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use data_encoding::HEXLOWER;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, Row};
use symbolon_core::revocation::{LogRow, LogSink};
use symbolon_core::store::StoreError;
use symbolon_core::token::KeyCheck;
use symbolon_store_sql::{OpenServer, OpenServerError, Opened, SqlStore};
use symbolon_testkit::contract::{Recorded, sample};
use symbolon_testkit::randomness::Seeded;
use symbolon_testkit::servers::{Database, Engine, Maria, PostgreSql};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_postgres::{NoTls, SimpleQueryMessage};

use super::proxy::Proxy;

/// A kind of server whose faults are tried, and how one talks to it besides a store.
pub(super) trait Server: Engine + Send + Sync {
    /// A client of its own, to look, to lock and to break.
    type Client: Client;
    /// What a store sends to commit.
    const COMMIT: &'static [u8];
    /// What it says where it gives up a statement that waits for a lock.
    const GIVEN_UP: &'static [&'static str];

    /// Bytes as a literal.
    fn bytes(bytes: &[u8]) -> String;

    /// The ids of the connections that wait for a lock in the client's schema.
    async fn waiting(client: &mut Self::Client) -> Vec<String>;

    /// Cuts a connection.
    fn kill(id: &str) -> String;

    /// Removes a schema and all that is in it, as soon as nobody holds anything of it.
    async fn drop_schema(client: &mut Self::Client, schema: &str);
}

/// A client that belongs to no store.
pub(super) trait Client: Sized {
    async fn connect(url: &str) -> Self;

    /// Runs SQL; gives the first column of each row.
    async fn run(&mut self, sql: &str) -> Vec<String>;
}

/// A schema of a server, for one store.
pub(super) struct PlaceOn<S: Server> {
    pub(super) server: &'static Database<S>,
    pub(super) schema: String,
}

/// A schema in PostgreSQL.
pub(super) type Place = PlaceOn<PostgreSql>;

impl<S: Server> PlaceOn<S> {
    /// An empty one in the server that all tests share.
    pub(super) fn new() -> Self {
        let server = Database::<S>::shared();
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

    pub(super) async fn beside(&self) -> S::Client {
        S::Client::connect(&self.url()).await
    }

    /// A wire to it that is cut at a COMMIT, and what is reached over it.
    pub(super) async fn proxy(&self) -> (Proxy, String) {
        let proxy = Proxy::before(self.server.address(), S::COMMIT).await;
        let url = self.server.url_of_at(&self.schema, proxy.address());
        (proxy, url)
    }

    /// Waits until so many wait for a lock in this schema.
    pub(super) async fn until_waiting(&self, client: &mut S::Client, count: usize) {
        eventually(async || S::waiting(client).await.len() >= count).await;
    }
}

impl Server for PostgreSql {
    type Client = PostgresClient;
    const COMMIT: &'static [u8] = b"COMMIT\0";
    const GIVEN_UP: &'static [&'static str] = &["canceling statement due to statement timeout"];

    fn bytes(bytes: &[u8]) -> String {
        format!("'\\x{}'::bytea", HEXLOWER.encode(bytes))
    }

    async fn waiting(client: &mut PostgresClient) -> Vec<String> {
        let waiting = "SELECT DISTINCT l.pid FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid \
            WHERE NOT l.granted AND EXISTS (SELECT h.pid FROM pg_locks AS h WHERE h.pid = l.pid \
            AND h.relation IN (SELECT c.oid FROM pg_class AS c WHERE c.relnamespace = current_schema()::regnamespace))";
        client.run(waiting).await
    }

    fn kill(id: &str) -> String {
        format!("SELECT pg_terminate_backend({id})")
    }

    async fn drop_schema(client: &mut PostgresClient, schema: &str) {
        client.run(&format!("DROP SCHEMA {schema} CASCADE")).await;
    }
}

pub(super) struct PostgresClient {
    client: tokio_postgres::Client,
    _wire: JoinSet<()>,
}

impl Deref for PostgresClient {
    type Target = tokio_postgres::Client;

    fn deref(&self) -> &Self::Target {
        &self.client
    }
}

impl DerefMut for PostgresClient {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.client
    }
}

impl Client for PostgresClient {
    async fn connect(url: &str) -> Self {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
        let mut wire = JoinSet::new();
        wire.spawn(async move { drop(connection.await) });
        Self { client, _wire: wire }
    }

    async fn run(&mut self, sql: &str) -> Vec<String> {
        let said = self.client.simple_query(sql).await.unwrap();
        let rows = said.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or_default().to_owned()),
            _ => None,
        });
        rows.collect()
    }
}

/// InnoDB shows its locks as they were when nobody had looked for a tenth of a second: so all look one after the other.
static LOOKING: Mutex<()> = Mutex::const_new(());

impl Server for Maria {
    type Client = Conn;
    const COMMIT: &'static [u8] = b"\x03COMMIT";
    const GIVEN_UP: &'static [&'static str] = &[
        "Lock wait timeout exceeded; try restarting transaction",
        "Query execution was interrupted (max_statement_time exceeded)",
    ];

    fn bytes(bytes: &[u8]) -> String {
        format!("x'{}'", HEXLOWER.encode(bytes))
    }

    async fn waiting(client: &mut Conn) -> Vec<String> {
        let _alone = LOOKING.lock().await;
        sleep(Duration::from_millis(120)).await;
        let waiting = "SELECT p.id FROM information_schema.innodb_trx AS t \
            JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id \
            WHERE t.trx_state = 'LOCK WAIT' AND p.db = database()";
        client.run(waiting).await
    }

    fn kill(id: &str) -> String {
        format!("KILL {id}")
    }

    async fn drop_schema(client: &mut Conn, schema: &str) {
        client.run(&format!("DROP SCHEMA {schema}")).await;
    }
}

impl Client for Conn {
    async fn connect(url: &str) -> Self {
        let url = url.split('?').next().unwrap();
        Self::new(Opts::from_url(url).unwrap()).await.unwrap()
    }

    async fn run(&mut self, sql: &str) -> Vec<String> {
        let rows: Vec<Row> = self.query(sql).await.unwrap();
        rows.into_iter().map(|row| row.get(0).unwrap()).collect()
    }
}

/// Each of these tests, on each kind of server.
macro_rules! on_each_server {
    ($($test:ident,)+) => {
        mod on_postgres {
            use symbolon_testkit::servers::PostgreSql;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test::<PostgreSql>().await;
                }
            )+
        }

        mod on_mariadb {
            use symbolon_testkit::servers::Maria;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    super::$test::<Maria>().await;
                }
            )+
        }
    };
}
pub(super) use on_each_server;

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
