//! A node's memory of the revocation log's tail.
//!
//! A fact carries the position at which it was read; the overlay answers whether anything newer
//! concerns it. In front stands a small filter: an array of the newest position per hash, so that a
//! session that nothing concerns is let through by two loads.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use parking_lot::RwLock;
use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{Cut, LogKind, LogRow, RevocationSeq};
use symbolon_core::session::SessionId;

use crate::bug::{self, Bug};
use crate::published::Published as _;

/// Cells of each filter: 64 KiB, so that it stays in a core's own cache. With more revocations than
/// cells in the retention time it lets fewer facts through and the maps behind answer.
const CELLS: usize = 8192;

/// How long a row is remembered. A fact older than what is remembered is read again.
pub const RETENTION: Duration = Duration::from_secs(15 * 60);

/// How many ended sessions and cut subjects are remembered at the most, looked at once a minute: some 40 MiB.
pub const MARKS_MAX: usize = 262_144;

/// What the overlay knows against a fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Objection {
    /// The session has ended.
    Ended(Cut),
    /// The fact may no longer be true: read it again.
    Stale,
}

impl From<Cut> for Objection {
    fn from(cut: Cut) -> Self {
        Self::Ended(cut)
    }
}

/// What a fact is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    /// Which session.
    pub id: SessionId,
    /// Where its subject stands in the filter: see [`Overlay::cell_of`].
    pub subject_cell: u16,
    /// Everything up to here was known when it was read.
    pub asof: RevocationSeq,
    /// The cut that the session was issued under.
    pub epoch: RevocationSeq,
}

#[derive(Clone, Debug)]
struct SubjectMark {
    cut: Cut,
    keep: Vec<SessionId>,
    stale: RevocationSeq,
    /// When the newest row came.
    at: Timestamp,
}

