//! Cursors: where a page of a list ended.

use crate::Symbolon;

/// The bytes of a cursor's sum.
const SUM: usize = 16;

impl Symbolon {
    /// Seals a position in a list, so that it can be handed out and taken back. `list` names the list
    /// with all that was asked of it: the cursor is good for that one alone.
    #[must_use]
    pub fn seal_cursor(&self, list: &str, position: &[u8]) -> Vec<u8> {
        let sum = self.inner.node.keys().cursor_sum(list, position);
        [position, &sum].concat()
    }

    /// The position that [`Symbolon::seal_cursor`] sealed for the same list; `None`: it did not.
    #[must_use]
    pub fn open_cursor<'c>(&self, list: &str, cursor: &'c [u8]) -> Option<&'c [u8]> {
        let (position, sum) = cursor.split_at_checked(cursor.len().checked_sub(SUM)?)?;
        self.inner
            .node
            .keys()
            .cursor_matches(list, position, sum)
            .then_some(position)
    }
}
