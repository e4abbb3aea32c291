//! The way home from the fallback, with cuts in its midst: sessions move from the mirror's log to the store's, each of
//! which gives out positions, and all that a node remembers is judged by positions.
//!
//! Two sessions of one subject begin in A's mirror. A ends the subject's sessions up to twice, and each of them, between any
//! two steps of its way home in which the gate lets steps pass. B ends the subject's sessions in the store once, between
//! any two steps at all. The way home may be interrupted at any step, and begins again at its first.

mod variant;

pub use variant::Variant;

use crate::explore::{Model, Steps};

/// How often the way home is interrupted at the most.
const INTERRUPTIONS_MAX: u8 = 1;

/// Where the mirror's log begins: it has jumped beyond all that was heard of the store's. What begins here is older than
/// nothing up to that.
const BASE: u8 = 3;

/// One node on its way home.
pub struct Homeward(pub Variant);

/// Where a session is, for A.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// It has not begun.
    None,
    Mirror,
    /// Marked as being on its way.
    Moving,
    /// In the store, and forgotten by the mirror.
    Home,
    /// It ended in the mirror.
    Gone,
}

/// A session's row in the store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Row {
    None,
    /// Under the cut at this position.
    Active(u8),
    Ended,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Session {
    place: Place,
    row: Row,
    /// The cut that it is under in A's memory; zero: not there.
    near: u8,
    /// A's memory has its end.
    ended: bool,
    /// A has ended it, and said so.
    is_over: bool,
    /// B has. It answers when A has joined, since A may go on without the store.
    is_over_at_b: bool,
    /// It began after B's cut, and before A heard of that: it may end or not.
    is_open: bool,
}

/// The steps of the way home, in order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
enum At {
    Away,
    /// The mirror's rows were read.
    Owed,
    Compared,
    CaughtUp,
    Pushed,
    /// From here on the gate is closed, until the sessions are marked.
    SettingOut,
    SettingOutPushed,
    SettingOutCaughtUp,
    /// Steps pass again while sessions go over.
    UnderWay,
    CarriedOver,
    /// The gate is closed again.
    Settling,
    SettlingPushed,
    Settled,
    Home,
}

/// The two logs, what A knows of them, and the sessions.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    at: At,
    /// The last of it, with the gate closed to the end.
    arriving: bool,
    interruptions: u8,
    mirror_head: u8,
    store_head: u8,
    /// The newest cut in the store.
    store_cut: u8,
    /// How many cuts A has made, and of how many of them the store has its own.
    cuts: u8,
    pushed: u8,
    /// How many of them the trip has read.
    owed: u8,
    /// B's cut; zero: not made.
    foreign: u8,
    /// Up to here A has read the store's log.
    read: u8,
    /// The newest cut that A holds to.
    overlay: u8,
    /// Up to here cuts have spared the sessions that are on their way.
    known: u8,
    /// The newest cut that one of them is under in the store.
    newest: u8,
    /// The newest row of the store that A had seen before was removed there as old.
    purged: bool,
    sessions: [Session; 2],
    broken: Option<&'static str>,
}

const ACCEPTED: &str = "a node accepts a session after it has ended it";
const REVIVED: &str = "a session that was ended is active when everything is home";
const REFUSED: &str = "a session that nobody has ended is refused";
const EVERYONE_OUT: &str = "everyone's sessions are ended though nothing was lost";

impl Model for Homeward {
    type State = State;

    fn start(&self) -> State {
        let none = Session {
            place: Place::None,
            row: Row::None,
            near: 0,
            ended: false,
            is_over: false,
            is_over_at_b: false,
            is_open: false,
        };
        let mut state = State {
            at: At::Away,
            arriving: false,
            interruptions: 0,
            mirror_head: BASE,
            store_head: 1,
            store_cut: 1,
            cuts: 0,
            pushed: 0,
            owed: 0,
            foreign: 0,
            read: 1,
            overlay: 1,
            known: 0,
            newest: 0,
            purged: false,
            sessions: [none; 2],
            broken: None,
        };
        begin(&mut state, 0);
        state
    }

    fn steps(&self, s: &State, to: &mut Steps<State>) {
        if s.at == At::Home {
            return;
        }
        self.home(s, to);
        if s.at > At::Away && s.interruptions < INTERRUPTIONS_MAX {
            to.step("the way home is interrupted", s, |s| {
                s.interruptions += 1;
                s.at = At::Away;
                s.arriving = false;
            });
        }
        if s.foreign == 0 {
            to.step("B ends the subject's sessions", s, cut_at_b);
        } else if !s.purged {
            to.step("old rows are removed", s, |s| s.purged = true);
        }
        if self.passes(s) {
            at_a(s, to);
        }
    }

