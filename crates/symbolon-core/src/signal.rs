//! What nodes tell each other beside the log: it makes revocations faster and nothing depends on it.
//!
//! A signal may be lost, late, repeated, or out of order.

use crate::member::Incarnation;
use crate::revocation::{LogRow, RevocationSeq};

/// One signal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Signal {
    /// These rows are committed. They may be applied at once; the position moves on only without gaps.
    Rows(Vec<LogRow>),
    /// The log has grown up to here: it is worth reading.
    Grown(RevocationSeq),
    /// Signals may have been lost, such as while the way to the other nodes was broken: the log is worth
    /// reading. It is said to the sink and never sent.
    Missed,
    /// A member's memory holds every row up to a position.
    Applied(Acknowledgement),
}

/// A member's word that its memory holds every row of the log up to a position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Acknowledgement {
    /// Whose.
    pub incarnation: Incarnation,
    /// Up to where.
    pub seq: RevocationSeq,
    /// The id of the row there: positions of two histories of a store do not speak for each other.
    pub id: [u8; 16],
}

/// Where signals are sent.
pub trait Signals: Send + Sync + 'static {
    /// Sends a signal to the other nodes, if that goes at once. Never waits.
    fn send(&self, signal: Signal);
}

/// Who hears the other nodes' signals.
pub trait SignalSink: Send + Sync + 'static {
    /// Takes a signal. Must not block.
    fn heard(&self, signal: Signal);
}
