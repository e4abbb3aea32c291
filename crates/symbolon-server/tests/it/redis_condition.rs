//! The Redis that is the store, looked at before it is used and by `doctor` (S0-2, S0-E2).

use symbolon_testkit::server::Start;
use symbolon_testkit::servers::{Redis, StartRedis};

use crate::place::{BINARY, Place};

fn place_of(redis: &Redis) -> Place {
    Place::fresh().env("SYMBOLON_STORE__URL", &redis.url())
}

/// The line of `doctor` about that, with its health.
fn line(found: &str, about: &str) -> String {
    let line = found.lines().find(|line| line[5..].starts_with(about));
    line.unwrap_or_else(|| panic!("{about} is not in\n{found}"))
        .to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_2_a_sound_redis_is_good_in_each_line_of_doctor() {
    let redis = StartRedis::default()
        .setting("appendonly", "yes")
        .setting("maxmemory", "256mb")
        .setting("requirepass", "open-sesame-1")
        .start();
    let url = redis.url().replace("://", "://:open-sesame-1@");
    let place = Place::fresh().env("SYMBOLON_STORE__URL", &url);
    place.run("init").ok();
    let found = place.run("doctor").out;
    for about in [
        "persistence",
        "eviction",
        "redis memory",
        "redis password",
        "replication",
        "idle limit",
    ] {
        assert!(line(&found, about).starts_with("ok "), "{found}");
    }
    assert!(!found.contains("open-sesame"), "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_2_a_careless_redis_is_warned_about_at_the_start_and_by_doctor_in_both_languages() {
    let redis = StartRedis::default()
        .setting("maxmemory", "256mb")
        .setting("maxmemory-policy", "allkeys-lru")
        .setting("timeout", "5")
        .start();
    for (locale, lines) in [
        (
            "en",
            [
                (
                    "persistence",
                    "it keeps nothing on disk: a restart of redis logs everyone out",
                ),
                (
                    "eviction",
                    "maxmemory-policy is allkeys-lru: when its memory is full live sessions end silently",
                ),
                ("idle limit", "it closes a connection that is silent for 5 s"),
            ],
        ),
        (
            "zh-CN",
            [
                ("persistence", "不做任何持久化：Redis 重启后所有人都会退出登录"),
                (
                    "eviction",
                    "maxmemory-policy 为 allkeys-lru：内存满时会悄悄结束仍有效的会话",
                ),
                ("idle limit", "空闲 5 秒即关闭连接"),
            ],
        ),
    ] {
        let place = place_of(&redis).env("SYMBOLON_LOG__LOCALE", locale);
        let found = place.run("doctor").out;
        let server = Start::binary(BINARY)
            .env("SYMBOLON_STORE__URL", redis.url())
            .env("SYMBOLON_LOG__LOCALE", locale)
            .ready()
            .await;
        let said = server.stderr();
        for (about, text) in lines {
            let line = line(&found, about);
            assert!(line.starts_with("warn ") && line.contains(text), "{found}");
            assert!(said.contains(text), "{said}");
        }
        drop(server);
        redis.cli(&["FLUSHALL"]);
    }
}

#[test]
fn s0_2_in_production_a_careless_redis_stops_the_start() {
    let redis = StartRedis::default()
        .setting("maxmemory-policy", "volatile-lru")
        .setting("requirepass", "open-sesame-1")
        .start();
    let url = redis.url().replace("://", "://:open-sesame-1@");
    let place = Place::fresh().env("SYMBOLON_STORE__URL", &url);
    let key = place.folder().join("key");
    std::fs::write(
        &key,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
    )
    .unwrap();
    let place = place
        .env("SYMBOLON_PROFILE", "production")
        .env("SYMBOLON_KEYS__MASTER_FILE", &key.display().to_string());
    let refused = place.run("serve").failed(78);
    let expected = format!("symbolon: redis at {} cannot be the store\n", redis.address());
    assert!(refused.err.contains(&expected), "{refused:?}");
    for text in [
        "  it keeps nothing on disk: a restart of redis logs everyone out; set appendonly yes",
        "  maxmemory-policy is volatile-lru: when its memory is full live sessions end silently; set maxmemory-policy noeviction",
    ] {
        assert!(refused.err.contains(text), "{text}: {refused:?}");
    }
    let found = place.run("doctor").failed(1).out;
    assert!(line(&found, "eviction").starts_with("fail "), "{found}");
    assert!(line(&found, "persistence").starts_with("fail "), "{found}");
    assert_eq!(
        redis.cli(&["-a", "open-sesame-1", "--no-auth-warning", "DBSIZE"]),
        "0",
        "nothing was made"
    );
}

#[test]
fn s0_e2_a_redis_that_cannot_write_its_file_is_named_with_the_remedy() {
    // It cannot be changed while Redis runs.
    let redis = StartRedis::default().setting("dbfilename", "none.rdb").start();
    let place = place_of(&redis);
    place.run("init").ok();
    redis.cli(&["CONFIG", "SET", "save", "900 1"]);
    std::fs::create_dir(redis.folder().join("none.rdb")).unwrap();
    std::fs::write(redis.folder().join("none.rdb/in-the-way"), "").unwrap();
    redis.cli(&["SET", "a", "b"]);
    redis.cli(&["BGSAVE"]);
    let mut found = place.run("doctor");
    for _ in 0..100 {
        if found.out.contains("MISCONF") {
            break;
        }
        found = place.run("doctor");
    }
    let found = found.failed(1).out;
    assert!(line(&found, "redis writes").starts_with("fail "), "{found}");
    assert!(line(&found, "persistence").starts_with("fail "), "{found}");
    assert!(
        found.contains("→ give the user of redis the right to write in its `dir`"),
        "{found}"
    );
}
