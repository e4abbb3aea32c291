//! The failures of addresses, in memory.
//!
//! They need not outlive the process, nor be known to other nodes: the counters of accounts do both,
//! and this is the second line. But they must not grow with what strangers send, and a stranger with
//! many addresses must not be able to make others' failures forgotten:
//!
//! - There are at the most [`SETS`] × [`PLACES`] prefixes. A keyed sum of the prefix says in which
//!   set it stands, so that nobody can choose whom to meet there.
//! - A set that is full forgets what an hour has forgotten, else the prefix with the fewest failures,
//!   of those the one that was counted longest ago. Whoever has failed often stays until a whole set
//!   of others has failed as often: that many addresses with one failure each push out each other.
//! - There is always a place for a new prefix, so a flood locks nobody out.
//! - What was taken back leaves nothing: only compared passwords fill the table, and those take an
//!   Argon2 each.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use symbolon_core::clock::Timestamp;
use symbolon_core::throttle::{AddressPrefix, AddressRule, Failures, NameMark, ThrottleKey};

use super::throttle::CounterKey;

/// How many sets there are. An empty one costs a few words.
const SETS: usize = 8_192;

/// How many prefixes one set holds: a million in all, and few enough to look through.
const PLACES: usize = 128;

/// The failures of addresses.
pub(super) struct Addresses {
    rule: AddressRule,
    places: usize,
    sets: Box<[Mutex<Vec<Place>>]>,
    /// The set that is tidied next.
    next: AtomicUsize,
}

struct Place {
    prefix: AddressPrefix,
    failures: Failures,
    last: Timestamp,
}

/// A failure that is counted until it is taken back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Counted {
    prefixes: [Option<AddressPrefix>; 2],
    name: NameMark,
    at: Timestamp,
}

impl Addresses {
    pub(super) fn new(rule: AddressRule) -> Self {
        Self::with_room(rule, SETS, PLACES)
    }

    fn with_room(rule: AddressRule, sets: usize, places: usize) -> Self {
        Self {
            rule,
            places,
            sets: (0..sets).map(|_| Mutex::default()).collect(),
            next: AtomicUsize::new(0),
        }
    }

    /// Counts one failure of `address` at the name of that counter, before anything is compared.
    /// A process of this machine has no address, and is not counted.
    ///
    /// # Errors
    /// When one more may be counted.
    pub(super) fn count(
        &self,
        address: Option<IpAddr>,
        counter: ThrottleKey,
        keys: &CounterKey,
        now: Timestamp,
    ) -> Result<Counted, Timestamp> {
        let [a, b, c, d, ..] = counter.0;
        let mut counted = Counted {
            prefixes: [None; 2],
            name: NameMark::from_be_bytes([a, b, c, d]),
            at: now,
        };
        let prefixes = address.map_or([None; 2], AddressPrefix::of);
        for (place, prefix) in prefixes.into_iter().enumerate() {
            let Some(prefix) = prefix else { continue };
            if let Err(until) = self.count_one(prefix, counted.name, keys, now) {
                self.take_back(counted, keys);
                return Err(until);
            }
            counted.prefixes[place] = Some(prefix);
        }
        self.tidy_next(now);
        Ok(counted)
    }

    /// Takes a failure back: the password was right, or it was not compared. The others stay.
    pub(super) fn take_back(&self, counted: Counted, keys: &CounterKey) {
        for prefix in counted.prefixes.into_iter().flatten() {
            let mut set = self.set(prefix, keys).lock();
            // One that was forgotten meanwhile has nothing to take back.
            if let Some(index) = set.iter().position(|place| place.prefix == prefix) {
                let failures = &mut set[index].failures;
                failures.take_back(counted.name, counted.at);
                if failures.total(counted.at) == 0 {
                    set.swap_remove(index);
                }
            }
        }
    }

    /// How many prefixes are known.
    pub(super) fn len(&self) -> usize {
        self.sets.iter().map(|set| set.lock().len()).sum()
    }

    fn count_one(
        &self,
        prefix: AddressPrefix,
        name: NameMark,
        keys: &CounterKey,
        now: Timestamp,
    ) -> Result<(), Timestamp> {
        let rule = self.rule.scaled_for(prefix);
        let mut set = self.set(prefix, keys).lock();
        if let Some(place) = set.iter_mut().find(|place| place.prefix == prefix) {
            place.failures.count(name, rule, now)?;
            place.last = place.last.max(now);
            return Ok(());
        }
        let mut failures = Failures::default();
        failures.count(name, rule, now)?;
        if set.len() >= self.places {
            make_room(&mut set, now);
        }
        set.push(Place {
            prefix,
            failures,
            last: now,
        });
        Ok(())
    }

    fn set(&self, prefix: AddressPrefix, keys: &CounterKey) -> &Mutex<Vec<Place>> {
        let sum = keys.of_prefix(prefix);
        let index = usize::try_from(sum % self.sets.len() as u64).unwrap_or(0);
        &self.sets[index]
    }

