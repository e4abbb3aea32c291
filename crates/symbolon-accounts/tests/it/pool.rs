//! Argon2id, bounded: who waits, who is turned away, and what a damaged hash does.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use symbolon_accounts::password::Password;
use symbolon_accounts::password::cost::{Cost, CostError};
use symbolon_accounts::password::pool::{
    Comparison, HashFault, KEEP_IDLE, Pool, PoolError, PoolSettings, StartError, WAITING_PER_PERMIT_MAX,
};
use symbolon_core::account::PasswordHash;
use symbolon_testkit::randomness::Seeded;

use super::chance::Dry;
use super::given::{slow_hash, step};

const RIGHT: Comparison = Comparison::Right { needs_rehash: false };
const RIGHT_BUT_OLD: Comparison = Comparison::Right { needs_rehash: true };

fn settings() -> PoolSettings {
    PoolSettings {
        permits: 1,
        cost: Cost::new(64, 1).unwrap(),
        wait_max: Duration::from_secs(60),
        keep_idle: KEEP_IDLE,
    }
}

fn pool_of(settings: PoolSettings) -> Pool {
    Pool::start(settings, Arc::new(Seeded::new(7))).unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text).unwrap()
}

fn phc(text: &str) -> PasswordHash {
    PasswordHash::from_phc(text.to_owned())
}

/// Begins a compare that occupies the only thread, and returns once it has begun.
macro_rules! occupy {
    ($pool:ident as $busy:ident) => {
        let hash = slow_hash();
        let mut $busy = pin!($pool.verify(password("whatever"), &hash));
        assert!(step(&mut $busy).await.is_none());
        while $pool.compares() == 0 {
            tokio::task::yield_now().await;
        }
    };
}

#[tokio::test]
async fn hashes_of_the_reference_implementation_are_understood() {
    let pool = pool_of(settings());
    for stored in [
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    ] {
        let stored = phc(stored);
        assert_eq!(
            pool.verify(password("password"), &stored).await.unwrap(),
            RIGHT_BUT_OLD
        );
        assert_eq!(
            pool.verify(password("passwore"), &stored).await.unwrap(),
            Comparison::Wrong
        );
    }
}

