//! Guesses are counted before they are made, and none gets past the count (I14).

use std::sync::Arc;
use std::time::Duration;

use symbolon_accounts::accounts::{AccountSettings, Known, Outcome, Refusal};
use symbolon_core::account::{AccountState, Role};
use symbolon_core::audit::Origin;
use symbolon_core::clock::Timestamp;
use symbolon_core::store::AccountStore;
use symbolon_core::throttle::{Attempts, FAILURES_MAX, ThrottleKey, ThrottleRule, ThrottledBy};
use symbolon_testkit::faulty::Fault;
use tokio::task::JoinSet;

use super::given::{Given, RIGHT, WRONG, account_settings, at, node, password, pool_settings, slow_hash};

/// What may be compared at one instant: the free ones, and one more whose wait then begins.
const AT_ONCE: u64 = 5 + 1;

fn free(free_failures: u32) -> AccountSettings {
    AccountSettings {
        throttle: ThrottleRule { free_failures },
        ..account_settings()
    }
}

/// Sends `count` attempts at the same time, to all the nodes in turn.
async fn flood(
    nodes: &[&Given],
    count: usize,
    name: &'static str,
    text: &'static str,
    origin: &Origin,
) -> Vec<Outcome> {
    let mut all = JoinSet::new();
    for number in 0..count {
        let accounts = Arc::clone(&nodes[number % nodes.len()].accounts);
        let origin = origin.clone();
        all.spawn(async move {
            accounts
                .authenticate(name, password(text), Known::Stranger, &origin)
                .await
                .unwrap()
        });
    }
    all.join_all().await
}

