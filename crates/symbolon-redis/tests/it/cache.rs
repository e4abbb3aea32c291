//! Facts in a Redis that is well, and what a node does not believe.

use symbolon_core::revocation::{RevocationReason, RevocationSeq};
use symbolon_core::session::SessionState;
use symbolon_core::shared::SharedCache as _;
use symbolon_redis::{OpenRedisError, RedisCache, Standing};
use symbolon_testkit::contract::sample::at;
use symbolon_testkit::servers::{Redis, StartRedis};

use crate::it::given::{NOW, fact, id, kept, name, opened, options, until, until_found};

fn redis() -> Redis {
    StartRedis::default().start()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_keeps_another_finds() {
    let redis = redis();
    let (one, other) = (opened(redis.url()).await, opened(redis.url()).await);
    assert_eq!(other.find(id(1)).await, None);
    kept(&one, 1).await;
    assert_eq!(other.find(id(1)).await, Some(fact(1)));
    let figures = other.figures();
    assert_eq!(
        (figures.hits, figures.misses, figures.forged, figures.away),
        (1, 1, 0, 0)
    );
    assert_eq!(*other.standing().borrow(), Standing::Here);
    assert_eq!(other.place(), redis.address().to_string());

    one.forget(id(1));
    until("the fact is gone", || redis.cli(&["EXISTS", &name(1)]) == "0").await;
    assert_eq!(other.find(id(1)).await, None);
    assert!(redis.cli(&["CLIENT", "LIST"]).contains("name=symbolon"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_ends_with_its_session_and_within_ten_minutes() {
    let redis = redis();
    let cache = opened(redis.url()).await;
    kept(&cache, 1).await;
    let life: i64 = redis.cli(&["PTTL", &name(1)]).parse().unwrap();
    assert!((1..=600_000).contains(&life), "{life}");

    let mut short = fact(2);
    short.found.session.expires_at = at(1_000 + 5_000);
    cache.keep(short, NOW);
    until("it is there", || redis.cli(&["EXISTS", &name(2)]) == "1").await;
    let life: i64 = redis.cli(&["PTTL", &name(2)]).parse().unwrap();
    assert!((1..=5_000).contains(&life), "{life}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_has_ended_is_never_written() {
    let redis = redis();
    let cache = opened(redis.url()).await;
    let mut over = fact(1);
    over.found.session.expires_at = NOW;
    let mut revoked = fact(2);
    revoked.found.session.state = SessionState::Revoked {
        at: at(1),
        reason: RevocationReason::Logout,
        seq: RevocationSeq(9),
    };
    let mut cut = fact(3);
    cut.found.cut.seq = RevocationSeq(9);
    for ended in [over, revoked, cut] {
        cache.keep(ended, NOW);
    }
    // What is kept afterwards is written after them.
    kept(&cache, 4).await;
    assert_eq!(redis.cli(&["KEYS", "sy:f:*"]), name(4));
    assert_eq!(cache.figures().written, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_value_is_a_miss_once_and_costs_the_connection() {
    let redis = redis();
    let cache = opened(redis.url()).await;
    for number in [1, 2] {
        kept(&cache, number).await;
    }
    // Whoever can write to Redis makes one session out of another.
    redis.cli(&["COPY", &name(2), &name(1), "REPLACE"]);
    let connection = |redis: &Redis| redis.cli(&["CLIENT", "LIST", "TYPE", "normal"]);
    let before = connection(&redis);
    assert_eq!(cache.find(id(1)).await, None);
    assert_eq!(cache.figures().forged, 1);
    assert!(!cache.figures().here);
    assert_eq!(redis.cli(&["EXISTS", &name(1)]), "0");

    assert_eq!(until_found(&cache, 2).await, fact(2));
    let own = |list: &str| {
        let line = list.lines().find(|line| line.contains("name=symbolon")).unwrap();
        line.split_whitespace().next().unwrap().to_owned()
    };
    assert_ne!(own(&before), own(&connection(&redis)));
    assert_eq!(cache.find(id(1)).await, None);
    assert_eq!(cache.figures().forged, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_of_any_sort_is_a_miss() {
    let redis = redis();
    let cache = opened(redis.url()).await;
    kept(&cache, 9).await;
    let long = "x".repeat(100_000);
    let values = [
        "",
        "\x01",
        "0123456789abcdef",
        "\x01 23456789abcdefghijklmnopqrstuvwxyz",
        &long,
    ];
    for (number, value) in (1..).zip(values) {
        redis.cli(&["SET", &name(number), value]);
        until_found(&cache, 9).await;
        assert_eq!(cache.find(id(number)).await, None, "{value:.20?}");
    }
    // A list where a text should be is refused by Redis itself, and the connection is good.
    redis.cli(&["RPUSH", &name(20), "a"]);
    until_found(&cache, 9).await;
    assert_eq!(cache.find(id(20)).await, None);
    assert_eq!(cache.find(id(9)).await, Some(fact(9)));
}

#[tokio::test(flavor = "multi_thread")]
async fn another_cluster_on_the_same_redis_is_not_believed() {
    let redis = redis();
    let ours = opened(redis.url()).await;
    kept(&ours, 1).await;
    // A copy of the deployment that took everything along but its name.
    let mut of_a_copy = options(redis.url());
    of_a_copy.keys = crate::it::given::keys(2);
    let copy = RedisCache::open(of_a_copy).unwrap();
    until("redis is here", || copy.figures().here).await;
    assert_eq!(copy.find(id(1)).await, None);
    assert_eq!(copy.figures().forged, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_prefix_is_another_cache_even_with_the_same_keys() {
    let redis = redis();
    let ours = opened(redis.url()).await;
    kept(&ours, 1).await;
    let mut elsewhere = options(redis.url());
    elsewhere.prefix = "other".to_owned();
    let other = RedisCache::open(elsewhere).unwrap();
    until("redis is here", || other.figures().here).await;
    assert_eq!(other.find(id(1)).await, None);
    // A value that was moved there does not hold: its name is part of its sum.
    redis.cli(&["COPY", &name(1), &name(1).replace("sy:", "other:")]);
    assert_eq!(other.find(id(1)).await, None);
    assert_eq!((other.figures().misses, other.figures().forged), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_a_password_and_a_database_are_used() {
    let redis = StartRedis::default()
        .setting("requirepass", "of-the-test")
        .start();
    let url = format!("redis+unix://:of-the-test@{}?db=3", redis.socket().display());
    let cache = opened(url).await;
    kept(&cache, 1).await;
    assert_eq!(cache.find(id(1)).await, Some(fact(1)));
    let keys = redis.cli(&[
        "-a",
        "of-the-test",
        "--no-auth-warning",
        "-n",
        "3",
        "EXISTS",
        &name(1),
    ]);
    assert_eq!(keys, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_configured_wrongly_is_refused_at_once() {
    let refused = |change: fn(&mut symbolon_redis::RedisOptions)| {
        let mut wrong = options("redis://127.0.0.1:1");
        change(&mut wrong);
        RedisCache::open(wrong).err().map(|error| error.to_string())
    };
    assert_eq!(refused(|_| {}), None);
    assert_eq!(
        refused(|options| options.url = "redis://127.0.0.1:port".to_owned()).as_deref(),
        Some("cache.redis_url is not understood: the port is not a number from 1 to 65535")
    );
    assert_eq!(
        refused(|options| options.prefix = "s y".to_owned()),
        Some(OpenRedisError::Prefix.to_string())
    );
    assert_eq!(
        refused(|options| options.url = "rediss://cache?ca_file=/nowhere/ca.pem".to_owned()).as_deref(),
        Some(
            "prepare TLS to redis at cache:6379: /nowhere/ca.pem: I/O error: No such file or directory (os error 2)"
        )
    );
}
