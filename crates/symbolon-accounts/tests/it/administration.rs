//! What an operator does with accounts.

use symbolon_accounts::accounts::{ACCOUNTS_PAGE_MAX, AccountError, Change, Conflict, NewAccount};
use symbolon_accounts::password::rules::Refused;
use symbolon_core::account::{AccountName, AccountState, Role};
use symbolon_core::store::SessionStore;
use symbolon_core::subject::{NameError, SubjectId};
use symbolon_testkit::contract::sample;

use super::given::{Given, RIGHT, account_settings, at, password};

fn new(name: &str) -> NewAccount<'_> {
    NewAccount {
        name_text: name,
        password: password(RIGHT),
        role: Role::User,
        subject: None,
    }
}

fn role(role: Role) -> Change {
    Change {
        role: Some(role),
        state: None,
    }
}

fn state(state: AccountState) -> Change {
    Change {
        role: None,
        state: Some(state),
    }
}

fn is_conflict<T>(result: Result<T, AccountError>, conflict: Conflict) -> bool {
    matches!(result, Err(AccountError::Conflict(found)) if found == conflict)
}

#[tokio::test]
async fn an_account_is_its_own_subject_unless_another_is_given() {
    let given = Given::new();
    let alice = given.accounts.create(new(" Alice "), &at(5)).await.unwrap();
    assert_eq!((alice.name.as_str(), alice.subject.as_str()), ("alice", "alice"));
    assert_eq!(
        (alice.created_at, alice.password_changed_at),
        (at(5).at, at(5).at)
    );
    assert_eq!((alice.role, alice.state), (Role::User, AccountState::Enabled));
    let bob = NewAccount {
        subject: Some(SubjectId::new("1024").unwrap()),
        ..new("bob")
    };
    let bob = given.accounts.create(bob, &at(5)).await.unwrap();
    assert_eq!(bob.subject.as_str(), "1024");
    assert_eq!(given.accounts.find("BOB").await.unwrap(), Some(bob));
}

#[tokio::test]
async fn a_name_is_taken_in_every_spelling_and_a_subject_has_one_account() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for name in ["alice", "ALICE", "ａlice "] {
        assert!(
            is_conflict(given.accounts.create(new(name), &at(1)).await, Conflict::Taken),
            "{name}"
        );
    }
    let twin = NewAccount {
        subject: Some(SubjectId::new("alice").unwrap()),
        ..new("twin")
    };
    assert!(is_conflict(
        given.accounts.create(twin, &at(1)).await,
        Conflict::Taken
    ));
}

