//! A look at a store changes nothing in it.

use std::time::Duration;

use symbolon_core::token::KeyCheck;
use symbolon_redis::{ExaminedRedisStore, OpenRedisStoreError, RedisStore};
use symbolon_testkit::servers::StartRedis;

use super::given::{options, prefix, shared};

async fn look(prefix: &str, key: Option<KeyCheck>) -> Result<ExaminedRedisStore, OpenRedisStoreError> {
    RedisStore::examine(&shared().url(), prefix, key).await
}

#[tokio::test]
async fn a_look_at_an_empty_redis_finds_no_store_and_makes_none() {
    let redis = StartRedis::default().start();
    let found = RedisStore::examine(&redis.url(), "sy", None).await.unwrap();
    assert_eq!((found.format, found.place), (None, redis.address().to_string()));
    let version = redis.cli(&["INFO", "server"]);
    let version = version
        .lines()
        .find_map(|line| line.strip_prefix("redis_version:"));
    assert_eq!(found.engine, format!("Redis {}", version.unwrap().trim()));
    assert!(found.round_trip < Duration::from_secs(1));
    assert_eq!(redis.cli(&["DBSIZE"]), "0");
}

#[tokio::test]
async fn a_look_says_the_form_of_a_store_and_whether_the_key_is_its_own() {
    let prefix = prefix();
    let told = options(shared().url(), &prefix);
    let key = told.key_check;
    drop(RedisStore::open(told).await.unwrap());
    for given in [None, Some(key)] {
        let found = look(&prefix, given).await.unwrap();
        assert_eq!(found.format, Some(found.newest_format));
    }
    let other = look(&prefix, Some(KeyCheck([9; 32]))).await.unwrap_err();
    assert!(matches!(other, OpenRedisStoreError::OtherKey { .. }), "{other}");
    let key = format!("{{{prefix}}}:m");
    shared().cli(&["HSET", &key, "format", "99"]);
    let newer = look(&prefix, None).await.unwrap_err();
    assert!(
        matches!(newer, OpenRedisStoreError::NewerFormat { found: 99, .. }),
        "{newer}"
    );
}

#[tokio::test]
async fn a_url_is_checked_without_going_there() {
    assert_eq!(RedisStore::check("redis://nowhere.invalid/3", "sy"), Ok(()));
    assert_eq!(
        RedisStore::check("redis-cluster://nowhere.invalid", "sy"),
        Err(OpenRedisStoreError::Cluster)
    );
    for (url, prefix) in [("redis://", "sy"), ("redis://a", "")] {
        let refused = RedisStore::check(url, prefix);
        assert!(matches!(refused, Err(OpenRedisStoreError::Options(_))), "{url}");
    }
}
