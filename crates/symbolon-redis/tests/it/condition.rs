//! What a Redis that is the store says of its condition.

use std::time::Duration;

use symbolon_redis::{RedisCondition, examine_condition};
use symbolon_testkit::server::free_address;
use symbolon_testkit::servers::{Redis, StartRedis};

async fn condition(redis: &Redis) -> RedisCondition {
    let found = examine_condition(&redis.url(), "sy").await.unwrap();
    found.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_it_keeps_what_room_it_has_and_who_gets_in_are_told() {
    let redis = StartRedis::default()
        .durable()
        .setting("maxmemory", "64mb")
        .setting("maxmemory-policy", "allkeys-lru")
        .setting("timeout", "300")
        .setting("tcp-keepalive", "60")
        .start();
    let found = condition(&redis).await;
    assert_eq!(found.place, redis.address().to_string());
    assert_eq!(found.persistence.appends, Some(true));
    assert_eq!(found.persistence.fsync.as_deref(), Some("always"));
    assert_eq!(
        (found.persistence.copies, found.persistence.has_failed),
        (Some(false), false)
    );
    assert_eq!((found.memory.max, found.memory.used > 0), (64 << 20, true));
    assert_eq!(found.memory.policy.as_deref(), Some("allkeys-lru"));
    assert_eq!(found.idle_limit, Some(Duration::from_secs(300)));
    assert_eq!(found.keepalive, Some(Duration::from_secs(60)));
    assert_eq!(
        (found.is_open, found.is_public, found.replicas),
        (true, Some(false), 0)
    );
    assert_eq!(found.replicas_awaited, Some(0));
    assert_eq!(found.refusal, None);
    assert_eq!(redis.cli(&["KEYS", "*"]), "", "nothing is left behind");

    redis.cli(&["CONFIG", "SET", "save", "900 1"]);
    redis.cli(&["CONFIG", "SET", "appendonly", "no"]);
    let found = condition(&redis).await;
    assert_eq!(
        (found.persistence.appends, found.persistence.copies),
        (Some(false), Some(true))
    );

    let public = StartRedis::default()
        .setting("bind", "0.0.0.0")
        .setting("protected-mode", "no")
        .start();
    let found_public = condition(&public).await;
    assert_eq!((found_public.is_open, found_public.is_public), (true, Some(true)));

    redis.cli(&["CONFIG", "SET", "requirepass", "open-sesame"]);
    let url = redis.url().replace("://", "://:open-sesame@");
    let found = examine_condition(&url, "sy").await.unwrap().unwrap();
    assert!(!found.is_open);
}

#[tokio::test(flavor = "multi_thread")]
async fn s0_e2_what_it_refuses_of_a_store_is_told_in_its_words() {
    let redis = StartRedis::default()
        .setting("maxmemory", "64kb")
        .setting("dbfilename", "none.rdb")
        .start();
    let refusal = condition(&redis).await.refusal.unwrap();
    assert!(refusal.contains("OOM"), "{refusal}");

    redis.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    redis.cli(&["CONFIG", "SET", "save", "900 1"]);
    let folder = redis.folder().join("none.rdb");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("in-the-way"), "").unwrap();
    redis.cli(&["SET", "a", "b"]);
    redis.cli(&["BGSAVE"]);
    let mut found = condition(&redis).await;
    for _ in 0..200 {
        if found.persistence.has_failed {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
        found = condition(&redis).await;
    }
    assert!(found.persistence.has_failed);
    let refusal = found.refusal.unwrap();
    assert!(refusal.contains("MISCONF"), "{refusal}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_may_not_ask_is_told_what_can_be_known() {
    let redis = StartRedis::default()
        .user("store", "on >secret ~* &* +@all -config -info -acl")
        .start();
    let url = redis.url_as("store", "secret");
    let found = examine_condition(&url, "sy").await.unwrap().unwrap();
    assert_eq!(found.refusal, None);
    assert_eq!((found.persistence.appends, found.persistence.fsync), (None, None));
    assert_eq!(
        (found.memory.policy, found.idle_limit, found.is_public),
        (None, None, None)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_away_is_no_condition() {
    let nowhere = free_address();
    let found = examine_condition(&format!("redis://{nowhere}"), "sy")
        .await
        .unwrap();
    assert_eq!(
        found,
        Err(format!("reach {nowhere}: Connection refused (os error 111)"))
    );
}
