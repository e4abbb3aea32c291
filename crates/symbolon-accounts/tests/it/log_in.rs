//! Log-in, up to the session.

use std::pin::pin;

use symbolon_accounts::accounts::{AccountError, Change, Known, Outcome, Refusal};
use symbolon_accounts::password::pool::{HashFault, PoolError, PoolSettings, WAITING_PER_PERMIT_MAX};
use symbolon_core::account::{AccountState, PasswordHash, Role};
use symbolon_core::store::{AccountStore, Inserted, SessionStore};
use symbolon_core::throttle::{Attempts, ThrottledBy};
use symbolon_testkit::contract::sample;
use symbolon_testkit::faulty::Fault;

use super::given::{
    Given, RIGHT, WRONG, account_settings, at, node, password, pool_settings, slow_hash, step,
};

const REFUSED: Outcome = Outcome::Refused(Refusal::InvalidCredentials);

async fn disable(given: &Given, name: &str, state: AccountState) {
    let change = Change {
        role: None,
        state: Some(state),
    };
    given.accounts.change(name, change, &at(0)).await.unwrap();
}

#[tokio::test]
async fn the_right_password_tells_whose_session_may_begin() {
    let given = Given::new();
    let account = given.account("Alice", Role::Viewer).await;
    let proven = given.prove("alice", &at(1)).await;
    assert_eq!(proven.name.as_str(), "alice");
    assert_eq!(proven.subject, account.subject);
    assert_eq!(proven.role, Role::Viewer);
    assert!(!proven.needs_rehash);
}

#[tokio::test]
async fn nothing_tells_an_unknown_name_from_a_wrong_password() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    given.account("bob", Role::User).await;
    disable(&given, "bob", AccountState::PasswordDisabled).await;
    assert_eq!(given.log_in("alice", WRONG, &at(1)).await, REFUSED);
    assert_eq!(given.log_in("nobody", WRONG, &at(1)).await, REFUSED);
    assert_eq!(given.log_in("bob", WRONG, &at(1)).await, REFUSED);
    assert_eq!(given.log_in("bob", RIGHT, &at(1)).await, REFUSED);
}

#[tokio::test]
async fn a_known_and_an_unknown_name_cost_one_compare_each() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    given.account("bob", Role::User).await;
    given.account("carol", Role::User).await;
    disable(&given, "bob", AccountState::PasswordDisabled).await;
    disable(&given, "carol", AccountState::Disabled).await;
    let long = "x".repeat(5_000);
    for name in ["alice", "nobody", "bob", "carol", "", "\u{7}", long.as_str()] {
        let before = given.compares();
        assert_eq!(given.log_in(name, WRONG, &at(1)).await, REFUSED, "{name:?}");
        assert_eq!(given.compares() - before, 1, "{name:?}");
    }
}

#[tokio::test]
async fn every_spelling_of_a_name_is_its_account() {
    let given = Given::new();
    given.account("José", Role::User).await;
    for name in ["josé", " JOSE\u{301} ", "ｊｏｓé", "jo\u{200b}sé"] {
        let proven = given.prove(name, &at(1)).await;
        assert_eq!(proven.name.as_str(), "josé");
        given.accounts.clear_attempts(&proven, at(1).at).await.unwrap();
    }
}

#[tokio::test]
async fn a_disabled_account_says_so_only_after_the_right_password() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    disable(&given, "alice", AccountState::Disabled).await;
    assert_eq!(
        given.refuse("alice", WRONG, &at(1)).await,
        Refusal::InvalidCredentials
    );
    assert_eq!(
        given.refuse("alice", RIGHT, &at(1)).await,
        Refusal::AccountDisabled
    );
    disable(&given, "alice", AccountState::Enabled).await;
    given.prove("alice", &at(1)).await;
}

#[tokio::test]
async fn a_log_in_begun_before_a_password_change_begins_no_session() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let proven = given.prove("alice", &at(1)).await;
    given
        .accounts
        .set_password("alice", password("moth kelp anvils"), &at(2))
        .await
        .unwrap();
    let mut insert = sample::insert(sample::session("alice", 1));
    insert.credential_epoch = Some(proven.epoch);
    assert_eq!(
        given.store.insert_session(insert.clone()).await.unwrap(),
        Inserted::CredentialStale
    );

    let proven = match given.log_in("alice", "moth kelp anvils", &at(3)).await {
        Outcome::Authenticated(proven) => proven,
        other => panic!("{other:?}"),
    };
    insert.credential_epoch = Some(proven.epoch);
    insert.clear_attempts = Some(proven.throttle_key);
    assert!(matches!(
        given.store.insert_session(insert).await.unwrap(),
        Inserted::Done { .. }
    ));
    let attempts = given.store.find_attempts(proven.throttle_key).await.unwrap();
    assert_eq!(attempts, Attempts::default());
}

