//! What clients of the real binary see when the Redis that is the store fails: each row of the table in `docs/redis.md`, on
//! a node that does not go on without it.

use std::process::{Child, Stdio};

use http::Method;
use serde_json::json;
use symbolon_testkit::http::{Answer, Ask};
use symbolon_testkit::proxy::{Fault, Proxy, Way};
use symbolon_testkit::server::Start;
use symbolon_testkit::servers::{Redis, StartRedis};
use symbolon_testkit::wait::until;
use tokio::time::{Duration, Instant};

use crate::nodes::{Nodes, Pair};
use crate::place::BINARY;

/// No request is left without an answer for longer (`docs/redis.md` says 2 s for a change; the rest is a crowded machine's).
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// A Redis that has on disk what it acknowledged.
fn durable() -> Redis {
    StartRedis::default().durable().start()
}

/// A node on a Redis, with sessions from before its start.
struct Given {
    nodes: Nodes,
    /// It is in this node's memory.
    seen: Pair,
    /// This node has not seen it since its start.
    unseen: Pair,
    /// It has ended.
    gone: Pair,
}

/// What is sent to the node, and whether it changes something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    Issue,
    Verify,
    Refresh,
    LogOut,
}

/// Ends the node in order and starts it again: it remembers nothing.
async fn start_anew(nodes: &mut Nodes) {
    nodes.all[0].sigterm();
    nodes.all[0].wait_exit().await;
    nodes.all[0].restart().await;
}

impl Given {
    async fn on(url: &str) -> Self {
        let settings = [
            ("SYMBOLON_FALLBACK__ENABLED", "false"),
            ("SYMBOLON_NODE__LEASE", "10s"),
        ];
        let mut nodes = Nodes::on(url, 1, &settings).await;
        let (seen, unseen, gone) = (
            nodes.issue(0, "ann").await,
            nodes.issue(0, "bob").await,
            nodes.issue(0, "cid").await,
        );
        assert_eq!(nodes.log_out(0, &gone.access, "").await.status, 200);
        start_anew(&mut nodes).await;
        assert_eq!(nodes.verify(0, &seen.access).await, 200);
        Self {
            nodes,
            seen,
            unseen,
            gone,
        }
    }

    async fn send(&self, ask: Ask) -> Answer {
        let begun = Instant::now();
        let answer = self.nodes.all[0].client().send(ask).await;
        assert!(
            begun.elapsed() < ANSWER_MAX,
            "{:?}: {}",
            begun.elapsed(),
            answer.text()
        );
        if answer.status == 503 {
            assert!(answer.header("retry-after").is_some(), "{}", answer.text());
        }
        answer
    }

    /// A step about the session that this node has not seen.
    async fn step(&self, step: Step) -> u16 {
        let ask = match step {
            Step::Issue => {
                Ask::post("/v1/service/sessions", &json!({ "subject": "dora" })).bearer(&self.nodes.key)
            }
            Step::Verify => Ask::get("/verify").bearer(&self.unseen.access),
            Step::Refresh => Ask::post("/v1/refresh", &json!({ "refresh_token": self.unseen.refresh })),
            Step::LogOut => Ask::new(Method::POST, "/v1/logout").bearer(&self.unseen.access),
        };
        self.send(ask).await.status
    }

    /// These cannot be decided now; what is in memory is good for the lease, and what has ended is not accepted.
    async fn cannot(&self, steps: &[Step]) {
        for step in steps {
            assert_eq!(self.step(*step).await, 503, "{step:?}");
        }
        let status = |token: &str| self.send(Ask::get("/verify").bearer(token));
        assert!([401, 503].contains(&status(&self.gone.access).await.status));
    }

    /// Nobody is refused who is live, before all else goes on.
    async fn goes_on(&self) {
        until("it goes on", async || {
            for pair in [&self.seen, &self.unseen] {
                let status = self.nodes.verify(0, &pair.access).await;
                assert!([200, 503].contains(&status), "{status}");
            }
            assert!([401, 503].contains(&self.nodes.verify(0, &self.gone.access).await));
            self.step(Step::Issue).await == 201 && self.nodes.verify(0, &self.unseen.access).await == 200
        })
        .await;
        assert_eq!(self.nodes.verify(0, &self.seen.access).await, 200);
        assert_eq!(self.nodes.verify(0, &self.gone.access).await, 401);
        assert_eq!(self.step(Step::Refresh).await, 200);
    }
}