#[tokio::test]
async fn a_new_hash_has_the_cost_of_the_pool_and_a_salt_of_its_own() {
    let pool = pool_of(PoolSettings::default());
    let first = pool.hash(password("kelp anvil moth")).await.unwrap();
    let second = pool.hash(password("kelp anvil moth")).await.unwrap();
    for hash in [&first, &second] {
        let text = hash.as_phc();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        assert_eq!(
            text.len(),
            "$argon2id$v=19$m=19456,t=2,p=1$".len() + 22 + 1 + 43,
            "{text}"
        );
        assert_eq!(
            pool.verify(password("kelp anvil moth"), hash).await.unwrap(),
            RIGHT
        );
    }
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_hash_of_another_cost_is_right_and_to_be_renewed() {
    let pool = pool_of(settings());
    let hash = pool.hash(password("kelp anvil moth")).await.unwrap();
    for (memory_kib, iterations) in [(64, 2), (128, 1), (32, 1)] {
        let other = pool_of(PoolSettings {
            cost: Cost::new(memory_kib, iterations).unwrap(),
            ..settings()
        });
        let compared = other.verify(password("kelp anvil moth"), &hash).await;
        assert_eq!(compared.unwrap(), RIGHT_BUT_OLD, "{memory_kib} {iterations}");
        let theirs = other.hash(password("kelp anvil moth")).await.unwrap();
        let compared = pool.verify(password("kelp anvil moth"), &theirs).await;
        assert_eq!(compared.unwrap(), RIGHT_BUT_OLD, "{memory_kib} {iterations}");
    }
}

#[tokio::test]
async fn a_hash_of_several_lanes_is_to_be_renewed_also_where_its_cost_is_the_same() {
    let pool = pool_of(PoolSettings {
        cost: Cost::new(256, 2).unwrap(),
        ..settings()
    });
    let one_lane =
        phc("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4");
    let two_lanes =
        phc("$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc");
    assert_eq!(pool.verify(password("password"), &one_lane).await.unwrap(), RIGHT);
    assert_eq!(
        pool.verify(password("password"), &two_lanes).await.unwrap(),
        RIGHT_BUT_OLD
    );
}

#[tokio::test]
async fn rustsec_2026_0199_a_damaged_hash_is_an_error_and_the_pool_goes_on() {
    let pool = pool_of(settings());
    let damaged = [
        ("", HashFault::Format),
        ("plain text", HashFault::Format),
        ("$", HashFault::Format),
        ("$argon2id", HashFault::Version),
        (
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$ñandú",
            HashFault::Format,
        ),
        (
            "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW",
            HashFault::Format,
        ),
        (
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8",
            HashFault::Algorithm,
        ),
        (
            "$argon2id$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            HashFault::Version,
        ),
        (
            "$argon2id$v=7$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            HashFault::Version,
        ),
        (
            "$argon2id$v=19$m=256,t=2,x=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            HashFault::Parameters,
        ),
        (
            "$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            HashFault::Parameters,
        ),
        (
            "$argon2id$v=19$m=256,t=2,p=4000000000$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            HashFault::Parameters,
        ),
        (
            "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            HashFault::Cost(CostError::MemoryTooMuch),
        ),
        (
            "$argon2id$v=19$m=256,t=4294967295,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            HashFault::Cost(CostError::WorkTooMuch),
        ),
        ("$argon2id$v=19$m=256,t=2,p=1", HashFault::Incomplete),
        ("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ", HashFault::Incomplete),
        ("$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$", HashFault::Format),
    ];
    for (stored, fault) in damaged {
        match pool.verify(password("password"), &phc(stored)).await {
            Err(PoolError::Damaged(found)) => assert_eq!(found, fault, "{stored}"),
            other => panic!("{stored}: {other:?}"),
        }
    }
    assert_eq!(pool.compares(), 0);
    let hash = pool.hash(password("password")).await.unwrap();
    assert_eq!(pool.verify(password("password"), &hash).await.unwrap(), RIGHT);
}

#[tokio::test]
async fn the_decoy_costs_what_a_hash_costs_and_is_never_right() {
    let pool = pool_of(PoolSettings::default());
    assert!(
        pool.decoy()
            .as_phc()
            .starts_with("$argon2id$v=19$m=19456,t=2,p=1$")
    );
    for text in ["", "password", "symbolon"] {
        assert_eq!(
            pool.verify(password(text), pool.decoy()).await.unwrap(),
            Comparison::Wrong
        );
    }
    assert_eq!(pool.compares(), 3);
    let other = Pool::start(PoolSettings::default(), Arc::new(Seeded::new(8))).unwrap();
    assert_ne!(pool.decoy(), other.decoy(), "nobody knows it before");
}

#[tokio::test]
async fn compares_are_counted_and_hashes_are_not() {
    let pool = pool_of(settings());
    let hash = pool.hash(password("kelp anvil moth")).await.unwrap();
    assert_eq!(pool.compares(), 0);
    pool.verify(password("kelp anvil moth"), &hash).await.unwrap();
    pool.verify(password("kelp anvil mole"), &hash).await.unwrap();
    assert_eq!(pool.compares(), 2);
}

#[tokio::test]
async fn one_more_than_the_queue_holds_is_turned_away() {
    let pool = pool_of(settings());
    occupy!(pool as busy);
    let decoy = pool.decoy();
    let mut waiting: Vec<_> = (0..WAITING_PER_PERMIT_MAX)
        .map(|_| Box::pin(pool.verify(password("x"), decoy)))
        .collect();
    for one in &mut waiting {
        assert!(step(&mut one.as_mut()).await.is_none());
    }
    assert_eq!(pool.waiting(), WAITING_PER_PERMIT_MAX);
    let turned_away = pool.verify(password("x"), decoy).await;
    assert!(
        matches!(turned_away, Err(PoolError::Busy { .. })),
        "{turned_away:?}"
    );
    assert_eq!(pool.compares(), 1, "the thread was busy all the while");
    assert_eq!(busy.await.unwrap(), Comparison::Wrong);
    for one in waiting {
        assert_eq!(one.await.unwrap(), Comparison::Wrong);
    }
    assert_eq!(pool.compares(), 1 + WAITING_PER_PERMIT_MAX as u64);
}

#[tokio::test]
async fn those_turned_away_are_told_to_come_at_different_times() {
    let pool = pool_of(PoolSettings {
        wait_max: Duration::ZERO,
        ..settings()
    });
    occupy!(pool as busy);
    let mut told = Vec::new();
    for _ in 0..60 {
        match pool.verify(password("x"), pool.decoy()).await {
            Err(PoolError::Busy { retry_after }) => told.push(retry_after.as_millis()),
            other => panic!("{other:?}"),
        }
    }
    told.sort_unstable();
    told.dedup();
    assert_eq!(told, [1000, 2000, 3000]);
    assert_eq!(busy.await.unwrap(), Comparison::Wrong);
}

#[tokio::test]
async fn whoever_waits_too_long_leaves_and_is_not_computed() {
    let pool = pool_of(PoolSettings {
        wait_max: Duration::from_millis(1),
        ..settings()
    });
    occupy!(pool as busy);
    let late = pool.verify(password("x"), pool.decoy()).await;
    assert!(matches!(late, Err(PoolError::Busy { .. })), "{late:?}");
    assert_eq!(pool.waiting(), 0);
    assert_eq!(
        busy.await.unwrap(),
        Comparison::Wrong,
        "what has begun is waited for, however long"
    );
    // Whatever stood in the queue was taken out of it before this one.
    let _made = pool.hash(password("x")).await;
    assert_eq!(pool.compares(), 1);
}

#[tokio::test]
async fn a_caller_that_went_away_is_skipped_and_keeps_nobody_out() {
    let pool = pool_of(settings());
    occupy!(pool as busy);
    for _ in 0..3 * WAITING_PER_PERMIT_MAX + 3 {
        let mut gone = pin!(pool.verify(password("x"), pool.decoy()));
        assert!(step(&mut gone).await.is_none());
    }
    assert_eq!(pool.waiting(), 0);
    let patient = pool.verify(password("x"), pool.decoy()).await;
    assert_eq!(patient.unwrap(), Comparison::Wrong);
    assert_eq!(busy.await.unwrap(), Comparison::Wrong);
    assert_eq!(pool.compares(), 2);
}

#[tokio::test]
async fn the_first_to_come_is_the_first_to_be_served() {
    let pool = pool_of(settings());
    occupy!(pool as busy);
    let decoy = pool.decoy();
    let mut first = pin!(pool.verify(password("x"), decoy));
    let mut second = pin!(pool.verify(password("x"), decoy));
    let hash = slow_hash();
    let mut third = pin!(pool.verify(password("x"), &hash));
    assert!(step(&mut first).await.is_none());
    assert!(step(&mut second).await.is_none());
    assert!(step(&mut third).await.is_none());
    second.await.unwrap();
    assert!(
        step(&mut first).await.is_some(),
        "the first was done before the second"
    );
    assert!(step(&mut third).await.is_none(), "the third has only begun");
    busy.await.unwrap();
}

#[tokio::test]
async fn several_permits_compute_at_the_same_time() {
    let pool = pool_of(PoolSettings {
        permits: 3,
        ..settings()
    });
    let hash = slow_hash();
    let mut all: Vec<_> = (0..3)
        .map(|_| Box::pin(pool.verify(password("x"), &hash)))
        .collect();
    for one in &mut all {
        assert!(step(&mut one.as_mut()).await.is_none());
    }
    while pool.compares() < 3 {
        tokio::task::yield_now().await;
    }
    assert_eq!(pool.waiting(), 0);
    for one in &mut all {
        assert!(
            step(&mut one.as_mut()).await.is_none(),
            "all three have begun and none is done"
        );
    }
}

#[tokio::test]
async fn a_thread_without_work_gives_its_memory_back_and_takes_it_anew() {
    let pool = pool_of(PoolSettings {
        keep_idle: Duration::from_millis(1),
        ..settings()
    });
    assert_eq!(pool.memory_held(), 0, "before the first hash there is none");
    for _ in 0..3 {
        pool.hash(password("kelp anvil moth")).await.unwrap();
        while pool.memory_held() > 0 {
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn a_thread_with_work_keeps_its_memory() {
    let pool = pool_of(settings());
    for _ in 0..3 {
        pool.hash(password("kelp anvil moth")).await.unwrap();
        while pool.memory_held() == 0 {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(KEEP_IDLE, Duration::from_secs(10));
}

#[tokio::test]
async fn a_hash_that_is_not_urgent_is_not_made_while_others_wait() {
    let pool = pool_of(settings());
    assert!(pool.hash_if_idle(password("x")).await.unwrap().is_some());
    let compares = pool.compares();
    let hash = slow_hash();
    let mut busy = pin!(pool.verify(password("whatever"), &hash));
    assert!(step(&mut busy).await.is_none());
    while pool.compares() == compares {
        tokio::task::yield_now().await;
    }
    let mut waiting = pin!(pool.verify(password("x"), pool.decoy()));
    assert!(step(&mut waiting).await.is_none());
    assert!(pool.hash_if_idle(password("x")).await.unwrap().is_none());
    waiting.await.unwrap();
}

#[tokio::test]
async fn a_hash_is_outdated_where_its_cost_is_another_and_never_where_it_is_damaged() {
    let pool = pool_of(settings());
    assert!(!pool.is_outdated(&pool.hash(password("x")).await.unwrap()));
    assert!(pool.is_outdated(&slow_hash()));
    assert!(!pool.is_outdated(&phc("damaged")));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn dropping_the_pool_ends_its_threads() {
    fn threads(name: &str) -> usize {
        let tasks = std::fs::read_dir("/proc/self/task").unwrap();
        let names = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok());
        names.filter(|found| found.trim_end() == name).count()
    }
    // More threads than any other test starts: the name of the last is this pool's alone.
    let pool = pool_of(PoolSettings {
        permits: 40,
        ..settings()
    });
    pool.hash(password("kelp anvil moth")).await.unwrap();
    while threads("password-39") == 0 {
        tokio::task::yield_now().await;
    }
    drop(pool);
    assert_eq!(threads("password-39"), 0);
}

#[tokio::test]
async fn nothing_is_made_without_randomness() {
    let started = Pool::start(settings(), Arc::new(Dry));
    assert!(matches!(started, Err(StartError::Randomness(_))));
}

#[test]
fn the_default_leaves_a_core_to_the_others() {
    let cores = std::thread::available_parallelism().unwrap().get();
    let settings = PoolSettings::default();
    assert_eq!(settings.permits, 1.max(cores - 1));
    assert_eq!(settings.wait_max, Duration::from_secs(1));
}
