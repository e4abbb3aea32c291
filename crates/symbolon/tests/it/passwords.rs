use symbolon::account::Role;
use symbolon::audit::Actor;
use symbolon::device::SeenFrom;
use symbolon::{ChangePassword, Live, LoggedIn, PasswordChanged, Refreshed, Symbolon, Verdict};

use super::given::{PASSWORD, add_account, in_memory, log_in, logged_in, password, presented, says};

const NEXT: &str = "nine loud storks at dusk";

async fn live(symbolon: &Symbolon, token: &symbolon::token::RawToken) -> Live {
    match symbolon.verify(&presented(token)).await.unwrap() {
        Verdict::Active(live) => live,
        Verdict::Inactive(reason) => panic!("{reason:?}"),
    }
}

async fn change(symbolon: &Symbolon, live: Live, current: &str, new: &str, keep: bool) -> PasswordChanged {
    let change = ChangePassword {
        live,
        current: password(current),
        new: password(new),
        keep_current: keep,
        seen_from: SeenFrom::default(),
    };
    symbolon.change_password(change).await.unwrap()
}

#[tokio::test]
async fn a_new_password_ends_the_others_and_gives_the_kept_session_a_new_pair() {
    let symbolon = in_memory().await;
    add_account(&symbolon, "ann", Role::User).await;
    let (own, other) = (
        logged_in(&symbolon, "ann").await,
        logged_in(&symbolon, "ann").await,
    );
    let asking = live(&symbolon, &own.pair.access).await;
    let PasswordChanged::Changed { receipt, kept } = change(&symbolon, asking, PASSWORD, NEXT, true).await
    else {
        panic!("the current password is right")
    };
    assert_eq!(receipt.count, Some(1));
    let kept = kept.unwrap();
    assert_eq!(says(&symbolon, &kept.pair.access).await, "active");
    assert_eq!(
        says(&symbolon, &own.pair.access).await,
        "superseded",
        "a stolen copy of it is dead"
    );
    assert_eq!(says(&symbolon, &other.pair.access).await, "password_changed");
    let origin = symbolon.origin(Actor::System, SeenFrom::default());
    let refused = symbolon.refresh(&own.pair.refresh, &origin).await.unwrap();
    assert!(matches!(refused, Refreshed::Refused(reason) if reason.as_str() == "superseded"));
    assert!(matches!(
        symbolon.refresh(&kept.pair.refresh, &origin).await.unwrap(),
        Refreshed::Pair(_)
    ));
    assert!(matches!(
        log_in(&symbolon, "ann", PASSWORD).await,
        LoggedIn::InvalidCredentials
    ));
    assert!(matches!(
        log_in(&symbolon, "ann", NEXT).await,
        LoggedIn::Issued { .. }
    ));
}

#[tokio::test]
async fn without_keeping_it_the_own_session_ends_too() {
    let symbolon = in_memory().await;
    add_account(&symbolon, "ann", Role::User).await;
    let own = logged_in(&symbolon, "ann").await;
    let asking = live(&symbolon, &own.pair.access).await;
    let changed = change(&symbolon, asking, PASSWORD, NEXT, false).await;
    assert!(matches!(changed, PasswordChanged::Changed { kept: None, .. }));
    assert_eq!(says(&symbolon, &own.pair.access).await, "password_changed");
}

#[tokio::test]
async fn a_wrong_current_or_a_weak_new_password_changes_nothing() {
    let symbolon = in_memory().await;
    add_account(&symbolon, "ann", Role::User).await;
    let own = logged_in(&symbolon, "ann").await;
    let asking = live(&symbolon, &own.pair.access).await;
    let changed = change(&symbolon, asking.clone(), "something else altogether", NEXT, true).await;
    assert!(matches!(changed, PasswordChanged::InvalidCredentials));
    let changed = change(&symbolon, asking, PASSWORD, "short", true).await;
    assert!(matches!(changed, PasswordChanged::Refused(_)));
    assert_eq!(says(&symbolon, &own.pair.access).await, "active");
    assert!(matches!(
        log_in(&symbolon, "ann", PASSWORD).await,
        LoggedIn::Issued { .. }
    ));
}

#[tokio::test]
async fn a_token_that_comes_with_a_log_in_is_ended_by_it() {
    let symbolon = in_memory().await;
    add_account(&symbolon, "ann", Role::User).await;
    let before = super::given::issue(&symbolon, "guest").await;
    let presented = presented(&before.pair.access);
    let log_in = symbolon::LogIn {
        username: "ann".to_owned(),
        password: password(PASSWORD),
        client_id: symbolon::subject::ClientId::default(),
        device: symbolon::device::Device::default(),
        seen_from: SeenFrom::default(),
        remember: true,
        style: None,
        presented: Some(presented),
        known_device: None,
    };
    let LoggedIn::Issued { issued, .. } = symbolon.log_in(log_in).await.unwrap() else {
        panic!("it is right")
    };
    assert_eq!(issued.session.lives, symbolon.policy().remembered);
    assert_eq!(says(&symbolon, &before.pair.access).await, "replaced");
}
