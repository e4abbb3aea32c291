//! The systems that keep sessions in Redis, moved in with their own files and that Redis.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use symbolon_testkit::history::leaks::{self, Secrets};
use symbolon_testkit::http::Ask;
use symbolon_testkit::server::{Server, Start};
use symbolon_testkit::servers::{Redis, StartRedis};
use symbolon_testkit::wait::until;

use crate::administrator::log_in;
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

async fn session_of(server: &Server, token: &str) -> (u16, Value) {
    let answer = server.client().send(Ask::get("/v1/session").bearer(token)).await;
    (answer.status, answer.json())
}

async fn text(server: &Server, path: &str) -> String {
    let answer = server.client().send(Ask::get(path)).await;
    assert_eq!(answer.status, 200, "{path}");
    answer.text()
}

/// Asks until that is answered.
async fn until_answered(server: &Server, path: &str, wanted: &str) {
    let what = format!("{path} answers {wanted}");
    until(&what, async || text(server, path).await == wanted).await;
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
    // Where it had gone on without Redis before it was killed, it has to come home first.
    until("the session is there", async || {
        let (status, said) = session_of(&server, token).await;
        assert!([200, 503].contains(&status), "{status}: {said}");
        status == 200
    })
    .await;
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
    until_answered(&server, "/api/session/stats", &stats(0, true)).await;
    let token = log_in(&server).await["access_token"].as_str().unwrap().to_owned();
    log_in(&server).await;
    // What was counted is repeated for a moment.
    until_answered(&server, "/api/session/stats", &stats(2, true)).await;
    assert_eq!(
        text(&server, "/api/health/redis").await,
        health("healthy", "Redis连接正常", 2)
    );
    let ended = server
        .client()
        .send(Ask::post("/v1/logout", &json!({})).bearer(&token))
        .await;
    assert_eq!(ended.status, 200);
    until_answered(&server, "/api/session/stats", &stats(1, true)).await;
    server.until_said(PREPARED).await;
    redis.stop();
    // The number of those in the local file.
    until_answered(&server, "/api/session/stats", &stats(0, false)).await;
    let degraded = health("degraded", "Redis连接失败，已降级为本地文件", 0);
    assert_eq!(text(&server, "/api/health/redis").await, degraded);
    redis.start_again();
    until_answered(
        &server,
        "/api/health/redis",
        &health("healthy", "Redis连接正常", 1),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_8_its_log_lines_are_said_in_chinese_and_in_english() {
    for (locale, prepared, connected, begun, ended, away, home) in [
        (
            "zh-CN",
            "若 Redis 无法访问，本节点会继续运行",
            "Redis连接成功，会话将存储到Redis",
            "会话已创建到Redis: ",
            "会话已从Redis删除: ",
            "Redis连接失败，会话将存储到内存（降级模式），本地文件",
            "会话已全部回到 Redis；本地文件已清空",
        ),
        (
            "en",
            PREPARED,
            "redis answers: sessions are kept in it",
            "session begun in redis: ",
            "session ended in redis: ",
            "redis does not answer: sessions are kept in a local file (degraded)",
            "redis has all sessions again; the local file is empty",
        ),
    ] {
        let redis = redis().start();
        let file = fixture("s1.config.yaml");
        let server = start(&redis, &["serve", "--config", &file])
            .env("SYMBOLON_LOG__LOCALE", locale)
            .ready()
            .await;
        server.until_said(connected).await;
        let pair = log_in(&server).await;
        let id = pair["session_id"].as_str().unwrap();
        let end = &id[id.len() - 8..];
        server.until_said(&format!("{begun}{end}...")).await;
        let token = pair["access_token"].as_str().unwrap();
        let out = Ask::post("/v1/logout", &json!({})).bearer(token);
        assert_eq!(server.client().send(out).await.status, 200);
        server.until_said(&format!("{ended}{end}...")).await;
        server.until_said(prepared).await;
        redis.stop();
        server.until_said(away).await;
        redis.start_again();
        server.until_said(home).await;
        assert!(!server.stderr().contains(token), "never a part of a token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_5_the_variables_of_its_redis_win_over_its_file() {
    const SECRET: &str = "open/sesame@2048";
    let redis = redis().setting("requirepass", SECRET).start();
    let file = fixture("s1.config.yaml");
    let server = start(&redis, &["serve", "--config", &file])
        .env("REDIS_HOST", "127.0.0.1")
        .env("REDIS_DB", "3")
        .env("REDIS_PASSWORD", SECRET)
        .ready()
        .await;
    let pair = log_in(&server).await;
    let key = format!("{{session:}}:s:{}", pair["session_id"].as_str().unwrap());
    let held = |db: &str| redis.cli(&["--no-auth-warning", "-a", SECRET, "-n", db, "EXISTS", &key]);
    assert_eq!([held("3"), held("0")], ["1", "0"]);
    assert!(!server.stderr().contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_9_a_redis_that_closes_idle_connections_is_noticed_by_nobody() {
    let redis = redis().setting("timeout", "1").start();
    let file = fixture("s1.config.yaml");
    let server = start(&redis, &["serve", "--config", &file]).ready().await;
    let kept = log_in(&server).await;
    // Those of the server, by their names.
    let connections = || -> HashSet<String> {
        let said = redis.cli(&["CLIENT", "LIST"]);
        let own = said.lines().filter(|line| line.contains("name=symbolon"));
        own.map(|line| line.split(' ').next().unwrap().to_owned())
            .collect()
    };
    let before = connections();
    assert!(!before.is_empty());
    for kill in [false, true, true] {
        if kill {
            for kind in ["normal", "pubsub"] {
                redis.cli(&["CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes"]);
            }
        } else {
            // Longer than Redis keeps a silent connection.
            tokio::time::sleep(Duration::from_secs(3)).await;
        }
        let pair = log_in(&server).await;
        for (pair, wanted) in [(&kept, 200), (&pair, 200)] {
            let token = pair["access_token"].as_str().unwrap();
            assert_eq!(session_of(&server, token).await.0, wanted);
        }
        let ask = Ask::post("/v1/refresh", &json!({ "refresh_token": pair["refresh_token"] }));
        let next = server.client().send(ask).await;
        assert_eq!(next.status, 200, "{}", next.text());
        let token = next.json()["access_token"].as_str().unwrap().to_owned();
        let out = server
            .client()
            .send(Ask::post("/v1/logout", &json!({})).bearer(&token))
            .await;
        assert_eq!((out.status, &out.json()["effective"]), (200, &json!("now")));
    }
    let after = connections();
    assert!(
        !after.is_empty() && after.is_disjoint(&before),
        "{before:?} {after:?}"
    );
    let said = server.stderr();
    assert!(!said.contains("redis does not answer"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_11_tokens_are_random_say_nothing_and_go_in_cookies_that_no_script_reads() {
    let redis = redis().start();
    let file = fixture("s1.config.yaml");
    let server = start(&redis, &["serve", "--config", &file]).ready().await;
    let password = server.first_password().await;
    let (one, other) = (log_in(&server).await, log_in(&server).await);
    let mut secrets = Secrets::default();
    secrets.add(&password);
    for name in ["access_token", "refresh_token"] {
        let (one, other) = (one[name].as_str().unwrap(), other[name].as_str().unwrap());
        // A key id, a session id of 16 bytes, a generation, 32 random bytes and a tag; nothing of the person.
        let bytes = |token: &str| {
            data_encoding::BASE64URL_NOPAD
                .decode(&token.as_bytes()[4..])
                .unwrap()
        };
        assert_eq!(bytes(one).len(), 1 + 16 + 4 + 32 + 8, "{name}");
        assert_ne!(bytes(one)[21..53], bytes(other)[21..53], "{name}");
        assert!(!bytes(one).windows(5).any(|five| five == b"admin"), "{name}");
        secrets.add_token(one);
        secrets.add_token(other);
    }
    let body = json!({ "username": "admin", "password": password, "cookie": true });
    let ask = Ask::post("/v1/login", &body)
        .header("x-symbolon", "1")
        .header("sec-fetch-site", "same-origin");
    let answer = server.client().send(ask).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.json()["access_token"].is_null(), "a script cannot read it");
    let set: Vec<&str> = answer
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    for name in ["__Host-symbolon=", "__Secure-symbolon-refresh="] {
        let cookie = set.iter().find(|cookie| cookie.starts_with(name)).unwrap();
        assert!(
            cookie.contains("; HttpOnly") && cookie.contains("; Secure"),
            "{cookie}"
        );
        let token = cookie[name.len()..].split(';').next().unwrap();
        // Behind a refresh token may stand whether the person is to be remembered.
        secrets.add_token(token.split('.').next().unwrap());
    }
    redis.stop();
    let files = leaks::files_below(&redis.disk());
    assert!(files.iter().any(|(_, bytes)| !bytes.is_empty()));
    let findings = leaks::find(&secrets, files.iter().map(|(name, bytes)| (&**name, &**bytes)));
    assert_eq!(findings.violations, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_13_moved_in_its_old_sessions_run_out_and_its_clients_go_on_unchanged() {
    let redis = redis().start();
    // As its own program has written them.
    redis.cli(&["SETEX", "session:3f2a9c", "7200", "an old session"]);
    redis.cli(&["SETEX", "session:77aa01", "2", "one that is nearly over"]);
    let file = fixture("s1.config.yaml");
    let server = start(&redis, &["serve", "--config", &file]).ready().await;
    let pair = log_in(&server).await;
    // What is not ours is not counted, not believed, and not touched.
    until_answered(
        &server,
        "/api/session/stats",
        r#"{"success":true,"data":{"total_sessions":1,"redis_available":true}}"#,
    )
    .await;
    assert_eq!(session_of(&server, "3f2a9c").await.0, 401);
    until("it is over by itself", async || {
        redis.cli(&["EXISTS", "session:77aa01"]) == "0"
    })
    .await;
    assert_eq!(redis.cli(&["GET", "session:3f2a9c"]), "an old session");
    let left: i64 = redis.cli(&["TTL", "session:3f2a9c"]).parse().unwrap();
    assert!((1..=7_200).contains(&left), "{left}");
    let token = pair["access_token"].as_str().unwrap();
    assert_eq!(session_of(&server, token).await.0, 200);
}