const ALL: [Step; 4] = [Step::Verify, Step::Issue, Step::Refresh, Step::LogOut];
const CHANGES: [Step; 3] = [Step::Issue, Step::Refresh, Step::LogOut];

#[tokio::test]
async fn killed_and_started_with_its_file_nothing_is_lost() {
    let redis = durable();
    let given = Given::on(&redis.url()).await;
    redis.kill9();
    assert_eq!(
        given.nodes.verify(0, &given.seen.access).await,
        200,
        "from memory"
    );
    given.cannot(&ALL).await;
    redis.start_again();
    given.goes_on().await;
}

#[tokio::test]
async fn with_an_older_file_what_ended_since_stays_ended() {
    let redis = durable();
    let given = Given::on(&redis.url()).await;
    redis.copy_disk();
    let ended = given.nodes.issue(0, "eve").await;
    let out = given.nodes.log_out(0, &ended.access, "").await;
    assert_eq!(out.json()["effective"], "now");
    let receipt = given.nodes.log_out(0, &given.seen.access, "").await;
    assert_eq!(receipt.json()["effective"], "now");
    redis.kill9();
    redis.put_disk_back();
    redis.start_again();
    until("it answers", async || {
        let said = given.nodes.verify(0, &given.seen.access).await;
        assert_ne!(said, 200, "it has ended");
        given.nodes.verify(0, &given.unseen.access).await == 200
    })
    .await;
    given.nodes.all[0].until_said("log_tail_lost").await;
    given.nodes.all[0]
        .until_said("lost revocations were written again")
        .await;
    // Redis has it again, also for a node that remembers nothing.
    let mut nodes = given.nodes;
    start_anew(&mut nodes).await;
    assert_eq!(nodes.verify(0, &given.seen.access).await, 401);
    assert_eq!(nodes.verify(0, &given.unseen.access).await, 200);
}

#[tokio::test]
async fn emptied_it_proves_nothing_and_the_next_start_makes_a_new_store() {
    let redis = durable();
    let mut given = Given::on(&redis.url()).await;
    redis.cli(&["FLUSHALL"]);
    given.cannot(&ALL).await;
    assert_ne!(given.nodes.verify(0, &given.seen.access).await, 401);
    let passwords = |given: &Given| {
        given.nodes.all[0]
            .stderr()
            .matches("first administrator:")
            .count()
    };
    assert_eq!(passwords(&given), 1);
    given.nodes.all[0].kill9().await;
    given.nodes.all[0].restart().await;
    until("a new store has a new administrator", async || {
        passwords(&given) == 2
    })
    .await;
    assert_eq!(given.nodes.verify(0, &given.gone.access).await, 401);
}

/// How many sessions there are and how many are alive, entries of the audit record, and rows of the log.
fn written(redis: &Redis) -> [String; 4] {
    [
        ["ZCARD", "{sy}:i"],
        ["ZCARD", "{sy}:l:0"],
        ["XLEN", "{sy}:audit"],
        ["XLEN", "{sy}:log"],
    ]
    .map(|ask| redis.cli(&ask))
}

#[tokio::test]
async fn out_of_memory_reads_go_on_and_nothing_is_written_by_half() {
    let redis = durable();
    let given = Given::on(&redis.url()).await;
    let before = written(&redis);
    redis.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    given.cannot(&CHANGES).await;
    assert_eq!(written(&redis), before);
    given.nodes.all[0].until_said("redis has no memory left").await;
    assert_eq!(given.step(Step::Verify).await, 200);
    redis.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    given.goes_on().await;
}

#[tokio::test]
async fn out_of_memory_a_node_with_a_local_file_goes_on_with_log_ins() {
    let redis = durable();
    let server = Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", redis.url())
        .ready()
        .await;
    let key = server.api_key("shop", "issue,verify");
    server.until_said("this node would go on without redis").await;
    redis.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    server.until_said("this node goes on without redis").await;
    let ask = Ask::post("/v1/service/sessions", &json!({ "subject": "ann" })).bearer(&key);
    let issued = server.client().send(ask).await;
    assert_eq!(issued.status, 201, "{}", issued.text());
    redis.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    server.until_said("redis has all sessions again").await;
    let ask = Ask::get("/verify").bearer(&Pair::of(&issued).access);
    assert_eq!(server.client().send(ask).await.status, 200);
}

