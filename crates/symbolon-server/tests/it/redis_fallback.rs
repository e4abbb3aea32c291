//! Going on without Redis, with the real binary and a real one.

use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::{Redis, StartRedis};
use symbolon_testkit::wait::until;
use tokio::time::{Duration, Instant};

use crate::administrator::{log_in, log_out, refresh, try_log_in, verify};
use crate::nodes::Nodes;
use crate::place::{BINARY, Place};

async fn start(redis: &Redis) -> Server {
    let server = Start::binary(BINARY).env("SYMBOLON_STORE__URL", redis.url());
    let server = server.ready().await;
    server.until_said("this node would go on without redis").await;
    server
}

#[tokio::test]
async fn s1_2_redis_away_log_ins_go_on_within_a_second_and_a_restart_loses_none() {
    let redis = StartRedis::default().durable().start();
    let mut server = start(&redis).await;
    let seen = log_in(&server).await;
    assert_eq!(verify(&server, &seen).await, 200);
    redis.kill9();
    let killed = Instant::now();
    let local = loop {
        if let Some(pair) = try_log_in(&server).await {
            break pair;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    // The password's own time is in it.
    assert!(
        killed.elapsed() < Duration::from_secs(2),
        "{:?}",
        killed.elapsed()
    );
    server
        .until_said("sessions are kept in a local file (degraded)")
        .await;
    let ready = server.client().send(Ask::get("/readyz")).await;
    assert_eq!(
        (ready.status, ready.text().as_str()),
        (200, r#"{"status":"ready","fallback":true}"#)
    );
    let place = Place::of(&server).env("SYMBOLON_STORE__URL", &redis.url());
    let told = place.run("doctor --json").failed(1).json();
    let mut checks = told["checks"].as_array().unwrap().iter();
    let line = checks.find(|line| line["check"] == "server");
    let line = line.expect("a line about the server");
    assert_eq!(line["health"], "warn", "{line}");
    assert!(
        line["message"]
            .as_str()
            .unwrap()
            .contains("goes on without redis"),
        "{line}"
    );
    assert_eq!(verify(&server, &seen).await, 200);
    assert_eq!(refresh(&server, &seen).await.status, 503);
    let next = refresh(&server, &local).await;
    assert_eq!(next.status, 200, "{}", next.text());
    let local = next.json();
    assert_eq!(verify(&server, &local).await, 200);
    let ended = log_in(&server).await;
    let receipt = log_out(&server, &ended).await;
    assert_eq!(
        (&receipt["revoked"], &receipt["effective"]),
        (&json!(true), &json!("now"))
    );
    assert_eq!(verify(&server, &ended).await, 401);

    server.kill9().await;
    server.restart().await;
    assert_eq!(verify(&server, &local).await, 200);
    assert_ne!(verify(&server, &ended).await, 200);
    assert_eq!(
        verify(&server, &seen).await,
        503,
        "it is in Redis, and was not seen since the start"
    );
    let after = log_in(&server).await;
    assert_eq!(verify(&server, &after).await, 200);
    assert_eq!(refresh(&server, &local).await.status, 200);
}

#[tokio::test]
async fn s1_3_redis_back_everything_is_there_and_goes_on_there() {
    let redis = StartRedis::default().durable().start();
    let mut server = start(&redis).await;
    let (seen, gone) = (log_in(&server).await, log_in(&server).await);
    redis.kill9();
    until("log-ins go on", async || try_log_in(&server).await.is_some()).await;
    let local = log_in(&server).await;
    let receipt = log_out(&server, &gone).await;
    assert_eq!(
        (&receipt["scope"], &receipt["effective_by"]),
        (&json!("this node"), &Value::Null),
        "{receipt}"
    );
    assert_eq!(verify(&server, &gone).await, 401);
    redis.start_again();
    server.until_said("redis has all sessions again").await;
    for pair in [&seen, &local] {
        assert_eq!(verify(&server, pair).await, 200);
    }
    assert_eq!(verify(&server, &gone).await, 401);
    // Redis knows nothing of the heartbeats of that time. That is no eviction, and nobody is frightened.
    server
        .until_said("the store is back: this node joins it anew")
        .await;
    assert!(
        !server.stderr().contains("this incarnation is over"),
        "{}",
        server.stderr()
    );
    let next = refresh(&server, &local).await;
    assert_eq!(next.status, 200, "{}", next.text());
    let local = next.json();
    // From Redis alone, as a node sees it that has nothing else.
    server.kill9().await;
    std::fs::remove_dir_all(server.data_dir().join("fallback")).expect("the mirror");
    server.restart().await;
    for pair in [&seen, &local] {
        assert_eq!(verify(&server, pair).await, 200);
    }
    assert_eq!(verify(&server, &gone).await, 401);
}

#[tokio::test]
async fn redis_back_empty_gets_the_accounts_again_and_no_second_administrator_is_made() {
    let redis = StartRedis::default().start();
    let server = start(&redis).await;
    let password = server.admin_password();
    redis.kill9();
    until("log-ins go on", async || try_log_in(&server).await.is_some()).await;
    let local = log_in(&server).await;
    redis.start_again();
    server.until_said("redis came back empty").await;
    server.until_said("redis has all sessions again").await;
    assert_eq!(verify(&server, &local).await, 200);
    let again = log_in(&server).await;
    assert_eq!(verify(&server, &again).await, 200);
    assert_eq!(server.admin_password(), password);
}

/// A session that a service begins, with that life.
async fn issue(server: &Server, key: &str, life: &str) -> Value {
    let body =
        json!({ "subject": "user-1024", "access_ttl": life, "idle_timeout": life, "absolute_timeout": life });
    let ask = Ask::post("/v1/service/sessions", &body).bearer(key);
    let answer = server.client().send(ask).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

/// How many sessions are in the local file.
fn in_file(server: &Server) -> i64 {
    let file = server.data_dir().join("fallback/mirror.db");
    let store = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    store
        .query_row("SELECT COUNT(*) FROM sessions", [], |row| row.get(0))
        .unwrap()
}

#[tokio::test]
async fn s1_4_expired_sessions_are_removed_from_the_local_file_as_often_as_is_set() {
    let redis = StartRedis::default().durable().start();
    let mut server = Start::binary(BINARY)
        .env("SYMBOLON_STORE__URL", redis.url())
        .env("SYMBOLON_FALLBACK__CLEAN_EVERY", "1s")
        .ready()
        .await;
    let shown = server.run(&["config", "show"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("clean_every"));
    let key = server.api_key("shop", "issue,verify");
    server.until_said("this node would go on without redis").await;
    redis.kill9();
    until("log-ins go on", async || try_log_in(&server).await.is_some()).await;
    let (one, other) = (issue(&server, &key, "2s").await, issue(&server, &key, "2s").await);
    let stays = issue(&server, &key, "1h").await;
    server
        .until_said("expired sessions were removed from the local file")
        .await;
    until("they have expired", async || {
        verify(&server, &one).await == 401 && verify(&server, &other).await == 401
    })
    .await;
    // The log-in, and the one that lives.
    until("the rest is left", async || in_file(&server) == 2).await;
    assert_eq!(verify(&server, &stays).await, 200);
    // The same after a start in that time.
    issue(&server, &key, "2s").await;
    assert_eq!(in_file(&server), 3);
    server.kill9().await;
    server.restart().await;
    until("the rest is left", async || in_file(&server) == 2).await;
    redis.start_again();
    server.until_said("redis has all sessions again").await;
    assert_eq!(in_file(&server), 0);
    assert_eq!(verify(&server, &stays).await, 200);
}

/// Only an operator can know that a folder is gone for good: nothing that a node sees tells that from a node behind a
/// network that is cut, which answers from that folder.
#[tokio::test]
async fn a_node_whose_folder_is_lost_is_waited_for_until_an_operator_evicts_it_and_that_is_said() {
    let redis = StartRedis::default().durable().start();
    let mut nodes = Nodes::on(&redis.url(), 1, &[]).await;
    nodes.all[0]
        .until_said("this node would go on without redis")
        .await;
    nodes.all[0].kill9().await;
    std::fs::remove_dir_all(nodes.all[0].data_dir()).unwrap();
    nodes.all[0].restart().await;
    let ended = nodes.issue(0, "ann").await;
    let receipt = nodes.log_out(0, &ended.access, "").await;
    assert_eq!(receipt.status, 202);
    assert_eq!(receipt.json()["scope"], "this node");
    nodes.all[0]
        .until_said("symbolon node evict INCARNATION --i-checked")
        .await;
    let lost = nodes.members(0).await;
    let lost = lost.iter().find(|node| node["self"] == false).unwrap();
    assert_eq!(
        (&lost["state"], &lost["may_fall_back"]),
        (&json!("silent"), &json!(true))
    );
    let evict = format!("node evict {} --i-checked", lost["incarnation"].as_str().unwrap());
    let doctor = nodes.beside(0).run("doctor --json").out;
    assert!(doctor.contains(&evict), "{doctor}");
    nodes.beside(0).run(&evict).ok();
    let ended = nodes.issue(0, "ann").await;
    let receipt = nodes.log_out(0, &ended.access, "").await;
    assert_eq!(
        (receipt.status, &receipt.json()["effective"]),
        (200, &json!("now"))
    );
    until("it would go on again", async || {
        let said = nodes.all[0].stderr();
        said.matches("this node would go on without redis").count() > 1
    })
    .await;
    let doctor = nodes.beside(0).run("doctor --json").out;
    assert!(!doctor.contains("node evict"), "{doctor}");
}
