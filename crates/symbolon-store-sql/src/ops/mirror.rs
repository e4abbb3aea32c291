//! What a node's mirror does besides being a store: it says of itself how it stands, takes copies, and keeps what is
//! owed to the store that is away.

mod away;
mod copies;
mod mark;

pub(crate) use away::{ComeHome, EndOlder, ForgetSessions, GoAway, ListMoving, MarkMoving, Owe};
pub(crate) use copies::Copy;
pub(crate) use mark::{ChangeMark, ReadMark};
