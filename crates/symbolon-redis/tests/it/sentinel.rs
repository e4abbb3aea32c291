//! A primary that Sentinels know, and that changes.

use symbolon_core::shared::SharedCache as _;
use symbolon_redis::{RedisCache, Standing};
use symbolon_testkit::server::free_address;
use symbolon_testkit::servers::StartRedis;

use crate::it::given::{fact, id, kept, options, until, until_found};

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_is_found_through_its_sentinels_and_again_after_a_failover() {
    let primary = StartRedis::default().start();
    let replica = StartRedis::default().replica_of(&primary).start();
    let synced = || {
        replica
            .cli(&["INFO", "replication"])
            .contains("master_link_status:up")
    };
    until("the replica follows", synced).await;
    let sentinel = StartRedis::default().sentinel_of("main", &primary).start();
    let knows = || {
        sentinel
            .cli(&["SENTINEL", "REPLICAS", "main"])
            .contains(&replica.address().port().to_string())
    };
    until("the Sentinel knows the replica", knows).await;

    // The first Sentinel of the list is gone.
    let url = format!(
        "redis-sentinel://{},{}?sentinelServiceName=main",
        free_address(),
        sentinel.address()
    );
    let cache = RedisCache::open(options(url)).unwrap();
    until("redis is here", || cache.figures().here).await;
    kept(&cache, 1).await;
    let name = crate::it::given::name(1);
    until("the replica has it", || replica.cli(&["EXISTS", &name]) == "1").await;

    primary.kill9();
    assert_eq!(cache.find(id(1)).await, None);
    assert_eq!(until_found(&cache, 1).await, fact(1));
    assert!(replica.cli(&["INFO", "replication"]).contains("role:master"));
    until("it is here", || cache.figures().here).await;
    kept(&cache, 2).await;
    assert_eq!(replica.cli(&["EXISTS", &crate::it::given::name(2)]), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_was_made_a_replica_is_left() {
    let (one, other) = (StartRedis::default().start(), StartRedis::default().start());
    let sentinel = StartRedis::default().sentinel_of("main", &one).start();
    let url = format!("redis-sentinel://{}?sentinelServiceName=main", sentinel.address());
    let cache = RedisCache::open(options(url)).unwrap();
    until("redis is here", || cache.figures().here).await;
    let of = other.address();
    // A Sentinel would undo it.
    sentinel.freeze();
    one.cli(&["REPLICAOF", &of.ip().to_string(), &of.port().to_string()]);
    cache.keep(fact(1), crate::it::given::NOW);
    until("it is left", || !cache.figures().here).await;
    one.cli(&["REPLICAOF", "NO", "ONE"]);
    sentinel.thaw();
    until("it is here again", || cache.figures().here).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_no_sentinel_knows_is_said() {
    let primary = StartRedis::default().start();
    let sentinel = StartRedis::default().sentinel_of("main", &primary).start();
    let url = format!(
        "redis-sentinel://{}?sentinelServiceName=other",
        sentinel.address()
    );
    let cache = RedisCache::open(options(url)).unwrap();
    until("it is said", || {
        matches!(&*cache.standing().borrow(), Standing::Away(_))
    })
    .await;
    assert_eq!(
        *cache.standing().borrow(),
        Standing::Away(format!(
            "no Sentinel knows where other is: {} does not know it",
            sentinel.address()
        ))
    );
}
