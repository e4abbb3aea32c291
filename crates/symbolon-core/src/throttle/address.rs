//! How often one address may fail, whatever the names are.
//!
//! A counter of an account stops many guesses at one password. It does not stop one guess at each of
//! many: that is what the counters of addresses are for. They count failures in ticks, a few to each
//! span, so that a counter is small and never lets more through in any stretch of the span's length.

use std::net::IpAddr;

use crate::clock::Timestamp;

/// Addresses that share a counter. One customer of a provider has a whole IPv6 network of 64 bits at
/// the least, and often one of 48.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum AddressPrefix {
    /// One IPv4 address.
    V4([u8; 4]),
    /// An IPv6 network of 64 bits.
    Net64([u8; 8]),
    /// An IPv6 network of 48 bits.
    Site48([u8; 6]),
}

impl AddressPrefix {
    /// The prefixes that an address counts under, the wider one first.
    #[must_use]
    pub fn of(address: IpAddr) -> [Option<Self>; 2] {
        match address.to_canonical() {
            IpAddr::V4(address) => [None, Some(Self::V4(address.octets()))],
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                [
                    Some(Self::Site48([a, b, c, d, e, f])),
                    Some(Self::Net64([a, b, c, d, e, f, g, h])),
                ]
            }
        }
    }
}

/// How much one address may fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AddressRule {
    /// Failures in any minute.
    pub per_minute: u16,
    /// Failures in any hour.
    pub per_hour: u16,
    /// Names failed at in any hour.
    pub names_per_hour: u16,
}

/// How many times as much an IPv6 network of 48 bits may fail.
const SITE_FACTOR: u16 = 4;

impl AddressRule {
    /// What a household or an office behind one address does not reach by mistyping: 20 failures a
    /// minute, 200 an hour, 50 names an hour.
    pub const DEFAULT: Self = Self {
        per_minute: 20,
        per_hour: 200,
        names_per_hour: 50,
    };

    /// The rule for a prefix.
    #[must_use]
    pub fn scaled_for(self, prefix: AddressPrefix) -> Self {
        match prefix {
            AddressPrefix::V4(_) | AddressPrefix::Net64(_) => self,
            AddressPrefix::Site48(_) => Self {
                per_minute: self.per_minute.saturating_mul(SITE_FACTOR),
                per_hour: self.per_hour.saturating_mul(SITE_FACTOR),
                names_per_hour: self.names_per_hour.saturating_mul(SITE_FACTOR),
            },
        }
    }
}

impl Default for AddressRule {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A minute in ticks of ten seconds, and the tick that has begun.
const MINUTE: usize = 7;
const MINUTE_TICK: i64 = 10_000;
/// An hour in ticks of five minutes, and the tick that has begun.
const HOUR: usize = 13;
const HOUR_TICK: i64 = 300_000;

/// A name that was failed at, as a few bytes of its counter's key: two that are taken for one only
/// make the rule a little milder.
pub type NameMark = u32;

/// The failures of one prefix within an hour.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Failures {
    minute: Ring<MINUTE, MINUTE_TICK>,
    hour: Ring<HOUR, HOUR_TICK>,
    names: Vec<NameTried>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct NameTried {
    name: NameMark,
    failures: u16,
    last_tick: i64,
}

impl Failures {
    /// Counts one failure at `name`, unless that would be too many.
    ///
    /// # Errors
    /// When one more may be counted.
    pub fn count(&mut self, name: NameMark, rule: AddressRule, now: Timestamp) -> Result<(), Timestamp> {
        self.forget(now);
        let until = [
            self.minute.full_until(rule.per_minute),
            self.hour.full_until(rule.per_hour),
            self.names_full_until(name, rule.names_per_hour),
        ];
        if let Some(until) = until.into_iter().flatten().max() {
            return Err(until);
        }
        self.minute.add();
        self.hour.add();
        let tick = self.hour.newest;
        match self.names.iter_mut().find(|tried| tried.name == name) {
            Some(tried) => {
                tried.failures = tried.failures.saturating_add(1);
                tried.last_tick = tick;
            }
            None => self.names.push(NameTried {
                name,
                failures: 1,
                last_tick: tick,
            }),
        }
        Ok(())
    }

