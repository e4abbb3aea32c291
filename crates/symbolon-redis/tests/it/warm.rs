//! Filling Redis from the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use symbolon_core::session::SessionId;
use symbolon_core::shared::{SharedCache as _, SharedFact};
use symbolon_redis::{RedisCache, WarmError, WarmPage};
use symbolon_testkit::servers::StartRedis;
use tokio::time::{Instant, timeout};

use crate::it::given::{NOW, fact, id, kept, opened, until_found};

/// Pages of ten sessions, in the order of their ids.
fn page(all: &[SharedFact], after: Option<SessionId>) -> WarmPage {
    let later = all
        .iter()
        .filter(|fact| after.is_none_or(|after| fact.found.session.id > after));
    WarmPage {
        facts: later.take(10).cloned().collect(),
        now: NOW,
    }
}

fn sessions(count: u32) -> Vec<SharedFact> {
    let mut all: Vec<SharedFact> = (0..count).map(fact).collect();
    all.sort_by_key(|fact| fact.found.session.id);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_9_every_session_of_the_store_is_written_once() {
    let redis = StartRedis::default().start();
    let cache = opened(redis.url()).await;
    let all = sessions(95);
    let asked = AtomicUsize::new(0);
    let pages = |after| {
        asked.fetch_add(1, Ordering::SeqCst);
        let page = page(&all, after);
        async { Ok::<_, String>(page) }
    };
    assert_eq!(cache.warm(100_000, pages).await, Ok(95));
    assert_eq!(asked.load(Ordering::SeqCst), 11);
    for number in 0..95 {
        assert_eq!(cache.find(id(number)).await, Some(fact(number)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_9_it_goes_no_faster_than_told() {
    let redis = StartRedis::default().start();
    let cache = opened(redis.url()).await;
    let all = sessions(30);
    let began = Instant::now();
    let pages = |after| {
        let page = page(&all, after);
        async { Ok::<_, String>(page) }
    };
    assert_eq!(cache.warm(100, pages).await, Ok(30));
    let took = began.elapsed();
    assert!(
        (Duration::from_millis(300)..Duration::from_secs(3)).contains(&took),
        "{took:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_9_a_flush_is_found_by_one_node_of_two() {
    let redis = StartRedis::default().start();
    let nodes = [
        Arc::new(opened(redis.url()).await),
        Arc::new(opened(redis.url()).await),
    ];
    let all = Arc::new(sessions(20));
    let filled = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for node in &nodes {
        tasks.spawn(fill_whenever_empty(
            Arc::clone(node),
            Arc::clone(&all),
            Arc::clone(&filled),
        ));
    }
    assert_eq!(until_found(&nodes[0], 7).await, fact(7));
    assert_eq!(until_found(&nodes[1], 19).await, fact(19));
    redis.cli(&["FLUSHALL"]);
    assert_eq!(nodes[0].find(id(7)).await, None);
    assert_eq!(until_found(&nodes[0], 7).await, fact(7));
    // At the start both may find it empty at the same moment; after the flush their looks are apart.
    assert!((2..=4).contains(&filled.load(Ordering::SeqCst)));
}

async fn fill_whenever_empty(node: Arc<RedisCache>, all: Arc<Vec<SharedFact>>, filled: Arc<AtomicUsize>) {
    loop {
        node.found_empty().await;
        let pages = |after| {
            let page = page(&all, after);
            async { Ok::<_, String>(page) }
        };
        if node.warm(100_000, pages).await.is_ok() {
            filled.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_by_others_is_no_sign_that_redis_was_filled() {
    let redis = StartRedis::default().start();
    redis.cli(&["SET", "sy:m", "something else"]);
    let cache = opened(redis.url()).await;
    kept(&cache, 1).await;
    timeout(Duration::from_secs(10), cache.found_empty())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_cannot_be_read_ends_it_and_it_is_tried_again() {
    let redis = StartRedis::default().start();
    let cache = opened(redis.url()).await;
    let all = sessions(20);
    let pages = |after: Option<SessionId>| {
        let page = if after.is_some() {
            Err("away")
        } else {
            Ok(page(&all, after))
        };
        async { page }
    };
    assert_eq!(cache.warm(100_000, pages).await, Err(WarmError::Page("away")));
    assert_eq!(redis.cli(&["EXISTS", "sy:m"]), "0");
    timeout(Duration::from_secs(10), cache.found_empty())
        .await
        .unwrap();

    redis.kill9();
    let none = |_| async {
        Ok::<_, String>(WarmPage {
            facts: Vec::new(),
            now: NOW,
        })
    };
    assert_eq!(cache.warm(100_000, none).await, Err(WarmError::Away));
}
