//! A Redis that is absent, killed, frozen, emptied, or old.

use std::time::Duration;

use symbolon_core::shared::SharedCache as _;
use symbolon_redis::{RedisCache, Standing};
use symbolon_testkit::server::free_address;
use symbolon_testkit::servers::StartRedis;
use tokio::time::Instant;

use crate::it::given::{NOW, fact, id, kept, opened, options, until, until_found};

/// A look-up that is given up takes its deadline, and what a busy machine adds.
const GIVEN_UP: Duration = Duration::from_millis(50 + 150);
/// One that is not made takes no time.
const AT_ONCE: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread")]
async fn an_absent_redis_costs_nothing_and_is_found_when_it_comes() {
    let redis = StartRedis::default().start();
    redis.stop();
    let began = Instant::now();
    let cache = RedisCache::open(options(redis.url())).unwrap();
    for number in 0..1_000 {
        assert_eq!(cache.find(id(number % 7)).await, None);
        cache.keep(fact(number % 7), NOW);
    }
    assert!(began.elapsed() < Duration::from_secs(2));
    let figures = cache.figures();
    assert_eq!((figures.away, figures.dropped, figures.late), (1_000, 1_000, 0));
    until("it is said", || {
        matches!(&*cache.standing().borrow(), Standing::Away(_))
    })
    .await;
    let reason = format!("{:?}", cache.standing().borrow().clone());
    assert!(reason.contains("Connection refused"), "{reason}");
    assert!(reason.contains(&redis.address().to_string()), "{reason}");

    redis.start_again();
    until("redis is here", || cache.figures().here).await;
    kept(&cache, 1).await;
    assert_eq!(cache.find(id(1)).await, Some(fact(1)));
    until("it is said", || *cache.standing().borrow() == Standing::Here).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_killed_in_the_middle_is_missed_at_once_and_used_again_empty() {
    let redis = StartRedis::default().start();
    let cache = opened(redis.url()).await;
    kept(&cache, 1).await;
    redis.kill9();
    for _ in 0..200 {
        let began = Instant::now();
        assert_eq!(cache.find(id(1)).await, None);
        assert!(began.elapsed() < GIVEN_UP);
    }
    until("redis is away", || !cache.figures().here).await;
    assert_eq!(cache.figures().forged, 0);

    redis.start_again();
    until("redis is here", || cache.figures().here).await;
    assert_eq!(cache.find(id(1)).await, None);
    assert_eq!(cache.figures().misses, 1);
    kept(&cache, 1).await;
    assert_eq!(cache.find(id(1)).await, Some(fact(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_delays_five_look_ups_and_then_none() {
    let redis = StartRedis::default().start();
    let cache = opened(redis.url()).await;
    kept(&cache, 1).await;
    redis.freeze();
    for _ in 0..5 {
        let began = Instant::now();
        assert_eq!(cache.find(id(1)).await, None);
        assert!(began.elapsed() < GIVEN_UP, "{:?}", began.elapsed());
    }
    assert!(!cache.figures().here);
    assert!(cache.figures().opened >= 1);
    let late = cache.figures().late;
    // For longer than the breaker stays open: the keeper's own tries make nobody wait.
    let end = Instant::now() + Duration::from_millis(1_300);
    while Instant::now() < end {
        let began = Instant::now();
        assert_eq!(cache.find(id(1)).await, None);
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(cache.figures().late, late);

    redis.thaw();
    assert_eq!(until_found(&cache, 1).await, fact(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_wait_at_once_for_a_frozen_redis_wait_no_longer_than_one() {
    let redis = StartRedis::default().start();
    let cache = std::sync::Arc::new(opened(redis.url()).await);
    kept(&cache, 1).await;
    redis.freeze();
    let began = Instant::now();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let cache = std::sync::Arc::clone(&cache);
        all.spawn(async move { cache.find(id(1)).await });
    }
    assert_eq!(all.join_all().await, vec![None; 100]);
    assert!(began.elapsed() < GIVEN_UP, "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn facts_that_come_back_with_an_old_file_carry_their_old_position() {
    let redis = StartRedis::default().start();
    let cache = opened(redis.url()).await;
    kept(&cache, 1).await;
    redis.cli(&["SAVE"]);
    // Time goes on: the session is read anew, later in the log.
    let mut newer = fact(1);
    newer.asof.0 += 1_000;
    cache.keep(newer.clone(), NOW);
    until("it is written", || cache.figures().written == 2).await;
    assert_eq!(cache.find(id(1)).await, Some(newer));

    redis.kill9();
    redis.start_again();
    // Whoever asks sees by the position that it is old.
    assert_eq!(until_found(&cache, 1).await, fact(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flush_is_a_miss() {
    let redis = StartRedis::default().start();
    let cache = opened(redis.url()).await;
    kept(&cache, 1).await;
    redis.cli(&["FLUSHALL"]);
    assert_eq!(cache.find(id(1)).await, None);
    assert_eq!((cache.figures().here, cache.figures().errors), (true, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_is_read_from_and_not_written_to() {
    let redis = StartRedis::default().start();
    let cache = opened(redis.url()).await;
    kept(&cache, 1).await;
    redis.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    for number in 2..20 {
        cache.keep(fact(number), NOW);
    }
    until("the writes are refused", || cache.figures().errors >= 18).await;
    assert_eq!(cache.find(id(1)).await, Some(fact(1)));
    assert!(cache.figures().here);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_an_address_that_never_answers() {
    // Listens, and is never accepted from.
    let address = free_address();
    let _silent = std::net::TcpListener::bind(address).unwrap();
    let cache = RedisCache::open(options(format!("redis://{address}"))).unwrap();
    until("it is said", || {
        matches!(&*cache.standing().borrow(), Standing::Away(_))
    })
    .await;
    assert_eq!(
        *cache.standing().borrow(),
        Standing::Away("it does not answer in 500 ms".to_owned())
    );
    let began = Instant::now();
    assert_eq!(cache.find(id(1)).await, None);
    assert!(began.elapsed() < AT_ONCE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_cache_leaves_no_connection() {
    let redis = StartRedis::default().start();
    let cache = opened(redis.url()).await;
    kept(&cache, 1).await;
    cache.close().await;
    assert_eq!(cache.find(id(1)).await, None);
    let none = || !redis.cli(&["CLIENT", "LIST"]).contains("name=symbolon");
    until("the connection is gone", none).await;
    drop(cache);

    let dropped = opened(redis.url()).await;
    drop(dropped);
    until("the connection is gone", none).await;
}
