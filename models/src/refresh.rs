//! Refresh: two tabs of a browser with one jar of cookies, answers that are lost or late, the mark of
//! first use that is written later or never, a log-out, and in some variants a thief.
//!
//! Generation 0 is the pair of the log-in. Times are half-open, as in the code: within the grace is
//! `now < used + grace`.

use crate::explore::{Model, Steps};

/// The rules, and the bounds of the walk.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// A repetition is answered only for a session that has not ended.
    pub replay_checks_state: bool,
    /// A current token of an ended session is refused, and no sign of theft.
    pub ended_is_no_theft: bool,
    /// The first use of the next pair does not end the grace: it begins it.
    pub grace_from_use: Grace,
    /// The mark of first use is written for its generation only.
    pub mark_for_its_generation: bool,
    /// In this time after a rotation a browser gets the pair as it is; zero: no such time.
    pub kept_for: u8,
    /// A late repetition begins the pair's life anew.
    pub late_replay_renews: bool,
    /// The client keeps the newest pair that it has seen; otherwise an answer overwrites the jar.
    pub keeps_newest: bool,
    /// An answer that rotates nothing sets no cookie.
    pub unrotated_sets_nothing: bool,
    /// Someone has a copy of the first refresh token.
    pub thief: Thief,
    /// How long a message is under way at the most.
    pub delay: u8,
    /// When time ends.
    pub end: u8,
    /// How often the tabs ask at the most.
    pub asks: u8,
}

/// From when the grace counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grace {
    /// From the first use of the next pair; unused, it can be repeated for ever.
    FromUse,
    /// From the rotation.
    FromRotation,
    /// From the rotation, and the first use ends it at once.
    UntilUse,
}

/// What is asked about a thief.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Thief {
    /// There is none: nobody may be logged out.
    None,
    /// Is a stale token honoured after the grace and a durable mark?
    Stale,
    /// Can a thief who asks more often than the grace stay unseen?
    InStep,
}

impl Rules {
    /// The protocol, for a browser with a jar of cookies.
    pub const PROTOCOL: Self = Self {
        replay_checks_state: true,
        ended_is_no_theft: true,
        grace_from_use: Grace::FromUse,
        mark_for_its_generation: true,
        kept_for: 2 * GRACE,
        late_replay_renews: true,
        keeps_newest: false,
        unrotated_sets_nothing: true,
        thief: Thief::None,
        delay: 1,
        end: 10,
        asks: 5,
    };
}

/// The grace, in ticks.
pub const GRACE: u8 = 2;

/// A tab's request.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Tab {
    Idle,
    /// `late`: sent after the log-out was answered.
    Sent {
        generation: u8,
        at: u8,
        late: bool,
    },
    Answered {
        generation: u8,
        at: u8,
        sets: bool,
    },
    Refused,
}

/// Why a session has ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Ended {
    No,
    LoggedOut,
    Reuse,
}

/// Where the log-out stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum LogOut {
    No,
    Committed,
    Answered,
}

/// One row of the store, a browser, a mark on its way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    now: u8,
    generation: u8,
    rotated_at: u8,
    has_nonce: bool,
    used_at: Option<u8>,
    ended: Ended,
    log_out: LogOut,
    /// The generation of a mark that is not yet written, and the time of the use.
    mark: Option<(u8, u8)>,
    jar: u8,
    /// The browser was told to log in again.
    out: bool,
    tabs: [Tab; 2],
    asked: u8,
    /// The generation of the thief's refresh token.
    stolen: Option<u8>,
    broken: Option<&'static str>,
}

const RESURRECTED: &str = "a refresh is accepted after the log-out was answered";
const LOGGED_OUT: &str = "a session is ended as stolen, and nobody stole it";
const STALE: &str = "a stale token is honoured after the grace and a durable mark";
const NO_NONCE: &str = "a pair is to be derived again and its nonce is gone";
const IN_STEP: &str = "a thief is in step with the owner after three rotations";

impl Model for Rules {
    type State = State;

    fn start(&self) -> State {
        State {
            now: 0,
            generation: 0,
            rotated_at: 0,
            has_nonce: false,
            used_at: None,
            ended: Ended::No,
            log_out: LogOut::No,
            mark: None,
            jar: 0,
            out: false,
            tabs: [Tab::Idle; 2],
            asked: 0,
            stolen: (self.thief != Thief::None).then_some(0),
            broken: None,
        }
    }

    fn steps(&self, s: &State, to: &mut Steps<State>) {
        if s.now < self.end {
            to.step("time passes", s, |s| s.now += 1);
        }
        for tab in 0..s.tabs.len() {
            self.tab(s, tab, to);
        }
        self.mark(s, to);
        match self.thief {
            Thief::None => log_out(s, to),
            Thief::Stale | Thief::InStep => self.thief(s, to),
        }
    }

    fn broken(&self, s: &State) -> Option<&'static str> {
        s.broken
    }
}

