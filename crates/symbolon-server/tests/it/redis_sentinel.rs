//! A Redis that is the store and fails over by its Sentinels: what the clients of the real binary see.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use symbolon_testkit::cluster::{Cluster, Failover, Kind, Layout};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::Start;
use symbolon_testkit::servers::{Redis, StartRedis};
use symbolon_testkit::wait::until;
use tokio::task::block_in_place;

use crate::administrator::{log_in, log_out, try_log_in, verify};
use crate::nodes::Pair;
use crate::place::BINARY;

/// A primary, its replica, and three Sentinels that watch them.
struct Watched {
    primary: Redis,
    replica: Redis,
    sentinels: Vec<Redis>,
}

impl Watched {
    async fn start() -> Self {
        let primary = StartRedis::default().durable().start();
        let replica = StartRedis::default().durable().replica_of(&primary).start();
        let watched = Self {
            sentinels: (0..3)
                .map(|_| {
                    let sentinel = StartRedis::default().sentinel_at("main", primary.address(), 2);
                    sentinel.start()
                })
                .collect(),
            primary,
            replica,
        };
        until("the replica follows", async || {
            replication(&watched.replica).contains("master_link_status:up")
        })
        .await;
        until("the Sentinels know each other and the replica", async || {
            watched.sentinels.iter().all(|sentinel| {
                let port = watched.replica.address().port().to_string();
                sentinel.cli(&["SENTINEL", "REPLICAS", "main"]).contains(&port)
                    && sentinel
                        .cli(&["SENTINEL", "CKQUORUM", "main"])
                        .starts_with("OK 3")
            })
        })
        .await;
        watched
    }

    fn url(&self) -> String {
        let hosts: Vec<String> = self
            .sentinels
            .iter()
            .map(|sentinel| sentinel.address().to_string())
            .collect();
        format!("redis-sentinel://{}/0?sentinelServiceName=main", hosts.join(","))
    }

    /// Waits until the replica has all that the primary has acknowledged so far.
    async fn until_replicated(&self) {
        let said = replication(&self.primary);
        let wanted = field(&said, "master_repl_offset:");
        until("the replica has it all", async || {
            field(&replication(&self.replica), "slave_repl_offset:") >= wanted
        })
        .await;
    }

    /// From here on the replica hears nothing more of its primary.
    fn part(&self) {
        self.primary
            .cli(&["ACL", "SETUSER", "default", "-psync", "-sync"]);
        self.primary.cli(&["CLIENT", "KILL", "TYPE", "replica"]);
    }

    async fn until_promoted(&self) {
        until("the replica is the primary", async || {
            replication(&self.replica).contains("role:master")
        })
        .await;
    }
}

/// What it says of itself and the other. A Sentinel closes each connection of one whose part it changes: then it says nothing.
fn replication(redis: &Redis) -> String {
    let ran = redis.client().args(["INFO", "replication"]).output().unwrap();
    String::from_utf8_lossy(&ran.stdout).into_owned()
}

