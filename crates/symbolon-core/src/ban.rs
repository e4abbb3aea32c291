//! Bans: subjects that may begin no session.

use crate::clock::Timestamp;
use crate::revocation::RevocationSeq;
use crate::subject::{NameError, SubjectId, checked};

/// The longest note, in bytes: a few sentences for whoever reads it years later.
pub const BAN_NOTE_MAX: usize = 1_000;

/// Why a subject is banned, in words. Its subject never reads it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BanNote(String);

impl BanNote {
    /// A note of 1 to [`BAN_NOTE_MAX`] bytes without control characters.
    ///
    /// # Errors
    /// When the text is none.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        checked(text.into(), BAN_NOTE_MAX).map(Self)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A ban, in force or past.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ban {
    /// The position of the cut that ended its subject's sessions: no two bans have the same.
    pub seq: RevocationSeq,
    /// Who is banned.
    pub subject: SubjectId,
    /// Since when.
    pub banned_at: Timestamp,
    /// When it ends by itself; `None`: never.
    pub until: Option<Timestamp>,
    /// Why.
    pub note: BanNote,
    /// Who did it last, as the audit record names them.
    pub banned_by: String,
    /// That it was lifted before its end.
    pub lifted: Option<Lifted>,
}

/// The end of a ban by somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lifted {
    /// When.
    pub at: Timestamp,
    /// Who did it, as the audit record names them.
    pub by: String,
}

impl Ban {
    /// Whether its subject may begin no session at `now`.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        now < self.ends_at()
    }

    /// When it ends or has ended; the end of time: it does not.
    #[must_use]
    pub fn ends_at(&self) -> Timestamp {
        let by_itself = self.until.unwrap_or(Timestamp(i64::MAX));
        match &self.lifted {
            Some(lifted) => lifted.at.min(by_itself),
            None => by_itself,
        }
    }
}

/// Where a ban stands in a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BanPosition {
    /// Its [`Ban::ends_at`].
    pub ends_at: Timestamp,
    /// Its [`Ban::seq`].
    pub seq: RevocationSeq,
}
