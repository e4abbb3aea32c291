//! Failures of one address, whatever the names are.

use std::net::IpAddr;
use std::sync::Arc;

use symbolon_accounts::accounts::{AccountError, Known, Outcome, Refusal};
use symbolon_accounts::password::pool::{PoolError, PoolSettings, WAITING_PER_PERMIT_MAX};
use symbolon_core::account::Role;
use symbolon_core::audit::Origin;
use symbolon_core::store::AccountStore as _;
use symbolon_core::throttle::ThrottledBy;
use symbolon_testkit::faulty::Fault;
use tokio::task::JoinSet;

use super::given::{Given, RIGHT, WRONG, account_settings, at, node, password, pool_settings, slow_hash};

fn from(address: &str, seconds: i64) -> Origin {
    let mut origin = at(seconds);
    origin.seen_from.ip = Some(address.parse::<IpAddr>().unwrap());
    origin
}

const HERE: &str = "192.0.2.1";

fn throttled_by(outcome: &Outcome) -> Option<ThrottledBy> {
    match outcome {
        Outcome::Refused(Refusal::Throttled { by, .. }) => Some(*by),
        _ => None,
    }
}

#[tokio::test]
async fn twenty_wrong_passwords_at_twenty_names_are_what_an_address_has_for_a_minute() {
    let given = Given::new();
    for number in 0..20 {
        let refused = given
            .refuse(&format!("name {number}"), WRONG, &from(HERE, 5))
            .await;
        assert_eq!(refused, Refusal::InvalidCredentials, "{number}");
    }
    let refused = given.refuse("name 20", WRONG, &from(HERE, 5)).await;
    let by = ThrottledBy::Address;
    assert_eq!(
        refused,
        Refusal::Throttled {
            retry_at: at(70).at,
            by
        }
    );
    assert_eq!(given.compares(), 20);
    given.refuse("name 20", WRONG, &from("192.0.2.2", 5)).await;
    assert_eq!(given.compares(), 21, "another address has its own");
    let refused = given.refuse("name 20", WRONG, &from(HERE, 70)).await;
    assert_eq!(refused, Refusal::InvalidCredentials);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_200_guesses_at_once_at_200_names_twenty_are_compared() {
    let given = Given::new();
    let mut all = JoinSet::new();
    for number in 0..200 {
        let accounts = Arc::clone(&given.accounts);
        all.spawn(async move {
            let (name, origin) = (format!("name {number}"), from(HERE, 5));
            // Where the queue of passwords is full, the failure was taken back: it is tried again.
            loop {
                let tried = accounts.authenticate(&name, password(WRONG), Known::Stranger, &origin);
                match tried.await {
                    Err(AccountError::Pool(PoolError::Busy { .. })) => tokio::task::yield_now().await,
                    outcome => return outcome.unwrap(),
                }
            }
        });
    }
    let outcomes = all.join_all().await;
    assert_eq!(given.compares(), 20);
    let stopped = outcomes.iter().filter_map(throttled_by);
    assert_eq!(stopped.filter(|by| *by == ThrottledBy::Address).count(), 180);
}

/// The one address has used its own up, and nobody else's.
#[tokio::test]
async fn what_is_stopped_at_the_address_does_not_count_at_the_name() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for number in 0..20 {
        given
            .refuse(&format!("name {number}"), WRONG, &from(HERE, 5))
            .await;
    }
    for _ in 0..50 {
        let refused = given.refuse("alice", WRONG, &from(HERE, 5)).await;
        assert!(matches!(
            refused,
            Refusal::Throttled {
                by: ThrottledBy::Address,
                ..
            }
        ));
    }
    let proven = given.prove("alice", &from("192.0.2.2", 5)).await;
    let counted = given.store.find_attempts(proven.throttle_key).await.unwrap();
    assert_eq!(counted.failures, 1, "its own reservation alone");
}

#[tokio::test]
async fn what_is_stopped_at_the_name_does_not_count_at_the_address() {
    let given = Given::new();
    for _ in 0..100 {
        given.refuse("alice", WRONG, &from(HERE, 5)).await;
    }
    // Six of the twenty are used.
    for number in 0..14 {
        let refused = given
            .refuse(&format!("name {number}"), WRONG, &from(HERE, 5))
            .await;
        assert_eq!(refused, Refusal::InvalidCredentials, "{number}");
    }
    let refused = given.refuse("name 14", WRONG, &from(HERE, 5)).await;
    assert!(matches!(
        refused,
        Refusal::Throttled {
            by: ThrottledBy::Address,
            ..
        }
    ));
}

