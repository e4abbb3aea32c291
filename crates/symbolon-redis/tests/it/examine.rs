//! What an operator is told of a Redis.

use std::time::Duration;

use symbolon_redis::{OpenRedisError, examine};
use symbolon_testkit::server::free_address;
use symbolon_testkit::servers::StartRedis;

use crate::it::given::ACL;

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_is_told_by_its_version_its_speed_and_the_rights_of_its_user() {
    let redis = StartRedis::default()
        .user("node", ACL)
        .user(
            "poor",
            "on >secret resetchannels ~sy:* -@all +get +ping +hello +publish &other:*",
        )
        .start();
    let seen = examine(&redis.url_as("node", "secret"), "sy").await.unwrap();
    assert_eq!(seen.place, redis.address().to_string());
    let found = seen.found.unwrap();
    let version = redis.cli(&["INFO", "server"]);
    assert!(
        version.contains(&format!("version:{}", found.version)),
        "{}",
        found.version
    );
    assert!(["redis", "valkey"].contains(&found.server.as_str()));
    assert!((Duration::from_micros(1)..Duration::from_secs(1)).contains(&found.latency));
    assert_eq!(
        (found.lacks.len(), found.may_more, found.is_replica),
        (0, false, false)
    );
    assert_eq!(redis.cli(&["KEYS", "*"]), "");

    let poor = examine(&redis.url_as("poor", "secret"), "sy").await.unwrap();
    let lacks = poor.found.unwrap().lacks;
    let about = ["client|setname", "set", "del", "channel", "subscribe"];
    assert_eq!(lacks.len(), about.len(), "{lacks:?}");
    for (lack, word) in lacks.iter().zip(about) {
        assert!(lack.to_lowercase().contains(word), "{lack}");
    }

    let operator = examine(&redis.url(), "sy").await.unwrap();
    assert!(operator.found.unwrap().may_more);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_is_told() {
    let primary = StartRedis::default().start();
    let replica = StartRedis::default().replica_of(&primary).start();
    let found = examine(&replica.url(), "sy").await.unwrap().found.unwrap();
    assert!(found.is_replica);
    assert!(
        found
            .lacks
            .iter()
            .any(|lack| lack.to_lowercase().contains("read")),
        "{:?}",
        found.lacks
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_told_with_the_reason() {
    let nowhere = free_address();
    let seen = examine(&format!("redis://{nowhere}"), "sy").await.unwrap();
    let said = seen.found.unwrap_err();
    assert_eq!(
        said,
        format!("reach {nowhere}: Connection refused (os error 111)")
    );

    let redis = StartRedis::default().start();
    redis.freeze();
    let seen = examine(&redis.url(), "sy").await.unwrap();
    assert_eq!(seen.found, Err("it does not answer in 500 ms".to_owned()));
    assert_eq!(examine(&redis.url(), "s y").await, Err(OpenRedisError::Prefix));
}
