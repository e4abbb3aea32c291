use std::time::Duration;

use symbolon_core::throttle::ThrottleKey;
use symbolon_core::token::{Generation, RawToken};
use symbolon_node::{Confirm, Issued};

use super::given::{Given, NOW, text};

async fn confirm(given: &Given, token: &RawToken) -> Result<Issued, &'static str> {
    let confirm = Confirm {
        id: token.session_id(),
        presented: token.generation(),
        clear_attempts: ThrottleKey([3; 16]),
        origin: given.origin(),
    };
    given
        .node
        .confirm(confirm)
        .await
        .unwrap()
        .map_err(|why| why.as_str())
}

#[tokio::test]
async fn a_confirmed_session_has_a_proof_of_now_and_only_its_new_pair_lives() {
    let given = Given::fresh();
    let old = given.issue("ann").await;
    assert_eq!(given.says(&old.pair.access).await, "active");
    given.clock.advance(Duration::from_secs(60));
    let new = confirm(&given, &old.pair.access).await.unwrap();
    assert_eq!(new.session.authenticated_at, NOW.after(Duration::from_secs(60)));
    assert_eq!(new.session.tokens.generation, Generation(1));
    // The near cache had an answer for the old pair: it is asked no more.
    assert_eq!(given.says(&old.pair.access).await, "superseded");
    assert_eq!(given.refresh(&old.pair.refresh).await.err(), Some("superseded"));
    assert_eq!(given.says(&new.pair.access).await, "active");
    let next = given.refresh(&new.pair.refresh).await.ok().unwrap();
    assert_eq!(next.session.authenticated_at, new.session.authenticated_at);
    assert_ne!(text(&next.pair.access), text(&new.pair.access));
}

#[tokio::test]
async fn a_node_that_knows_of_an_end_confirms_nothing_where_the_store_has_lost_it() {
    let given = Given::fresh();
    let old = given.issue("ann").await;
    given.remembers_the_end_of("ann");
    assert_eq!(confirm(&given, &old.pair.access).await.err(), Some("kicked"));
}

#[tokio::test]
async fn a_refresh_meanwhile_does_not_hinder_and_its_pair_is_dead_too() {
    let given = Given::fresh();
    let old = given.issue("ann").await;
    let meanwhile = given.refresh(&old.pair.refresh).await.ok().unwrap();
    let new = confirm(&given, &old.pair.access).await.unwrap();
    assert_eq!(new.session.tokens.generation, Generation(2));
    for dead in [&old, &*meanwhile] {
        assert_eq!(given.says(&dead.pair.access).await, "superseded");
        assert_eq!(given.refresh(&dead.pair.refresh).await.err(), Some("superseded"));
    }
    assert_eq!(given.says(&new.pair.access).await, "active");
}

#[tokio::test]
async fn a_token_whose_pair_was_replaced_on_purpose_confirms_nothing() {
    let given = Given::fresh();
    let old = given.issue("ann").await;
    let new = confirm(&given, &old.pair.access).await.unwrap();
    assert_eq!(confirm(&given, &old.pair.access).await.err(), Some("superseded"));
    assert_eq!(given.says(&new.pair.access).await, "active");
}

#[tokio::test]
async fn a_session_that_ended_is_not_brought_back() {
    let given = Given::fresh();
    let old = given.issue("ann").await;
    given
        .node
        .log_out(&old.pair.access, &given.origin())
        .await
        .unwrap();
    assert_eq!(confirm(&given, &old.pair.access).await.err(), Some("logged_out"));
    let idle = given.issue("bob").await;
    given.clock.advance(idle.session.idle_expires_at.since(NOW));
    assert_eq!(confirm(&given, &idle.pair.access).await.err(), Some("idle"));
}
