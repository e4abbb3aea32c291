//! Which members have been silent for so long that nobody needs to wait for them. Nothing here reads a clock or waits.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use symbolon_core::member::{Incarnation, Member};

use super::wait::wait_for;
use crate::bug::{self, Bug};

/// A member as it was first seen with a number of heartbeats.
#[derive(Clone, Copy, Debug)]
struct Sight {
    beat: u64,
    /// Nanoseconds of the steady clock.
    since: i64,
}

/// The members as the store had them at some moment between two, in nanoseconds of the steady clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Listing {
    pub(crate) asked: i64,
    pub(crate) answered: i64,
    pub(crate) members: Vec<Member>,
}

/// What this node has seen of the others.
///
/// A node that has not looked for longer than `gap_max` was away itself, or the store was, and its watch begins anew: who
/// could not make a heartbeat is not dead.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    seen: BTreeMap<Incarnation, Sight>,
    /// When it looked last.
    looked: Option<i64>,
    /// Those that are silent and are waited for all the same, until somebody has asked for them.
    awaited: Vec<Silent>,
    /// Of whom that was said.
    told: BTreeSet<Incarnation>,
}

/// A member whose lease must be over, and the heartbeat that it made last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Silent {
    pub(crate) member: Member,
    pub(crate) silent: Duration,
}

impl Watch {
    /// Takes a listing; gives those who may be evicted.
    pub(crate) fn look(
        &mut self,
        listing: &Listing,
        own: Option<Incarnation>,
        gap_max: Duration,
    ) -> Vec<Silent> {
        let (asked, answered) = (listing.asked, listing.answered);
        if self.looked.is_none_or(|before| apart(before, asked) > gap_max) {
            self.seen.clear();
        }
        self.looked = Some(answered);
        let others = listing
            .members
            .iter()
            .filter(|member| !member.evicted && Some(member.incarnation) != own);
        let mut seen = BTreeMap::new();
        let mut silent = Vec::new();
        for member in others {
            let known = self
                .seen
                .get(&member.incarnation)
                .filter(|sight| sight.beat == member.beat);
            let sight = known.copied().unwrap_or(Sight {
                beat: member.beat,
                // Its heartbeat may have come after the question.
                since: answered,
            });
            seen.insert(member.incarnation, sight);
            let time = apart(sight.since, asked);
            let patience = if bug::is(Bug::EarlyEviction) {
                member.lease / 2
            } else {
                wait_for(member.lease)
            };
            if time < patience {
                continue;
            }
            let one = Silent {
                member: member.clone(),
                silent: time,
            };
            if !member.may_fall_back {
                silent.push(one);
            } else if self.told.insert(member.incarnation) {
                self.awaited.push(one);
            }
        }
        self.told.retain(|one| seen.contains_key(one));
        self.seen = seen;
        silent
    }

    /// Those whose lease must be over and who may go on without the store, so that no time ends the wait for them: each once.
    pub(crate) fn take_awaited(&mut self) -> Vec<Silent> {
        std::mem::take(&mut self.awaited)
    }

    /// For how long a member has made no heartbeat, as seen from here.
    pub(crate) fn silence(&self, member: &Member, now: i64) -> Option<Duration> {
        let sight = self.seen.get(&member.incarnation)?;
        (sight.beat == member.beat).then(|| apart(sight.since, now))
    }
}

fn apart(earlier: i64, later: i64) -> Duration {
    Duration::from_nanos(u64::try_from(later.saturating_sub(earlier)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use symbolon_core::clock::Timestamp;
    use symbolon_core::member::{Incarnation, Member, NodeName};
    use symbolon_core::revocation::RevocationSeq;

    use super::{Listing, Watch};

    const GAP: Duration = Duration::from_secs(5);
    const SECOND: i64 = 1_000_000_000;
    const ROUND_TRIP: i64 = 1_000_000;
    /// From the first question on: the wait for a lease of two seconds, and the time in which the heartbeat that was seen
    /// may have come.
    const WAIT: i64 = 2_600_000_000 + ROUND_TRIP;

    fn member(beat: u64) -> Member {
        Member {
            node: NodeName::new("b").unwrap(),
            incarnation: Incarnation::from_bytes([2; 16]),
            lease: Duration::from_secs(2),
            beat,
            applied: RevocationSeq(7),
            evicted: false,
            may_fall_back: false,
            addr: None,
            seen_at: Timestamp(0),
        }
    }

    /// Looks at each instant at a member with so many heartbeats; says at which it may be evicted.
    fn looks(looks: &[(i64, Member)]) -> Vec<i64> {
        let mut watch = Watch::default();
        let evicts = looks.iter().filter(|(at, member)| {
            let listing = Listing {
                asked: *at,
                answered: *at + ROUND_TRIP,
                members: vec![member.clone()],
            };
            let own = Some(Incarnation::from_bytes([1; 16]));
            !watch.look(&listing, own, GAP).is_empty()
        });
        evicts.map(|(at, _)| *at).collect()
    }

    #[test]
    fn a_member_without_a_heartbeat_for_its_wait_may_be_evicted_and_not_before() {
        let at = [0, SECOND, WAIT - 1, WAIT].map(|at| (at, member(3)));
        assert_eq!(looks(&at), [WAIT]);
    }

    #[test]
    fn each_heartbeat_begins_the_watch_anew() {
        let at = [
            (0, member(3)),
            (2 * SECOND, member(4)),
            (WAIT, member(4)),
            (2 * SECOND + WAIT, member(4)),
        ];
        assert_eq!(looks(&at), [2 * SECOND + WAIT]);
    }

    #[test]
    fn who_was_away_itself_evicts_nobody_for_that() {
        let away = 100 * SECOND;
        let at = [0, away, away + WAIT - 1, away + WAIT].map(|at| (at, member(3)));
        assert_eq!(looks(&at), [away + WAIT]);
    }

    #[test]
    fn one_that_may_go_on_without_the_store_is_never_evicted_for_its_silence() {
        let falls_back = Member {
            may_fall_back: true,
            ..member(3)
        };
        let at = [0, WAIT, 2 * WAIT - SECOND].map(|at| (at, falls_back.clone()));
        assert!(looks(&at).is_empty());
    }

    #[test]
    fn that_one_that_may_go_on_without_the_store_is_waited_for_is_said_once() {
        let falls_back = Member {
            may_fall_back: true,
            ..member(3)
        };
        let mut watch = Watch::default();
        let said = [0, WAIT - 1, WAIT, WAIT + SECOND].map(|at| {
            let listing = Listing {
                asked: at,
                answered: at + ROUND_TRIP,
                members: vec![falls_back.clone()],
            };
            watch.look(&listing, None, GAP);
            watch.take_awaited().len()
        });
        assert_eq!(said, [0, 0, 1, 0]);
    }

    #[test]
    fn nobody_evicts_itself_or_one_that_is_evicted() {
        let evicted = Member {
            evicted: true,
            ..member(3)
        };
        assert!(looks(&[0, WAIT].map(|at| (at, evicted.clone()))).is_empty());
        let own = Member {
            incarnation: Incarnation::from_bytes([1; 16]),
            ..member(3)
        };
        assert!(looks(&[0, WAIT].map(|at| (at, own.clone()))).is_empty());
    }
}
