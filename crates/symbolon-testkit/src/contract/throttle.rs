//! The counters of the throttle: exact under any number of guesses at once.

use symbolon_core::store::Store;
use symbolon_core::throttle::{Admission, Attempts, ThrottleKey, ThrottleRule};

use super::Fresh;
use super::sample::at;

const KEY: ThrottleKey = ThrottleKey([0x80; 16]);

fn counted(failures: u32, next_try: i64) -> Attempts {
    Attempts {
        failures,
        next_try_at: at(next_try),
    }
}

/// A name that nobody tried looks like one that nobody has.
pub async fn a_counter_that_was_never_written_is_zero<S: Store>(fresh: &Fresh<S>) {
    assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), Attempts::default());
}

/// Both the failures and the instant are compared.
pub async fn a_counter_is_set_only_from_what_was_seen<S: Store>(fresh: &Fresh<S>) {
    let set = async |seen, next| fresh.store.reserve_attempt(KEY, seen, next, at(0)).await.unwrap();
    assert!(!set(counted(1, 0), counted(2, 0)).await);
    assert!(set(Attempts::default(), counted(1, 7)).await);
    for stale in [Attempts::default(), counted(1, 8), counted(1, 6), counted(2, 7)] {
        assert!(!set(stale, counted(9, 9)).await, "{stale:?}");
        assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), counted(1, 7));
    }
    assert!(set(counted(1, 7), counted(2, 70)).await);
    assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), counted(2, 70));
}

/// One byte of the key makes another counter.
pub async fn counters_do_not_touch_each_other<S: Store>(fresh: &Fresh<S>) {
    let mut other = KEY;
    other.0[15] ^= 1;
    let step = fresh
        .store
        .reserve_attempt(KEY, Attempts::default(), counted(1, 1), at(0));
    assert!(step.await.unwrap());
    assert_eq!(
        fresh.store.find_attempts(other).await.unwrap(),
        Attempts::default()
    );
}

/// All see the counter as it was, or a later one: no more than the free ones are let through.
pub async fn of_64_parallel_attempts_as_many_are_admitted_as_are_free<S: Store>(fresh: &Fresh<S>) {
    let admitted = fresh
        .parallel(64, |store, _| async move {
            loop {
                let seen = store.find_attempts(KEY).await.unwrap();
                match (ThrottleRule { free_failures: 5 }).admit(seen, at(0)) {
                    Admission::Reserve(next) => {
                        if store.reserve_attempt(KEY, seen, next, at(0)).await.unwrap() {
                            return true;
                        }
                    }
                    Admission::Wait(_) | Admission::Exhausted => return false,
                }
            }
        })
        .await;
    // Five that cost no waiting, and the sixth, which begins it.
    assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), 6);
    assert_eq!(fresh.store.find_attempts(KEY).await.unwrap(), counted(6, 1_000));
}

/// Each that was told "written" is counted.
pub async fn of_64_parallel_attempts_none_is_lost<S: Store>(fresh: &Fresh<S>) {
    let rounds = fresh
        .parallel(64, |store, _| async move {
            let mut rounds = 1_u32;
            loop {
                let seen = store.find_attempts(KEY).await.unwrap();
                let next = Attempts {
                    failures: seen.failures + 1,
                    ..seen
                };
                if store.reserve_attempt(KEY, seen, next, at(0)).await.unwrap() {
                    return rounds;
                }
                rounds += 1;
            }
        })
        .await;
    assert_eq!(rounds.len(), 64);
    assert_eq!(fresh.store.find_attempts(KEY).await.unwrap().failures, 64);
}
