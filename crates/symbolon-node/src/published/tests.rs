//! A heartbeat, a fill and a verify at the same time, in every interleaving that the memory of a machine allows.
//!
//! Position 1 ends the session. The store has it from the beginning on; what is walked through is how the node comes to
//! know it.

use std::sync::atomic::Ordering;

use loom::sync::Arc;
use loom::sync::atomic::AtomicU64 as Walked;
use loom::thread;

use super::Published;

published!(Walked);

/// Before and after the heartbeat that has read position 1.
const OLD_LEASE: u64 = 10;
const NEW_LEASE: u64 = 20;
/// A verify compares the clock with the end of its lease at the end: at this moment the old lease is over.
const NOW: u64 = 15;

/// What a node keeps: the overlay's filter, the position, the lease, and one cached fact with its stamp plus one; zero:
/// none.
struct Memory {
    filter: Walked,
    applied: Walked,
    lease: Walked,
    fact: Walked,
}

impl Memory {
    fn new() -> Arc<Self> {
        let memory = Self {
            filter: Walked::new(0),
            applied: Walked::new(0),
            lease: Walked::new(0),
            fact: Walked::new(0),
        };
        memory.lease.publish(OLD_LEASE);
        // Read before the session ended.
        memory.fact.publish(1);
        Arc::new(memory)
    }

    fn apply(&self) {
        self.filter.raise(1);
        self.applied.publish(1);
    }

    /// Whether the cached fact passes the overlay.
    fn accepts(&self) -> bool {
        let fact = self.fact.read();
        fact > 0 && self.filter.read() < fact
    }
}

/// Walks through a heartbeat and a verify.
fn walk(heartbeat: fn(&Memory), verify: fn(&Memory) -> bool) {
    loom::model(move || {
        let memory = Memory::new();
        let other = Arc::clone(&memory);
        let heart = thread::spawn(move || heartbeat(&other));
        assert!(!verify(&memory), "a session that had ended was accepted");
        heart.join().unwrap();
    });
}

fn heartbeat(memory: &Memory) {
    memory.apply();
    memory.lease.publish(NEW_LEASE);
}

fn verify(memory: &Memory) -> bool {
    let lease = memory.lease.read();
    let accepts = memory.accepts();
    accepts && NOW < lease
}

#[test]
fn no_order_of_heartbeat_and_verify_accepts_what_had_ended() {
    walk(heartbeat, verify);
}

#[test]
#[should_panic(expected = "a session that had ended was accepted")]
fn a_lease_that_is_read_after_the_look_up_accepts_it() {
    walk(heartbeat, |memory| {
        let accepts = memory.accepts();
        accepts && NOW < memory.lease.read()
    });
}

#[test]
#[should_panic(expected = "a session that had ended was accepted")]
fn a_lease_that_is_published_before_the_overlay_accepts_it() {
    walk(
        |memory| {
            memory.lease.publish(NEW_LEASE);
            memory.apply();
        },
        verify,
    );
}

#[test]
#[should_panic(expected = "a session that had ended was accepted")]
fn a_lease_that_is_published_without_an_order_accepts_it() {
    walk(
        |memory| {
            memory.filter.fetch_max(1, Ordering::Relaxed);
            memory.lease.store(NEW_LEASE, Ordering::Relaxed);
        },
        verify,
    );
}

/// A fact is stamped with the position, so whoever finds one at the new position must find the filter's mark too, or the
/// fact would outrank a revocation that it does not know.
#[test]
fn a_position_is_never_seen_before_what_it_says_is_in_force() {
    loom::model(|| {
        let memory = Memory::new();
        let other = Arc::clone(&memory);
        let heart = thread::spawn(move || other.apply());
        if memory.applied.read() == 1 {
            assert_eq!(memory.filter.read(), 1);
        }
        heart.join().unwrap();
    });
}

/// Three at once: the store is read and the cache filled while the heartbeat goes on. The store says that the session
/// has ended, so nothing positive can be read at position 1; what was read before is stamped with the old one.
#[test]
fn a_fill_beside_a_heartbeat_makes_nothing_acceptable_under_the_new_lease() {
    loom::model(|| {
        let memory = Memory::new();
        let (heart, filler) = (Arc::clone(&memory), Arc::clone(&memory));
        let heart = thread::spawn(move || heartbeat(&heart));
        let filler = thread::spawn(move || {
            // The position is loaded before the store is read: a read that began at position 1 finds the session ended.
            let asof = filler.applied.read();
            if asof == 0 {
                filler.fact.publish(asof + 1);
            }
        });
        assert!(!verify(&memory), "a session that had ended was accepted");
        heart.join().unwrap();
        filler.join().unwrap();
    });
}
