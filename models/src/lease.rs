//! The lease: node A answers from memory, B revokes, C is asked again after B has crashed, and any
//! peer evicts A when it seems dead.
//!
//! A's memory is an adversary: whatever was true before the revocation may be offered at any moment,
//! unless the overlay filters it. Every step can be the last one before a long stop.

mod variant;

pub use variant::Variant;

use crate::explore::{Model, Steps};

/// When time ends: long enough for two leases and a wait, one after the other.
const END: u8 = 7;
/// How often A renews its lease at the most.
const RENEWALS_MAX: u8 = 3;

/// The lease of one reader, one session and its revocation.
pub struct Lease(pub Variant);

/// Where A's heartbeat stands. `at` is A's clock before the question was sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Heartbeat {
    Idle,
    Begun {
        at: u8,
    },
    Written {
        at: u8,
    },
    /// Only where the log is read first.
    ReadFirst {
        at: u8,
        saw: bool,
    },
    Read {
        at: u8,
        saw: bool,
    },
    Applied {
        at: u8,
    },
    /// Only where the lease is published first.
    PublishedFirst {
        saw: bool,
    },
}

/// Where A's read of the store for its cache stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Fill {
    Idle,
    Read { live: bool },
}

/// Where a verify at A stands. `late`: it began after a revocation was answered.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Verify {
    Idle,
    Begun { late: bool },
    Leased { late: bool, until: u8 },
    LookedUp { late: bool, hit: bool },
    Judging { late: bool, until: u8, hit: bool },
}

/// Where a revocation stands. `asks`: A was a member, so its word or its end is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Revoke {
    Idle,
    Begun { at: u8 },
    MembersKnown { asks: bool },
    Committed { begun: u8 },
    Timed { since: u8 },
    Waiting { since: u8, asks: bool },
    Done,
}

/// Where an eviction stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Evict {
    Idle,
    Watching { heartbeats: u8, since: u8 },
}

/// A's row, A's memory, and where everyone stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    now: u8,
    stood_still: u8,
    revoked: bool,
    heartbeats: u8,
    member: bool,
    lease_until: u8,
    overlay: bool,
    acknowledged: bool,
    cached: bool,
    heartbeat: Heartbeat,
    fill: Fill,
    verify: Verify,
    revoker: Revoke,
    retrier: Revoke,
    /// When the retrier's node first saw the row, plus one.
    first_seen: u8,
    evictor: Evict,
    answered: bool,
    accepted_late: bool,
}

impl Model for Lease {
    type State = State;

    fn start(&self) -> State {
        State {
            now: 0,
            stood_still: 0,
            revoked: false,
            heartbeats: 0,
            member: false,
            lease_until: 0,
            overlay: false,
            acknowledged: false,
            cached: false,
            heartbeat: Heartbeat::Idle,
            fill: Fill::Idle,
            verify: Verify::Idle,
            revoker: Revoke::Idle,
            retrier: Revoke::Idle,
            first_seen: 0,
            evictor: Evict::Idle,
            answered: false,
            accepted_late: false,
        }
    }

    fn steps(&self, s: &State, to: &mut Steps<State>) {
        self.time(s, to);
        self.heartbeat(s, to);
        self.fill(s, to);
        self.verify(s, to);
        self.revoke(s, to);
        self.retry(s, to);
        self.evict(s, to);
    }

    fn broken(&self, s: &State) -> Option<&'static str> {
        s.accepted_late
            .then_some("a verify that began after a revocation was answered is accepted")
    }
}

impl Lease {
    /// A's clock.
    fn clock(&self, s: &State) -> u8 {
        match self.0 {
            Variant::SlowClock | Variant::SlowClockAllowedFor => s.now * 2 / 3,
            Variant::FrozenClock => s.now - s.stood_still,
            _ => s.now,
        }
    }

    /// A lease that has run out is none: the same state, whenever it was.
    fn forget_old_lease(&self, s: &mut State) {
        if s.lease_until <= self.clock(s) {
            s.lease_until = 0;
        }
    }

    fn time(&self, s: &State, to: &mut Steps<State>) {
        if s.now == END {
            return;
        }
        to.step("time passes", s, |s| {
            s.now += 1;
            self.forget_old_lease(s);
        });
        if self.0 == Variant::FrozenClock {
            to.step("time passes, not for A", s, |s| {
                s.now += 1;
                s.stood_still += 1;
            });
        }
    }