#[tokio::test]
async fn a_right_password_pays_for_itself_and_for_no_wrong_one() {
    let given = Given::new();
    given.account("mallory", Role::User).await;
    for number in 0..19 {
        given
            .refuse(&format!("name {number}"), WRONG, &from(HERE, 5))
            .await;
        let proven = given.prove("mallory", &from(HERE, 5)).await;
        given.accounts.clear_attempts(&proven, at(5).at).await.unwrap();
    }
    for _ in 0..30 {
        let proven = given.prove("mallory", &from(HERE, 5)).await;
        given.accounts.clear_attempts(&proven, at(5).at).await.unwrap();
    }
    given.refuse("name 19", WRONG, &from(HERE, 5)).await;
    for name in ["name 20", "mallory"] {
        let refused = given.refuse(name, RIGHT, &from(HERE, 5)).await;
        assert!(
            matches!(
                refused,
                Refusal::Throttled {
                    by: ThrottledBy::Address,
                    ..
                }
            ),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_ipv6_network_counts_as_one_and_a_site_as_four() {
    let given = Given::new();
    let mut stopped = 0;
    for host in 0..25 {
        let origin = from(&format!("2001:db8:5:1::{host:x}"), 5);
        let refused = given.refuse(&format!("name {host}"), WRONG, &origin).await;
        stopped += u32::from(refused != Refusal::InvalidCredentials);
    }
    assert_eq!(stopped, 5);
    let mut passed = 20;
    for network in 2..100 {
        let origin = from(&format!("2001:db8:5:{network:x}::1"), 5);
        let refused = given.refuse(&format!("net {network}"), WRONG, &origin).await;
        passed += u32::from(refused == Refusal::InvalidCredentials);
    }
    assert_eq!(passed, 80);
    let refused = given.refuse("another", WRONG, &from("2001:db8:6:1::1", 5)).await;
    assert_eq!(refused, Refusal::InvalidCredentials);
}

#[tokio::test]
async fn an_address_that_came_as_ipv6_is_the_ipv4_address_that_it_is() {
    let given = Given::new();
    for number in 0..20 {
        let address = if number % 2 == 0 { HERE } else { "::ffff:192.0.2.1" };
        given
            .refuse(&format!("name {number}"), WRONG, &from(address, 5))
            .await;
    }
    for address in [HERE, "::ffff:192.0.2.1"] {
        let refused = given.refuse("name 20", WRONG, &from(address, 5)).await;
        assert!(matches!(
            refused,
            Refusal::Throttled {
                by: ThrottledBy::Address,
                ..
            }
        ));
    }
}

#[tokio::test]
async fn fifty_names_in_an_hour_are_what_an_address_has() {
    let given = Given::new();
    let mut now = 0;
    for number in 0..50 {
        let refused = given
            .refuse(&format!("name {number}"), WRONG, &from(HERE, now))
            .await;
        assert_eq!(refused, Refusal::InvalidCredentials, "{number}");
        now += 10;
    }
    let refused = given.refuse("name 50", WRONG, &from(HERE, now)).await;
    let (retry_at, by) = (at(65 * 60).at, ThrottledBy::Address);
    assert_eq!(refused, Refusal::Throttled { retry_at, by });
    let refused = given.refuse("NAME 49", WRONG, &from(HERE, now)).await;
    assert_eq!(refused, Refusal::InvalidCredentials, "one that it has tried");
}

/// Every attempt that was not compared is given back: a busy server locks nobody out.
#[tokio::test]
async fn what_was_not_compared_is_no_failure_of_the_address() {
    let given = Given::new();
    let impatient = PoolSettings {
        permits: 1,
        wait_max: std::time::Duration::ZERO,
        ..pool_settings()
    };
    let busy = node(&given.store, account_settings(), impatient);
    let (pool, slow) = (busy.pool(), slow_hash());
    let mut first = std::pin::pin!(pool.verify(password(WRONG), &slow));
    assert!(super::given::step(&mut first).await.is_none());
    while pool.compares() == 0 {
        tokio::task::yield_now().await;
    }
    for number in 0..5 * WAITING_PER_PERMIT_MAX {
        let name = format!("name {number}");
        let failed = busy
            .authenticate(&name, password(WRONG), Known::Stranger, &from(HERE, 5))
            .await;
        assert!(failed.is_err(), "{number}");
    }
    assert_eq!(busy.addresses_len(), 0);
    given.faults.fail_always("reserve_attempt", Fault::Before);
    for number in 0..40 {
        let failed = given
            .try_to_log_in(&format!("name {number}"), WRONG, &from(HERE, 5))
            .await;
        assert!(failed.is_err(), "{number}");
    }
    assert_eq!(given.accounts.addresses_len(), 0);
}

#[tokio::test]
async fn the_server_itself_is_not_counted() {
    let given = Given::new();
    for number in 0..60 {
        let refused = given.refuse(&format!("name {number}"), WRONG, &at(5)).await;
        assert_eq!(refused, Refusal::InvalidCredentials, "{number}");
    }
    assert_eq!(given.accounts.addresses_len(), 0);
}
