//! The fallback: Redis is the store, node A was alone with it, and goes on from its memory and a file of its own while
//! Redis is away. Node B joins at any moment, and may lose Redis as well.
//!
//! X is a session born in Redis. Y is one born in A's file, of a subject that B kicks. When time ends a lease is left
//! open: it may end at any moment in which A does not reach Redis.

mod variant;

pub use variant::Variant;

use crate::explore::{Model, Steps};

/// How often A is killed at the most.
const KILLS_MAX: u8 = 1;

const A: usize = 0;
const B: usize = 1;

/// Two nodes, two sessions, a kick.
pub struct Fallback(pub Variant);

/// A row in Redis.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Row {
    None,
    Active,
    Revoked,
}

/// Y's row in A's file.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum FileRow {
    None,
    Local,
    /// Ended, never on its way.
    Ended,
    /// On its way to Redis: it may be there or not.
    Moving,
    EndedMoving,
    Moved,
}

/// How far A's return is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Return {
    No,
    LogRead,
    /// The second half of its work; which half that is depends on the variant.
    HalfDone,
    Inserted,
    Marked,
}

/// What Redis, A, its file and B know, and what was said to clients.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    reaches: [bool; 2],
    joined: bool,
    /// A's mirror says that it was alone.
    alone: bool,
    /// A's row says that it may fall back.
    may_fall_back: bool,
    lease: bool,
    runs: bool,
    evicted: bool,
    kills: u8,
    fallback: bool,
    back: Return,
    expired: bool,

    x: Row,
    /// A has X in memory.
    x_near: bool,
    x_known: bool,
    x_answered: bool,
    /// A node has ended X and said "this node".
    x_owed: [bool; 2],
    /// Who has handed out a successor of X's refresh token.
    x_successors: u8,

    kick: bool,
    kick_known: bool,
    kick_answered: bool,

    y: Row,
    y_file: FileRow,
    y_before_kick: bool,
    y_ended: bool,
    /// A has ended Y and said "this node", and Redis does not know.
    y_owed: bool,
    y_successors: u8,

    broken: Option<&'static str>,
}

const ACCEPTED: &str = "a session is accepted after its revocation was answered";
const LOST: &str = "a revocation that was answered for this node is lost";
const REVIVED: &str = "a session is active in Redis after it was ended";
const KICK_UNDONE: &str = "a session is active in Redis after its subject was kicked";
const FORKED: &str = "one refresh token has two successors";
const REFUSED: &str = "a session is refused without proof";

impl Model for Fallback {
    type State = State;

    fn start(&self) -> State {
        State {
            reaches: [true, true],
            joined: false,
            alone: true,
            may_fall_back: true,
            lease: true,
            runs: true,
            evicted: false,
            kills: 0,
            fallback: false,
            back: Return::No,
            expired: false,
            x: Row::Active,
            x_near: true,
            x_known: false,
            x_answered: false,
            x_owed: [false; 2],
            x_successors: 0,
            kick: false,
            kick_known: false,
            kick_answered: false,
            y: Row::None,
            y_file: FileRow::None,
            y_before_kick: false,
            y_ended: false,
            y_owed: false,
            y_successors: 0,
            broken: None,
        }
    }

    fn steps(&self, s: &State, to: &mut Steps<State>) {
        self.a_and_redis(s, to);
        self.membership(s, to);
        self.kill_and_start(s, to);
        if s.joined {
            self.at_b(s, to);
        }
        if s.fallback {
            self.in_fallback(s, to);
            self.returning(s, to);
        }
        if s.y == Row::Revoked && (s.expired || self.0 == Variant::RevokedPurgedEarly) {
            to.step("revoked Y is purged", s, |s| s.y = Row::None);
        }
        if !s.expired {
            to.step("the sessions expire", s, |s| s.expired = true);
        }
    }

    fn broken(&self, s: &State) -> Option<&'static str> {
        let offers_x = s.x_near && !s.x_known && !s.x_owed[A] && !s.expired;
        let goes_on = s.fallback && self.0 != Variant::HitsEndWithLease;
        if offers_x && (s.lease || goes_on) && s.x_answered {
            return Some(ACCEPTED);
        }
        let offers_y = s.fallback && s.y_file == FileRow::Local && !s.kick_known && !s.expired;
        if offers_y && s.y_before_kick && s.kick_answered {
            return Some(ACCEPTED);
        }
        if s.y == Row::Active && s.y_ended {
            return Some(REVIVED);
        }
        if s.y == Row::Active && s.kick_answered {
            return Some(KICK_UNDONE);
        }
        if s.x_successors.count_ones() > 1 || s.y_successors.count_ones() > 1 {
            return Some(FORKED);
        }
        s.broken
    }
}

