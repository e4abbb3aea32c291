use symbolon_testkit::history::{Answered, Nanos};

/// What was offered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Verify,
    LogIn,
    LogOut,
}

/// One request that a client offered, answered or not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sample {
    pub(crate) kind: Kind,
    /// When it was offered.
    pub(crate) at: Nanos,
    /// How long the client waited.
    pub(crate) took: Nanos,
    /// There was an answer that decided.
    pub(crate) decided: bool,
    /// A load balancer would have sent it to this node: it was said to be ready then, or none was.
    pub(crate) balanced: bool,
}

/// A decision that comes later is of no use to who asked.
const USEFUL: Nanos = 1_000_000_000;

impl Sample {
    /// Whether it was of use: a decision in time. `patience` is what a log-out may take longer, since it waits for
    /// the other nodes on purpose.
    pub(crate) fn is_good(&self, patience: Nanos) -> bool {
        let limit = match self.kind {
            Kind::LogOut => USEFUL + patience,
            Kind::Verify | Kind::LogIn => USEFUL,
        };
        self.decided && self.took <= limit
    }
}

/// Whether an answer decides.
pub(super) fn decides(answered: &Answered) -> bool {
    !matches!(answered, Answered::Undecided | Answered::Unknown)
}
