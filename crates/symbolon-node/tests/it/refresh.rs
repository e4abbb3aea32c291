use std::collections::HashSet;
use std::time::Duration;

use symbolon_core::policy::SessionPolicy;
use symbolon_core::revocation::{LogKind, LogSink as _};
use symbolon_core::session::SessionState;

use super::given::{Given, join_all, lives, row, text};

const GRACE: Duration = Duration::from_secs(10);

#[tokio::test]
async fn a_refresh_gives_the_next_pair_and_the_previous_access_token_stays_good() {
    let given = Given::fresh();
    let first = given.issue("ann").await;
    let second = given.refresh(&first.pair.refresh).await.unwrap();
    assert_ne!(text(&first.pair.access), text(&second.pair.access));
    assert_eq!(given.memory_says(&second.pair.access), "active");
    assert_eq!(given.memory_says(&first.pair.access), "active");
    let third = given.refresh(&second.pair.refresh).await.unwrap();
    assert_eq!(given.memory_says(&third.pair.access), "active");
    assert_eq!(given.memory_says(&second.pair.access), "active");
    assert_eq!(given.memory_says(&first.pair.access), "superseded");
}

#[tokio::test]
async fn a_refresh_repeated_within_the_grace_returns_the_same_pair() {
    let given = Given::fresh();
    let first = given.issue("ann").await;
    let second = given.refresh(&first.pair.refresh).await.unwrap();
    given.clock.advance(GRACE - Duration::from_millis(1));
    let again = given.refresh(&first.pair.refresh).await.unwrap();
    assert_eq!(text(&second.pair.access), text(&again.pair.access));
    assert_eq!(text(&second.pair.refresh), text(&again.pair.refresh));
}

#[tokio::test]
async fn a_lost_answer_however_late_is_answered_again_with_a_fresh_life() {
    let given = Given::fresh();
    let first = given.issue("ann").await;
    let lost = given.refresh(&first.pair.refresh).await.unwrap();
    given.clock.advance(lives().access_ttl + Duration::from_secs(1));
    let again = given.refresh(&first.pair.refresh).await.unwrap();
    assert_eq!(text(&lost.pair.access), text(&again.pair.access));
    assert_eq!(
        given.says(&again.pair.access).await,
        "active",
        "its life has begun anew"
    );
}

#[tokio::test]
async fn a_node_that_knows_of_an_end_gives_no_pair_where_the_store_has_lost_it() {
    let given = Given::fresh();
    let first = given.issue("ann").await;
    let other = given.issue("bob").await;
    given.refresh(&first.pair.refresh).await.unwrap();
    given.remembers_the_end_of("ann");
    // Neither the same pair again nor the next one.
    assert_eq!(given.refresh(&first.pair.refresh).await.err(), Some("kicked"));
    let unused = given.issue("bob").await;
    assert!(given.refresh(&unused.pair.refresh).await.is_ok());
    given.remembers_the_end_of("bob");
    assert_eq!(given.refresh(&other.pair.refresh).await.err(), Some("kicked"));
}

#[tokio::test]
async fn sixty_four_tabs_that_refresh_at_once_all_get_the_same_pair() {
    let given = Given::fresh();
    let first = given.issue("ann").await;
    let refreshes = (0..64).map(|_| given.refresh(&first.pair.refresh));
    let pairs = join_all(refreshes.collect()).await;
    let distinct: HashSet<String> = pairs
        .iter()
        .map(|pair| text(&pair.as_ref().unwrap().pair.refresh))
        .collect();
    assert_eq!(distinct.len(), 1);
}

#[tokio::test]
async fn an_old_refresh_token_after_its_successor_was_rotated_ends_the_session() {
    let given = Given::fresh();
    let first = given.issue("ann").await;
    let second = given.refresh(&first.pair.refresh).await.unwrap();
    let third = given.refresh(&second.pair.refresh).await.unwrap();
    assert_eq!(
        given.refresh(&first.pair.refresh).await.err(),
        Some("reuse_detected")
    );
    assert_eq!(given.says(&third.pair.access).await, "reuse_detected");
    assert_eq!(
        given.refresh(&third.pair.refresh).await.err(),
        Some("reuse_detected")
    );
    let entry = given.node.session(first.session.id).await.unwrap().unwrap();
    assert!(matches!(entry.session.state, SessionState::Revoked { .. }));
}

#[tokio::test]
async fn a_wrong_digest_under_a_forged_tag_is_refused_and_ends_nothing() {
    let given = Given::fresh();
    let first = given.issue("ann").await;
    let mut forged = text(&first.pair.refresh);
    let at = 40;
    forged.replace_range(at..=at, if &forged[at..=at] == "A" { "B" } else { "A" });
    let forged = symbolon_core::token::RawToken::parse(&forged).unwrap();
    assert_eq!(given.refresh(&forged).await.err(), Some("malformed"));
    assert!(given.refresh(&first.pair.refresh).await.is_ok());
}

#[tokio::test]
async fn a_refresh_after_a_log_out_says_so() {
    let given = Given::fresh();
    let first = given.issue("ann").await;
    given
        .node
        .log_out(&first.pair.refresh, &given.origin())
        .await
        .unwrap();
    assert_eq!(given.refresh(&first.pair.refresh).await.err(), Some("logged_out"));
}

#[tokio::test]
async fn no_refresh_moves_the_absolute_end() {
    let policy = SessionPolicy {
        standard: lives(),
        ..SessionPolicy::default()
    };
    let given = Given::with(policy, 1024);
    let first = given.issue("ann").await;
    let end = first.session.expires_at;
    let mut pair = first.pair;
    for _ in 0..23 {
        given.clock.advance(Duration::from_secs(3600));
        let next = given.refresh(&pair.refresh).await.unwrap();
        assert_eq!(next.session.expires_at, end);
        pair = next.pair;
    }
    given.clock.advance(Duration::from_secs(3600));
    assert_eq!(given.refresh(&pair.refresh).await.err(), Some("expired"));
    assert_eq!(given.says(&pair.access).await, "expired");
}

/// What a store says that has lost the end of a session, which this node has heard.
#[tokio::test]
async fn a_session_whose_end_the_store_has_lost_is_neither_refreshed_nor_inspected_as_live() {
    let given = Given::fresh();
    let (ended, cut, other) = (
        given.issue("ann").await,
        given.issue("bob").await,
        given.issue("eve").await,
    );
    let subject = cut.session.subject.clone();
    let lost = [
        row(1 << 60, LogKind::Session(ended.session.id)),
        row(
            (1 << 60) + 1,
            LogKind::Subject {
                subject,
                keep: vec![],
            },
        ),
    ];
    given.node.tail().committed(&lost);
    for dead in [&ended, &cut] {
        let token = &dead.pair.refresh;
        assert_eq!(given.refresh(token).await.err(), Some("kicked"));
        assert!(given.node.inspect_refresh(token).await.unwrap().is_none());
        assert_eq!(given.says(&dead.pair.access).await, "kicked");
    }
    let token = &other.pair.refresh;
    assert!(given.node.inspect_refresh(token).await.unwrap().is_some());
    assert_eq!(given.refresh(token).await.err(), None);
}
