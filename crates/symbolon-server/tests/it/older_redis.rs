//! The systems that keep sessions in Redis, moved in with their own files and that Redis.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::{Redis, StartRedis};

use crate::place::BINARY;

/// A Redis as S0 wants it (S0-2).
fn redis() -> StartRedis {
    StartRedis::default()
        .setting("appendonly", "yes")
        .setting("appendfsync", "everysec")
        .setting("maxmemory", "256mb")
        .setting("maxmemory-policy", "noeviction")
        .setting("timeout", "300")
        .setting("tcp-keepalive", "60")
}

/// The file of a system, byte for byte.
fn fixture(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    assert!(path.exists(), "{name}");
    path.display().to_string()
}

/// Its own port is the one thing that the environment says: each test has a Redis of its own.
fn start(redis: &Redis, arguments: &[&str]) -> Start {
    Start::binary(BINARY)
        .env("REDIS_PORT", redis.address().port().to_string())
        .args(arguments)
}

async fn log_in(server: &Server) -> Value {
    let body = json!({"username": "admin", "password": server.first_password().await});
    server.client().send(Ask::post("/v1/login", &body)).await.json()
}

async fn session_of(server: &Server, token: &str) -> (u16, Value) {
    let answer = server.client().send(Ask::get("/v1/session").bearer(token)).await;
    (answer.status, answer.json())
}

async fn text(server: &Server, path: &str) -> String {
    let answer = server.client().send(Ask::get(path)).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.text()
}

/// Asks until that is answered, for ten seconds at the most.
async fn until(server: &Server, path: &str, wanted: &str) {
    let mut last = String::new();
    for _ in 0..400 {
        last = text(server, path).await;
        if last == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{path}: {last}, not {wanted}");
}

/// Reads the log until that stands there, for ten seconds at the most.
async fn until_said(server: &Server, wanted: &str) {
    for _ in 0..400 {
        if server.stderr().contains(wanted) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{wanted} is not in\n{}", server.stderr());
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_t3_its_file_starts_the_server_and_a_session_outlives_its_redis() {
    let redis = redis().start();
    let file = fixture("s0.env.dev");
    let mut server = start(&redis, &["serve", "--env-file", &file]).ready().await;
    let pair = log_in(&server).await;
    assert_eq!(pair["expires_in"], 604_800, "S0-1: 7 days");
    let token = pair["access_token"].as_str().unwrap();
    assert_eq!(session_of(&server, token).await.0, 200);
    assert_eq!(
        redis.cli(&["-n", "2", "EXISTS", "{sy}:m"]),
        "1",
        "it is in its database"
    );
    redis.stop();
    redis.start_again();
    server.kill9().await;
    server.restart().await;
    assert_eq!(session_of(&server, token).await.0, 200);
    let said = server.stderr();
    assert!(said.contains("APP_ENV, APP_NAME"), "{said}");
    assert!(
        !said.contains("open-sesame") && !said.contains("b01c66dc"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_1_its_file_starts_the_server_and_sessions_are_in_redis_with_their_life() {
    let redis = redis().start();
    let file = fixture("s1.config.yaml");
    let server = start(&redis, &["serve", "--config", &file]).ready().await;
    let pair = log_in(&server).await;
    let (status, session) = session_of(&server, pair["access_token"].as_str().unwrap()).await;
    assert_eq!(status, 200);
    let at = |name: &str| crate::place::instant(&session, name);
    let idle = at("idle_expires_at").duration_since(at("last_seen_at"));
    assert_eq!(idle.as_secs(), 7_200 + 60, "EXPIRES, and the slack of a minute");
    let id = session["session_id"].as_str().unwrap();
    assert_eq!(
        redis.cli(&["EXISTS", &format!("{{session:}}:s:{id}")]),
        "1",
        "{}",
        redis.cli(&["KEYS", "*"])
    );
    let left: i64 = redis
        .cli(&["TTL", &format!("{{session:}}:s:{id}")])
        .parse()
        .unwrap();
    assert!(left > 7_200, "it expires by itself: {left}");
}

/// Said once the local file has what the node needs without Redis.
const PREPARED: &str = "this node would go on without redis";

#[tokio::test(flavor = "multi_thread")]
async fn s1_6_s1_7_its_monitoring_reads_its_bodies_in_each_state() {
    let redis = redis().start();
    let file = fixture("s1.config.yaml");
    let server = start(&redis, &["serve", "--config", &file]).ready().await;
    let stats = |count: u64, here: bool| {
        format!(r#"{{"success":true,"data":{{"total_sessions":{count},"redis_available":{here}}}}}"#)
    };
    let health = |status: &str, message: &str, count: u64| {
        format!(
            r#"{{"success":true,"data":{{"status":"{status}","message":"{message}","session_count":{count}}}}}"#
        )
    };
    until(&server, "/api/session/stats", &stats(0, true)).await;
    let token = log_in(&server).await["access_token"].as_str().unwrap().to_owned();
    log_in(&server).await;
    // What was counted is repeated for a moment.
    until(&server, "/api/session/stats", &stats(2, true)).await;
    assert_eq!(
        text(&server, "/api/health/redis").await,
        health("healthy", "Redis连接正常", 2)
    );
    let ended = server
        .client()
        .send(Ask::post("/v1/logout", &json!({})).bearer(&token))
        .await;
    assert_eq!(ended.status, 200);
    until(&server, "/api/session/stats", &stats(1, true)).await;
    until_said(&server, PREPARED).await;
    redis.stop();
    // The number of those in the local file.
    until(&server, "/api/session/stats", &stats(0, false)).await;
    let degraded = health("degraded", "Redis连接失败，已降级为本地文件", 0);
    assert_eq!(text(&server, "/api/health/redis").await, degraded);
    redis.start_again();
    until(
        &server,
        "/api/health/redis",
        &health("healthy", "Redis连接正常", 1),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_8_its_log_lines_are_said_in_chinese_and_in_english() {
    for (locale, prepared, connected, begun, ended, away) in [
        (
            "zh-CN",
            "若 Redis 无法访问，本节点会继续运行",
            "Redis连接成功，会话将存储到Redis",
            "会话已创建到Redis: ",
            "会话已从Redis删除: ",
            "Redis连接失败，会话将存储到内存（降级模式），本地文件",
        ),
        (
            "en",
            PREPARED,
            "redis answers: sessions are kept in it",
            "session begun in redis: ",
            "session ended in redis: ",
            "redis does not answer: sessions are kept in a local file (degraded)",
        ),
    ] {
        let redis = redis().start();
        let file = fixture("s1.config.yaml");
        let server = start(&redis, &["serve", "--config", &file])
            .env("SYMBOLON_LOG__LOCALE", locale)
            .ready()
            .await;
        until_said(&server, connected).await;
        let pair = log_in(&server).await;
        let id = pair["session_id"].as_str().unwrap();
        let end = &id[id.len() - 8..];
        until_said(&server, &format!("{begun}{end}...")).await;
        let token = pair["access_token"].as_str().unwrap();
        let out = Ask::post("/v1/logout", &json!({})).bearer(token);
        assert_eq!(server.client().send(out).await.status, 200);
        until_said(&server, &format!("{ended}{end}...")).await;
        until_said(&server, prepared).await;
        redis.stop();
        until_said(&server, away).await;
        assert!(!server.stderr().contains(token), "never a part of a token");
    }
}
