//! Nodes that lose answers, are evicted, or cannot learn who the others are.

use std::time::Duration;

use symbolon_core::api_key::{ApiKey, ApiKeyId, Scope, Scopes};
use symbolon_core::audit::AuditEvent;
use symbolon_core::store::{ApiKeyStore as _, SessionStore as _};
use symbolon_core::token::RawToken;
use symbolon_node::{Effective, Refreshed, Undecided, Wait};
use symbolon_testkit::faulty::Fault;
use symbolon_testkit::servers::Postgres;

use super::cluster::{LEASE, LONG, Place, REVOKE_WAIT, eventually, now};

#[tokio::test]
async fn a_heartbeat_whose_answer_is_lost_ends_no_incarnation() {
    let place = Place::new();
    let a = place.node("a").await;
    let own = a.node.incarnation();
    for _ in 0..3 {
        a.faults.fail("heartbeat", 1, Fault::After);
        eventually(LONG, async || a.faults.are_over()).await;
        let beats = a.figures().beats;
        eventually(LONG, async || a.figures().beats > beats).await;
    }
    assert_eq!((a.node.incarnation(), a.figures().incarnations), (own, 1));
    assert_eq!(a.figures().leases_lost, 0);
}

#[tokio::test]
async fn one_that_is_not_counted_is_made_again() {
    let place = Place::new();
    let a = place.node("a").await;
    a.faults.fail("heartbeat", 1, Fault::Before);
    eventually(LONG, async || a.faults.are_over()).await;
    let beats = a.figures().beats;
    eventually(LONG, async || a.figures().beats > beats).await;
    assert_eq!((a.figures().incarnations, a.figures().beats_failed), (1, 1));
}

#[tokio::test]
async fn no_lease_is_renewed_as_long_as_the_log_cannot_be_read() {
    let place = Place::new();
    let a = place.node("a").await;
    let issued = a.issue("ann").await;
    a.faults.fail_always("read_log", Fault::Before);
    eventually(LEASE * 2, async || {
        a.says(&issued.pair.access).await == "no lease"
    })
    .await;
    // Nor does a session go on that may have ended elsewhere.
    let refreshed = a.node.refresh(&issued.pair.refresh, &a.origin()).await;
    assert!(matches!(refreshed, Err(Undecided::LeaseLost)));
    a.faults.heal();
    a.comes_to_say(&issued.pair.access, "active").await;
}

/// A hypervisor that pauses a machine pauses its clocks: what passed meanwhile only the store's clock knows.
#[tokio::test]
async fn a_node_that_was_paused_with_its_clock_gives_its_lease_up_when_it_hears_the_stores_clock() {
    let server = Postgres::shared();
    let schema = server.schema();
    server.sql(&format!(
        "CREATE TABLE {schema}.ahead AS SELECT interval '0' AS step; \
         CREATE FUNCTION {schema}.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS \
         'SELECT pg_catalog.clock_timestamp() + step FROM {schema}.ahead'"
    ));
    let place = Place::at(format!("{},pg_catalog", server.url_of(&schema)));
    let a = place.node("a").await;
    let issued = a.issue("ann").await;
    assert_eq!(a.memory_says(&issued.pair.access), "active");
    // Without the log nothing is renewed: what is seen is what becomes of the lease that is there.
    a.faults.fail_always("read_log", Fault::Before);
    let begun = now();
    server.sql(&format!("UPDATE {schema}.ahead SET step = interval '20 s'"));
    eventually(LEASE, async || a.figures().clock_freezes == 1).await;
    assert_eq!(a.memory_says(&issued.pair.access), "ask the store");
    assert!(begun.elapsed() < LEASE - LEASE / 4, "{:?}", begun.elapsed());
    a.faults.heal();
    a.comes_to_say(&issued.pair.access, "active").await;
    let beats = a.figures().beats;
    eventually(LONG, async || a.figures().beats > beats).await;
    assert_eq!((a.figures().clock_freezes, a.figures().incarnations), (1, 1));
}