#[tokio::test]
async fn frozen_it_is_away_in_time_and_there_again_when_it_goes_on() {
    let redis = durable();
    let given = Given::on(&redis.url()).await;
    redis.freeze();
    assert_eq!(
        given.nodes.verify(0, &given.seen.access).await,
        200,
        "from memory"
    );
    given.cannot(&[Step::Verify, Step::Issue, Step::Refresh]).await;
    redis.thaw();
    given.goes_on().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_cut_network_it_is_away_in_time_and_there_again_when_that_is_mended() {
    let redis = durable();
    let proxy = Proxy::before(redis.address()).await;
    let given = Given::on(&format!("redis://{}", proxy.address())).await;
    for cut in [
        Fault::Blackhole(Way::Both),
        Fault::Blackhole(Way::Down),
        Fault::Refuse,
    ] {
        proxy.set(cut).await;
        assert!([200, 503].contains(&given.nodes.verify(0, &given.seen.access).await));
        given.cannot(&[Step::Issue]).await;
        proxy.set(Fault::Pass).await;
        until("it is there again", async || given.step(Step::Issue).await == 201).await;
    }
    given.goes_on().await;
}

#[tokio::test]
async fn made_a_replica_it_is_not_believed_and_used_again_when_it_is_a_primary() {
    let (redis, other) = (durable(), durable());
    let given = Given::on(&redis.url()).await;
    let of = other.address();
    // With a link that never comes up it keeps its data.
    other.freeze();
    redis.cli(&["REPLICAOF", &of.ip().to_string(), &of.port().to_string()]);
    given.cannot(&[Step::Issue, Step::Refresh]).await;
    // The refused change has shown what it is: the connection is left, and not made again.
    let node = &given.nodes.all[0];
    until("it is found to be a replica", async || {
        assert_eq!(given.step(Step::Issue).await, 503);
        node.stderr().contains("is a replica: its data may be old")
    })
    .await;
    given.cannot(&ALL).await;
    redis.cli(&["REPLICAOF", "NO", "ONE"]);
    given.goes_on().await;
}

#[tokio::test]
async fn scripts_that_it_forgets_are_noticed_by_nobody() {
    let redis = durable();
    let given = Given::on(&redis.url()).await;
    for _ in 0..3 {
        redis.cli(&["SCRIPT", "FLUSH"]);
        assert_eq!(given.step(Step::Verify).await, 200);
        assert_eq!(given.step(Step::Issue).await, 201);
        assert_eq!(given.step(Step::Refresh).await, 200);
    }
    given.goes_on().await;
}

/// A script of somebody else that never ends by itself.
fn endless(redis: &Redis) -> Child {
    let mut client = redis.client();
    client
        .args(["EVAL", "while true do end", "0"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    client.spawn().unwrap()
}

#[tokio::test]
async fn busy_with_somebodys_script_it_says_so_and_goes_on_after_it() {
    let redis = durable();
    let given = Given::on(&redis.url()).await;
    redis.cli(&["CONFIG", "SET", "busy-reply-threshold", "50"]);
    let mut script = endless(&redis);
    until("the script has begun", async || {
        given.step(Step::Issue).await == 503
    })
    .await;
    given.cannot(&[Step::Issue, Step::Refresh]).await;
    given.nodes.all[0]
        .until_said("redis is busy with a script of somebody")
        .await;
    redis.cli(&["SCRIPT", "KILL"]);
    script.wait().unwrap();
    given.goes_on().await;
}

#[tokio::test]
async fn a_key_that_somebody_else_wrote_is_no_proof_and_is_named() {
    let redis = durable();
    let given = Given::on(&redis.url()).await;
    let ask = Ask::get("/v1/session").bearer(&given.seen.access);
    let id = given.send(ask).await.json()["session_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut nodes = given.nodes;
    let key = format!("{{sy}}:s:{id}");
    redis.cli(&["DEL", &key]);
    redis.cli(&["SET", &key, "another program's"]);
    start_anew(&mut nodes).await;
    assert_eq!(nodes.verify(0, &given.seen.access).await, 503);
    assert_eq!(
        nodes.verify(0, &given.unseen.access).await,
        200,
        "all others are as before"
    );
    nodes.all[0].until_said(&id).await;
}
