//! A password is taken as it is given, to the last byte.

use std::sync::Arc;

use symbolon_accounts::password::cost::{Cost, CostError, MEMORY_KIB_MAX};
use symbolon_accounts::password::pool::{Comparison, Pool, PoolSettings};
use symbolon_accounts::password::{PASSWORD_LEN_MAX, Password, TooLong};
use symbolon_testkit::randomness::Seeded;

fn pool() -> Pool {
    let settings = PoolSettings {
        cost: Cost::new(8, 1).unwrap(),
        ..PoolSettings::default()
    };
    Pool::start(settings, Arc::new(Seeded::new(1))).unwrap()
}

async fn same(pool: &Pool, one: &str, other: &str) -> bool {
    let hash = pool.hash(Password::new(one).unwrap()).await.unwrap();
    let other = Password::new(other).unwrap();
    pool.verify(other, &hash).await.unwrap() != Comparison::Wrong
}

#[tokio::test]
async fn l18_passwords_that_differ_in_one_byte_anywhere_are_different() {
    let pool = pool();
    let whole = "x".repeat(PASSWORD_LEN_MAX);
    assert!(same(&pool, &whole, &whole).await);
    // bcrypt would take the first 72 bytes for all of it.
    for at in [0, 71, 72, 73, 199, 1023] {
        let mut other = whole.clone();
        other.replace_range(at..=at, "y");
        assert!(!same(&pool, &whole, &other).await, "at byte {at}");
    }
    assert!(!same(&pool, &whole, &whole[..1023]).await);
}

#[tokio::test]
async fn neither_case_nor_spaces_nor_nul_are_dropped() {
    let pool = pool();
    assert!(!same(&pool, "correct horse", "Correct horse").await);
    assert!(!same(&pool, "correct horse", "correct horse ").await);
    assert!(!same(&pool, "correct\0horse", "correct\0cart").await);
    assert!(!same(&pool, "", " ").await);
}

#[tokio::test]
async fn two_ways_to_type_a_letter_give_the_same_password() {
    let pool = pool();
    assert!(same(&pool, "pâté de soja", "pa\u{302}te\u{301} de soja").await);
    assert!(same(&pool, "\u{212b}ngstrom", "Ångstrom").await, "NFC");
    assert!(!same(&pool, "ﬁne", "fine").await, "not NFKC");
}

#[test]
fn one_byte_more_than_the_most_is_refused_and_not_cut() {
    assert!(Password::new(&"x".repeat(1024)).is_ok());
    assert!(Password::new(&"é".repeat(512)).is_ok());
    let refused = Password::new(&"x".repeat(1025));
    assert_eq!(refused.err(), Some(TooLong));
    assert_eq!(
        TooLong.to_string(),
        "a password may have at most 1024 bytes: give a shorter one, it is never cut"
    );
}

#[test]
fn the_default_cost_is_that_of_owasp() {
    let cost = Cost::default();
    assert_eq!((cost.memory_kib(), cost.iterations()), (19_456, 2));
}

#[test]
fn a_cost_is_held_within_its_limits() {
    assert!(Cost::new(8, 1).is_ok());
    assert_eq!(Cost::new(7, 1), Err(CostError::MemoryTooLittle));
    assert!(Cost::new(MEMORY_KIB_MAX, 4).is_ok());
    assert_eq!(Cost::new(MEMORY_KIB_MAX + 1, 1), Err(CostError::MemoryTooMuch));
    assert_eq!(Cost::new(MEMORY_KIB_MAX, 5), Err(CostError::WorkTooMuch));
    assert_eq!(Cost::new(19_456, 0), Err(CostError::NoIteration));
}
