//! New passwords, by their owner and by an operator.

use symbolon_accounts::accounts::{
    AccountError, ChangePassword, Conflict, Known, Outcome, PasswordChange, Refusal,
};
use symbolon_accounts::password::rules::Refused;
use symbolon_core::account::{AccountState, Role};
use symbolon_core::refresh::replaced;
use symbolon_core::revocation::{LogKind, RevocationReason};
use symbolon_core::store::{KeptSession, SessionStore};
use symbolon_core::throttle::FAILURES_MAX;
use symbolon_core::throttle::ThrottledBy;
use symbolon_core::token::Pair;
use symbolon_testkit::contract::sample;
use symbolon_testkit::randomness::Seeded;

use super::given::{Given, RIGHT, WRONG, account_settings, at, password};

const NEW: &str = "moth kelp anvils";

fn change<'a>(name: &'a str, current: &str, new: &str) -> ChangePassword<'a> {
    ChangePassword {
        name_text: name,
        current: password(current),
        new: password(new),
        known: Known::Stranger,
        keep: None,
    }
}

#[tokio::test]
async fn the_owner_changes_the_password_and_the_other_sessions_end() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let (own, other) = (sample::session("alice", 1), sample::session("alice", 2));
    for session in [&own, &other] {
        given
            .store
            .insert_session(sample::insert(session.clone()))
            .await
            .unwrap();
    }
    let from = own.tokens.generation;
    let pair = Pair::random(&sample::keys(), own.id, from.next(), &Seeded::new(5)).unwrap();
    let keep = KeptSession {
        session: replaced(own.clone(), &pair, at(3).at),
        from,
    };
    let change = ChangePassword {
        keep: Some(keep),
        ..change("Alice", RIGHT, NEW)
    };
    let changed = given.accounts.change_password(change, &at(3)).await.unwrap();
    let PasswordChange::Done(done) = changed else {
        panic!("{changed:?}")
    };
    assert_eq!(done.count, 1);

    let found = given.store.find_session(own.id).await.unwrap().unwrap();
    assert_eq!(found.session.ended(found.cut, at(3).at), None);
    let found = given.store.find_session(other.id).await.unwrap().unwrap();
    assert!(found.session.ended(found.cut, at(3).at).is_some());
    let row = given
        .sink
        .rows()
        .into_iter()
        .find(|row| matches!(row.kind, LogKind::Subject { .. }))
        .unwrap();
    assert_eq!(row.reason, RevocationReason::PasswordChanged);

    assert_eq!(
        given.refuse("alice", RIGHT, &at(4)).await,
        Refusal::InvalidCredentials
    );
    assert!(matches!(
        given.log_in("alice", NEW, &at(4)).await,
        Outcome::Authenticated(_)
    ));
}

#[tokio::test]
async fn a_change_clears_the_counter() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for _ in 0..5 {
        given.refuse("alice", WRONG, &at(1)).await;
    }
    given
        .accounts
        .change_password(change("alice", RIGHT, NEW), &at(1))
        .await
        .unwrap();
    for _ in 0..6 {
        assert_eq!(
            given.refuse("alice", WRONG, &at(1)).await,
            Refusal::InvalidCredentials
        );
    }
}

#[tokio::test]
async fn the_current_password_is_guessed_at_no_faster_than_at_log_in() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for _ in 0..3 {
        given.refuse("alice", WRONG, &at(1)).await;
        let changed = given
            .accounts
            .change_password(change("alice", WRONG, NEW), &at(1))
            .await
            .unwrap();
        assert_eq!(changed, PasswordChange::Refused(Refusal::InvalidCredentials));
    }
    let changed = given
        .accounts
        .change_password(change("alice", RIGHT, NEW), &at(1))
        .await
        .unwrap();
    assert_eq!(
        changed,
        PasswordChange::Refused(Refusal::Throttled {
            retry_at: at(2).at,
            by: ThrottledBy::Account,
        })
    );
    assert_eq!(given.compares(), 6);
}

#[tokio::test]
async fn a_new_password_that_is_not_taken_costs_no_attempt() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for _ in 0..20 {
        let refused = given
            .accounts
            .change_password(change("alice", RIGHT, "too short"), &at(1))
            .await;
        let too_short = matches!(
            refused,
            Err(AccountError::Password(Refused::TooShort { has: 9, least: 15 }))
        );
        assert!(too_short, "{refused:?}");
    }
    assert_eq!(given.compares(), 0);
    given.prove("alice", &at(1)).await;
}

#[tokio::test]
async fn nobody_changes_a_password_of_an_account_that_is_not_there_or_disabled() {
    let given = Given::new();
    let changed = given
        .accounts
        .change_password(change("nobody", RIGHT, NEW), &at(1))
        .await
        .unwrap();
    assert_eq!(changed, PasswordChange::Refused(Refusal::InvalidCredentials));
    let set = given.accounts.set_password("nobody", password(NEW), &at(1)).await;
    assert!(matches!(set, Err(AccountError::Unknown)), "{set:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_changes_at_the_same_time_one_is_done() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let origin = at(1);
    let one = given
        .accounts
        .change_password(change("alice", RIGHT, NEW), &origin);
    let other = given
        .accounts
        .change_password(change("alice", RIGHT, "anvils moth kelp"), &origin);
    let (one, other) = tokio::join!(one, other);
    let (loser, winner) = match (one, other) {
        (Ok(PasswordChange::Done(_)), loser) => (loser, NEW),
        (loser, Ok(PasswordChange::Done(_))) => (loser, "anvils moth kelp"),
        both => panic!("{both:?}"),
    };
    let has_lost = matches!(
        loser,
        Err(AccountError::Conflict(Conflict::PasswordChanged))
            | Ok(PasswordChange::Refused(Refusal::InvalidCredentials))
    );
    assert!(has_lost, "{loser:?}");
    assert!(matches!(
        given.log_in("alice", winner, &at(9)).await,
        Outcome::Authenticated(_)
    ));
}

#[tokio::test]
async fn an_operator_sets_a_password_and_all_sessions_end() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    given
        .store
        .insert_session(sample::insert(sample::session("alice", 1)))
        .await
        .unwrap();
    let done = given
        .accounts
        .set_password(" ALICE", password(NEW), &at(1))
        .await
        .unwrap();
    assert_eq!(done.count, 1);
    assert!(matches!(
        given.log_in("alice", NEW, &at(2)).await,
        Outcome::Authenticated(_)
    ));
    let refused = given
        .accounts
        .set_password("alice", password("123456789012345"), &at(3))
        .await;
    assert!(
        matches!(refused, Err(AccountError::Password(Refused::Common))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_set_password_opens_a_password_that_was_disabled() {
    let mut settings = account_settings();
    settings.throttle.free_failures = 1_000;
    let given = Given::settled(settings);
    given.account("alice", Role::User).await;
    for _ in 0..FAILURES_MAX {
        given.refuse("alice", WRONG, &at(1)).await;
    }
    assert_eq!(
        given.accounts.get("alice").await.unwrap().state,
        AccountState::PasswordDisabled
    );
    given
        .accounts
        .set_password("alice", password(NEW), &at(2))
        .await
        .unwrap();
    assert_eq!(
        given.accounts.get("alice").await.unwrap().state,
        AccountState::Enabled
    );
    assert!(matches!(
        given.log_in("alice", NEW, &at(2)).await,
        Outcome::Authenticated(_)
    ));
}
