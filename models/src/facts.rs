//! Facts: two verifies on one node while another node rotates the session's tokens.
//!
//! A fact knows the tokens of two generations. A token that the store still knows must never be
//! refused, however old the facts in the node's own and in the shared memory are.

use crate::explore::{Model, Steps};

/// The newest generation of the walk.
const GENERATION_MAX: u8 = 4;

/// What proves that a token is none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Facts {
    /// Only a read of the store that began after the verify.
    OwnRead,
    /// Also a read that another verify had begun before.
    JoinedRead,
    /// Also a fact in the shared memory with other digests.
    SharedFact,
}

/// One verify by a token of `generation`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Verify {
    Idle,
    Begun {
        generation: u8,
    },
    /// It waits for the read under way; `own`: it has begun it.
    Waiting {
        generation: u8,
        own: bool,
    },
}

/// The one read of the session that is under way.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Read {
    None,
    Asked,
    Known { generation: u8 },
}

/// The store's generation, and what is remembered of it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    generation: u8,
    near: Option<u8>,
    shared: Option<u8>,
    read: Read,
    verifies: [Verify; 2],
    refused: bool,
}

/// Whether a fact knows a token.
fn knows(fact: Option<u8>, token: u8) -> bool {
    fact.is_some_and(|fact| fact == token || fact == token + 1)
}

impl Model for Facts {
    type State = State;

    fn start(&self) -> State {
        State {
            generation: 0,
            near: Some(0),
            shared: None,
            read: Read::None,
            verifies: [Verify::Idle; 2],
            refused: false,
        }
    }

    fn steps(&self, s: &State, to: &mut Steps<State>) {
        if s.generation < GENERATION_MAX {
            to.step("another node rotates", s, |s| s.generation += 1);
        }
        if s.shared != Some(s.generation) {
            to.step("another node shares its fact", s, |s| {
                s.shared = Some(s.generation);
            });
        }
        if s.near.is_some() {
            to.step("the near fact is evicted", s, |s| s.near = None);
        }
        if s.shared.is_some() {
            to.step("the shared fact is evicted", s, |s| s.shared = None);
        }
        match s.read {
            Read::None => {}
            Read::Asked => to.step("the store reads the row", s, |s| {
                s.read = Read::Known {
                    generation: s.generation,
                };
            }),
            Read::Known { generation } => to.step("the read returns", s, |s| self.returns(s, generation)),
        }
        for verify in 0..s.verifies.len() {
            self.verify(s, verify, to);
        }
    }

    fn broken(&self, s: &State) -> Option<&'static str> {
        s.refused.then_some("a token that the store knows is refused")
    }
}

/// Begins the read of the store, or joins the one under way.
fn ask(read: &mut Read, generation: u8) -> Verify {
    let own = *read == Read::None;
    if own {
        *read = Read::Asked;
    }
    Verify::Waiting { generation, own }
}

impl Facts {
    fn verify(self, s: &State, verify: usize, to: &mut Steps<State>) {
        match s.verifies[verify] {
            Verify::Idle => {
                for generation in [s.generation, s.generation.saturating_sub(1)] {
                    to.step("a verify begins", s, |s| {
                        s.verifies[verify] = Verify::Begun { generation }
                    });
                }
            }
            Verify::Begun { generation } => {
                if knows(s.near, generation) || knows(s.shared, generation) {
                    to.step("a fact says yes", s, |s| s.verifies[verify] = Verify::Idle);
                } else if self == Self::SharedFact && s.shared.is_some() {
                    to.step("the shared fact says no", s, |s| s.refused = true);
                } else {
                    to.step("a verify asks the store", s, |s| {
                        s.verifies[verify] = ask(&mut s.read, generation);
                    });
                }
            }
            Verify::Waiting { .. } => {}
        }
    }

    /// The read is over: everyone who waits for it decides.
    fn returns(self, s: &mut State, found: u8) {
        s.read = Read::None;
        s.near = Some(found);
        for verify in &mut s.verifies {
            let Verify::Waiting { generation, own } = *verify else {
                continue;
            };
            *verify = if knows(Some(found), generation) {
                Verify::Idle
            } else if self == Self::OwnRead && !own {
                Verify::Begun { generation }
            } else {
                s.refused |= knows(Some(s.generation), generation);
                Verify::Idle
            };
        }
    }
}
