//! The account that a new server begins with.

use std::pin::pin;
use std::time::Duration;

use symbolon_accounts::accounts::Outcome;
use symbolon_accounts::password::pool::PoolSettings;
use symbolon_core::account::Role;
use symbolon_store_sql::Place;

use super::given::{Given, WRONG, account_settings, at, node, password, pool_settings, slow_hash, step};

#[tokio::test]
async fn the_first_administrator_is_made_once_and_can_log_in() {
    let given = Given::new();
    let first = given
        .accounts
        .ensure_first_administrator(&at(0))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(first.name.as_str(), "admin");
    assert_eq!(first.password.len(), 24);
    assert!(first.password.chars().all(|c| c.is_ascii_alphanumeric()));
    let account = given.accounts.get("admin").await.unwrap();
    assert_eq!((account.role, account.subject.as_str()), (Role::Admin, "admin"));
    let outcome = given.log_in("admin", &first.password, &at(1)).await;
    assert!(matches!(outcome, Outcome::Authenticated(_)));
    assert!(
        given
            .accounts
            .ensure_first_administrator(&at(2))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn no_administrator_is_made_where_there_is_any_account() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    assert!(
        given
            .accounts
            .ensure_first_administrator(&at(0))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(given.accounts.find("admin").await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_servers_that_begin_at_the_same_time_one_makes_the_administrator() {
    let given = Given::new();
    let mut all = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let accounts = node(&given.store, account_settings(), pool_settings());
        all.spawn(async move {
            accounts
                .ensure_first_administrator(&at(0))
                .await
                .unwrap()
                .is_some()
        });
    }
    assert_eq!(all.join_all().await.into_iter().filter(|made| *made).count(), 1);
    assert_eq!(given.accounts.list(None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_made_while_the_administrators_password_is_hashed_is_the_first() {
    let given = Given::with(Place::Memory, account_settings(), one_thread());
    let (pool, slow) = (given.accounts.pool(), slow_hash());
    let mut busy = pin!(pool.verify(password(WRONG), &slow));
    assert!(step(&mut busy).await.is_none());
    while pool.compares() == 0 {
        tokio::task::yield_now().await;
    }
    let meanwhile = async {
        // The look at the accounts is over, the hash waits for its turn.
        while pool.waiting() == 0 {
            tokio::task::yield_now().await;
        }
        given.account_with_hash("alice", slow_hash()).await;
        busy.await.unwrap();
    };
    let origin = at(0);
    let (made, ()) = tokio::join!(given.accounts.ensure_first_administrator(&origin), meanwhile);
    assert!(made.unwrap().is_none());
    assert_eq!(given.accounts.find("admin").await.unwrap(), None);
}

#[tokio::test]
async fn a_later_start_hashes_nothing() {
    let impatient = PoolSettings {
        wait_max: Duration::ZERO,
        ..one_thread()
    };
    let given = Given::with(Place::Memory, account_settings(), impatient);
    given.account_with_hash("alice", slow_hash()).await;
    let (pool, slow) = (given.accounts.pool(), slow_hash());
    let mut busy = pin!(pool.verify(password(WRONG), &slow));
    assert!(step(&mut busy).await.is_none());
    while pool.compares() == 0 {
        tokio::task::yield_now().await;
    }
    let made = given.accounts.ensure_first_administrator(&at(0)).await;
    assert!(made.unwrap().is_none());
    busy.await.unwrap();
}

fn one_thread() -> PoolSettings {
    PoolSettings {
        permits: 1,
        ..pool_settings()
    }
}
