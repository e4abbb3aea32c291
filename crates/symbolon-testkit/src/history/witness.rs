//! Whether the machine itself was late: an echo that does nothing else is asked again and again beside the clients.

use super::{Nanos, Op};

/// An echo may take so long. A machine that keeps one byte waiting for longer, there and back, keeps a request of many
/// such ways waiting for much longer.
pub const LATE: Nanos = 50_000_000;

/// When an echo was late. It knows nothing of what is measured: only of the machine, and of who measures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Witness {
    /// From where each late echo was due to where it was there, in order; none overlaps another.
    late: Vec<(Nanos, Nanos)>,
}

impl Witness {
    /// Notes an echo. They are given in order, the next one due after the one before was there.
    pub fn note(&mut self, due: Nanos, there: Nanos) {
        if there.saturating_sub(due) > LATE {
            self.late.push((due, there));
        }
    }

    /// Whether it was late for at least half of the time that this took: how long it took says nothing then.
    #[must_use]
    pub fn excuses(&self, op: &Op) -> bool {
        let first = self.late.partition_point(|(_, there)| *there <= op.from);
        let during = self.late[first..].iter().take_while(|(due, _)| *due < op.to);
        let late: Nanos = during
            .map(|(due, there)| (*there).min(op.to) - (*due).max(op.from))
            .sum();
        late > 0 && late.saturating_mul(2) >= op.to - op.from
    }

    /// The latest that an echo was.
    #[must_use]
    pub fn worst(&self) -> Nanos {
        let late = self.late.iter().map(|(due, there)| there - due);
        late.max().unwrap_or(0)
    }
}
