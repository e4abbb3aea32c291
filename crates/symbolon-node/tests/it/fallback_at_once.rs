//! The store is lost before anything could be copied anew: after a start, and after coming home.

use symbolon_core::account::{Account, AccountName, AccountState, PasswordHash, Role};
use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::store::{AccountStore as _, InsertAccount, SetPassword};
use symbolon_core::subject::SubjectId;
use symbolon_core::throttle::ThrottleKey;
use symbolon_node::clock::wall_clock;
use symbolon_node::fallback::{FallbackEvent, Standing};
use symbolon_testkit::faulty::{Fault, Faults};

use super::away::{Alone, Home, there};
use super::cluster::{LONG, Place, eventually};

/// Starts it, and lets nothing be copied after so many looks at the accounts.
async fn started_uncopied(home: &Home, looks: u32) -> Alone {
    let faults = Faults::default();
    for nth in looks + 1..100 {
        faults.fail("list_accounts", nth, Fault::Before);
    }
    home.start_with(faults, false).await.unwrap()
}

#[tokio::test]
async fn a_node_that_was_alone_goes_on_without_a_store_that_it_loses_at_once_after_its_start() {
    let home = Home::new();
    home.start().await.end_now().await;
    let a = started_uncopied(&home, 0).await;
    a.cut_off().await;
    let ann = a.issue("ann").await;
    assert_eq!(a.says(&ann.pair.access).await, "active");
    // And at once after it has come home.
    a.faults.heal();
    a.faults.fail_always("list_accounts", Fault::Before);
    eventually(LONG, async || a.heard.has(came_home)).await;
    assert!(there(&home.look(), &ann).await.unwrap().1);
    a.cut_off().await;
    let bob = a.issue("bob").await;
    assert_eq!(a.says(&bob.pair.access).await, "active");
    a.comes_home().await;
    assert!(there(&home.look(), &bob).await.unwrap().1);
}

fn came_home(event: &FallbackEvent) -> bool {
    matches!(event, FallbackEvent::CameHome { .. })
}

#[tokio::test]
async fn what_others_changed_while_a_node_was_down_is_in_its_mirror_before_it_joins() {
    let home = Home::new();
    let a = home.start().await;
    let name = AccountName::new("ann").unwrap();
    let account = Account {
        name: name.clone(),
        subject: SubjectId::new("ann").unwrap(),
        password: PasswordHash::from_phc("old".to_owned()),
        role: Role::User,
        state: AccountState::Enabled,
        created_at: wall_clock(),
        password_changed_at: wall_clock(),
    };
    let insert = InsertAccount {
        account,
        only_first: false,
        audit: a.origin().entry(AuditEvent::AccountAdded),
    };
    assert!(a.fallback().insert_account(insert).await.unwrap());
    a.end_now().await;
    let set = SetPassword {
        name: name.clone(),
        password: PasswordHash::from_phc("new".to_owned()),
        expected: None,
        keep: None,
        clear_attempts: ThrottleKey([1; 16]),
        audit: Origin::system(wall_clock()).entry(AuditEvent::PasswordSet),
    };
    home.look().set_password(set).await.unwrap().unwrap();
    // One look, at the start: whether the store is empty.
    let a = started_uncopied(&home, 1).await;
    a.cut_off().await;
    let found = a.fallback().find_account(name).await.unwrap().unwrap();
    assert_eq!(found.account.password, PasswordHash::from_phc("new".to_owned()));
}

#[tokio::test]
async fn a_node_whose_store_others_joined_while_it_was_down_does_not_go_on_alone_from_the_first_moment() {
    let home = Home::new();
    home.start().await.end_now().await;
    let b = Place::at(home.url.clone()).node("b").await;
    let a = started_uncopied(&home, 0).await;
    assert!(!a.fallback().state().may_fall_back);
    assert!(a.heard.has(|event| *event == FallbackEvent::NotAlone));
    a.faults.cut_off(Fault::Before);
    let may_not = |event: &_| matches!(event, FallbackEvent::MayNot { .. });
    eventually(LONG, async || a.heard.has(may_not)).await;
    assert_eq!(a.standing(), Standing::Healthy);
    drop(b);
}