    /// Forgets what is over in one set, each time another one: so that memory is given back also of
    /// sets that nobody meets again.
    fn tidy_next(&self, now: Timestamp) {
        let index = self.next.fetch_add(1, Ordering::Relaxed) % self.sets.len();
        let mut set = self.sets[index].lock();
        forget_old(&mut set, now);
        if set.is_empty() {
            set.shrink_to_fit();
        }
    }
}

fn forget_old(set: &mut Vec<Place>, now: Timestamp) {
    set.retain_mut(|place| place.failures.total(now) > 0);
}

fn make_room(set: &mut Vec<Place>, now: Timestamp) {
    let full = set.len();
    forget_old(set, now);
    if set.len() < full {
        return;
    }
    let weights = set
        .iter_mut()
        .map(|place| (place.failures.total(now), place.last));
    let weakest = weights.enumerate().min_by_key(|(_, weight)| *weight);
    if let Some((index, _)) = weakest {
        set.swap_remove(index);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const RULE: AddressRule = AddressRule {
        per_minute: 20,
        per_hour: 200,
        names_per_hour: 50,
    };

    fn keys() -> CounterKey {
        CounterKey::new(&[9; 32])
    }

    fn name(number: u32) -> ThrottleKey {
        let mut key = [0; 16];
        key[..4].copy_from_slice(&number.to_be_bytes());
        ThrottleKey(key)
    }

    fn v4(number: u32) -> Option<IpAddr> {
        Some(Ipv4Addr::from(number).into())
    }

    /// Counts as many failures as are let through, of at most `count`.
    fn fail(table: &Addresses, address: Option<IpAddr>, count: u32) -> u32 {
        let mut done = 0;
        for _ in 0..count {
            done += u32::from(table.count(address, name(1), &keys(), Timestamp(0)).is_ok());
        }
        done
    }

    #[test]
    fn a_full_table_forgets_those_who_failed_least() {
        let table = Addresses::with_room(RULE, 1, 8);
        let attacker = v4(1);
        assert_eq!(fail(&table, attacker, 30), 20);
        for stranger in 100..10_100 {
            assert_eq!(fail(&table, v4(stranger), 1), 1, "a new address has a place");
        }
        assert_eq!(table.len(), 8);
        assert_eq!(fail(&table, attacker, 1), 0, "nobody made its failures forgotten");
    }

    #[test]
    fn a_full_table_forgets_what_an_hour_has_forgotten_first() {
        let table = Addresses::with_room(RULE, 1, 2);
        assert_eq!(fail(&table, v4(1), 20), 20);
        let hour_later = Timestamp(65 * 60_000);
        for address in [2, 3] {
            table.count(v4(address), name(1), &keys(), hour_later).unwrap();
        }
        assert_eq!(table.len(), 2);
    }

    #[test]
    fn a_table_of_many_sets_holds_no_more_than_its_places() {
        let table = Addresses::with_room(RULE, 16, 4);
        for address in 0..5_000 {
            fail(&table, v4(address), 1);
        }
        assert_eq!(table.len(), 64);
    }

    #[test]
    fn what_is_over_is_tidied_away_also_where_nobody_comes_again() {
        let table = Addresses::with_room(RULE, 16, 4);
        for address in 0..64 {
            fail(&table, v4(address), 1);
        }
        let hour_later = Timestamp(65 * 60_000);
        for _ in 0..16 {
            table.count(None, name(1), &keys(), hour_later).unwrap();
        }
        assert_eq!(table.len(), 0);
        assert!(table.sets.iter().all(|set| set.lock().capacity() == 0));
    }

    #[test]
    fn what_was_taken_back_leaves_nothing() {
        let table = Addresses::new(RULE);
        for address in ["192.0.2.1", "2001:db8::1"] {
            let address = Some(address.parse().unwrap());
            for _ in 0..100 {
                let counted = table.count(address, name(1), &keys(), Timestamp(5)).unwrap();
                table.take_back(counted, &keys());
            }
            assert_eq!(table.len(), 0);
        }
    }

    #[test]
    fn a_network_that_is_full_counts_nothing_under_the_wider_one() {
        let table = Addresses::new(RULE);
        let one = |host: u32| Some(format!("2001:db8:0:1::{host:x}").parse().unwrap());
        for host in 0..1_000 {
            fail(&table, one(host), 1);
        }
        // 20 of the 80 that the site may fail are used.
        let mut left = 0;
        for network in 2..100 {
            let address = Some(format!("2001:db8:0:{network:x}::1").parse().unwrap());
            left += fail(&table, address, 1);
        }
        assert_eq!(left, 60);
    }

    #[test]
    fn of_parallel_failures_exactly_as_many_are_counted_as_may_be() {
        let table = Addresses::new(RULE);
        let counted: u32 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| fail(&table, v4(1), 100))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(counted, 20);
    }

    #[test]
    fn a_process_of_this_machine_is_not_counted() {
        let table = Addresses::new(RULE);
        assert_eq!(fail(&table, None, 1_000), 1_000);
        assert_eq!(table.len(), 0);
    }
}