#[tokio::test]
async fn a_member_that_an_operator_has_evicted_joins_anew_and_nobody_is_logged_out() {
    let place = Place::new();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let issued = a.issue("ann").await;
    let old = a.node.incarnation().unwrap();
    assert!(b.node.evict_member(old).await.unwrap());
    eventually(LONG, async || a.figures().incarnations == 2).await;
    assert_ne!(a.node.incarnation(), Some(old));
    // The lease follows with the first heartbeat of the new incarnation.
    eventually(LONG, async || a.memory_says(&issued.pair.access) == "active").await;
    let nobody = symbolon_core::member::Incarnation::from_bytes([9; 16]);
    assert!(!b.node.evict_member(nobody).await.unwrap());
    assert_eq!(b.revoke(&issued, Wait::Full).await.effective, Effective::Now);
    assert_eq!(a.says(&issued.pair.access).await, "kicked");
}

#[tokio::test]
async fn who_cannot_learn_who_the_members_are_never_answers_now() {
    let place = Place::new();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let issued = a.issue("ann").await;
    assert_eq!(b.says(&issued.pair.access).await, "active");
    a.faults.fail_always("list_members", Fault::Before);
    let begun = now();
    let receipt = a.revoke(&issued, Wait::Short).await;
    assert!(begun.elapsed() < REVOKE_WAIT * 2);
    // A node with the longest lease of all may have joined.
    let Effective::Within { ms, by } = receipt.effective else {
        panic!("{receipt:?}")
    };
    assert!((370_000..=375_100).contains(&ms), "{ms}");
    assert!(by > a.node.now().after(Duration::from_secs(370)));
    a.faults.heal();
    assert_eq!(a.revoke(&issued, Wait::Full).await.effective, Effective::Now);
}

#[tokio::test]
async fn a_node_that_joins_after_the_revocation_is_not_waited_for_and_knows_it() {
    let place = Place::new();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let issued = a.issue("ann").await;
    b.freeze();
    let waiting = a.revoke(&issued, Wait::Full);
    let joins = async {
        let late = place.node("late").await;
        assert_eq!(late.says(&issued.pair.access).await, "kicked");
    };
    let (receipt, ()) = tokio::join!(waiting, joins);
    assert_eq!(receipt.effective, Effective::Now);
}

#[tokio::test]
async fn the_refusal_of_a_stolen_refresh_token_holds_on_every_node() {
    let place = Place::with_signals();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let first = a.issue("ann").await;
    let second = refreshed(a.node.refresh(&first.pair.refresh, &a.origin()).await);
    let third = refreshed(b.node.refresh(&second.pair.refresh, &b.origin()).await);
    assert_eq!(a.says(&third.pair.access).await, "active");
    let reused = b.node.refresh(&first.pair.refresh, &b.origin()).await;
    assert!(matches!(reused, Ok(Refreshed::Refused(_))));
    assert_ne!(a.memory_says(&third.pair.access), "active");
    assert_eq!(a.says(&third.pair.access).await, "reuse_detected");
}

#[tokio::test]
async fn where_a_node_hangs_a_stolen_refresh_token_is_refused_only_when_it_is_so_everywhere() {
    let place = Place::new();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let first = a.issue("ann").await;
    let second = refreshed(a.node.refresh(&first.pair.refresh, &a.origin()).await);
    let third = refreshed(a.node.refresh(&second.pair.refresh, &a.origin()).await);
    assert_eq!(b.says(&third.pair.access).await, "active");
    b.freeze();
    let reuse = async || a.node.refresh(&first.pair.refresh, &a.origin()).await;
    assert!(matches!(reuse().await, Err(Undecided::NotYetEffective)));
    assert_eq!(b.memory_says(&third.pair.access), "active");
    // Whoever asks again hears no more than that, until it is so.
    let refused = loop {
        match reuse().await {
            Err(Undecided::NotYetEffective) => {}
            answer => break answer,
        }
    };
    assert!(matches!(refused, Ok(Refreshed::Refused(_))));
    assert_ne!(b.memory_says(&third.pair.access), "active");
}

