//! Explicit-state models of the protocol that keeps the promise: after a revocation was answered, no
//! node accepts that session.
//!
//! Each model is a small machine whose steps may be taken in any order: that is a process that is
//! stopped anywhere, a message that is late, a store that crashes. [`explore()`] walks through all
//! states that can be reached. A model has *variants*: the protocol as it is, and for each of its rules
//! a protocol without it. The tests say which variants are safe and which are broken, so that a rule
//! is in the protocol because its absence has a counter-example, and not by habit.
//!
//! | model | question |
//! |---|---|
//! | [`lease`] | can a node answer from memory after a revocation was answered elsewhere? |
//! | [`tail`] | and after the store has lost the end of its log in a crash? |
//! | [`refresh`] | can tabs, lost answers and late marks log someone out, or a thief stay in? |
//! | [`fallback`] | can a node that goes on without its store keep alive what others have ended, or undo its own word? |
//! | [`homeward`] | can what is ended while its sessions move home live on, or end what began after it? |
//! | [`facts`] | can a token that is good be refused because a cached session is old? |

mod explore;
pub mod facts;
pub mod fallback;
pub mod homeward;
pub mod lease;
pub mod refresh;
pub mod tail;

pub use explore::{Model, Outcome, Steps, explore};
