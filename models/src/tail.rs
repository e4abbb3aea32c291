//! The tail of the log: what was visible and not yet durable is lost when the store crashes, and its
//! positions are free again.
//!
//! Revocation X is written before the crash and may be lost; Y is written after it, and may take the
//! very position that X had. Nodes A and C follow the log; C writes Y.

use crate::explore::{Model, Steps};

/// How many rows the log of the walk can hold.
const ROWS: usize = 4;
/// The first position after a restart, where positions jump: beyond every one before it.
const JUMP: u8 = 10;

/// What a restart of the store changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tail {
    /// Positions jump, and a node looks whether its own last row is still in the log.
    Protocol,
    /// The same, where X is answered before it is durable: a primary that is not what A1 asks for.
    /// Nodes that know a revocation write it again.
    AnsweredBeforeDurable,
    /// Positions jump, and nobody looks. Safe here: the look is for a log that was put back from a copy.
    NobodyLooks,
    /// Positions go on from the last row that is left.
    NoJump,
}

/// Which revocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Which {
    X,
    Y,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Row {
    seq: u8,
    of: Which,
}

/// How far a revocation is.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Revoked {
    No,
    Visible,
    Answered,
    /// Lost in the crash, and never answered.
    Lost,
}

/// A node: the row that it has applied last, and where its overlay has X and Y.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Node {
    applied: Option<Row>,
    x: Option<u8>,
    y: Option<u8>,
    connected: bool,
}

impl Node {
    fn position(&self) -> u8 {
        self.applied.map_or(0, |row| row.seq)
    }
}

/// The log, two nodes, and a cached fact of each of the two sessions with its stamp.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    log: [Option<Row>; ROWS],
    durable: u8,
    crashed: bool,
    jumped: bool,
    x: Revoked,
    y: Revoked,
    y_seq: u8,
    nodes: [Node; 2],
    fact_of_x: Option<u8>,
    fact_of_y: Option<u8>,
    accepted: Option<&'static str>,
}

impl State {
    fn rows(&self) -> impl Iterator<Item = Row> {
        self.log.into_iter().flatten()
    }

    fn len(&self) -> u8 {
        self.rows().map(|_| 1).sum()
    }

    fn has(&self, which: Which) -> bool {
        self.rows().any(|row| row.of == which)
    }

    fn next_seq(&self) -> u8 {
        let last = self.rows().last().map_or(0, |row| row.seq);
        last.max(if self.jumped { JUMP } else { 0 }) + 1
    }

    fn append(&mut self, of: Which) -> u8 {
        let seq = self.next_seq();
        if let Some(place) = self.log.iter_mut().find(|row| row.is_none()) {
            *place = Some(Row { seq, of });
        }
        seq
    }
}

impl Model for Tail {
    type State = State;

    fn start(&self) -> State {
        let node = Node {
            applied: None,
            x: None,
            y: None,
            connected: true,
        };
        State {
            log: [None; ROWS],
            durable: 0,
            crashed: false,
            jumped: false,
            x: Revoked::No,
            y: Revoked::No,
            y_seq: 0,
            nodes: [node; 2],
            fact_of_x: None,
            fact_of_y: None,
            accepted: None,
        }
    }

    fn steps(&self, s: &State, to: &mut Steps<State>) {
        self.store(s, to);
        self.revocations(s, to);
        for node in 0..s.nodes.len() {
            if s.nodes[node].connected {
                self.node(s, node, to);
            } else {
                to.step("a node connects", s, |s| {
                    s.nodes[node].connected = true;
                    s.jumped |= *self != Self::NoJump;
                });
            }
        }
    }

    fn broken(&self, s: &State) -> Option<&'static str> {
        s.accepted
    }
}

impl Tail {
    fn store(self, s: &State, to: &mut Steps<State>) {
        if s.durable < s.len() {
            to.step("a row becomes durable", s, |s| s.durable += 1);
        }
        if !s.crashed {
            to.step("the store crashes", s, |s| {
                s.crashed = true;
                for row in s.log.iter_mut().skip(usize::from(s.durable)) {
                    *row = None;
                }
                if s.x == Revoked::Visible && !s.has(Which::X) {
                    s.x = Revoked::Lost;
                }
                for node in &mut s.nodes {
                    node.connected = false;
                }
            });
        }
    }

    fn revocations(self, s: &State, to: &mut Steps<State>) {
        let all = |known: &dyn Fn(&Node) -> bool| s.nodes.iter().all(|node| node.connected && known(node));
        if s.x == Revoked::No && !s.crashed {
            to.step("X is visible", s, |s| {
                s.append(Which::X);
                s.x = Revoked::Visible;
            });
        }
        let is_sure = s.durable >= s.len() || self == Self::AnsweredBeforeDurable;
        if s.x == Revoked::Visible && is_sure && all(&|node| node.x.is_some()) {
            to.step("X is answered", s, |s| s.x = Revoked::Answered);
        }
        if s.y == Revoked::No && s.nodes[1].connected && usize::from(s.len()) < ROWS {
            to.step("C commits Y", s, |s| {
                s.y_seq = s.append(Which::Y);
                s.durable = s.len();
                s.y = Revoked::Visible;
            });
        }
        let has_y = |node: &Node| node.y == Some(s.y_seq) && node.position() >= s.y_seq;
        if s.y == Revoked::Visible && s.crashed && all(&has_y) {
            to.step("Y is answered", s, |s| s.y = Revoked::Answered);
        }
    }

    fn node(self, s: &State, node: usize, to: &mut Steps<State>) {
        let own = s.nodes[node];
        to.step("a node reads the log", s, |s| self.read_log(s, node));
        let may_write = !s.crashed || s.jumped || self == Self::NoJump;
        if own.x.is_some() && !s.has(Which::X) && usize::from(s.len()) < ROWS && may_write {
            to.step("a node writes X again", s, |s| {
                s.append(Which::X);
                s.durable = s.len();
            });
        }
        if s.y == Revoked::No {
            to.step("a node caches Y's session", s, |s| {
                s.fact_of_y = Some(own.position());
            });
        }
        if !s.has(Which::X) && own.x.is_none() {
            to.step("a node caches X's session", s, |s| {
                s.fact_of_x = Some(own.position());
            });
        }
        if s.y == Revoked::Answered && s.fact_of_y.is_some_and(|asof| own.y.unwrap_or(0) <= asof) {
            to.step("a node accepts Y's session", s, |s| {
                s.accepted = Some("Y's session is accepted after its revocation was answered");
            });
        }
        if s.x == Revoked::Answered && s.fact_of_x.is_some() && own.x.is_none() {
            to.step("a node accepts X's session", s, |s| {
                s.accepted = Some("X's session is accepted after its revocation was answered");
            });
        }
    }

    /// Applies what is new. A node whose own last row is gone begins at the start, and keeps its overlay.
    fn read_log(self, s: &mut State, node: usize) {
        let mut own = s.nodes[node];
        let is_there = own.applied.is_none_or(|last| s.rows().any(|row| row == last));
        if self != Self::NobodyLooks && !is_there {
            own.applied = None;
        }
        for row in s
            .rows()
            .filter(|row| row.seq > own.position())
            .collect::<Vec<_>>()
        {
            own.applied = Some(row);
            match row.of {
                Which::X => own.x = Some(row.seq),
                Which::Y => own.y = Some(row.seq),
            }
        }
        s.nodes[node] = own;
    }
}