    fn heartbeat(&self, s: &State, to: &mut Steps<State>) {
        match s.heartbeat {
            Heartbeat::Idle if s.heartbeats < RENEWALS_MAX => {
                to.step("A takes the time", s, |s| {
                    s.heartbeat = Heartbeat::Begun { at: self.clock(s) };
                });
            }
            Heartbeat::Idle => {}
            Heartbeat::Begun { at } if self.0 == Variant::LogBeforeRegistration => {
                to.step("A reads the log", s, |s| {
                    s.heartbeat = Heartbeat::ReadFirst { at, saw: s.revoked };
                });
            }
            Heartbeat::Begun { at } => to.step("A writes its row", s, |s| {
                s.heartbeats += 1;
                // Evicted, it registers anew; so it is a member either way.
                s.member |= self.0 != Variant::RenewalOfTheEvicted || s.heartbeats == 1;
                s.heartbeat = Heartbeat::Written { at };
            }),
            Heartbeat::ReadFirst { at, saw } => to.step("A writes its row", s, |s| {
                s.heartbeats += 1;
                s.member = true;
                s.heartbeat = Heartbeat::Read { at, saw };
            }),
            Heartbeat::Written { at } => to.step("A reads the log", s, |s| {
                s.acknowledged |= self.0 == Variant::AckBeforeOverlay && s.revoked;
                let at = if self.0 == Variant::LeaseFromReceipt {
                    s.now
                } else {
                    at
                };
                s.heartbeat = Heartbeat::Read { at, saw: s.revoked };
            }),
            Heartbeat::Read { at, saw } if self.0 == Variant::LeaseBeforeOverlay => {
                to.step("A publishes its lease", s, |s| {
                    self.publish(s, at);
                    s.heartbeat = Heartbeat::PublishedFirst { saw };
                });
            }
            Heartbeat::Read { at, saw } => to.step("A applies the log", s, |s| {
                apply(s, saw);
                s.heartbeat = Heartbeat::Applied { at };
            }),
            Heartbeat::PublishedFirst { saw } => to.step("A applies the log", s, |s| {
                apply(s, saw);
                s.heartbeat = Heartbeat::Idle;
            }),
            Heartbeat::Applied { at } => to.step("A publishes its lease", s, |s| {
                self.publish(s, at);
                s.heartbeat = Heartbeat::Idle;
            }),
        }
        if s.revoked && !s.overlay && s.heartbeat == Heartbeat::Idle {
            to.step("a message brings A the row", s, |s| apply(s, true));
        }
    }

    fn publish(&self, s: &mut State, at: u8) {
        s.lease_until = at + self.0.lease();
        self.forget_old_lease(s);
    }

    fn fill(&self, s: &State, to: &mut Steps<State>) {
        if !self.0.fills_cache() {
            return;
        }
        match s.fill {
            Fill::Idle => to.step("A reads the session", s, |s| {
                s.fill = Fill::Read { live: !s.revoked };
            }),
            Fill::Read { live } => to.step("A caches the session", s, |s| {
                s.fill = Fill::Idle;
                s.cached |= live;
            }),
        }
    }

    /// What A's memory offers: whatever it may.
    fn offers(&self, s: &State) -> bool {
        match self.0 {
            Variant::FactsWithoutStamp => s.cached,
            Variant::JoinWithoutGate => s.fill == Fill::Read { live: true },
            _ => !s.overlay,
        }
    }

    fn verify(&self, s: &State, to: &mut Steps<State>) {
        match s.verify {
            Verify::Idle => to.step("a verify begins", s, |s| {
                s.verify = Verify::Begun { late: s.answered };
            }),
            Verify::Begun { late } if self.0 == Variant::LeaseReadAfterLookUp => {
                to.step("the verify looks up", s, |s| {
                    let hit = self.offers(s);
                    s.verify = Verify::LookedUp { late, hit };
                });
            }
            Verify::Begun { late } => to.step("the verify reads the lease", s, |s| {
                let until = s.lease_until;
                let refused = self.0 == Variant::ClockReadBeforeLookUp && s.now >= until;
                s.verify = if refused {
                    Verify::Idle
                } else {
                    Verify::Leased { late, until }
                };
            }),
            Verify::Leased { late, until } => to.step("the verify looks up", s, |s| {
                let hit = self.offers(s);
                s.verify = Verify::Judging { late, until, hit };
            }),
            Verify::LookedUp { late, hit } => to.step("the verify reads the lease", s, |s| {
                let until = s.lease_until;
                s.verify = Verify::Judging { late, until, hit };
            }),
            Verify::Judging { late, until, hit } => to.step("the verify reads the clock", s, |s| {
                let holds = match self.0 {
                    Variant::ClockReadBeforeLookUp | Variant::JoinWithoutGate | Variant::MessagesAlone => {
                        true
                    }
                    _ => self.clock(s) < until,
                };
                s.accepted_late = hit && holds && late;
                s.verify = Verify::Idle;
            }),
        }
    }