fn field(said: &str, name: &str) -> u64 {
    let value = said.lines().find_map(|line| line.strip_prefix(name));
    value.map_or(0, |value| value.trim().parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_keeps_what_the_replica_has_heard_and_a_node_alone_goes_on_meanwhile() {
    let redis = Watched::start().await;
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", redis.url())
        .ready()
        .await;
    let (kept, gone) = (log_in(&server).await, log_in(&server).await);
    assert_eq!(log_out(&server, &gone).await["effective"], "now");
    server.until_said("this node would go on without redis").await;
    redis.until_replicated().await;
    redis.primary.kill9();
    let mut local = None;
    until("log-ins go on", async || {
        // Nobody is logged out meanwhile, and nobody comes back.
        assert_eq!(verify(&server, &kept).await, 200);
        assert!([401, 503].contains(&verify(&server, &gone).await));
        local = try_log_in(&server).await;
        local.is_some()
    })
    .await;
    let local = local.unwrap();
    redis.until_promoted().await;
    server.until_said("redis has all sessions again").await;
    for pair in [&kept, &local] {
        assert_eq!(verify(&server, pair).await, 200);
    }
    assert_eq!(verify(&server, &gone).await, 401);
    // What the new primary says, and nothing else.
    server.kill9().await;
    std::fs::remove_dir_all(server.data_dir().join("fallback")).unwrap();
    server.restart().await;
    for pair in [&kept, &local] {
        assert_eq!(verify(&server, pair).await, 200);
    }
    assert_eq!(verify(&server, &gone).await, 401);
    // The old primary is back, and follows the new one, which has lost nothing by it.
    redis.primary.start_again();
    let port = redis.replica.address().port();
    until("it follows", async || {
        let said = replication(&redis.primary);
        said.contains(&format!("master_port:{port}\r")) && said.contains("master_link_status:up")
    })
    .await;
    assert!(replication(&redis.replica).contains("role:master"));
    let after = log_in(&server).await;
    for pair in [&kept, &local, &after] {
        assert_eq!(verify(&server, pair).await, 200);
    }
    assert_eq!(verify(&server, &gone).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failover_without_a_local_file_is_503_and_then_goes_on_by_itself() {
    let redis = Watched::start().await;
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", redis.url())
        .env("SYMBOLON_FALLBACK__ENABLED", "false")
        .ready()
        .await;
    let (kept, gone) = (log_in(&server).await, log_in(&server).await);
    let unseen = log_in(&server).await;
    assert_eq!(log_out(&server, &gone).await["effective"], "now");
    // From here on it is in Redis alone.
    server.sigterm();
    server.wait_exit().await;
    server.restart().await;
    assert_eq!(verify(&server, &kept).await, 200);
    redis.until_replicated().await;
    redis.primary.kill9();
    assert_eq!(verify(&server, &unseen).await, 503);
    assert_eq!(try_log_in(&server).await, None);
    until("log-ins go on", async || {
        // From memory for the lease; never a 401 that nothing proves.
        for pair in [&kept, &unseen] {
            assert!([200, 503].contains(&verify(&server, pair).await));
        }
        assert!([401, 503].contains(&verify(&server, &gone).await));
        try_log_in(&server).await.is_some()
    })
    .await;
    for pair in [&kept, &unseen] {
        until("it answers again", async || verify(&server, pair).await == 200).await;
    }
    assert_eq!(verify(&server, &gone).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_replica_had_not_heard_is_lost_by_a_failover_but_for_what_the_node_remembers_to_have_ended()
{
    let redis = Watched::start().await;
    let server = Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", redis.url())
        .ready()
        .await;
    let (kept, gone) = (log_in(&server).await, log_in(&server).await);
    // An end that both have: without any the log is empty, and nobody could say that no other was lost.
    let earlier = log_in(&server).await;
    assert_eq!(log_out(&server, &earlier).await["effective"], "now");
    server.until_said("this node would go on without redis").await;
    redis.until_replicated().await;
    redis.part();
    // Acknowledged by the primary, and by nobody else.
    let lost = log_in(&server).await;
    assert_eq!(log_out(&server, &gone).await["effective"], "now");
    redis.primary.kill9();
    server.until_said("this node goes on without redis").await;
    assert_ne!(verify(&server, &gone).await, 200);
    redis.until_promoted().await;
    server.until_said("redis has all sessions again").await;
    assert!(
        server
            .stderr()
            .contains("redis came back without the end of its log"),
        "{}",
        server.stderr()
    );
    assert_eq!(verify(&server, &gone).await, 401, "what had ended stays ended");
    assert_eq!(verify(&server, &kept).await, 200);
    assert_eq!(
        verify(&server, &lost).await,
        401,
        "the new primary never heard of it"
    );
    // It is written in Redis again, where every other node reads it.
    let key = format!("{{sy}}:s:{}", gone["session_id"].as_str().unwrap());
    assert_ne!(redis.replica.cli(&["HGET", &key, "ended"]), "");
}

/// The nodes' ways to the old primary that nothing went over meanwhile are whole, and it takes writes until its Sentinels
/// make it a replica.
#[tokio::test(flavor = "multi_thread")]
async fn when_a_stopped_primary_goes_on_nodes_that_have_left_it_give_it_nothing() {
    let cluster = Layout::of(BINARY).nodes(2).store(Kind::Failover).start().await;
    let both = cluster.store().failover().unwrap();
    let key = cluster.node(0).server.api_key("test", "issue");
    let ended = begun(&cluster, &key).await;
    assert_eq!(verify_all(&cluster, &ended).await, [200, 200]);
    until("the replica has all", async || {
        let said = [both.leader(), both.follower()].map(|redis| redis.cli(&["INFO", "replication"]));
        field(&said[0], "master_repl_offset:") == field(&said[1], "slave_repl_offset:")
    })
    .await;
    block_in_place(|| both.leader().freeze());
    block_in_place(|| both.wait_for_failover());
    let before = beats(both);
    until("every node is with the new primary", async || {
        let now = beats(both);
        // One of which the replica had not heard the newest heartbeat joins anew.
        let grown = now
            .iter()
            .filter(|(node, beat)| before.get(*node).unwrap_or(&0) < beat);
        grown.count() == cluster.nodes().len()
    })
    .await;
    block_in_place(|| both.leader().thaw());
    let kept = begun(&cluster, &key).await;
    let mut answer = Value::Null;
    until("a log-out is effective", async || {
        answer = log_out_of(&cluster, &ended).await;
        answer["effective"] == "now"
    })
    .await;
    let old = both.leader().cli(&["INFO", "replication"]);
    assert!(old.contains("role:master"), "it still takes writes: {old}");
    assert_eq!(verify_all(&cluster, &ended).await, [401, 401]);
    block_in_place(|| both.settle());
    assert_eq!(verify_all(&cluster, &ended).await, [401, 401]);
    assert_eq!(verify_all(&cluster, &kept).await, [200, 200]);
}

/// A session that a service begins on the first node, as soon as that can.
async fn begun(cluster: &Cluster, key: &str) -> Pair {
    let body = json!({ "subject": "user-1" });
    let mut pair = None;
    until("a session is begun", async || {
        let ask = Ask::post("/v1/service/sessions", &body).bearer(key);
        let answer = cluster.node(0).server.client().send(ask).await;
        assert!(matches!(answer.status, 201 | 503), "{}", answer.text());
        pair = (answer.status == 201).then(|| Pair::of(&answer));
        pair.is_some()
    })
    .await;
    pair.unwrap()
}

async fn log_out_of(cluster: &Cluster, pair: &Pair) -> Value {
    let ask = Ask::new(Method::POST, "/v1/logout").bearer(&pair.access);
    cluster.node(0).server.client().send(ask).await.json()
}

/// What each node says of it, once it can decide.
async fn verify_all(cluster: &Cluster, pair: &Pair) -> Vec<u16> {
    let mut said = Vec::new();
    for node in cluster.nodes() {
        let mut status = 503;
        until("it can decide", async || {
            let ask = Ask::get("/verify").bearer(&pair.access);
            status = node.server.client().send(ask).await.status;
            status != 503
        })
        .await;
        said.push(status);
    }
    said
}

/// How many heartbeats of each incarnation the one that followed knows.
fn beats(both: &Failover) -> BTreeMap<String, u64> {
    let beat = |node: &str| {
        both.follower()
            .cli(&["HGET", &format!("{{sy}}:n:{node}"), "beat"])
    };
    let nodes = both.follower().cli(&["SMEMBERS", "{sy}:n"]);
    let beats = nodes.lines().map(|node| (node.to_owned(), beat(node)));
    beats.map(|(node, beat)| (node, beat.parse().unwrap())).collect()
}
