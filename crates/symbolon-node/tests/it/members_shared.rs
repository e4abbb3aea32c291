//! Nodes with a cache between them, which may hold anything that it ever held.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use symbolon_core::clock::Timestamp;
use symbolon_core::session::SessionId;
use symbolon_core::shared::{Finding, SharedCache, SharedFact};
use symbolon_node::node::Tier;
use symbolon_node::{Effective, Wait};
use symbolon_testkit::faulty::Fault;

use super::cluster::Place;

/// It keeps the first that it is given of each session, and forgets nothing.
#[derive(Default)]
struct Stubborn(Mutex<BTreeMap<SessionId, SharedFact>>);

impl SharedCache for Stubborn {
    fn find(&self, id: SessionId) -> Finding<'_> {
        let found = self.0.lock().unwrap().get(&id).cloned();
        Box::pin(async move { found })
    }

    fn keep(&self, fact: SharedFact, _now: Timestamp) {
        assert_eq!(fact.found.session.tokens.nonce, None, "it derives tokens");
        self.0
            .lock()
            .unwrap()
            .entry(fact.found.session.id)
            .or_insert(fact);
    }

    fn forget(&self, _id: SessionId) {}
}

#[tokio::test]
async fn what_one_node_has_issued_the_others_find_without_the_store() {
    let place = Place::with_cache(Arc::new(Stubborn::default()));
    let (a, b) = (place.node("a").await, place.node("b").await);
    let issued = a.issue("ann").await;
    b.faults.fail_always("find_session", Fault::Before);
    assert_eq!(b.tier(&issued.pair.access).await, Some(Tier::Shared));
    assert_eq!(b.tier(&issued.pair.access).await, Some(Tier::Near));
}

#[tokio::test]
async fn an_old_fact_brings_no_session_back() {
    let place = Place::with_cache(Arc::new(Stubborn::default()));
    let (a, b) = (place.node("a").await, place.node("b").await);
    let issued = a.issue("ann").await;
    assert_eq!(b.says(&issued.pair.access).await, "active");
    assert_eq!(a.revoke(&issued, Wait::Full).await.effective, Effective::Now);
    assert_eq!(a.says(&issued.pair.access).await, "kicked");
    assert_eq!(b.says(&issued.pair.access).await, "kicked");
    // One that has begun later remembers nothing of it, and does not believe what is older than itself.
    let late = place.node("late").await;
    assert_eq!(late.says(&issued.pair.access).await, "kicked");
}

#[tokio::test]
async fn a_fact_that_is_older_than_a_refresh_proves_no_token_wrong() {
    let place = Place::with_cache(Arc::new(Stubborn::default()));
    let (a, b) = (place.node("a").await, place.node("b").await);
    let issued = a.issue("ann").await;
    let refreshed = a.node.refresh(&issued.pair.refresh, &a.origin()).await.unwrap();
    let symbolon_node::Refreshed::Pair(next) = refreshed else {
        panic!("it is exchanged")
    };
    // The cache still has the first pair.
    assert_eq!(b.tier(&next.pair.access).await, Some(Tier::Store));
    assert_eq!(b.says(&next.pair.access).await, "active");
}
