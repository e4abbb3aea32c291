//! What clients saw, and whether it keeps the promises of the protocol.
//!
//! Data in, findings out: a [`History`] is a list of operations with the instants of one monotonic
//! clock, in nanoseconds; [`check`] looks at each session by itself, in one pass over its operations.
//! An outcome that is not known is an interval without end, or up to the next end of the one process
//! that could still do it. [`audit::check`] compares the history with the audit record,
//! [`honesty::check`] looks at the answers that decided nothing, [`recovery::check`] at the time after a
//! fault, as far as a [`witness`] lets it, [`stops::check`] at a rolling restart, and [`leaks::find`] looks for
//! secrets where none may be.

pub mod audit;
mod check;
mod credentials;
pub mod honesty;
pub mod leaks;
mod lives;
pub mod recovery;
pub mod stops;
pub mod witness;

use std::collections::BTreeMap;

pub use check::check;

/// An instant of the driver's monotonic clock, in nanoseconds.
pub type Nanos = u64;

/// The promises that are looked at, by their numbers in the protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Invariant {
    /// A revocation is final.
    I1,
    /// No false rejection.
    I2,
    /// Acknowledged log-ins are durable.
    I3,
    /// One successor of each refresh token.
    I4,
    /// An answer is about the session that was asked about.
    I6,
    /// An old password opens nothing, and what it had opened is shut.
    I8,
    /// An answer that decides nothing says so, and repeating it comes to an end.
    I9,
    /// One audit entry for each committed change.
    I10,
    /// No secret where none may be.
    I12,
    /// After a fault all is as before, soon.
    I13,
    /// A node that stops in order costs no request but those that it holds.
    Stops,
}

/// A pair of tokens as a client got it; secrets are told apart by any number made of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pair {
    /// Its generation.
    pub generation: u32,
    /// The access token.
    pub access: u64,
    /// The refresh token.
    pub refresh: u64,
    /// Until when the access token is certainly good.
    pub access_until: Nanos,
    /// Until when the refresh token is certainly good.
    pub refresh_until: Nanos,
}

/// What an accepting answer says about the session, or what was said at its issue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Identity {
    /// The session's id.
    pub session: String,
    /// Its subject.
    pub subject: String,
    /// Its claims, in one spelling.
    pub claims: String,
}

/// Whose sessions an operation ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whose {
    /// One session.
    Session(String),
    /// Every session of a subject.
    Subject(String),
    /// Every session.
    Everyone,
}

impl Whose {
    /// The session's id, or the subject's; empty for everyone.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Session(name) | Self::Subject(name) => name,
            Self::Everyone => "",
        }
    }
}

/// What ends sessions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Means {
    /// An order to end them.
    Order,
    /// A new password of their subject: which one, counted in the order in which they are set.
    Password(u32),
    /// A ban of their subject.
    Ban,
}

/// What was asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asked {
    /// A new session of a subject: a log-in, or an issue by a service.
    Issue {
        /// Whose.
        subject: String,
        /// Which of the subject's passwords was shown, counted as for [`Means::Password`]; `None`: none was.
        credential: Option<u32>,
    },
    /// Whether an access token of that generation is good.
    Verify {
        /// Whose token it is.
        session: String,
        /// Its generation.
        generation: u32,
    },
    /// The pair that follows a refresh token of that generation.
    Refresh {
        /// Whose token it is.
        session: String,
        /// Its generation.
        generation: u32,
    },
    /// An end: a log-out, a kick, a revocation.
    End {
        /// Of what.
        whose: Whose,
        /// By what.
        by: Means,
    },
}

/// What was answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answered {
    /// A session with its first pair.
    Issued(Identity, Pair),
    /// The token is good, and is this session's.
    Accepted(Identity),
    /// The next pair.
    Refreshed(Pair),
    /// A definite no, with its reason.
    Refused(String),
    /// A definite no that ended the session; everywhere so many nanoseconds after the answer.
    Reused {
        /// Zero: at the answer.
        effective_in: Nanos,
    },
    /// The end is effective that many nanoseconds after the answer.
    Ended {
        /// It had ended before.
        already: bool,
        /// Zero: at the answer.
        effective_in: Nanos,
    },
    /// The end is effective at the answer, on the node that gave it; when on others is not known.
    EndedHere,
    /// It could not be decided, or was not allowed now (429, 503).
    Undecided,
    /// No answer came.
    Unknown,
}

/// The word of a refusal that ends the session.
pub const REUSE: &str = "reuse_detected";

/// One operation: asked at `from`, answered at `to` (or given up then).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Op {
    /// Just before it was sent.
    pub from: Nanos,
    /// Just after its answer was there.
    pub to: Nanos,
    /// What was asked.
    pub asked: Asked,
    /// What was answered.
    pub answered: Answered,
    /// Which node was asked, counted from zero.
    pub node: u16,
}

/// All that was seen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct History {
    /// The operations, in any order.
    pub ops: Vec<Op>,
    /// When every process that could still do what had been asked of it was seen to have ended.
    pub deaths: Vec<Nanos>,
    /// When the last phase began, in which every session is read on every node; `None`: there was none.
    pub last_phase: Option<Nanos>,
    /// How many nodes there are beside the first.
    pub more_nodes: u16,
    /// An end that was answered as not decided may still be done later: it lies in a store that was left, and is heard
    /// when that is back.
    pub ends_may_come_late: bool,
}

/// One broken promise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// Which promise.
    pub invariant: Invariant,
    /// Of which session, or of which subject; empty where it is neither's.
    pub session: String,
    /// What was seen.
    pub seen: String,
    /// When it was asked for; the end of time where it is not of one moment.
    pub at: Nanos,
}

/// What a check found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Findings {
    /// The broken promises.
    pub violations: Vec<Violation>,
    /// How often each promise could have been broken: without these, none broken says nothing.
    pub opportunities: BTreeMap<Invariant, u64>,
    /// How many operations were not judged for how long they took, since the machine itself was late meanwhile.
    pub not_timed: u64,
}

impl Findings {
    fn look(&mut self, invariant: Invariant) {
        *self.opportunities.entry(invariant).or_default() += 1;
    }

    fn broken(&mut self, invariant: Invariant, session: &str, seen: impl Into<String>) {
        self.broken_at(Nanos::MAX, invariant, session, seen);
    }

    fn broken_at(&mut self, at: Nanos, invariant: Invariant, session: &str, seen: impl Into<String>) {
        self.violations.push(Violation {
            invariant,
            session: session.to_owned(),
            seen: seen.into(),
            at,
        });
    }

    /// The opportunities of one promise.
    #[must_use]
    pub fn chances(&self, invariant: Invariant) -> u64 {
        self.opportunities.get(&invariant).copied().unwrap_or(0)
    }

    /// These findings and those of another check.
    pub fn join(&mut self, other: Self) {
        self.violations.extend(other.violations);
        for (invariant, count) in other.opportunities {
            *self.opportunities.entry(invariant).or_default() += count;
        }
        self.not_timed += other.not_timed;
    }
}