    fn broken(&self, s: &State) -> Option<&'static str> {
        let accepts = |one: &Session| {
            let by_memory = one.near != 0 && one.near >= s.overlay;
            !one.ended && (by_memory || one.place == Place::Mirror && one.near >= s.overlay)
        };
        if s.sessions.iter().any(|one| one.is_over && accepts(one)) {
            return Some(ACCEPTED);
        }
        if s.at != At::Home {
            return s.broken;
        }
        for one in s.sessions.iter().filter(|one| one.place != Place::None) {
            let is_over = one.is_over || one.is_over_at_b;
            if is_active(s, one) && is_over {
                return Some(REVIVED);
            }
            if !lives(s, one) && !is_over && !one.is_open {
                return Some(REFUSED);
            }
        }
        s.broken
    }
}

impl Homeward {
    /// Whether the gate lets A's steps pass.
    fn passes(&self, s: &State) -> bool {
        let is_setting_out = (At::SettingOut..At::UnderWay).contains(&s.at);
        let is_settling = (At::Settling..At::Settled).contains(&s.at);
        let closed = s.arriving || is_setting_out || is_settling;
        !closed || self.0 == Variant::NoGate
    }

    fn home(&self, s: &State, to: &mut Steps<State>) {
        match s.at {
            At::Away => to.step("A reads what it owes", s, |s| {
                s.owed = s.cuts;
                s.at = At::Owed;
            }),
            At::Owed => to.step("A compares the log with what it remembers", s, |s| {
                self.compare(s);
            }),
            At::Compared => to.step("A reads the log", s, |s| {
                catch_up(s);
                s.at = At::CaughtUp;
            }),
            At::CaughtUp => to.step("A pushes what it owes", s, |s| {
                self.push(s);
                s.at = At::Pushed;
            }),
            At::Pushed => to.step("the gate is closed", s, |s| s.at = At::SettingOut),
            At::SettingOut | At::SettingOutPushed | At::SettingOutCaughtUp => self.set_out(s, to),
            At::UnderWay => to.step("sessions are written into the store", s, |s| {
                if self.0 == Variant::SetOutBeforePush {
                    self.push(s);
                    catch_up(s);
                    s.known = s.read;
                }
                self.carry_over(s);
                s.at = At::CarriedOver;
            }),
            At::CarriedOver => to.step("the gate is closed again", s, |s| s.at = At::Settling),
            At::Settling => to.step("A pushes before they are home", s, |s| {
                if self.0 != Variant::NoPushBeforeHome {
                    self.push(s);
                }
                s.at = At::SettlingPushed;
            }),
            At::SettlingPushed => to.step("the mirror forgets them", s, |s| self.settle(s)),
            At::Settled => self.arrive(s, to),
            At::Home => {}
        }
    }

    /// A row that the store does not have, and that is not one of the mirror's own, counts as lost by the store.
    fn compare(&self, s: &mut State) {
        let known = s.cuts;
        if self.0 != Variant::OwedReadFirst {
            s.owed = s.cuts;
        }
        let removed_is_lost = s.purged && self.0 == Variant::RemovedIsLost;
        if known > s.owed || removed_is_lost {
            s.broken = Some(EVERYONE_OUT);
        }
        s.at = At::Compared;
    }

    /// Cuts go to the store, each once, at positions beyond the mirror's.
    fn push(&self, s: &mut State) {
        while s.pushed < s.cuts {
            if self.0 != Variant::NoLift {
                s.store_head = s.store_head.max(s.mirror_head);
            }
            s.store_head += 1;
            s.store_cut = s.store_head;
            s.pushed += 1;
        }
        for one in &mut s.sessions {
            if one.ended && one.row != Row::None {
                one.row = Row::Ended;
            }
        }
    }

    fn set_out(&self, s: &State, to: &mut Steps<State>) {
        let early = self.0 == Variant::SetOutBeforePush;
        match s.at {
            At::SettingOut if !early => to.step("A pushes before they set out", s, |s| {
                self.push(s);
                s.at = At::SettingOutPushed;
            }),
            At::SettingOutPushed => to.step("A reads the log before they set out", s, |s| {
                catch_up(s);
                s.known = s.read;
                s.at = At::SettingOutCaughtUp;
            }),
            _ => to.step("sessions are marked as moving", s, |s| {
                mark_moving(s);
                s.newest = 0;
                s.at = At::UnderWay;
            }),
        }
    }

