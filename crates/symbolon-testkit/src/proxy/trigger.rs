/// What is looked for in the bytes to a server, such as `COMMIT\0` of PostgreSQL.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trigger {
    pattern: Vec<u8>,
    one_in: u32,
}

impl Trigger {
    /// Fires each time that these bytes are sent.
    #[must_use]
    pub fn on(pattern: impl Into<Vec<u8>>) -> Self {
        Self {
            pattern: pattern.into(),
            one_in: 1,
        }
    }

    /// Fires, by chance, one time in so many.
    #[must_use]
    pub fn one_in(mut self, count: u32) -> Self {
        self.one_in = count.max(1);
        self
    }

    pub(super) fn chances(&self) -> u64 {
        u64::from(self.one_in)
    }
}

/// The end of what has passed, so that a pattern is found also where it comes in two pieces.
#[derive(Default)]
pub(super) struct Passed(Vec<u8>);

impl Passed {
    /// Adds a piece, and counts the pattern in it.
    pub(super) fn count(&mut self, trigger: &Trigger, piece: &[u8]) -> usize {
        let length = trigger.pattern.len();
        if length == 0 {
            return 0;
        }
        self.0.extend_from_slice(piece);
        let found = self.0.windows(length).filter(|window| *window == trigger.pattern);
        let found = found.count();
        // One byte less than the pattern: what was counted is not counted again.
        let done = self.0.len().saturating_sub(length - 1);
        self.0.drain(..done);
        found
    }

    /// Begins anew, with another trigger.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Passed, Trigger};

    #[test]
    fn a_pattern_is_found_once_wherever_its_pieces_are_cut() {
        let whole = b"BEGIN; COMMITTED; COMMIT\0 and COMMIT\0";
        let trigger = Trigger::on(*b"COMMIT\0");
        for size in 1..whole.len() {
            let mut passed = Passed::default();
            let found: usize = whole
                .chunks(size)
                .map(|piece| passed.count(&trigger, piece))
                .sum();
            assert_eq!(found, 2, "pieces of {size}");
        }
    }
}