impl Fallback {
    fn a_and_redis(&self, s: &State, to: &mut Steps<State>) {
        if !s.runs {
            return;
        }
        match (s.reaches[A], s.fallback) {
            (true, false) => {
                to.step("A loses Redis", s, |s| s.reaches[A] = false);
                to.step("A's heartbeat", s, |s| {
                    s.evicted = false;
                    hear(s);
                    s.lease = true;
                });
            }
            (true, true) if s.back < Return::Marked => to.step("A loses Redis on its way back", s, |s| {
                s.reaches[A] = false;
                s.back = Return::No;
            }),
            (true, true) => {}
            (false, _) => {
                to.step("A sees Redis again", s, |s| s.reaches[A] = true);
                if !s.fallback && s.alone {
                    to.step("A falls back", s, |s| s.fallback = true);
                }
                if s.lease {
                    to.step("A's lease ends", s, |s| s.lease = false);
                }
            }
        }
    }

    fn membership(&self, s: &State, to: &mut Steps<State>) {
        if !s.joined {
            to.step("B joins", s, |s| s.joined = true);
            return;
        }
        if !s.runs || !s.reaches[A] || s.fallback {
            return;
        }
        let row_first = self.0 == Variant::RowBeforeMirror;
        if s.alone && !(row_first && s.may_fall_back) {
            to.step("A's mirror says that it is not alone", s, |s| s.alone = false);
        }
        if s.may_fall_back && (row_first || !s.alone) {
            to.step("A's row says that it may not fall back", s, |s| {
                s.may_fall_back = false;
            });
        }
    }

    fn kill_and_start(&self, s: &State, to: &mut Steps<State>) {
        if s.runs && s.kills < KILLS_MAX {
            to.step("A is killed", s, |s| {
                s.kills += 1;
                s.runs = false;
                s.reaches[A] = false;
                s.lease = false;
                s.fallback = false;
                s.back = Return::No;
                s.x_near = false;
                if self.0 == Variant::AckBeforeFile {
                    s.kick_known = false;
                }
            });
        }
        if !s.runs && (!s.evicted || self.0 == Variant::EvictedAndStartedAgain) {
            to.step("A is started with its file", s, |s| {
                s.runs = true;
                s.alone |= self.0 == Variant::MirrorNotKept;
                s.fallback = s.alone;
            });
        }
        let is_checked = !s.runs || self.0 == Variant::EvictedWhileItRuns && !s.reaches[A];
        if s.joined && !s.evicted && is_checked {
            to.step("an operator evicts A", s, |s| s.evicted = true);
        }
    }

    /// Whether a revocation is effective everywhere, as B sees it: A has it, or A cannot answer from memory any more.
    fn is_confirmed(&self, s: &State, known: bool) -> bool {
        let by_time = !s.may_fall_back || self.0 == Variant::ConfirmedByTime;
        s.reaches[B] && (known && s.runs || s.evicted || by_time && !s.lease)
    }

    fn at_b(&self, s: &State, to: &mut Steps<State>) {
        if s.reaches[B] {
            to.step("B loses Redis", s, |s| s.reaches[B] = false);
            self.at_b_with_redis(s, to);
            return;
        }
        to.step("B sees Redis again and pushes what it owes", s, |s| {
            s.reaches[B] = true;
            pay_x(s, B);
        });
        if !s.x_owed[B] {
            to.step("B ends X on this node", s, |s| s.x_owed[B] = true);
        }
        if self.0 == Variant::RefreshInFallback {
            to.step("B refreshes its copy of X", s, |s| s.x_successors |= 4);
        }
    }

    fn at_b_with_redis(&self, s: &State, to: &mut Steps<State>) {
        if s.x == Row::Active && !s.expired {
            to.step("B refreshes X", s, |s| s.x_successors |= 1);
        }
        if s.x == Row::Active {
            to.step("B ends X", s, |s| s.x = Row::Revoked);
        }
        if s.x == Row::Revoked && !s.x_answered && self.is_confirmed(s, s.x_known) {
            to.step("B answers that X has ended", s, |s| s.x_answered = true);
        }
        if !s.kick {
            to.step("B kicks Y's subject", s, |s| {
                s.kick = true;
                end_y(s);
            });
        }
        if s.kick && !s.kick_answered && self.is_confirmed(s, s.kick_known) {
            to.step("B answers the kick", s, |s| s.kick_answered = true);
        }
        if s.y == Row::Active && !s.expired && s.y_successors & 1 == 0 {
            to.step("B refreshes Y", s, |s| s.y_successors |= 2);
        }
        if s.y == Row::Active {
            to.step("B ends Y", s, |s| {
                end_y(s);
                s.y_ended = true;
            });
        }
        let is_unknown = s.y == Row::None && s.y_file == FileRow::Local && !s.expired;
        if is_unknown && self.0 == Variant::UnknownIsRefused {
            to.step("B refuses Y", s, |s| s.broken = Some(REFUSED));
        }
    }

