//! The rows that this process has heard of, and where it stands in their chain.

use std::collections::BTreeMap;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::store::LogPage;

use crate::bug::{self, Bug};
use crate::chain::{Follows, Place, follow};

/// How many rows are kept at the most: some 20 MiB. A log that loses more than these at once ends every session.
const ROWS_MAX: usize = 131_072;
/// How many rows are kept however old they are, so that a quiet log whose end is lost can be mended exactly.
const ROWS_MIN: usize = 64;
/// A row, and when it was first heard of.
#[derive(Clone, Debug)]
struct Known {
    row: LogRow,
    /// Nanoseconds of the steady clock. It was committed before.
    at: i64,
}

/// What a member remembers of the log.
#[derive(Debug, Default)]
pub(super) struct KnownLog {
    /// `None`: it follows nothing yet.
    place: Option<Place>,
    rows: BTreeMap<RevocationSeq, Known>,
    /// From here to the place no row is missing.
    unbroken_from: RevocationSeq,
    /// Rows that the log has lost, and where they were written again.
    lost: BTreeMap<RevocationSeq, Option<RevocationSeq>>,
}

/// What came of a page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Read {
    /// It follows.
    On {
        /// Rows that were not known before, in order.
        news: Vec<LogRow>,
        /// Nothing follows.
        complete: bool,
    },
    /// Rows between were removed as old.
    Behind,
    /// The log has lost rows.
    Lost,
    /// A row is missing in its midst.
    Hole,
}

/// Whether a member that has applied everything up to a position has applied a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Vouch {
    /// It has.
    Yes,
    /// It has not.
    No,
    /// It may, if the log goes from the one to the other: read it.
    ReadOn,
    /// The log has lost the row.
    Lost,
    /// The row was lost and written again: it is to be asked for by this position.
    Replaced(RevocationSeq),
}

impl KnownLog {
    pub(super) fn place(&self) -> Option<Place> {
        self.place
    }

    /// Begins at the head of the log, where this row is, if one is there. What was known up to there is forgotten.
    pub(super) fn begin(&mut self, head: RevocationSeq, newest: Option<&LogRow>, at: i64) {
        self.rows = self.rows.split_off(&RevocationSeq(head.0.saturating_add(1)));
        if let Some(row) = newest {
            self.insert(row, at);
        }
        self.place = Some(Place {
            applied: head,
            id: None,
            anchor: newest.map(|row| (row.seq, row.id)),
        });
        self.unbroken_from = head;
        self.go_on();
    }

    /// Takes a row that was committed, from wherever it was heard; `true`: it is new. The place moves on as far
    /// as the rows go without a gap.
    pub(super) fn take(&mut self, row: &LogRow, at: i64) -> bool {
        if self.place.is_some_and(|place| row.seq <= place.applied) || self.rows.contains_key(&row.seq) {
            return false;
        }
        self.insert(row, at);
        self.bound();
        self.go_on();
        true
    }

    /// Takes a page that was read after `then` was the place.
    pub(super) fn read(&mut self, then: Place, page: &LogPage, limit: u32, at: i64) -> Read {
        let (rows, place, complete) = match follow(then, page, limit) {
            Follows::On {
                rows,
                place,
                complete,
            } => (rows, place, complete),
            Follows::Behind => return Read::Behind,
            Follows::Lost => return Read::Lost,
            Follows::Hole => return Read::Hole,
        };
        if self.contradicts(then, rows, place) {
            return Read::Lost;
        }
        let mut news = Vec::new();
        for row in rows {
            // It may have begun anew beyond the page meanwhile: what it has forgotten then stays forgotten.
            let is_past = self.place.is_some_and(|place| row.seq <= place.applied);
            if is_past || self.rows.contains_key(&row.seq) {
                continue;
            }
            self.insert(row, at);
            news.push(row.clone());
        }
        // Rows that were heard meanwhile may have moved it further.
        if self.place.is_none_or(|now| now.applied <= place.applied) {
            self.place = Some(place);
        }
        self.bound();
        self.go_on();
        Read::On { news, complete }
    }

