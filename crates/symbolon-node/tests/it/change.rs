use std::time::Duration;

use symbolon_core::clock::Clock as _;
use symbolon_core::session::Lives;
use symbolon_node::ChangeLives;

use super::given::{Given, lives, opening};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_session_without_a_refresh_token_lives_as_long_as_it_is_extended() {
    let given = Given::fresh();
    let hour = Lives {
        access_ttl: HOUR,
        refresh_ttl: None,
        absolute_timeout: HOUR,
        ..lives()
    };
    let issued = given
        .issue_with(symbolon_core::session::Opening {
            lives: hour,
            ..opening("ann")
        })
        .await;
    let longer = ChangeLives {
        absolute_timeout: Some(3 * HOUR),
        ..ChangeLives::default()
    };
    given
        .node
        .change(issued.session.id, longer, &given.origin())
        .await
        .unwrap()
        .unwrap();
    // Used each half hour, so that it is never idle.
    for _ in 0..5 {
        given.clock.advance(HOUR / 2);
        assert_eq!(given.says(&issued.pair.access).await, "active");
    }
    given
        .clock
        .advance(issued.session.created_at.after(3 * HOUR).since(given.clock.now()));
    assert_eq!(given.says(&issued.pair.access).await, "expired");
}

#[tokio::test]
async fn an_extension_does_not_move_the_end_of_an_access_token_that_can_be_refreshed() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    let longer = ChangeLives {
        absolute_timeout: Some(100 * HOUR),
        ..ChangeLives::default()
    };
    given
        .node
        .change(issued.session.id, longer, &given.origin())
        .await
        .unwrap()
        .unwrap();
    given.clock.advance(lives().access_ttl);
    assert_eq!(given.says(&issued.pair.access).await, "expired");
    assert!(given.refresh(&issued.pair.refresh).await.is_ok());
}

#[tokio::test]
async fn a_session_that_is_cut_short_ends_then_with_its_tokens() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    let shorter = ChangeLives {
        absolute_timeout: Some(HOUR / 6),
        ..ChangeLives::default()
    };
    given
        .node
        .change(issued.session.id, shorter, &given.origin())
        .await
        .unwrap()
        .unwrap();
    given.clock.advance(HOUR / 6);
    assert_eq!(given.says(&issued.pair.access).await, "expired");
    assert_eq!(given.refresh(&issued.pair.refresh).await.err(), Some("expired"));
}