#[tokio::test]
async fn a_hash_of_another_cost_is_right_and_says_that_it_is_old() {
    let given = Given::new();
    let old = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    phc_account(&given, old).await;
    match given.log_in("alice", "password", &at(1)).await {
        Outcome::Authenticated(proven) => assert!(proven.needs_rehash),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_damaged_hash_is_an_error_and_costs_no_attempt() {
    let given = Given::new();
    phc_account(
        &given,
        "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
    )
    .await;
    for _ in 0..20 {
        let failed = given.try_to_log_in("alice", RIGHT, &at(1)).await;
        let damaged = matches!(
            failed,
            Err(AccountError::Pool(PoolError::Damaged(HashFault::Format)))
        );
        assert!(damaged, "{failed:?}");
    }
    given
        .accounts
        .set_password("alice", password(RIGHT), &at(2))
        .await
        .unwrap();
    given.prove("alice", &at(2)).await;
}

#[tokio::test]
async fn a_disabled_password_is_refused_like_an_unknown_name_whatever_its_hash_is() {
    let given = Given::new();
    phc_account(&given, "damaged").await;
    disable(&given, "alice", AccountState::PasswordDisabled).await;
    assert_eq!(given.log_in("alice", WRONG, &at(1)).await, REFUSED);
    assert_eq!(given.compares(), 1);
}

async fn phc_account(given: &Given, phc: &str) {
    let hash = PasswordHash::from_phc(phc.to_owned());
    given.account_with_hash("alice", hash).await;
}

#[tokio::test]
async fn a_full_queue_is_an_error_that_says_when_to_come_and_costs_no_attempt() {
    let given = Given::new();
    let settings = PoolSettings {
        permits: 1,
        ..pool_settings()
    };
    let busy = node(&given.store, account_settings(), settings);
    let pool = busy.pool();
    let slow = slow_hash();
    let mut first = pin!(pool.verify(password(WRONG), &slow));
    assert!(step(&mut first).await.is_none());
    while pool.compares() == 0 {
        tokio::task::yield_now().await;
    }
    let mut ahead = Vec::new();
    for _ in 0..WAITING_PER_PERMIT_MAX {
        ahead.push(Box::pin(pool.verify(password(WRONG), pool.decoy())));
    }
    for one in &mut ahead {
        assert!(step(&mut one.as_mut()).await.is_none());
    }
    for _ in 0..20 {
        let failed = busy
            .authenticate("alice", password(RIGHT), Known::Stranger, &at(1))
            .await
            .unwrap_err();
        let seconds = failed.retry_after().unwrap().as_secs();
        assert!((1..=3).contains(&seconds), "{seconds}");
    }
    assert_eq!(pool.compares(), 1, "the thread was busy all the while");
    // All free attempts are still there.
    for _ in 0..6 {
        assert_eq!(
            given.refuse("alice", WRONG, &at(1)).await,
            Refusal::InvalidCredentials
        );
    }
    let refused = given.refuse("alice", WRONG, &at(1)).await;
    assert_eq!(
        refused,
        Refusal::Throttled {
            retry_at: at(2).at,
            by: ThrottledBy::Account
        }
    );
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_an_error_and_never_a_refusal() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for step in ["find_account", "find_attempts", "reserve_attempt", "record_audit"] {
        for fault in [Fault::Before, Fault::After] {
            given.faults.fail(step, 1, fault);
            let failed = given.try_to_log_in("alice", WRONG, &at(1_000)).await;
            assert!(
                matches!(failed, Err(AccountError::Store(_))),
                "{step} {fault:?}: {failed:?}"
            );
            given.faults.heal();
            let proven = given.prove("alice", &at(1_000)).await;
            given
                .accounts
                .clear_attempts(&proven, at(1_000).at)
                .await
                .unwrap();
        }
    }
}

#[tokio::test]
async fn a_reservation_that_is_not_known_to_be_written_is_not_compared() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for fault in [Fault::Before, Fault::After] {
        given.faults.fail("reserve_attempt", 1, fault);
        assert!(given.try_to_log_in("alice", RIGHT, &at(1)).await.is_err());
    }
    assert_eq!(given.compares(), 0);
}