    /// Whether rows that are known are not as the page says: another id, or not there at all.
    fn contradicts(&self, then: Place, rows: &[LogRow], place: Place) -> bool {
        let known = self.rows.range((
            std::ops::Bound::Excluded(then.applied),
            std::ops::Bound::Included(place.applied),
        ));
        known.into_iter().any(|(seq, known)| {
            let there = rows.binary_search_by_key(seq, |row| row.seq);
            there.map_or(true, |at| rows[at].id != known.row.id)
        })
    }

    fn insert(&mut self, row: &LogRow, at: i64) {
        // A store that gives a position out again: what is there now counts.
        self.lost.remove(&row.seq);
        self.rows.insert(row.seq, Known { row: row.clone(), at });
    }

    fn go_on(&mut self) {
        let Some(mut place) = self.place else { return };
        while let Some(next) = self.row_after(place.applied) {
            place = Place::after(next);
        }
        self.place = Some(place);
    }

    fn row_after(&self, applied: RevocationSeq) -> Option<&LogRow> {
        let (_, known) = self
            .rows
            .range(RevocationSeq(applied.0.checked_add(1)?)..)
            .next()?;
        (known.row.prev_seq == applied || bug::is(Bug::NoChainCheck)).then_some(&known.row)
    }

    /// Forgets rows beyond the place.
    pub(super) fn forget_pending(&mut self) {
        if let Some(beyond) = self.place.and_then(|place| place.applied.0.checked_add(1)) {
            drop(self.rows.split_off(&RevocationSeq(beyond)));
        }
    }

    /// Forgets the oldest beyond the limit.
    fn bound(&mut self) {
        while self.rows.len() > ROWS_MAX {
            self.rows.pop_first();
        }
    }

    /// Forgets rows before `horizon`, but for the last few.
    pub(super) fn forget_before(&mut self, horizon: Timestamp) {
        while self.rows.len() > ROWS_MIN
            && self
                .rows
                .first_key_value()
                .is_some_and(|(_, known)| known.row.at < horizon)
        {
            self.rows.pop_first();
        }
    }

    /// Every row that is known, in order.
    pub(super) fn rows(&self) -> Vec<LogRow> {
        self.rows.values().map(|known| known.row.clone()).collect()
    }

    /// Goes back to a place that the log still has, without the rows that it has lost.
    pub(super) fn go_back(&mut self, common: Place, lost: &[LogRow]) {
        for row in lost {
            self.rows.remove(&row.seq);
            self.lost.entry(row.seq).or_default();
        }
        while self.lost.len() > ROWS_MAX {
            self.lost.pop_first();
        }
        self.place = Some(common);
        self.unbroken_from = self
            .rows
            .first_key_value()
            .map_or(common.applied, |(seq, _)| (*seq).min(common.applied));
    }

    /// Remembers where a lost row is now.
    pub(super) fn replace(&mut self, lost: RevocationSeq, by: RevocationSeq) {
        if lost != by {
            self.lost.insert(lost, Some(by));
        }
    }

    /// When a row was first heard of, in nanoseconds of the steady clock.
    pub(super) fn heard_at(&self, seq: RevocationSeq) -> Option<i64> {
        self.rows.get(&seq).map(|known| known.at)
    }

    /// Whether someone who has applied everything up to `applied`, where the row is `id`, has applied `seq`.
    pub(super) fn vouch(&self, seq: RevocationSeq, applied: RevocationSeq, id: Option<[u8; 16]>) -> Vouch {
        match self.lost.get(&seq) {
            Some(Some(by)) => return Vouch::Replaced(*by),
            Some(None) => return Vouch::Lost,
            None => {}
        }
        let known = self.rows.get(&applied);
        if applied < seq || id.is_some_and(|id| known.is_some_and(|known| known.row.id != id)) {
            return Vouch::No;
        }
        // Later positions speak for a row only if it is in their history.
        let follows = self.place.is_some_and(|place| place.applied >= applied);
        let has_row = seq <= self.unbroken_from || self.rows.contains_key(&seq) || self.is_forgotten(seq);
        match (applied == seq, follows, has_row) {
            (true, _, true) | (false, true, true) => Vouch::Yes,
            (_, false, _) => Vouch::ReadOn,
            (_, true, false) => Vouch::No,
        }
    }

    /// Whether a row may have been known and forgotten as old.
    fn is_forgotten(&self, seq: RevocationSeq) -> bool {
        self.rows.first_key_value().is_none_or(|(first, _)| seq < *first)
    }
}

#[cfg(test)]
mod tests;
