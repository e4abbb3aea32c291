//! Nodes on one PostgreSQL with a Redis beside it: it makes things faster, and whatever becomes of it, nothing else
//! changes.

use serde_json::json;
use symbolon_testkit::http::Ask;
use symbolon_testkit::servers::{Postgres, Redis, StartRedis};
use symbolon_testkit::wait::until;

use crate::nodes::{Nodes, Pair};

async fn nodes(redis: &Redis, count: usize) -> Nodes {
    let server = Postgres::shared();
    let settings = [
        ("SYMBOLON_CACHE__REDIS_URL", redis.url()),
        ("SYMBOLON_DEBUG__TIER", "true".to_owned()),
    ];
    let settings = settings.each_ref().map(|(name, value)| (*name, value.as_str()));
    let nodes = Nodes::on(&server.url_of(&server.schema()), count, &settings).await;
    for node in 0..count {
        until("it has found its redis", async || {
            metric(&nodes, node, "symbolon_shared_cache_up").await >= 1.0
        })
        .await;
    }
    nodes
}

async fn metric(nodes: &Nodes, node: usize, series: &str) -> f64 {
    let scrape = nodes.all[node].client().send(Ask::get("/metrics")).await.text();
    let line = scrape
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let line = line.unwrap_or_else(|| panic!("no {series} in\n{scrape}"));
    line.parse().unwrap()
}

/// What a node says of a token, and which memory said it.
async fn tier(nodes: &Nodes, node: usize, pair: &Pair) -> (u16, String) {
    let ask = Ask::get("/verify").bearer(&pair.access);
    let answer = nodes.all[node].client().send(ask).await;
    let tier = answer.header("x-symbolon-tier").unwrap_or_default().to_owned();
    (answer.status, tier)
}

#[tokio::test]
async fn s0_3_a_session_that_one_node_has_read_is_known_to_the_others_by_redis() {
    let redis = StartRedis::default().start();
    let nodes = nodes(&redis, 2).await;
    let pair = nodes.issue(0, "user-1024").await;
    // Whoever verifies it first shares it.
    until("it is shared", async || {
        nodes.verify(0, &pair.access).await;
        metric(&nodes, 0, "symbolon_shared_cache_written_total").await >= 1.0
    })
    .await;
    assert_eq!(tier(&nodes, 1, &pair).await, (200, "shared".to_owned()));
    assert_eq!(tier(&nodes, 1, &pair).await, (200, "near".to_owned()));
    // What Redis holds is no proof against a log-out.
    let answer = nodes.log_out(0, &pair.access, "").await;
    assert_eq!(answer.json()["effective"], "now", "{}", answer.text());
    assert_eq!(nodes.verify_all(&pair.access).await, [401, 401]);
}

#[tokio::test]
async fn s3_9_a_redis_that_is_flushed_dies_or_comes_back_logs_nobody_out_and_brings_nobody_back() {
    let redis = StartRedis::default().start();
    let mut nodes = nodes(&redis, 2).await;
    let (kept, gone) = (nodes.issue(0, "user-1").await, nodes.issue(1, "user-2").await);
    let holds = async |nodes: &Nodes| {
        assert_eq!(nodes.verify_all(&kept.access).await, [200, 200]);
        assert_eq!(nodes.verify_all(&gone.access).await, [401, 401]);
        let pair = nodes.issue(0, "user-3").await;
        assert_eq!(nodes.verify_all(&pair.access).await, [200, 200]);
        let answer = nodes.log_out(1, &pair.access, "?wait=full").await;
        assert_eq!(answer.json()["effective"], "now", "{}", answer.text());
        assert_eq!(nodes.verify_all(&pair.access).await, [401, 401]);
    };
    assert_eq!(nodes.verify_all(&gone.access).await, [200, 200]);
    assert_eq!(nodes.log_out(0, &gone.access, "?wait=full").await.status, 200);
    holds(&nodes).await;
    redis.cli(&["FLUSHALL"]);
    holds(&nodes).await;
    redis.kill9();
    holds(&nodes).await;
    // Dead for good, and the nodes start without it.
    nodes.all[0].kill9().await;
    nodes.all[0].restart().await;
    holds(&nodes).await;
    redis.start_again();
    until("it is used again", async || {
        metric(&nodes, 0, "symbolon_shared_cache_up").await >= 1.0
    })
    .await;
    holds(&nodes).await;
    redis.freeze();
    holds(&nodes).await;
    redis.thaw();
    holds(&nodes).await;
}

#[tokio::test]
async fn s3_9_an_empty_redis_is_filled_from_the_store_by_itself_and_by_a_command() {
    let redis = StartRedis::default().start();
    let nodes = nodes(&redis, 1).await;
    let mut pairs = Vec::new();
    for number in 0..20 {
        pairs.push(nodes.issue(0, &format!("user-{number}")).await);
    }
    let facts = || redis.cli(&["--scan", "--pattern", "sy:f:*"]).lines().count();
    redis.cli(&["FLUSHALL"]);
    until("it is filled by itself", async || facts() >= 20).await;
    redis.cli(&["FLUSHALL"]);
    let warmed = nodes.elsewhere().run("warm --rate 1000 --json").ok();
    assert_eq!(warmed.json(), json!({ "written": 20 }));
    assert!(facts() >= 20);
    assert_eq!(nodes.verify(0, &pairs[19].access).await, 200);
    let without = nodes.elsewhere().env("SYMBOLON_CACHE__REDIS_URL", "null");
    let refused = without.run("warm").failed(64);
    assert!(refused.err.contains("set cache.redis_url"), "{refused:?}");
}

#[tokio::test]
async fn doctor_says_how_it_is_with_redis() {
    let redis = StartRedis::default().start();
    let nodes = nodes(&redis, 1).await;
    let look = || {
        let told = nodes.elsewhere().run("doctor --json").ok().json();
        let checks = told["checks"].as_array().unwrap().clone();
        let found = checks
            .into_iter()
            .find(|check| check["check"] == "redis")
            .unwrap();
        (
            found["health"].as_str().unwrap().to_owned(),
            found["message"].as_str().unwrap().to_owned(),
        )
    };
    let (health, message) = look();
    assert_eq!(health, "ok", "{message}");
    assert!(message.contains("takes what nodes share"), "{message}");
    redis.kill9();
    let (health, message) = look();
    assert_eq!(health, "warn", "{message}");
    assert!(message.contains("nodes ask the store"), "{message}");
}
