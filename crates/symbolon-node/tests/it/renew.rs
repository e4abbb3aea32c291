use std::collections::HashSet;
use std::time::Duration;

use symbolon_core::clock::Clock as _;
use symbolon_core::policy::SessionPolicy;
use symbolon_core::session::{Lives, Opening};
use symbolon_core::token::RawToken;
use symbolon_node::{Due, Issued, Verdict};

use super::given::{Given, join_all, lives, opening, text};

const BEFORE: Duration = Duration::from_secs(300);
const GRACE: Duration = Duration::from_secs(10);
const MS: Duration = Duration::from_millis(1);

/// Access tokens of half an hour, renewed in their last five minutes; no refresh tokens; a day at the most.
fn given() -> Given {
    let policy = SessionPolicy {
        standard: lives(),
        renew_before: BEFORE,
        ..SessionPolicy::default()
    };
    Given::with(policy, 1024)
}

fn without_refresh(subject: &str) -> Opening {
    Opening {
        lives: Lives {
            refresh_ttl: None,
            ..lives()
        },
        ..opening(subject)
    }
}

#[tokio::test]
async fn a_node_that_knows_of_an_end_renews_nothing_where_the_store_has_lost_it() {
    let given = given();
    let first = given.issue_with(without_refresh("ann")).await;
    given.near_the_end();
    given.remembers_the_end_of("ann");
    assert!(given.renew(&first.pair.access).await.is_none());
}

impl Given {
    /// The next access token, if there is one to be had.
    async fn renew(&self, token: &RawToken) -> Option<Box<Issued>> {
        self.node.renew(token, &self.origin()).await.unwrap()
    }

    fn due(&self, token: &RawToken) -> Due {
        match self.node.verify_from_memory(token) {
            Some(Verdict::Active(live)) => live.due,
            other => panic!("{other:?}"),
        }
    }

    /// To the middle of the last five minutes of a token that was made just now.
    fn near_the_end(&self) {
        self.clock.advance(lives().access_ttl - BEFORE / 2);
    }
}

#[tokio::test]
async fn memory_says_when_a_token_is_near_its_end() {
    let given = given();
    let issued = given.issue_with(without_refresh("ann")).await;
    let with_refresh = given.issue("bob").await;
    given.clock.advance(lives().access_ttl - BEFORE);
    assert_eq!(
        given.due(&issued.pair.access),
        Due::Nothing,
        "exactly that is left"
    );
    given.clock.advance(MS);
    assert_eq!(given.due(&issued.pair.access), Due::Renewal);
    assert_eq!(given.due(&with_refresh.pair.access), Due::Refresh);
    let never = Given::fresh();
    let issued = never.issue_with(without_refresh("ann")).await;
    never.near_the_end();
    assert_eq!(never.due(&issued.pair.access), Due::Nothing);
}

#[tokio::test]
async fn the_store_says_the_same_of_a_session_that_memory_does_not_know() {
    let given = given();
    let issued = given.issue_with(without_refresh("ann")).await;
    given.near_the_end();
    given.node.tail().near().remove(issued.session.id);
    let Verdict::Active(live) = given.node.verify(&issued.pair.access).await.unwrap() else {
        panic!("it is live");
    };
    assert_eq!(live.due, Due::Renewal);
    assert_eq!(
        given.due(&issued.pair.access),
        Due::Renewal,
        "and it is cached so"
    );
}

#[tokio::test]
async fn s0_5_a_renewed_token_lives_anew_and_the_old_one_to_its_own_end() {
    let given = given();
    let first = given.issue_with(without_refresh("ann")).await;
    assert!(given.renew(&first.pair.access).await.is_none(), "it is too early");
    given.near_the_end();
    let next = given.renew(&first.pair.access).await.unwrap();
    assert_ne!(text(&next.pair.access), text(&first.pair.access));
    assert_eq!(
        next.session.tokens.access.expires_at,
        given.clock.now().after(lives().access_ttl)
    );
    assert_eq!(given.memory_says(&next.pair.access), "active");
    assert_eq!(given.memory_says(&first.pair.access), "active");
    given.clock.advance(BEFORE);
    assert_eq!(given.says(&first.pair.access).await, "expired");
    assert_eq!(given.says(&next.pair.access).await, "active");
    assert!(
        given.renew(&first.pair.access).await.is_none(),
        "a dead token renews nothing"
    );
    assert_eq!(given.says(&next.pair.access).await, "active", "and ends nothing");
}

#[tokio::test]
async fn s0_5_sixty_four_requests_at_once_all_get_the_same_token() {
    let given = given();
    let first = given.issue_with(without_refresh("ann")).await;
    given.near_the_end();
    let renewals = (0..64).map(|_| given.renew(&first.pair.access));
    let renewed = join_all(renewals.collect()).await;
    let distinct: HashSet<String> = renewed
        .iter()
        .map(|issued| text(&issued.as_ref().unwrap().pair.access))
        .collect();
    assert_eq!(distinct.len(), 1);
    let entry = given.node.session(first.session.id).await.unwrap().unwrap();
    assert_eq!(entry.session.tokens.generation.0, 1, "one rotation");
}