fn refreshed(answer: Result<Refreshed, Undecided>) -> Box<symbolon_node::Issued> {
    match answer {
        Ok(Refreshed::Pair(issued)) => issued,
        _ => panic!("it is exchanged"),
    }
}

/// A repetition of the refresh on another node may move a token's end for as long as the grace after the first use of its
/// successor lasts, so memory alone says *expired* only after that.
#[tokio::test]
async fn the_end_of_a_token_is_proof_only_when_no_other_node_can_move_it() {
    let place = Place::new();
    let a = place.node("a").await;
    let first = a.issue("ann").await;
    let second = refreshed(a.node.refresh(&first.pair.refresh, &a.origin()).await);
    let used = symbolon_core::store::SuccessorUse {
        session_id: second.session.id,
        generation: second.session.tokens.generation,
        used_at: a.node.now(),
    };
    a.node.store().mark_successors_used(vec![used]).await.unwrap();
    a.node.tail().near().remove(second.session.id);
    assert_eq!(a.says(&second.pair.access).await, "active");
    let hit = |one: &super::cluster::One| {
        one.node
            .tail()
            .near()
            .find(second.session.id)
            .unwrap()
            .facts()
            .settled
    };
    assert!(!hit(&a), "a repetition within the grace may still move it");

    let long_ago = symbolon_core::store::SuccessorUse {
        used_at: a.node.now().before(Duration::from_secs(11)),
        ..used
    };
    // Another session whose successor was used long ago.
    let other = a.issue("bob").await;
    let other = refreshed(a.node.refresh(&other.pair.refresh, &a.origin()).await);
    let long_ago = symbolon_core::store::SuccessorUse {
        session_id: other.session.id,
        ..long_ago
    };
    a.node.store().mark_successors_used(vec![long_ago]).await.unwrap();
    a.node.tail().near().remove(other.session.id);
    assert_eq!(a.says(&other.pair.access).await, "active");
    assert!(
        a.node
            .tail()
            .near()
            .find(other.session.id)
            .unwrap()
            .facts()
            .settled
    );
}

#[tokio::test]
async fn an_api_key_that_is_ended_on_one_node_proves_nothing_on_the_others() {
    let place = Place::with_signals();
    let (a, b) = (place.node("a").await, place.node("b").await);
    let now = a.node.now();
    let id = ApiKeyId::random(now, a.node.randomness()).unwrap();
    let token = RawToken::api_key(a.node.keys(), id, a.node.randomness()).unwrap();
    let key = ApiKey {
        id,
        name: "shop".to_owned(),
        digest: token.digest(),
        scopes: Scopes::of(&[Scope::Verify]),
        client_id: None,
        created_at: now,
        expires_at: None,
        revoked_at: None,
    };
    let audit = |event| a.origin().entry(event).on(id);
    assert!(
        a.node
            .store()
            .insert_api_key(key, audit(AuditEvent::KeyAdded))
            .await
            .unwrap()
    );
    assert!(b.node.api_key(&token).await.unwrap().is_some());
    // From memory: the store is not asked again.
    b.faults.fail_always("find_api_key", Fault::Before);
    assert!(b.node.api_key(&token).await.unwrap().is_some());

    let row = a
        .node
        .store()
        .revoke_api_key(id, audit(AuditEvent::KeyRevoked))
        .await
        .unwrap();
    let receipt = symbolon_node::Receipt::of_row(&row.unwrap());
    assert_eq!(a.node.settle(receipt, Wait::Full).await.effective, Effective::Now);
    assert!(
        b.node.api_key(&token).await.is_err(),
        "memory does not answer for it"
    );
    b.faults.heal();
    assert!(b.node.api_key(&token).await.unwrap().is_none());
}