fn throttled(outcomes: &[Outcome]) -> usize {
    let is_throttled = |outcome: &&Outcome| matches!(outcome, Outcome::Refused(Refusal::Throttled { .. }));
    outcomes.iter().filter(is_throttled).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cve_2023_47111_parallel_guesses_never_outrun_the_counter() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for name in ["alice", "nobody"] {
        let before = given.compares();
        let outcomes = flood(&[&given], 200, name, WRONG, &at(1)).await;
        assert_eq!(given.compares() - before, AT_ONCE, "{name}");
        assert_eq!(throttled(&outcomes), 200 - 6, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cve_2023_47111_parallel_guesses_on_several_nodes_share_the_counter() {
    let first = Given::new();
    first.account("alice", Role::User).await;
    let other = |given: &Given| Given {
        store: Arc::clone(&given.store),
        faults: given.faults.clone(),
        sink: Arc::clone(&given.sink),
        accounts: node(&given.store, account_settings(), pool_settings()),
    };
    let (second, third) = (other(&first), other(&first));
    let nodes = [&first, &second, &third];
    flood(&nodes, 200, "alice", WRONG, &at(1)).await;
    assert_eq!(nodes.iter().map(|node| node.compares()).sum::<u64>(), AT_ONCE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_150_guesses_at_once_no_more_than_100_are_compared_and_then_the_right_one_is_refused() {
    let given = Given::settled(free(1_000));
    given.account("alice", Role::User).await;
    // One after the other the pool has room for all of them.
    for _ in 0..15 {
        flood(&[&given], 10, "alice", WRONG, &at(1)).await;
    }
    assert_eq!(given.compares(), u64::from(FAILURES_MAX));
    assert_eq!(
        given.refuse("alice", RIGHT, &at(86_400)).await,
        Refusal::InvalidCredentials
    );
    assert_eq!(given.compares(), u64::from(FAILURES_MAX));
    let account = given.accounts.get("alice").await.unwrap();
    assert_eq!(account.state, AccountState::PasswordDisabled);
}

#[tokio::test]
async fn six_guesses_are_free_then_waits_double_from_1_to_300_seconds_for_known_and_unknown_names() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for name in ["alice", "nobody"] {
        let mut now = at(1).at;
        for _ in 0..6 {
            let refused = given.refuse(name, WRONG, &Origin::system(now)).await;
            assert_eq!(refused, Refusal::InvalidCredentials, "{name}");
        }
        let mut waits = Vec::new();
        for _ in 0..11 {
            let Refusal::Throttled { retry_at, by } = given.refuse(name, WRONG, &Origin::system(now)).await
            else {
                panic!("{name}: no wait after {waits:?}");
            };
            waits.push(retry_at.since(now).as_secs());
            let early = Origin::system(Timestamp(retry_at.0 - 1));
            let refused = given.refuse(name, RIGHT, &early).await;
            assert_eq!(refused, Refusal::Throttled { retry_at, by }, "{name}");
            assert_eq!(by, ThrottledBy::Account, "{name}");
            now = retry_at;
            let refused = given.refuse(name, WRONG, &Origin::system(now)).await;
            assert_eq!(refused, Refusal::InvalidCredentials, "{name}");
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300], "{name}");
    }
}

#[tokio::test]
async fn a_hundred_failures_in_a_row_disable_the_password_until_a_new_one_is_set() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let mut now = at(1).at;
    for _ in 0..FAILURES_MAX {
        assert_eq!(
            given.refuse("alice", WRONG, &Origin::system(now)).await,
            Refusal::InvalidCredentials
        );
        assert_eq!(
            given.accounts.get("alice").await.unwrap().state == AccountState::PasswordDisabled,
            given.compares() == 100
        );
        now = now.after(Duration::from_secs(300));
    }
    assert_eq!(given.compares(), 100);
    let later = Origin::system(now.after(Duration::from_secs(86_400)));
    assert_eq!(
        given.refuse("alice", RIGHT, &later).await,
        Refusal::InvalidCredentials
    );
    assert_eq!(given.compares(), 100);

    given
        .accounts
        .set_password("alice", password(RIGHT), &later)
        .await
        .unwrap();
    given.prove("alice", &later).await;
}

#[tokio::test]
async fn a_password_set_while_the_last_guess_is_compared_is_not_disabled() {
    let given = Given::new();
    given.account_with_hash("alice", slow_hash()).await;
    let last_but_one = Attempts {
        failures: FAILURES_MAX - 1,
        next_try_at: at(1).at,
    };
    let counter = ThrottleKey(HMAC_OF_ALICE);
    let set = given
        .store
        .reserve_attempt(counter, Attempts::default(), last_but_one, at(1).at);
    assert!(set.await.unwrap());
    let set_meanwhile = async {
        while given.compares() == 0 {
            tokio::task::yield_now().await;
        }
        given
            .accounts
            .set_password("alice", password(RIGHT), &at(2))
            .await
            .unwrap();
    };
    let origin = at(1);
    let (refused, ()) = tokio::join!(given.refuse("alice", WRONG, &origin), set_meanwhile);
    assert_eq!(refused, Refusal::InvalidCredentials);
    given.prove("alice", &at(3)).await;
}

#[tokio::test]
async fn an_unknown_name_is_exhausted_like_a_known_one() {
    let given = Given::settled(free(1_000));
    for _ in 0..FAILURES_MAX + 5 {
        assert_eq!(
            given.refuse("nobody", WRONG, &at(1)).await,
            Refusal::InvalidCredentials
        );
    }
    assert_eq!(given.compares(), 100);
}

#[tokio::test]
async fn a_disabling_that_the_store_missed_is_done_with_the_next_attempt() {
    let given = Given::settled(free(1_000));
    given.account("alice", Role::User).await;
    for _ in 1..FAILURES_MAX {
        given.refuse("alice", WRONG, &at(1)).await;
    }
    given.faults.fail("change_account", 1, Fault::Before);
    assert!(given.try_to_log_in("alice", WRONG, &at(1)).await.is_err());
    assert_eq!(
        given.accounts.get("alice").await.unwrap().state,
        AccountState::Enabled
    );
    assert_eq!(
        given.refuse("alice", RIGHT, &at(1)).await,
        Refusal::InvalidCredentials
    );
    assert_eq!(
        given.accounts.get("alice").await.unwrap().state,
        AccountState::PasswordDisabled
    );
    assert_eq!(given.compares(), 100);
}

#[tokio::test]
async fn cve_2025_24806_all_spellings_share_one_counter() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for name in [
        "alice",
        "ALICE",
        " alice ",
        "ａｌｉｃｅ",
        "ali\u{200b}ce",
        "Alice\u{feff}",
    ] {
        assert_eq!(
            given.refuse(name, WRONG, &at(1)).await,
            Refusal::InvalidCredentials,
            "{name:?}"
        );
    }
    for name in ["aLiCe", "𝐚𝐥𝐢𝐜𝐞"] {
        assert!(
            matches!(given.refuse(name, RIGHT, &at(1)).await, Refusal::Throttled { .. }),
            "{name:?}"
        );
    }
    // Nor is there a second one for texts that can be no name.
    for name in [
        "ab\u{7}c",
        "AB\u{7}C",
        " aB\u{7}c",
        "ａb\u{7}c",
        "ab\u{7}c ",
        "Ab\u{7}c",
    ] {
        assert_eq!(
            given.refuse(name, WRONG, &at(1)).await,
            Refusal::InvalidCredentials,
            "{name:?}"
        );
    }
    assert!(matches!(
        given.refuse("ab\u{7}C", WRONG, &at(1)).await,
        Refusal::Throttled { .. }
    ));
}

#[tokio::test]
async fn one_name_does_not_wait_for_another() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for _ in 0..7 {
        given.refuse("mallory", WRONG, &at(1)).await;
    }
    assert!(matches!(
        given.refuse("mallory", WRONG, &at(1)).await,
        Refusal::Throttled { .. }
    ));
    given.prove("alice", &at(1)).await;
}