    fn revoke(&self, s: &State, to: &mut Steps<State>) {
        match s.revoker {
            Revoke::Idle => to.step("B is asked to log out", s, |s| {
                s.revoker = Revoke::Begun { at: s.now }
            }),
            Revoke::Begun { .. } if self.0 == Variant::MembersBeforeCommit => {
                to.step("B reads the members", s, |s| {
                    s.revoker = Revoke::MembersKnown { asks: s.member };
                });
            }
            Revoke::Begun { at } => to.step("B commits", s, |s| {
                s.revoked = true;
                s.revoker = Revoke::Committed { begun: at };
            }),
            Revoke::MembersKnown { asks } => to.step("B commits", s, |s| {
                s.revoked = true;
                s.revoker = Revoke::Waiting { since: s.now, asks };
            }),
            Revoke::Committed { begun } => {
                to.step("B takes the time", s, |s| {
                    let early = self.0 == Variant::WaitFromBeforeCommit;
                    let since = if early { begun } else { s.now };
                    s.revoker = Revoke::Timed { since };
                });
                to.step("B crashes, C is asked again", s, |s| {
                    s.revoker = Revoke::Done;
                    s.retrier = Revoke::Begun { at: 0 };
                });
            }
            Revoke::Timed { since } => to.step("B reads the members", s, |s| {
                s.revoker = Revoke::Waiting {
                    since,
                    asks: s.member,
                };
            }),
            Revoke::Waiting { since, asks } if self.is_over(s, since, asks) => {
                to.step("B answers", s, |s| {
                    s.revoker = Revoke::Done;
                    s.answered = true;
                });
            }
            Revoke::Waiting { .. } | Revoke::Done => {}
        }
    }

    /// Whether a wait has ended: nobody to wait for, its word, or the end of its lease.
    fn is_over(&self, s: &State, since: u8, asks: bool) -> bool {
        !asks || s.acknowledged || s.now >= since + self.0.wait() || self.0 == Variant::MessagesAlone
    }

    fn retry(&self, s: &State, to: &mut Steps<State>) {
        let answer = |s: &mut State| {
            s.retrier = Revoke::Done;
            s.answered = true;
        };
        let by_sight = self.0 == Variant::RetryWaitsFromFirstSight;
        if by_sight && s.revoked && s.first_seen == 0 {
            to.step("C sees the row", s, |s| s.first_seen = s.now + 1);
        }
        match s.retrier {
            Revoke::Begun { .. } if self.0 == Variant::RetryAnsweredAtOnce => to.step("C answers", s, answer),
            Revoke::Begun { .. } => to.step("C takes the time", s, |s| {
                if by_sight && s.first_seen == 0 {
                    s.first_seen = s.now + 1;
                }
                s.retrier = Revoke::Timed {
                    since: if by_sight { 0 } else { s.now },
                };
            }),
            Revoke::Timed { .. } if by_sight && s.now >= s.first_seen - 1 + self.0.wait() => {
                to.step("C answers", s, answer);
            }
            Revoke::Timed { since } if !by_sight => to.step("C reads the members", s, |s| {
                s.retrier = Revoke::Waiting {
                    since,
                    asks: s.member,
                };
            }),
            Revoke::Waiting { since, asks } if self.is_over(s, since, asks) => {
                to.step("C answers", s, answer);
            }
            _ => {}
        }
    }

    fn evict(&self, s: &State, to: &mut Steps<State>) {
        match s.evictor {
            Evict::Idle if s.member => to.step("a peer watches A's heartbeat", s, |s| {
                s.evictor = Evict::Watching {
                    heartbeats: s.heartbeats,
                    since: s.now,
                };
            }),
            Evict::Watching { heartbeats, since } if s.now >= since + self.0.wait() => {
                to.step("the peer decides", s, |s| {
                    let blind = self.0 == Variant::EvictionWithoutCompare;
                    if blind || s.heartbeats == heartbeats {
                        s.member = false;
                    }
                    s.evictor = Evict::Idle;
                });
            }
            Evict::Idle | Evict::Watching { .. } => {}
        }
    }
}

/// A's overlay takes what the log says, and says so.
fn apply(s: &mut State, saw: bool) {
    if saw {
        s.overlay = true;
        s.cached = false;
        s.acknowledged = true;
    }
}
