//! Whether what was read of the log follows on what was known of it. Nothing here reads or waits.
//!
//! Each row names the position before it, so a row that is missing shows. After a restart of the store positions jump:
//! a store that has lost the end of its log gives out none of them twice, and whoever knew a lost row finds that
//! it is not there any more.

use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::store::LogPage;

/// How far positions jump at the least when the store was restarted, in every store. The difference between two rows
/// is otherwise one.
const JUMP: u64 = 1 << 20;

/// A row by its position and its id, which tell it from every row of another history.
pub type RowName = (RevocationSeq, [u8; 16]);

/// Where a follower of the log stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// Everything up to here is applied.
    pub applied: RevocationSeq,
    /// The id of the row there, or of the jump to there; `None`: it was not said.
    pub id: Option<[u8; 16]>,
    /// The newest row that was seen. It is below `applied` where positions have jumped and no row has followed; `None`:
    /// none was seen yet.
    pub anchor: Option<RowName>,
}

impl Place {
    /// Where reading begins: at the newest row that was seen, to see that it is still there.
    #[must_use]
    pub fn reads_from(self) -> RevocationSeq {
        self.anchor.map_or(self.applied, |(seq, _)| seq)
    }

    /// The place after a row that follows.
    #[must_use]
    pub fn after(row: &LogRow) -> Self {
        Self {
            applied: row.seq,
            id: Some(row.id),
            anchor: Some((row.seq, row.id)),
        }
    }
}

/// How a page of the log follows on a place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Follows<'p> {
    /// These rows are new.
    On {
        /// In order.
        rows: &'p [LogRow],
        /// The place after them.
        place: Place,
        /// Nothing follows: the page reaches the head.
        complete: bool,
    },
    /// Rows between were removed, as old rows are.
    Behind,
    /// The log is not the one that was followed: its end was lost, or it was put back from a copy.
    Lost,
    /// A row is missing in its midst.
    Hole,
}

/// Judges a page that was read from [`Place::reads_from`] on, with at the most `limit` rows.
#[must_use]
pub fn follow(place: Place, page: &LogPage, limit: u32) -> Follows<'_> {
    if place.applied < page.floor {
        return Follows::Behind;
    }
    let other_head = page.head == place.applied && place.id.is_some_and(|id| id != page.head_id);
    if page.head < place.applied || other_head {
        return Follows::Lost;
    }
    let Some(rows) = after_anchor(place, page) else {
        return Follows::Lost;
    };
    let mut last = place.applied;
    for row in rows {
        match step(last, row.prev_seq) {
            _ if row.seq <= row.prev_seq => return Follows::Hole,
            Step::Next => last = row.seq,
            Step::Back => return Follows::Lost,
            Step::Hole => return Follows::Hole,
        }
    }
    let full = page.rows.len() >= limit as usize;
    let at_head = match step(last, page.head) {
        Step::Next => true,
        Step::Hole if full => false,
        Step::Hole | Step::Back => return Follows::Hole,
    };
    // A full page may end where the next row is: only its own last row being the head shows that nothing follows.
    let complete = at_head && (!full || last == page.head);
    let mut next = rows.last().map_or(place, Place::after);
    if complete {
        (next.applied, next.id) = (page.head, Some(page.head_id));
    }
    Follows::On {
        rows,
        place: next,
        complete,
    }
}

/// The rows after the newest that was seen; `None`: that one is not there, and was not removed as old.
fn after_anchor(place: Place, page: &LogPage) -> Option<&[LogRow]> {
    let rows = page.rows.as_slice();
    let Some((seq, id)) = place.anchor else {
        return rows
            .first()
            .is_none_or(|row| row.seq > place.applied)
            .then_some(rows);
    };
    match rows.split_first() {
        Some((first, rest)) if first.seq == seq => (first.id == id).then_some(rest),
        _ => (seq <= page.floor).then_some(rows),
    }
}

enum Step {
    Next,
    Back,
    Hole,
}

/// How a position that is said to come right after `last` does.
fn step(last: RevocationSeq, to: RevocationSeq) -> Step {
    match to.0.checked_sub(last.0) {
        Some(0) => Step::Next,
        Some(far) if far >= JUMP => Step::Next,
        Some(_) => Step::Hole,
        None => Step::Back,
    }
}

/// What is to be done when the log has lost rows that were known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Repair {
    /// The place up to which the log and what was known are the same.
    pub common: Place,
    /// The rows that were known and are not there, in order.
    pub lost: Vec<LogRow>,
    /// Not even the oldest known row is there: what else was lost is not known.
    pub beyond_memory: bool,
}

/// Compares the rows that were `known`, in order, with the log as it was read from the first of them on.
#[must_use]
pub fn repair(known: &[LogRow], floor: RevocationSeq, log: &[LogRow]) -> Repair {
    let there = |row: &&LogRow| {
        let found = log.binary_search_by_key(&row.seq, |there| there.seq);
        // One that may have been removed as old was there before that.
        found.is_ok_and(|at| log.get(at).is_some_and(|there| there.id == row.id)) || row.seq <= floor
    };
    let common = known.iter().take_while(there).last();
    Repair {
        common: common.map_or(
            Place {
                applied: floor,
                id: None,
                anchor: None,
            },
            Place::after,
        ),
        lost: known.iter().filter(|row| !there(row)).cloned().collect(),
        beyond_memory: common.is_none(),
    }
}

#[cfg(test)]
mod tests;
