//! What can be wrong with the way home: each rule of it taken away.

/// The rules, or the rules without one of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variant {
    /// As they are.
    Protocol,
    /// The mirror's rows are read before those that are known: one that comes between counts as lost by the store.
    OwedReadFirst,
    /// The newest row that was seen counts as lost where it was removed as old.
    RemovedIsLost,
    /// Steps pass while sessions set out and while they settle in.
    NoGate,
    /// Sessions are marked as moving before what was cut is pushed and the log is read.
    SetOutBeforePush,
    /// A session is written into the store without a look at what was cut since.
    NoLookAtCut,
    /// What is cut while sessions are on their way is not pushed before they are home.
    NoPushBeforeHome,
    /// The mirror's log does not jump beyond the cut that they are under in the store.
    NoJumpBeyond,
    /// The store's log does not jump beyond the mirror's before a cut is pushed.
    NoLift,
}

impl Variant {
    /// Those that must be broken.
    pub const BROKEN: [Self; 8] = [
        Self::OwedReadFirst,
        Self::RemovedIsLost,
        Self::NoGate,
        Self::SetOutBeforePush,
        Self::NoLookAtCut,
        Self::NoPushBeforeHome,
        Self::NoJumpBeyond,
        Self::NoLift,
    ];
}