impl Rules {
    /// What the store does with a refresh token: the generation of the pair that is answered.
    fn decide(&self, s: &mut State, presented: u8) -> Option<u8> {
        let age = s.now - s.rotated_at;
        let is_live = s.ended == Ended::No;
        if self.replay_checks_state && !is_live {
            return None;
        }
        if presented == s.generation && is_live {
            if s.generation == 0 || age >= self.kept_for {
                s.generation += 1;
                s.rotated_at = s.now;
                s.has_nonce = true;
                s.used_at = None;
            }
            return Some(s.generation);
        }
        if presented == s.generation && self.ended_is_no_theft {
            return None;
        }
        if presented + 1 == s.generation && self.is_in_grace(s, age) {
            if s.has_nonce {
                if self.late_replay_renews && age >= GRACE {
                    s.rotated_at = s.now;
                }
                return Some(s.generation);
            }
            s.broken = self.mark_for_its_generation.then_some(NO_NONCE);
        }
        if is_live {
            s.ended = Ended::Reuse;
        }
        None
    }

    fn is_in_grace(&self, s: &State, age: u8) -> bool {
        match self.grace_from_use {
            Grace::FromUse => s.used_at.is_none_or(|used| s.now < used + GRACE),
            Grace::FromRotation => age < GRACE,
            Grace::UntilUse => age < GRACE && s.used_at.is_none(),
        }
    }

    fn tab(&self, s: &State, tab: usize, to: &mut Steps<State>) {
        match s.tabs[tab] {
            Tab::Idle if s.asked < self.asks && !s.out => to.step("a tab asks", s, |s| {
                s.asked += 1;
                s.tabs[tab] = Tab::Sent {
                    generation: s.jar,
                    at: s.now,
                    late: s.log_out == LogOut::Answered,
                };
            }),
            Tab::Idle => {}
            Tab::Sent { generation, at, late } => {
                if s.now - at <= self.delay {
                    to.step("the server decides", s, |s| {
                        s.tabs[tab] = self.answer(s, generation, late);
                    });
                }
                to.step("a question is lost", s, |s| s.tabs[tab] = Tab::Idle);
            }
            Tab::Answered { generation, at, sets } => {
                if s.now - at <= self.delay {
                    to.step("an answer arrives", s, |s| {
                        s.jar = self.jar_after(s.jar, generation, sets);
                        s.tabs[tab] = Tab::Idle;
                    });
                }
                to.step("an answer is lost", s, |s| s.tabs[tab] = Tab::Idle);
            }
            Tab::Refused => to.step("a refusal arrives", s, |s| {
                s.out = true;
                s.tabs[tab] = Tab::Idle;
            }),
        }
    }

    /// What is in the jar after an answer with the pair of `generation`.
    fn jar_after(&self, jar: u8, generation: u8, sets: bool) -> u8 {
        match (sets, self.keeps_newest) {
            (false, _) => jar,
            (true, false) => generation,
            (true, true) => generation.max(jar),
        }
    }

    fn answer(&self, s: &mut State, presented: u8, late: bool) -> Tab {
        match self.decide(s, presented) {
            Some(generation) => {
                if late {
                    s.broken = Some(RESURRECTED);
                }
                Tab::Answered {
                    generation,
                    at: s.now,
                    sets: !(self.unrotated_sets_nothing && generation == presented),
                }
            }
            None => {
                if s.ended == Ended::Reuse && self.thief == Thief::None {
                    s.broken = Some(LOGGED_OUT);
                }
                Tab::Refused
            }
        }
    }

    fn mark(&self, s: &State, to: &mut Steps<State>) {
        let first_use = s.jar == s.generation && s.generation > 0 && s.used_at.is_none();
        if s.mark.is_none() && first_use && s.ended == Ended::No {
            to.step("a node sees the first use", s, |s| {
                s.mark = Some((s.generation, s.now));
            });
        }
        if let Some((generation, at)) = s.mark {
            to.step("the mark is written", s, |s| {
                s.mark = None;
                if !self.mark_for_its_generation || (generation == s.generation && s.used_at.is_none()) {
                    s.used_at = Some(at);
                }
                if self.grace_from_use == Grace::UntilUse {
                    s.has_nonce = false;
                }
            });
            to.step("a node crashes with the mark", s, |s| s.mark = None);
        }
        let is_over = s.used_at.is_some_and(|used| s.now >= used + GRACE);
        if self.grace_from_use != Grace::UntilUse && s.has_nonce && is_over {
            to.step("the nonce is wiped", s, |s| s.has_nonce = false);
        }
    }

    fn thief(&self, s: &State, to: &mut Steps<State>) {
        let Some(presented) = s.stolen else { return };
        to.step("the thief asks", s, |s| {
            let is_stale = presented < s.generation;
            let is_over = s.used_at.is_some_and(|used| s.now >= used + GRACE);
            s.stolen = self.decide(s, presented);
            if s.stolen.is_some() && is_stale && is_over {
                s.broken = Some(STALE);
            }
            let in_step = s.generation == 3 && s.stolen == Some(3) && s.jar == 3;
            if self.thief == Thief::InStep && in_step && s.ended == Ended::No {
                s.broken = Some(IN_STEP);
            }
        });
    }
}

fn log_out(s: &State, to: &mut Steps<State>) {
    match s.log_out {
        LogOut::No => to.step("the log-out commits", s, |s| {
            s.log_out = LogOut::Committed;
            if s.ended == Ended::No {
                s.ended = Ended::LoggedOut;
            }
        }),
        LogOut::Committed => to.step("the log-out is answered", s, |s| s.log_out = LogOut::Answered),
        LogOut::Answered => {}
    }
}
