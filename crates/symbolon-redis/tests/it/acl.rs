//! A user who may do exactly what the documentation lists.

use symbolon_core::revocation::RevocationSeq;
use symbolon_core::shared::SharedCache as _;
use symbolon_core::signal::{Signal, Signals as _};
use symbolon_redis::{RedisCache, Standing};
use symbolon_testkit::servers::StartRedis;

use crate::it::given::{ACL, Notes, fact, id, kept, options, until};

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_rights_are_enough_for_everything() {
    let redis = StartRedis::default().user("node", ACL).start();
    let notes = Notes::default();
    let mut allowed = options(redis.url_as("node", "secret"));
    allowed.sink = Some(std::sync::Arc::new(notes.clone()));
    let cache = RedisCache::open(allowed).unwrap();
    until("it is here and listens", || {
        cache.figures().here && cache.figures().listening
    })
    .await;

    kept(&cache, 1).await;
    assert_eq!(cache.find(id(1)).await, Some(fact(1)));
    cache.forget(id(1));
    cache.send(Signal::Grown(RevocationSeq(5)));
    until("it is heard", || {
        notes.count(&Signal::Grown(RevocationSeq(5))) == 1
    })
    .await;
    cache.found_empty().await;
    let pages = |_| async {
        Ok::<_, String>(symbolon_redis::WarmPage {
            facts: Vec::new(),
            now: crate::it::given::NOW,
        })
    };
    assert_eq!(cache.warm(1_000, pages).await, Ok(0));
    assert_eq!(redis.cli(&["ACL", "LOG"]), "");
    assert_eq!(cache.figures().errors, 0);
    assert!(redis.cli(&["CLIENT", "LIST"]).contains("name=symbolon"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_said_and_nothing_else_changes() {
    let redis = StartRedis::default().user("node", ACL).start();
    let cache = RedisCache::open(options(redis.url_as("node", "wrong"))).unwrap();
    until("it is said", || {
        matches!(&*cache.standing().borrow(), Standing::Away(_))
    })
    .await;
    let said = format!("{:?}", cache.standing().borrow().clone());
    assert!(said.contains("WRONGPASS"), "{said}");
    assert!(!said.contains("wrong\""), "{said}");
    assert_eq!(cache.find(id(1)).await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_another_prefix_is_refused_and_the_connection_stays() {
    let elsewhere = ACL.replace("sy:", "other:");
    let redis = StartRedis::default().user("node", &elsewhere).start();
    let cache = RedisCache::open(options(redis.url_as("node", "secret"))).unwrap();
    until("redis is here", || cache.figures().here).await;
    for _ in 0..20 {
        assert_eq!(cache.find(id(1)).await, None);
    }
    assert!(cache.figures().here);
    assert!(cache.figures().errors >= 20);
}