#[tokio::test]
async fn cve_2026_35597_the_count_outlives_the_failed_log_in() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    for _ in 0..6 {
        given.faults.fail("record_audit", 1, Fault::Before);
        assert!(given.try_to_log_in("alice", WRONG, &at(1)).await.is_err());
    }
    assert!(matches!(
        given.refuse("alice", RIGHT, &at(1)).await,
        Refusal::Throttled { .. }
    ));
}

#[tokio::test]
async fn a_cleared_counter_begins_anew_and_later_attempts_stay_counted() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    given.refuse("alice", WRONG, &at(1)).await;
    let proven = given.prove("alice", &at(2)).await;
    given.accounts.clear_attempts(&proven, at(2).at).await.unwrap();
    let key = proven.throttle_key;
    assert_eq!(given.store.find_attempts(key).await.unwrap(), Attempts::default());

    let proven = given.prove("alice", &at(3)).await;
    given.refuse("alice", WRONG, &at(4)).await;
    given.accounts.clear_attempts(&proven, at(5).at).await.unwrap();
    assert_eq!(given.store.find_attempts(key).await.unwrap().failures, 2);
}

#[tokio::test]
async fn free_attempts_at_the_same_time_do_not_wait_for_each_other() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    // Counted first, though it read the clock last.
    given.refuse("alice", WRONG, &at(9)).await;
    given.prove("alice", &at(8)).await;
    given.refuse("alice", WRONG, &at(7)).await;
}

#[tokio::test]
async fn a_counter_is_named_by_a_keyed_sum_of_the_folded_name() {
    let given = Given::new();
    given.account("alice", Role::User).await;
    let proven = given.prove("ALICE", &at(1)).await;
    // HMAC-SHA-256 under 32 bytes of 9, of "alice", the first half.
    assert_eq!(proven.throttle_key.0, HMAC_OF_ALICE);
}

const HMAC_OF_ALICE: [u8; 16] = [
    0x8f, 0x93, 0x7f, 0x50, 0xe2, 0x9e, 0x0e, 0x9a, 0x30, 0x67, 0x47, 0x69, 0x94, 0x7a, 0xa7, 0x91,
];
