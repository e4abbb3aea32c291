use std::time::Duration;

use symbolon_core::revocation::RevocationReason;
use symbolon_core::subject::SubjectId;
use symbolon_node::{ChangeLives, Receipt};

use super::given::{Given, text};

fn ann() -> SubjectId {
    SubjectId::new("ann").unwrap()
}

#[tokio::test]
async fn after_a_log_out_neither_token_works_and_repeating_it_gives_the_same_position() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    let receipt = given
        .node
        .log_out(&issued.pair.access, &given.origin())
        .await
        .unwrap();
    assert!(receipt.revoked && !receipt.already);
    assert_eq!(given.memory_says(&issued.pair.access), "ask the store");
    assert_eq!(given.says(&issued.pair.access).await, "logged_out");
    assert_eq!(
        given.refresh(&issued.pair.refresh).await.err(),
        Some("logged_out")
    );
    let again = given
        .node
        .log_out(&issued.pair.refresh, &given.origin())
        .await
        .unwrap();
    assert_eq!(
        again,
        Receipt {
            already: true,
            ..receipt
        }
    );
}

#[tokio::test]
async fn an_expired_or_superseded_token_still_logs_out() {
    let given = Given::fresh();
    let first = given.issue("ann").await;
    let second = given.refresh(&first.pair.refresh).await.unwrap();
    let third = given.refresh(&second.pair.refresh).await.unwrap();
    given.clock.advance(Duration::from_secs(1801));
    let receipt = given
        .node
        .log_out(&first.pair.access, &given.origin())
        .await
        .unwrap();
    assert!(receipt.revoked);
    assert_eq!(given.refresh(&third.pair.refresh).await.err(), Some("logged_out"));
}

#[tokio::test]
async fn a_token_that_is_not_ours_ends_nothing() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    let mut forged = text(&issued.pair.access);
    forged.replace_range(40..=40, if &forged[40..=40] == "A" { "B" } else { "A" });
    let forged = symbolon_core::token::RawToken::parse(&forged).unwrap();
    let receipt = given.node.log_out(&forged, &given.origin()).await.unwrap();
    assert_eq!(receipt, Receipt::NOTHING);
    assert_eq!(given.says(&issued.pair.access).await, "active");
}

#[tokio::test]
async fn a_kick_ends_every_session_of_the_subject_but_the_kept_one_and_no_other() {
    let given = Given::fresh();
    let (phone, laptop, bob) = (
        given.issue("ann").await,
        given.issue("ann").await,
        given.issue("bob").await,
    );
    let kept = vec![laptop.session.id];
    let reason = RevocationReason::Kicked;
    let receipt = given
        .node
        .revoke_subject(&ann(), reason, kept, None, &given.origin())
        .await
        .unwrap();
    assert_eq!(receipt.count, Some(1));
    assert_eq!(given.says(&phone.pair.access).await, "kicked");
    assert_eq!(given.says(&laptop.pair.access).await, "active");
    assert_eq!(given.says(&bob.pair.access).await, "active");
    let after = given.issue("ann").await;
    assert_eq!(
        given.says(&after.pair.access).await,
        "active",
        "issued after the cut"
    );
}

#[tokio::test]
async fn memory_alone_refuses_a_session_whose_subject_was_cut() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    let reason = RevocationReason::Kicked;
    given
        .node
        .revoke_subject(&ann(), reason, vec![], None, &given.origin())
        .await
        .unwrap();
    assert_eq!(given.memory_says(&issued.pair.access), "kicked");
}

#[tokio::test]
async fn the_end_of_everyones_sessions_is_one_row_and_holds_for_all() {
    let given = Given::fresh();
    let sessions = [
        given.issue("ann").await,
        given.issue("bob").await,
        given.issue("cid").await,
    ];
    let receipt = given
        .node
        .revoke_everyone(RevocationReason::Revoked, &given.origin())
        .await
        .unwrap();
    assert_eq!(receipt.count, Some(3));
    for issued in &sessions {
        assert_eq!(given.memory_says(&issued.pair.access), "revoked");
        assert_eq!(given.says(&issued.pair.access).await, "revoked");
    }
    assert_eq!(given.says(&given.issue("ann").await.pair.access).await, "active");
}

#[tokio::test]
async fn new_claims_are_answered_at_the_next_verify() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    let claims = symbolon_core::subject::Claims::new(r#"{"role":"admin"}"#).unwrap();
    let change = ChangeLives {
        claims: Some(claims),
        ..ChangeLives::default()
    };
    given
        .node
        .change(issued.session.id, change, &given.origin())
        .await
        .unwrap()
        .unwrap();
    let symbolon_node::Verdict::Active(live) = given.node.verify(&issued.pair.access).await.unwrap() else {
        panic!("it is active")
    };
    assert_eq!(live.identity.claims(), r#"{"role":"admin"}"#);
}

#[tokio::test]
async fn a_session_that_has_ended_cannot_be_changed() {
    let given = Given::fresh();
    let issued = given.issue("ann").await;
    given
        .node
        .log_out(&issued.pair.access, &given.origin())
        .await
        .unwrap();
    let change = ChangeLives {
        idle_timeout: Some(Duration::from_secs(86_400)),
        ..ChangeLives::default()
    };
    assert!(
        given
            .node
            .change(issued.session.id, change, &given.origin())
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(given.says(&issued.pair.access).await, "logged_out");
}