#[tokio::test]
async fn s0_5_an_answer_that_was_lost_is_given_again_until_the_grace_after_the_first_use() {
    let given = given();
    let first = given.issue_with(without_refresh("ann")).await;
    given.near_the_end();
    let next = given.renew(&first.pair.access).await.unwrap();
    given.clock.advance(BEFORE / 4);
    let again = given.renew(&first.pair.access).await.unwrap();
    assert_eq!(text(&again.pair.access), text(&next.pair.access));
    assert_eq!(
        again.session.tokens.access.expires_at, next.session.tokens.access.expires_at,
        "a repetition gives no more life"
    );
    let used = symbolon_core::store::SuccessorUse {
        session_id: first.session.id,
        generation: next.pair.access.generation(),
        used_at: given.clock.now(),
    };
    symbolon_core::store::SessionStore::mark_successors_used(given.node.store(), vec![used])
        .await
        .unwrap();
    given.clock.advance(GRACE - MS);
    assert!(given.renew(&first.pair.access).await.is_some());
    given.clock.advance(MS);
    assert!(given.renew(&first.pair.access).await.is_none());
    assert_eq!(
        given.says(&first.pair.access).await,
        "active",
        "stale never kills"
    );
    assert_eq!(given.says(&next.pair.access).await, "active");
}

#[tokio::test]
async fn s0_5_no_renewal_moves_the_absolute_end() {
    let given = given();
    let first = given.issue_with(without_refresh("ann")).await;
    let end = first.session.expires_at;
    let (mut token, mut renewals) = (first.pair.access, 0);
    while given.says(&token).await == "active" {
        // It is used all the time, so it is never idle.
        given.clock.advance(BEFORE / 2);
        if given.says(&token).await == "active"
            && let Some(next) = given.renew(&token).await
        {
            assert_eq!(next.session.expires_at, end);
            assert!(next.session.tokens.access.expires_at <= end);
            token = next.pair.access;
            renewals += 1;
        }
    }
    assert!((50..70).contains(&renewals), "{renewals}");
    assert!(given.clock.now() >= end);
    assert_eq!(given.says(&token).await, "expired");
}

#[tokio::test]
async fn s0_5_sessions_with_a_refresh_token_and_ended_ones_are_not_renewed() {
    let given = given();
    let with_refresh = given.issue("ann").await;
    let ended = given.issue_with(without_refresh("bob")).await;
    given.near_the_end();
    assert!(given.renew(&with_refresh.pair.access).await.is_none());
    assert!(given.renew(&with_refresh.pair.refresh).await.is_none());
    // The refresh half of a session that has none was given to nobody, and is nothing.
    assert!(given.renew(&ended.pair.refresh).await.is_none());
    let receipt = given
        .node
        .log_out(&ended.pair.access, &given.origin())
        .await
        .unwrap();
    assert!(receipt.revoked);
    assert!(given.renew(&ended.pair.access).await.is_none());
}

#[tokio::test]
async fn a_log_out_with_the_old_token_ends_the_new_one_too() {
    let given = given();
    let first = given.issue_with(without_refresh("ann")).await;
    given.near_the_end();
    let next = given.renew(&first.pair.access).await.unwrap();
    given
        .node
        .log_out(&first.pair.access, &given.origin())
        .await
        .unwrap();
    for token in [&first.pair.access, &next.pair.access] {
        assert_eq!(given.says(token).await, "logged_out");
        assert!(given.renew(token).await.is_none());
    }
}

#[tokio::test]
async fn a_store_that_is_away_costs_the_renewal_and_not_the_verdict() {
    let given = given();
    let first = given.issue_with(without_refresh("ann")).await;
    given.near_the_end();
    given.node.store().close().await;
    let refused = given.node.renew(&first.pair.access, &given.origin()).await;
    assert!(refused.is_err());
    assert_eq!(given.memory_says(&first.pair.access), "active");
    // For a second nobody waits for the store again.
    let at_once = given.node.renew(&first.pair.access, &given.origin()).await;
    assert!(matches!(at_once, Ok(None)));
    given.clock.advance(Duration::from_secs(1));
    assert!(
        given
            .node
            .renew(&first.pair.access, &given.origin())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_audit_record_and_the_place_of_a_renewal() {
    let given = given();
    let mut opening = without_refresh("ann");
    opening.seen_from.ip = Some("192.0.2.7".parse().unwrap());
    let first = given.issue_with(opening).await;
    given.near_the_end();
    let next = given.renew(&first.pair.access).await.unwrap();
    assert_eq!(
        next.session.seen_from, first.session.seen_from,
        "a gateway does not say where its client is"
    );
}