    /// Takes one failure back that was counted at `at`.
    pub fn take_back(&mut self, name: NameMark, at: Timestamp) {
        self.minute.take(at);
        self.hour.take(at);
        self.names.retain_mut(|tried| {
            if tried.name == name {
                tried.failures = tried.failures.saturating_sub(1);
            }
            tried.failures > 0
        });
    }

    /// How many there are within an hour.
    pub fn total(&mut self, now: Timestamp) -> u32 {
        self.forget(now);
        self.hour.sum()
    }

    fn forget(&mut self, now: Timestamp) {
        self.minute.advance(now);
        self.hour.advance(now);
        let oldest = self.hour.oldest();
        self.names.retain(|tried| tried.last_tick >= oldest);
    }

    fn names_full_until(&self, name: NameMark, limit: u16) -> Option<Timestamp> {
        if self.names.len() < usize::from(limit) || self.names.iter().any(|tried| tried.name == name) {
            return None;
        }
        let first = self.names.iter().map(|tried| tried.last_tick).min();
        first.map(|tick| self.hour.end_of(tick))
    }
}

/// Counts of the last `N` ticks of `TICK` milliseconds each, the newest of which has begun.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Ring<const N: usize, const TICK: i64> {
    newest: i64,
    counts: [u16; N],
}

impl<const N: usize, const TICK: i64> Default for Ring<N, TICK> {
    fn default() -> Self {
        Self {
            newest: 0,
            counts: [0; N],
        }
    }
}

impl<const N: usize, const TICK: i64> Ring<N, TICK> {
    const LEN: i64 = N as i64;

    /// Makes room for the tick of `now`. Of two attempts at the same time one may have read the clock
    /// first and be counted last: time does not go back.
    fn advance(&mut self, now: Timestamp) {
        let tick = now.0.div_euclid(TICK);
        let passed = tick.saturating_sub(self.newest);
        for step in 1..=passed.min(Self::LEN) {
            let place = Self::place(tick.saturating_sub(step - 1));
            self.counts[place] = 0;
        }
        self.newest = self.newest.max(tick);
    }

    fn place(tick: i64) -> usize {
        // The remainder is below N.
        usize::try_from(tick.rem_euclid(Self::LEN)).unwrap_or(0)
    }

    fn oldest(&self) -> i64 {
        self.newest.saturating_sub(Self::LEN - 1)
    }

    fn add(&mut self) {
        let count = &mut self.counts[Self::place(self.newest)];
        *count = count.saturating_add(1);
    }

    /// Takes one from the tick of `at`, or from the next later one: the one that was counted last may
    /// have read the clock first.
    fn take(&mut self, at: Timestamp) {
        let first = at.0.div_euclid(TICK).max(self.oldest());
        for tick in first..=self.newest {
            let count = &mut self.counts[Self::place(tick)];
            if *count > 0 {
                *count -= 1;
                return;
            }
        }
    }

    fn sum(&self) -> u32 {
        self.counts.iter().copied().map(u32::from).sum()
    }

    /// When the next of `limit` failures is forgotten; `None`: there are fewer.
    fn full_until(&self, limit: u16) -> Option<Timestamp> {
        if self.sum() < u32::from(limit) {
            return None;
        }
        let ticks = self.oldest()..=self.newest;
        let first = ticks.into_iter().find(|tick| self.counts[Self::place(*tick)] > 0);
        // A limit of zero is full for ever; asking again after a span is as good as any time.
        Some(self.end_of(first.unwrap_or(self.newest)))
    }

    /// When what happened in `tick` is forgotten.
    fn end_of(&self, tick: i64) -> Timestamp {
        Timestamp(tick.saturating_add(Self::LEN).saturating_mul(TICK))
    }
}
