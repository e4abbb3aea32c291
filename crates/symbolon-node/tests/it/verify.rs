use std::time::Duration;

use symbolon_core::clock::Clock as _;
use symbolon_core::policy::SessionPolicy;
use symbolon_core::session::{idle_end, idle_slack};
use symbolon_core::token::{Generation, KeyId, MasterKey, Pair, RawToken, TokenKeys};

use super::given::{Counting, Given, lives, text};

#[tokio::test]
async fn an_issued_token_is_good_at_once_and_from_memory() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    assert_eq!(given.memory_says(&issued.pair.access), "active");
}

#[tokio::test]
async fn a_token_that_memory_does_not_know_is_read_once_and_then_known() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    given.node.tail().near().remove(issued.session.id);
    assert_eq!(given.memory_says(&issued.pair.access), "ask the store");
    assert_eq!(given.says(&issued.pair.access).await, "active");
    assert_eq!(given.memory_says(&issued.pair.access), "active");
}

#[tokio::test]
async fn many_who_ask_for_the_same_unknown_session_are_all_answered() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    given.node.tail().near().remove(issued.session.id);
    let asked = (0..64).map(|_| given.says(&issued.pair.access));
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await);
    }
    assert!(answers.iter().all(|answer| *answer == "active"));
}

#[tokio::test]
async fn a_refresh_token_or_a_foreign_one_is_never_an_access_token() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    assert_eq!(given.says(&issued.pair.refresh).await, "malformed");
    let foreign = TokenKeys::derive(&MasterKey::from_bytes([8; 32]), KeyId::FIRST);
    let other = Pair::random(&foreign, issued.session.id, Generation(0), &Counting::from(9)).unwrap();
    assert_eq!(given.says(&other.access).await, "malformed");
}

#[tokio::test]
async fn a_token_of_ours_for_a_session_that_is_not_there_is_unknown() {
    let given = Given::fresh();
    let chance = Counting::from(77);
    let id = symbolon_core::session::SessionId::random(given.clock.now(), &chance).unwrap();
    let pair = Pair::random(given.node.keys(), id, Generation(0), &chance).unwrap();
    assert_eq!(given.says(&pair.access).await, "unknown");
}

#[tokio::test]
async fn every_flipped_character_of_a_token_is_refused() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    let whole = text(&issued.pair.access);
    for at in 4..whole.len() {
        let flipped: String = whole
            .chars()
            .enumerate()
            .map(|(n, c)| if n == at { other_than(c) } else { c })
            .collect();
        if let Ok(token) = RawToken::parse(&flipped) {
            assert_ne!(given.says(&token).await, "active", "character {at}, from memory");
            given.node.tail().near().remove(issued.session.id);
            assert_ne!(
                given.says(&token).await,
                "active",
                "character {at}, from the store"
            );
            assert_eq!(given.says(&issued.pair.access).await, "active");
        }
    }
}

fn other_than(c: char) -> char {
    if c == 'A' { 'B' } else { 'A' }
}

#[tokio::test]
async fn an_access_token_ends_to_the_millisecond_from_memory() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    given.clock.advance(lives().access_ttl - Duration::from_millis(1));
    assert_eq!(given.memory_says(&issued.pair.access), "active");
    given.clock.advance(Duration::from_millis(1));
    assert_eq!(given.memory_says(&issued.pair.access), "expired");
    assert_eq!(given.says(&issued.pair.access).await, "expired");
}

#[tokio::test]
async fn an_idle_session_ends_only_on_the_stores_word() {
    let given = Given::fresh();
    let mut opening = super::given::opening("ann");
    opening.lives.access_ttl = Duration::from_secs(86_400);
    let issued = given.issue_with(opening).await;
    let idle = lives().idle_timeout;
    given
        .clock
        .advance(idle + idle_slack(idle) - Duration::from_millis(1));
    assert_eq!(given.memory_says(&issued.pair.access), "active");
    // That use slides the idle end, in memory at once.
    given.clock.advance(idle);
    assert_eq!(given.memory_says(&issued.pair.access), "active");
    let end = idle_end(given.clock.now(), idle);
    given.clock.advance(end.since(given.clock.now()));
    assert_eq!(given.memory_says(&issued.pair.access), "ask the store");
    assert_eq!(given.says(&issued.pair.access).await, "idle");
}

#[tokio::test]
async fn a_cache_of_one_place_still_answers_for_everyone() {
    let given = Given::with(
        SessionPolicy {
            standard: lives(),
            ..SessionPolicy::default()
        },
        1,
    );
    let (ann, bob) = (given.issue("ann").await, given.issue("bob").await);
    for _ in 0..3 {
        assert_eq!(given.says(&ann.pair.access).await, "active");
        assert_eq!(given.says(&bob.pair.access).await, "active");
    }
}
