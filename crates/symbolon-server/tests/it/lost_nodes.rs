//! A node that is cut off from everything but its clients, and one that dies between a commit and its answer.

use std::time::Duration;

use http::Method;
use serde_json::json;
use symbolon_testkit::cluster::{Cluster, Layout, Node};
use symbolon_testkit::http::{Answer, Ask};
use symbolon_testkit::proxy::{Fault, Way};
use symbolon_testkit::wait::until;
use tokio::time::{Instant, sleep};

use crate::nodes::{LEASE, Nodes, Pair, WAIT_MAX};
use crate::place::BINARY;

async fn asked(node: &Node, ask: Ask) -> Answer {
    node.server.client().send(ask).await
}

async fn verify(node: &Node, pair: &Pair) -> u16 {
    asked(node, Ask::get("/verify").bearer(&pair.access)).await.status
}

async fn issue(node: &Node, key: &str) -> Answer {
    let ask = Ask::post("/v1/service/sessions", &json!({ "subject": "ann" }));
    asked(node, ask.bearer(key)).await
}

/// 2.10, *node isolated from everything but clients*.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_reaches_nothing_answers_from_memory_for_its_lease_and_never_what_was_ended() {
    let cluster: Cluster = Layout::of(BINARY).nodes(3).cache().start().await;
    let key = cluster.node(0).server.api_key("test", "issue");
    let mut pairs = Vec::new();
    for _ in 0..2 {
        let answer = issue(cluster.node(0), &key).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        pairs.push(Pair::of(&answer));
    }
    let (kept, ended) = (&pairs[0], &pairs[1]);
    for node in cluster.nodes() {
        assert_eq!([verify(node, kept).await, verify(node, ended).await], [200, 200]);
    }
    let alone = cluster.node(2);
    let to_cache = alone.to_cache.as_ref().unwrap();
    to_cache.set(Fault::Blackhole(Way::Both)).await;
    alone.to_store.set(Fault::Blackhole(Way::Both)).await;
    let cut = Instant::now();
    let out = async {
        let ask = Ask::new(Method::POST, "/v1/logout?wait=full").bearer(&ended.access);
        let answer = asked(cluster.node(0), ask).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.json()["effective"], "now", "{}", answer.text());
        // No question that begins from now on is answered by what it remembers.
        for node in cluster.nodes() {
            assert!([401, 503].contains(&verify(node, ended).await));
        }
    };
    let memory = async {
        let mut from_memory = 0;
        loop {
            let begun = cut.elapsed();
            match verify(alone, kept).await {
                200 => from_memory += 1,
                503 => break from_memory,
                status => panic!("{status} of a live session"),
            }
            assert!(begun < LEASE, "it answers from memory after its lease");
            sleep(Duration::from_millis(20)).await;
        }
    };
    let ((), from_memory) = tokio::join!(out, memory);
    assert!(from_memory > 0);
    let refused = issue(alone, &key).await;
    assert_eq!(refused.status, 503, "{}", refused.text());
    assert!(refused.header("retry-after").is_some());
    let ready = asked(alone, Ask::get("/readyz")).await;
    assert_eq!(ready.status, 503);
    cluster.heal().await;
    until("it is there again", async || verify(alone, kept).await == 200).await;
    assert_eq!(verify(alone, ended).await, 401);
}

/// 2.10, *revoker crash after COMMIT*: the client that hears nothing asks another node, and hears the truth.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_out_whose_node_dies_after_the_commit_is_effective_only_when_nobody_can_answer_without_it() {
    let mut nodes = Nodes::start(3).await;
    let pair = nodes.issue(0, "ann").await;
    assert_eq!(nodes.verify_all(&pair.access).await, [200, 200, 200]);
    // Who hangs has the session in its memory, and keeps the log-out waiting.
    let silent = Instant::now();
    nodes.all[2].sigstop().await;
    let mut client = nodes.all[0].client();
    let ask = Ask::new(Method::POST, "/v1/logout?wait=full").bearer(&pair.access);
    // The commit is done when who is well has learned of it.
    let (unanswered, ()) = tokio::join!(client.try_send(ask), async {
        until("another node knows of it", async || {
            nodes.verify(1, &pair.access).await == 401
        })
        .await;
        nodes.all[0].kill9().await;
    });
    if let Ok(answer) = unanswered {
        // Only a machine that is so slow that the lease was over before.
        assert!(silent.elapsed() >= LEASE, "{}", answer.text());
    }
    let again = nodes.log_out(1, &pair.access, "").await;
    let is_now = again.status == 200;
    assert!(is_now || again.status == 202, "{}", again.text());
    // A node is not waited for when it has made no heartbeat for so long; it may have made its last one shortly before.
    assert!(
        !is_now || silent.elapsed() + LEASE / 4 >= WAIT_MAX,
        "{}",
        again.text()
    );
    let full = nodes.log_out(1, &pair.access, "?wait=full").await;
    assert_eq!(full.status, 200, "{}", full.text());
    assert_eq!(full.json()["already"], true, "{}", full.text());
    nodes.all[2].sigcont();
    until("who hung knows of it too", async || {
        let said = nodes.verify(2, &pair.access).await;
        assert_ne!(said, 200);
        said == 401
    })
    .await;
    nodes.all[0].restart().await;
    assert_eq!(nodes.verify_all(&pair.access).await, [401, 401, 401]);
}
