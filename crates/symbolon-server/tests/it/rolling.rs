//! A release after the other, without a pause: three nodes restarted one by one under load, and the schema changed by the
//! first of them while the others go on.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use http::Method;
use serde_json::json;
use symbolon_testkit::http::{Answer, Ask, Client};
use symbolon_testkit::servers::{Database, Engine, Maria, PostgreSql};
use symbolon_testkit::wait::until;
use tokio::task::JoinSet;

use crate::nodes::{Nodes, Pair};

const CLIENTS: usize = 6;

/// How many answers there are between two restarts at the least.
const BETWEEN: usize = 60;

/// What the clients and the test know of each other.
struct Shared {
    addresses: Vec<SocketAddr>,
    key: String,
    /// Which nodes a balancer would send nothing to: they were told to stop, or are not ready yet.
    away: Vec<AtomicBool>,
    over: AtomicBool,
    answers: AtomicUsize,
    /// Requests that a node held when it was told to stop, and that were sent to another.
    held: AtomicUsize,
}

impl Shared {
    /// Sends it to nodes that are there until one answers so. Only one that has been told to stop may fail it.
    async fn ask(&self, first: usize, ask: Ask, wanted: &[u16]) -> Answer {
        for turn in first.. {
            let node = turn % self.addresses.len();
            if self.away[node].load(Ordering::SeqCst) {
                continue;
            }
            let answer = Client::new(self.addresses[node]).try_send(ask.clone()).await;
            match answer {
                Ok(answer) if wanted.contains(&answer.status) => {
                    self.answers.fetch_add(1, Ordering::SeqCst);
                    return answer;
                }
                other => assert!(
                    self.away[node].load(Ordering::SeqCst),
                    "node {node} failed {ask:?}: {:?}",
                    other.map(|answer| answer.text())
                ),
            }
            self.held.fetch_add(1, Ordering::SeqCst);
        }
        unreachable!("turns have no end")
    }

    async fn verify(&self, turn: usize, pair: &Pair, wanted: u16) {
        let ask = Ask::get("/verify").bearer(&pair.access);
        self.ask(turn, ask, &[wanted]).await;
    }

    /// One session after the other, until the test is over; gives those that were kept, and those that were ended.
    async fn live(self: Arc<Self>, client: usize) -> (Vec<Pair>, Vec<Pair>) {
        let (mut kept, mut ended) = (Vec::new(), Vec::new());
        for turn in client.. {
            if self.over.load(Ordering::SeqCst) {
                break;
            }
            let body = json!({ "subject": format!("user {client} {turn}") });
            let issue = Ask::post("/v1/service/sessions", &body).bearer(&self.key);
            let pair = Pair::of(&self.ask(turn, issue, &[201]).await);
            self.verify(turn + 1, &pair, 200).await;
            let refresh = Ask::post("/v1/refresh", &json!({ "refresh_token": pair.refresh }));
            let next = Pair::of(&self.ask(turn + 2, refresh, &[200]).await);
            self.verify(turn, &next, 200).await;
            self.verify(turn + 1, &pair, 200).await;
            if turn % 3 > 0 {
                kept.push(next);
                continue;
            }
            let out = Ask::new(Method::POST, "/v1/logout?wait=full").bearer(&next.access);
            self.ask(turn + 2, out, &[200]).await;
            self.verify(turn, &next, 401).await;
            ended.push(next);
        }
        (kept, ended)
    }
}

/// A schema on a server, as one of the release before has made it: `bans` was another table then, which nothing wrote.
struct Older<E: Engine + 'static> {
    server: &'static Database<E>,
    schema: String,
    /// How a session of the server's own client begins to work in the schema.
    there: String,
}

impl<E: Engine> Older<E> {
    fn sql(&self, text: &str) -> String {
        self.server.sql(&format!("{}; {text}", self.there))
    }

    fn version(&self) -> String {
        let version = self.sql("SELECT v FROM meta WHERE k = 'schema_version'");
        version.trim().to_owned()
    }

    /// Takes the newest step back.
    fn age(&self) {
        self.sql(
            "DROP TABLE bans; CREATE TABLE bans (subject VARCHAR(200), note VARCHAR(200)); \
             UPDATE meta SET v = '3' WHERE k = 'schema_version'",
        );
    }
}

async fn roll<E: Engine>(older: Older<E>) {
    let mut nodes = Nodes::on(&older.server.url_of(&older.schema), 3, &[]).await;
    let newest = older.version();
    older.age();
    let shared = Arc::new(Shared {
        addresses: nodes.all.iter().map(|node| node.address()).collect(),
        key: nodes.key.clone(),
        away: (0..3).map(|_| AtomicBool::new(false)).collect(),
        over: AtomicBool::new(false),
        answers: AtomicUsize::new(0),
        held: AtomicUsize::new(0),
    });
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(Arc::clone(&shared).live(client));
    }
    let answers = async || {
        let before = shared.answers.load(Ordering::SeqCst);
        until("the clients go on", async || {
            shared.answers.load(Ordering::SeqCst) >= before + BETWEEN
        })
        .await;
    };
    for node in 0..3 {
        answers().await;
        assert_eq!(older.version(), if node == 0 { "3" } else { &newest });
        shared.away[node].store(true, Ordering::SeqCst);
        nodes.all[node].sigterm();
        assert!(nodes.all[node].wait_exit().await.success());
        answers().await;
        nodes.all[node].restart().await;
        shared.away[node].store(false, Ordering::SeqCst);
    }
    answers().await;
    shared.over.store(true, Ordering::SeqCst);
    let (mut kept, mut ended) = (Vec::new(), Vec::new());
    for (alive, dead) in clients.join_all().await {
        kept.extend(alive);
        ended.extend(dead);
    }
    assert!(kept.len() > CLIENTS && !ended.is_empty());
    for (number, pair) in kept.iter().enumerate() {
        assert_eq!(nodes.verify(number % 3, &pair.access).await, 200);
        let next = nodes.refresh((number + 1) % 3, &pair.refresh).await;
        assert_eq!(next.status, 200, "nobody is logged out: {}", next.text());
    }
    for pair in &ended {
        assert_eq!(nodes.verify_all(&pair.access).await, [401, 401, 401]);
    }
    // What the schema is for now works.
    let ban = Ask::post("/v1/admin/subjects/ada/ban", &json!({ "note": "a test" }));
    assert_eq!(nodes.ask(1, ban).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_that_changes_the_schema_fails_no_request_and_logs_nobody_out_on_postgresql() {
    let server = Database::<PostgreSql>::shared();
    let schema = server.schema();
    let there = format!("SET search_path = {schema}");
    roll(Older {
        server,
        schema,
        there,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_that_changes_the_schema_fails_no_request_and_logs_nobody_out_on_mariadb() {
    let server = Database::<Maria>::shared();
    let schema = server.schema();
    let there = format!("USE {schema}");
    roll(Older {
        server,
        schema,
        there,
    })
    .await;
}