impl Default for SubjectMark {
    fn default() -> Self {
        Self {
            cut: Cut::NONE,
            keep: Vec::new(),
            stale: RevocationSeq::ZERO,
            at: Timestamp(0),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct SessionMark {
    ended: Option<Cut>,
    stale: RevocationSeq,
    /// When the newest row came.
    at: Timestamp,
}

/// The tail of the log, as maps.
pub struct Overlay {
    session_filter: Box<[AtomicU64]>,
    subject_filter: Box<[AtomicU64]>,
    hasher: RandomState,
    sessions: papaya::HashMap<SessionId, SessionMark>,
    subjects: papaya::HashMap<Box<str>, SubjectMark>,
    /// The position of the newest cut of everyone; zero: none.
    everyone_seq: AtomicU64,
    everyone: RwLock<Cut>,
    /// Facts read before this position are read again: what came before is no longer remembered.
    low: AtomicU64,
    /// The newest row that was heard of. Rows before it may be missing.
    heard: AtomicU64,
}

impl Overlay {
    /// An overlay that remembers nothing up to `head`, where the log stands.
    #[must_use]
    pub fn from_head(head: RevocationSeq) -> Self {
        Self {
            session_filter: std::iter::repeat_with(AtomicU64::default).take(CELLS).collect(),
            subject_filter: std::iter::repeat_with(AtomicU64::default).take(CELLS).collect(),
            hasher: RandomState::new(),
            sessions: papaya::HashMap::new(),
            subjects: papaya::HashMap::new(),
            everyone_seq: AtomicU64::new(0),
            everyone: RwLock::new(Cut::NONE),
            low: AtomicU64::new(head.0),
            heard: AtomicU64::new(head.0),
        }
    }

    /// Applies one row. Rows may come more than once and in any order: marks only grow.
    pub fn apply(&self, row: &LogRow) {
        let cut = Cut {
            seq: row.seq,
            at: row.at,
            reason: row.reason,
        };
        match &row.kind {
            LogKind::Session(id) => self.mark_session(*id, row, Some(cut)),
            LogKind::StaleSession(id) => self.mark_session(*id, row, None),
            LogKind::Subject { subject, keep } => {
                self.mark_subject(subject.as_str(), row, |mark| {
                    if cut.seq > mark.cut.seq {
                        mark.cut = cut;
                        mark.keep.clone_from(keep);
                    }
                });
            }
            LogKind::StaleSubject(subject) => {
                self.mark_subject(subject.as_str(), row, |mark| mark.stale = mark.stale.max(row.seq));
            }
            LogKind::Everyone => {
                let mut everyone = self.everyone.write();
                *everyone = everyone.newer(cut);
                self.everyone_seq.raise(row.seq.0);
            }
            LogKind::ApiKey(_) | LogKind::SigningKeys => {}
        }
        // Last: whoever loads it finds what it says in force.
        self.heard.raise(row.seq.0);
    }

    /// The newest row that was heard of, also where rows before it were not. Load it before reading the store: what is
    /// read then knows every row that was heard of.
    #[must_use]
    pub fn heard(&self) -> RevocationSeq {
        RevocationSeq(self.heard.read())
    }

    /// Refuses facts read before `position`.
    pub fn raise_low(&self, position: RevocationSeq) {
        self.low.raise(position.0);
    }

    /// Facts read before this position are refused.
    #[must_use]
    pub fn low(&self) -> RevocationSeq {
        RevocationSeq(self.low.read())
    }

    /// How a session ended, whatever is said of it anywhere else: none that has ended lives again.
    #[must_use]
    pub fn find_end(&self, id: SessionId) -> Option<Cut> {
        self.sessions.pin().get(&id)?.ended
    }

    /// What is known against a fact that was just read from the store, where `stamp.asof` is what was
    /// [`heard`](Self::heard) before.
    #[must_use]
    pub fn objection_to_read(&self, stamp: Stamp, subject: &str) -> Option<Objection> {
        self.cut_of_everyone(stamp)
            .or_else(|| self.find_end(stamp.id).map(Objection::from))
            .or_else(|| self.session_objection(stamp))
            .or_else(|| self.subject_objection(stamp, subject))
    }

    /// Where a subject stands in the filter. Kept with each fact, so that verify hashes no text.
    #[must_use]
    pub fn cell_of(&self, subject: &str) -> u16 {
        u16::try_from(self.hasher.hash_one(subject) % CELLS as u64).unwrap_or(0)
    }

    /// What is known against a fact of `subject`, if anything.
    #[inline]
    #[must_use]
    pub fn objection<'s>(&self, stamp: Stamp, subject: impl FnOnce() -> &'s str) -> Option<Objection> {
        if self.is_quiet(stamp) || bug::is(Bug::NoAsofFilter) {
            None
        } else {
            self.look_up(stamp, subject())
        }
    }

    /// Whether nothing newer than the fact can concern it: five loads and no look-up.
    #[inline]
    fn is_quiet(&self, stamp: Stamp) -> bool {
        let session = self.session_cell(stamp.id).read();
        let subject = self.subject_filter[usize::from(stamp.subject_cell) % CELLS].read();
        let low = self.low.read();
        let everyone = self.everyone_seq.read();
        // A fact at or after a row was read with it in force, so only newer rows can concern it.
        session.max(subject) <= stamp.asof.0 && low <= stamp.asof.0 && everyone <= stamp.epoch.0
    }

    #[cold]
    fn look_up(&self, stamp: Stamp, subject: &str) -> Option<Objection> {
        if stamp.asof.0 < self.low.read() {
            return Some(Objection::Stale);
        }
        self.cut_of_everyone(stamp)
            .or_else(|| self.session_objection(stamp))
            .or_else(|| self.subject_objection(stamp, subject))
    }

    fn cut_of_everyone(&self, stamp: Stamp) -> Option<Objection> {
        let newer = self.everyone_seq.read() > stamp.epoch.0;
        newer.then(|| Objection::from(*self.everyone.read()))
    }

    /// Forgets the rows before `horizon`; facts as old as them are refused from then on.
    pub fn forget_before(&self, horizon: Timestamp) {
        let sessions = self.sessions.pin();
        let subjects = self.subjects.pin();
        let of_sessions = sessions
            .values()
            .filter(|mark| mark.at < horizon)
            .map(SessionMark::newest);
        let of_subjects = subjects
            .values()
            .filter(|mark| mark.at < horizon)
            .map(SubjectMark::newest);
        let newest = of_sessions
            .chain(of_subjects)
            .max()
            .unwrap_or(RevocationSeq::ZERO);
        // Before the marks go: from here on nothing that they spoke against is believed.
        self.low.raise(newest.0);
        sessions.retain(|_, mark| mark.at >= horizon || mark.newest() > newest);
        subjects.retain(|_, mark| mark.at >= horizon || mark.newest() > newest);
    }

    /// Forgets the oldest rows where more are remembered than may be: facts as old as those are read again.
    pub fn forget_beyond(&self, marks_max: usize) {
        let mut times: Vec<Timestamp> = self.sessions.pin().values().map(|mark| mark.at).collect();
        times.extend(self.subjects.pin().values().map(|mark| mark.at));
        let Some(beyond) = times.len().checked_sub(marks_max).filter(|beyond| *beyond > 0) else {
            return;
        };
        let (_, newest, _) = times.select_nth_unstable(beyond - 1);
        self.forget_before(Timestamp(newest.0.saturating_add(1)));
    }

    fn mark_session(&self, id: SessionId, row: &LogRow, ended: Option<Cut>) {
        let merge = |old: Option<&SessionMark>| {
            let none = SessionMark {
                ended: None,
                stale: RevocationSeq::ZERO,
                at: row.at,
            };
            let old = old.copied().unwrap_or(none);
            let stale = if ended.is_none() {
                old.stale.max(row.seq)
            } else {
                old.stale
            };
            // The first end is the one that counts; its row may come a second time.
            SessionMark {
                ended: old.ended.or(ended),
                stale,
                at: old.at.max(row.at),
            }
        };
        self.sessions
            .pin()
            .update_or_insert_with(id, |old| merge(Some(old)), || merge(None));
        self.session_cell(id).raise(row.seq.0);
    }

    fn mark_subject(&self, subject: &str, row: &LogRow, change: impl Fn(&mut SubjectMark)) {
        let changed = |old: Option<&SubjectMark>| {
            let mut mark = old.cloned().unwrap_or_default();
            change(&mut mark);
            mark.at = mark.at.max(row.at);
            mark
        };
        let pinned = self.subjects.pin();
        pinned.update_or_insert_with(subject.into(), |old| changed(Some(old)), || changed(None));
        self.subject_cell(subject).raise(row.seq.0);
    }

    fn session_objection(&self, stamp: Stamp) -> Option<Objection> {
        let mark = *self.sessions.pin().get(&stamp.id)?;
        // Whatever the fact's position is: none that has ended lives again.
        if let Some(cut) = mark.ended {
            return Some(Objection::from(cut));
        }
        (mark.stale > stamp.asof).then_some(Objection::Stale)
    }

    fn subject_objection(&self, stamp: Stamp, subject: &str) -> Option<Objection> {
        let pinned = self.subjects.pin();
        let mark = pinned.get(subject)?;
        if mark.cut.seq > stamp.epoch {
            // A session that was kept has a new epoch in the store, and perhaps new tokens.
            if mark.keep.contains(&stamp.id) {
                return Some(Objection::Stale);
            }
            return Some(Objection::from(mark.cut));
        }
        (mark.stale > stamp.asof).then_some(Objection::Stale)
    }

    fn session_cell(&self, id: SessionId) -> &AtomicU64 {
        let bytes = id.as_bytes();
        let tail = u16::from_le_bytes([bytes[14], bytes[15]]);
        &self.session_filter[usize::from(tail) % CELLS]
    }

    fn subject_cell(&self, subject: &str) -> &AtomicU64 {
        &self.subject_filter[usize::from(self.cell_of(subject))]
    }
}

impl SessionMark {
    fn newest(&self) -> RevocationSeq {
        self.ended
            .map_or(RevocationSeq::ZERO, |cut| cut.seq)
            .max(self.stale)
    }
}

impl SubjectMark {
    fn newest(&self) -> RevocationSeq {
        self.cut.seq.max(self.stale)
    }
}