    fn in_fallback(&self, s: &State, to: &mut Steps<State>) {
        if !s.reaches[A] && !s.x_owed[A] {
            to.step("A ends X on this node", s, |s| s.x_owed[A] = true);
            if self.0 == Variant::RefreshInFallback {
                to.step("A refreshes its copy of X", s, |s| s.x_successors |= 2);
            }
        }
        let is_home = s.back < Return::HalfDone;
        match s.y_file {
            FileRow::None if !s.reaches[A] && !s.expired => to.step("Y is begun in A's file", s, |s| {
                s.y_file = FileRow::Local;
                s.y_before_kick = !s.kick_answered;
            }),
            FileRow::Local if is_home => {
                to.step("A ends Y in its file", s, |s| {
                    s.y_file = FileRow::Ended;
                    // Without a mark nobody can tell that it may be in Redis already.
                    let is_there = self.0 == Variant::NoMovingMark && s.y == Row::Active;
                    s.y_ended |= !is_there;
                    s.y_owed |= is_there;
                });
                if !s.expired {
                    to.step("A refreshes Y in its file", s, |s| s.y_successors |= 1);
                }
            }
            FileRow::Moving if !s.reaches[A] => to.step("A ends Y on this node", s, |s| {
                s.y_file = FileRow::EndedMoving;
                s.y_owed = true;
            }),
            _ => {}
        }
    }

    fn returning(&self, s: &State, to: &mut Steps<State>) {
        if !s.reaches[A] {
            return;
        }
        let sessions_first = self.0 == Variant::SessionsFirst;
        match s.back {
            Return::No => to.step("A reads the log", s, |s| {
                hear(s);
                s.back = Return::LogRead;
            }),
            Return::LogRead => {
                to.step("A does the first half", s, |s| {
                    self.half(s, sessions_first);
                    s.back = Return::HalfDone;
                });
                if self.0 == Variant::LeaseBeforePush && s.x_owed[A] && s.x == Row::Active {
                    to.step("A takes a lease", s, |s| s.broken = Some(LOST));
                }
            }
            Return::HalfDone => {
                if s.y_file == FileRow::Local && self.0 != Variant::NoMovingMark {
                    to.step("A marks Y as moving", s, |s| s.y_file = FileRow::Moving);
                }
                to.step("A does the second half", s, |s| {
                    self.half(s, !sessions_first);
                    s.back = Return::Inserted;
                });
            }
            Return::Inserted => to.step("A marks what has moved", s, |s| self.mark(s)),
            Return::Marked => to.step("A leaves the fallback", s, |s| {
                s.back = Return::No;
                s.fallback = false;
                if s.x_owed[A] || s.y_owed && s.y == Row::Active {
                    s.broken = Some(LOST);
                }
            }),
        }
    }

    fn half(&self, s: &mut State, sessions: bool) {
        if sessions {
            self.insert_y(s);
        } else {
            self.push(s);
        }
    }

    /// Revocations go to Redis: repeated, they change nothing.
    fn push(&self, s: &mut State) {
        let has_ended = matches!(s.y_file, FileRow::Ended | FileRow::EndedMoving);
        if has_ended && self.0 != Variant::EndOfLocalNotPushed {
            end_y(s);
            s.y_owed = false;
        }
        pay_x(s, A);
    }

    /// Y goes to Redis, if it is not there and has not expired; as a revoked one, if its subject was kicked since.
    fn insert_y(&self, s: &mut State) {
        let goes = match s.y_file {
            FileRow::Moving => true,
            FileRow::Local => matches!(self.0, Variant::NoMovingMark | Variant::SessionsFirst),
            FileRow::Ended => self.0 == Variant::EndedInserted,
            FileRow::None | FileRow::EndedMoving | FileRow::Moved => false,
        };
        let is_free = s.y == Row::None || self.0 == Variant::InsertOverwrites;
        if !goes || s.expired || !is_free {
            return;
        }
        s.y = if s.kick && self.0 != Variant::NoLookAtEpoch {
            Row::Revoked
        } else {
            Row::Active
        };
    }

    fn mark(&self, s: &mut State) {
        let is_done = match s.y_file {
            FileRow::Moving | FileRow::Ended | FileRow::EndedMoving => true,
            FileRow::Local => s.y != Row::None || s.expired,
            FileRow::None | FileRow::Moved => false,
        };
        if is_done {
            s.y_file = FileRow::Moved;
        }
        // One that was begun meanwhile: from the beginning.
        s.back = if s.y_file == FileRow::Local {
            Return::No
        } else {
            Return::Marked
        };
    }
}

/// A has read the log, and its file has what is there, before anyone is told.
fn hear(s: &mut State) {
    s.x_known |= s.x == Row::Revoked;
    s.kick_known |= s.kick;
}

fn end_y(s: &mut State) {
    if s.y == Row::Active {
        s.y = Row::Revoked;
    }
}

fn pay_x(s: &mut State, node: usize) {
    if s.x_owed[node] {
        s.x_owed[node] = false;
        s.x = Row::Revoked;
    }
}
