//! A hash of an older cost is renewed when its password comes by.

use std::sync::Arc;
use std::time::Duration;

use symbolon_accounts::accounts::{Accounts, Outcome};
use symbolon_accounts::password::cost::Cost;
use symbolon_accounts::password::pool::{PoolSettings, WAITING_PER_PERMIT_MAX};
use symbolon_core::account::{Account, Role};
use symbolon_testkit::faulty::Fault;
use tokio::sync::oneshot;

use super::given::{
    Given, RIGHT, TestStore, WRONG, account_settings, at, node, password, pool_settings, slow_hash, step,
};

/// A node whose new hashes cost more.
fn dearer(given: &Given) -> Arc<Accounts<TestStore>> {
    let settings = PoolSettings {
        permits: 1,
        cost: Cost::new(128, 2).unwrap(),
        ..pool_settings()
    };
    node(&given.store, account_settings(), settings)
}

async fn stored(given: &Given) -> Account {
    given.accounts.get("alice").await.unwrap()
}

async fn log_in(accounts: &Accounts<TestStore>, text: &str) -> Outcome {
    let known = symbolon_accounts::accounts::Known::Stranger;
    let outcome = accounts
        .authenticate("alice", password(text), known, &at(5))
        .await;
    outcome.unwrap()
}

fn is_dear(account: &Account) -> bool {
    account
        .password
        .as_phc()
        .starts_with("$argon2id$v=19$m=128,t=2,p=1$")
}

/// Lets what waits be renewed, and comes back when nothing waits any more.
async fn renew(accounts: &Accounts<TestStore>, done: impl AsyncFn() -> bool) {
    let (stop, stopped) = oneshot::channel::<()>();
    let rehasher = accounts.rehasher().unwrap();
    let cancelled = async {
        drop(stopped.await);
    };
    let watch = async {
        while !done().await {
            tokio::task::yield_now().await;
        }
        drop(stop);
    };
    let both = async { tokio::join!(rehasher.run(cancelled), watch) };
    tokio::time::timeout(Duration::from_secs(60), both).await.unwrap();
}

#[tokio::test]
async fn the_next_log_in_after_the_cost_was_raised_renews_the_hash() {
    let given = Given::new();
    let before = given.account("alice", Role::User).await;
    let dearer = dearer(&given);
    assert!(matches!(log_in(&dearer, RIGHT).await, Outcome::Authenticated(_)));
    assert_eq!(stored(&given).await, before, "the log-in did not wait for it");
    renew(&dearer, async || is_dear(&stored(&given).await)).await;
    let after = stored(&given).await;
    assert_eq!(after.password_changed_at, before.password_changed_at);
    assert_eq!(given.sink.rows(), [], "no session is concerned");
    assert!(matches!(log_in(&dearer, WRONG).await, Outcome::Refused(_)));
    match log_in(&dearer, RIGHT).await {
        Outcome::Authenticated(proven) => assert!(!proven.needs_rehash),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_wrong_password_and_a_hash_of_the_right_cost_renew_nothing() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let dearer = dearer(&given);
    assert!(matches!(log_in(&dearer, WRONG).await, Outcome::Refused(_)));
    assert!(matches!(
        log_in(&given.accounts, RIGHT).await,
        Outcome::Authenticated(_)
    ));
    for accounts in [&dearer, &given.accounts] {
        let rehasher = accounts.rehasher().unwrap();
        let mut run = std::pin::pin!(rehasher.run(std::future::pending()));
        assert!(step(&mut run).await.is_none());
        assert_eq!(accounts.pool().waiting(), 0);
    }
}

#[tokio::test]
async fn a_password_set_meanwhile_wins() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let dearer = dearer(&given);
    assert!(matches!(log_in(&dearer, RIGHT).await, Outcome::Authenticated(_)));
    given
        .accounts
        .set_password("alice", password("moth kelp anvils"), &at(6))
        .await
        .unwrap();
    let newest = stored(&given).await;
    // What was planned to fail has failed: the step was done before.
    given.faults.fail("replace_hash", 1, Fault::After);
    renew(&dearer, async || given.faults.are_over()).await;
    assert_eq!(stored(&given).await, newest);
    assert!(matches!(log_in(&dearer, RIGHT).await, Outcome::Refused(_)));
}

#[tokio::test]
async fn a_store_that_fails_leaves_the_old_hash_and_the_next_log_in_renews_it() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let dearer = dearer(&given);
    given.faults.fail("replace_hash", 1, Fault::Before);
    for _ in 0..2 {
        match log_in(&dearer, RIGHT).await {
            Outcome::Authenticated(proven) => {
                dearer.clear_attempts(&proven, at(5).at).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    renew(&dearer, async || is_dear(&stored(&given).await)).await;
}

#[tokio::test]
async fn where_others_wait_for_a_thread_nothing_is_renewed() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let dearer = dearer(&given);
    assert!(matches!(log_in(&dearer, RIGHT).await, Outcome::Authenticated(_)));
    let (pool, slow) = (dearer.pool(), slow_hash());
    let mut busy = std::pin::pin!(pool.verify(password(WRONG), &slow));
    assert!(step(&mut busy).await.is_none());
    while pool.compares() == 1 {
        tokio::task::yield_now().await;
    }
    let mut waiting = std::pin::pin!(pool.verify(password(WRONG), pool.decoy()));
    assert!(step(&mut waiting).await.is_none());
    let rehasher = dearer.rehasher().unwrap();
    let mut run = std::pin::pin!(rehasher.run(std::future::pending()));
    assert!(step(&mut run).await.is_none());
    assert_eq!(pool.waiting(), 1, "the rehash did not stand in the queue");
    waiting.await.unwrap();
    assert!(!is_dear(&stored(&given).await));
}

/// However many come, they are let in, and the clear passwords that are held are few.
#[tokio::test]
async fn log_ins_go_on_where_nobody_renews() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let dearer = dearer(&given);
    for _ in 0..5 * WAITING_PER_PERMIT_MAX {
        match log_in(&dearer, RIGHT).await {
            Outcome::Authenticated(proven) => {
                dearer.clear_attempts(&proven, at(5).at).await.unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(!is_dear(&stored(&given).await));
}