    /// Each is written if it is not there, under the newest cut; as one that has ended, if that is newer than what has
    /// spared it.
    fn carry_over(&self, s: &mut State) {
        let is_new = s.store_cut > s.known && self.0 != Variant::NoLookAtCut;
        let under = s.store_cut;
        for one in &mut s.sessions {
            if one.place == Place::Moving && one.row == Row::None {
                one.row = if is_new || one.ended {
                    Row::Ended
                } else {
                    Row::Active(under)
                };
            }
            if let (Place::Moving, Row::Active(epoch)) = (one.place, one.row) {
                s.newest = s.newest.max(epoch);
            }
        }
    }

    fn settle(&self, s: &mut State) {
        if self.0 != Variant::NoJumpBeyond {
            s.mirror_head = s.mirror_head.max(s.newest);
        }
        for one in &mut s.sessions {
            if one.place == Place::Moving {
                one.place = Place::Home;
            }
        }
        s.at = At::Settled;
    }

    /// With the gate closed: what began meanwhile goes over too, and then A is home.
    fn arrive(&self, s: &State, to: &mut Steps<State>) {
        if !s.arriving {
            to.step("the gate is closed for the last time", s, |s| {
                s.arriving = true;
                s.at = At::SettingOut;
            });
        } else {
            to.step("A is home, joins and reads the log", s, |s| {
                self.push(s);
                catch_up(s);
                s.sessions.iter_mut().for_each(|one| one.near = 0);
                s.at = At::Home;
            });
        }
    }
}

/// One that has ended in the mirror is forgotten with the others.
fn mark_moving(s: &mut State) {
    let cut = s.overlay;
    for one in &mut s.sessions {
        one.place = match one.place {
            Place::Mirror | Place::Moving if one.ended || one.near < cut => Place::Gone,
            Place::Mirror => Place::Moving,
            other => other,
        };
    }
}

/// What A is asked while steps pass.
fn at_a(s: &State, to: &mut Steps<State>) {
    if s.cuts < 2 {
        to.step("A ends the subject's sessions", s, |s| {
            s.mirror_head += 1;
            s.cuts += 1;
            s.overlay = s.overlay.max(s.mirror_head);
            begun(s).for_each(|one| one.is_over = true);
        });
    }
    for (number, one) in s.sessions.iter().enumerate() {
        match one.place {
            Place::None => to.step("a session begins in the mirror", s, |s| begin(s, number)),
            Place::Home => read(s, to, number),
            Place::Mirror | Place::Moving | Place::Gone => {}
        }
        if one.place != Place::None && !one.is_over {
            to.step("A ends a session", s, |s| {
                s.sessions[number].ended = true;
                s.sessions[number].is_over = true;
                s.sessions[number].near = 0;
            });
        }
    }
}

/// A session that is home is read in the store, and remembered.
fn read(s: &State, to: &mut Steps<State>, number: usize) {
    let one = &s.sessions[number];
    if one.ended {
        return;
    }
    match one.row {
        Row::Active(epoch) if lives(s, one) => {
            to.step("A reads a session that is home", s, |s| {
                s.sessions[number].near = epoch;
            });
        }
        _ if !one.is_over && !one.is_over_at_b && !one.is_open => {
            to.step("A refuses a session that is home", s, |s| {
                s.broken = Some(REFUSED);
            });
        }
        _ => {}
    }
}

/// Whether a session is active in the store, as B sees it.
fn is_active(s: &State, one: &Session) -> bool {
    matches!(one.row, Row::Active(epoch) if epoch >= s.store_cut)
}

/// The same, and nothing in A's memory speaks against it.
fn lives(s: &State, one: &Session) -> bool {
    is_active(s, one) && matches!(one.row, Row::Active(epoch) if epoch >= s.overlay)
}

fn begin(s: &mut State, number: usize) {
    let one = &mut s.sessions[number];
    one.place = Place::Mirror;
    one.near = s.overlay.max(BASE);
    one.is_open = s.foreign > s.read;
}

fn begun(s: &mut State) -> impl Iterator<Item = &mut Session> {
    s.sessions.iter_mut().filter(|one| one.place != Place::None)
}

fn cut_at_b(s: &mut State) {
    s.store_head += 1;
    s.store_cut = s.store_head;
    s.foreign = s.store_head;
    begun(s).for_each(|one| one.is_over_at_b = true);
}

/// What B has ended is ended here: those of the mirror one by one, and what begins or is cut from now on is newer.
fn catch_up(s: &mut State) {
    if s.foreign > s.read {
        for one in &mut s.sessions {
            if matches!(one.place, Place::Mirror | Place::Moving) {
                one.ended = true;
            }
        }
        s.overlay = s.overlay.max(s.foreign);
        s.mirror_head = s.mirror_head.max(s.foreign);
    }
    s.read = s.store_head;
}