#[tokio::test]
async fn an_account_needs_a_name_and_a_password_that_are_taken() {
    let given = Given::new();
    let refused = given.accounts.create(new("\u{200b}"), &at(1)).await;
    assert!(
        matches!(refused, Err(AccountError::Name(NameError::Empty))),
        "{refused:?}"
    );
    let weak = NewAccount {
        password: password("margarethe von trotta"),
        ..new("Margarethe von Trotta")
    };
    let refused = given.accounts.create(weak, &at(1)).await;
    assert!(
        matches!(refused, Err(AccountError::Password(Refused::AccountName))),
        "{refused:?}"
    );
    assert_eq!(given.accounts.list(None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let given = Given::new();
    given.account("root", Role::Admin).await;
    given.account("alice", Role::User).await;
    given.account("viewer", Role::Viewer).await;
    let accounts = &given.accounts;
    assert!(is_conflict(
        accounts.remove("root", &at(1)).await,
        Conflict::LastAdministrator
    ));
    for change in [
        role(Role::Viewer),
        role(Role::User),
        state(AccountState::Disabled),
        state(AccountState::PasswordDisabled),
    ] {
        let changed = accounts.change("ROOT", change, &at(1)).await;
        assert!(is_conflict(changed, Conflict::LastAdministrator), "{change:?}");
    }
    accounts.change("root", role(Role::Admin), &at(1)).await.unwrap();
    accounts.remove("viewer", &at(1)).await.unwrap();
    assert_eq!(accounts.get("root").await.unwrap().role, Role::Admin);
}

#[tokio::test]
async fn an_administrator_that_cannot_log_in_is_no_other_administrator() {
    let given = Given::new();
    let accounts = &given.accounts;
    given.account("root", Role::Admin).await;
    given.account("zoe", Role::Admin).await;
    accounts
        .change("zoe", state(AccountState::Disabled), &at(1))
        .await
        .unwrap();
    assert!(is_conflict(
        accounts.remove("root", &at(1)).await,
        Conflict::LastAdministrator
    ));
    // One that cannot log in may go, though.
    accounts.change("zoe", role(Role::Viewer), &at(1)).await.unwrap();
    accounts
        .change(
            "zoe",
            Change {
                role: Some(Role::Admin),
                state: Some(AccountState::Enabled),
            },
            &at(1),
        )
        .await
        .unwrap();
    accounts.remove("root", &at(1)).await.unwrap();
    assert!(is_conflict(
        accounts.remove("zoe", &at(1)).await,
        Conflict::LastAdministrator
    ));
}

#[tokio::test]
async fn the_other_administrator_is_found_on_a_later_page() {
    let given = Given::settled(account_settings());
    for number in 0..ACCOUNTS_PAGE_MAX + 5 {
        given.account(&format!("user-{number:04}"), Role::User).await;
    }
    given.account("admin", Role::Admin).await;
    assert!(is_conflict(
        given.accounts.remove("admin", &at(1)).await,
        Conflict::LastAdministrator
    ));
    given.account("zoe", Role::Admin).await;
    given.accounts.remove("admin", &at(1)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_administrators_that_remove_each_other_at_the_same_time_leave_one() {
    for _ in 0..20 {
        let given = Given::new();
        given.account("ada", Role::Admin).await;
        given.account("bea", Role::Admin).await;
        let (first, second) = (given.accounts.clone(), given.accounts.clone());
        let mut both = tokio::task::JoinSet::new();
        both.spawn(async move { first.remove("ada", &at(1)).await.is_ok() });
        both.spawn(async move { second.change("bea", role(Role::User), &at(1)).await.is_ok() });
        assert_eq!(both.join_all().await.into_iter().filter(|done| *done).count(), 1);
    }
}

#[tokio::test]
async fn a_disabled_password_is_not_enabled_without_a_new_one() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    given
        .accounts
        .change("alice", state(AccountState::PasswordDisabled), &at(1))
        .await
        .unwrap();
    let changed = given
        .accounts
        .change("alice", state(AccountState::Enabled), &at(2))
        .await;
    assert!(is_conflict(changed, Conflict::PasswordDisabled));
    given
        .accounts
        .set_password("alice", password(RIGHT), &at(3))
        .await
        .unwrap();
    given.prove("alice", &at(3)).await;
}

#[tokio::test]
async fn disabling_and_removing_end_the_sessions() {
    let given = Given::new();
    for (name, removes) in [("alice", false), ("bob", true)] {
        given.account(name, Role::User).await;
        let session = sample::session(name, 1);
        given
            .store
            .insert_session(sample::insert(session.clone()))
            .await
            .unwrap();
        let done = if removes {
            given.accounts.remove(name, &at(1)).await.unwrap()
        } else {
            given
                .accounts
                .change(name, state(AccountState::Disabled), &at(1))
                .await
                .unwrap()
        };
        assert_eq!(done.count, 1, "{name}");
        let found = given.store.find_session(session.id).await.unwrap().unwrap();
        assert!(found.session.ended(found.cut, at(1).at).is_some(), "{name}");
    }
    assert_eq!(given.accounts.find("bob").await.unwrap(), None);
}

#[tokio::test]
async fn an_account_that_is_not_there_is_not_changed() {
    let given = Given::new();
    for name in ["nobody", "", "\u{7}"] {
        let accounts = &given.accounts;
        assert!(matches!(
            accounts.change(name, role(Role::Admin), &at(1)).await,
            Err(AccountError::Unknown)
        ));
        assert!(matches!(
            accounts.remove(name, &at(1)).await,
            Err(AccountError::Unknown)
        ));
        assert!(matches!(accounts.get(name).await, Err(AccountError::Unknown)));
        assert_eq!(accounts.find(name).await.unwrap(), None);
    }
}

#[tokio::test]
async fn accounts_are_listed_by_name_in_bounded_pages() {
    let given = Given::new();
    for number in 0..ACCOUNTS_PAGE_MAX + 1 {
        given.account(&format!("user-{number:04}"), Role::User).await;
    }
    let page = given.accounts.list(None, u32::MAX).await.unwrap();
    assert_eq!(page.len(), 200);
    assert_eq!(page[0].name.as_str(), "user-0000");
    let last = page.last().map(|account| account.name.clone());
    let rest = given.accounts.list(last, 200).await.unwrap();
    assert_eq!(
        rest.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
        ["user-0200"]
    );
    assert_eq!(
        given.accounts.list(None, 0).await.unwrap().len(),
        1,
        "a page has at least one"
    );
    let after = AccountName::new("user-0100").unwrap();
    assert_eq!(
        given.accounts.list(Some(after), 3).await.unwrap()[0]
            .name
            .as_str(),
        "user-0101"
    );
}
