//! A cached session, on its way into the table and out of it.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::RevocationSeq;
use symbolon_core::session::{Session, SessionId, idle_end, idle_slack};
use symbolon_core::verdict::AccessFacts;

use super::identity::Identity;
use super::slot::{self, Copied, Slot};
use super::table::NearCache;

/// A cached session, stamped with the position of the log at which it was read.
#[derive(Clone, Debug)]
pub struct Fact {
    /// Which session.
    pub id: SessionId,
    /// What an access token is compared with.
    pub facts: AccessFacts,
    /// Everything up to this position of the log was known when it was read.
    pub asof: RevocationSeq,
    /// The cut that the session was issued under.
    pub epoch: RevocationSeq,
    /// When the subject last proved who they are.
    pub authenticated_at: Timestamp,
    /// How long it lives without being used.
    pub idle_timeout: Duration,
    /// Whose it is.
    pub identity: Identity,
}

impl Fact {
    /// The fact of a session that was read when the log stood at `asof`.
    #[must_use]
    pub fn of(session: &Session, asof: RevocationSeq) -> Self {
        Self {
            id: session.id,
            facts: AccessFacts::of(session),
            asof,
            epoch: session.epoch,
            authenticated_at: session.authenticated_at,
            idle_timeout: session.lives.idle_timeout,
            identity: Identity::of(session),
        }
    }
}

/// What noting a use of an entry asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Noted {
    /// The use is to be recorded: the last one noted is long enough ago.
    pub activity: bool,
    /// It is the first use of the current pair.
    pub first_use: bool,
}

/// An entry as it was read.
pub struct Hit<'a> {
    pub(super) cache: &'a NearCache,
    pub(super) slot: &'a Slot,
    pub(super) copied: Copied,
}

impl Hit<'_> {
    /// What an access token is compared with. The idle end counts from the last use noted here.
    #[inline]
    #[must_use]
    pub fn facts(&self) -> AccessFacts {
        let facts = self.copied.facts();
        let noted_end = idle_end(self.copied.noted_at(), self.idle_timeout());
        AccessFacts {
            idle_expires_at: facts.idle_expires_at.max(noted_end),
            ..facts
        }
    }

    /// Everything up to this position of the log was known when it was read.
    #[inline]
    #[must_use]
    pub fn asof(&self) -> RevocationSeq {
        RevocationSeq(self.copied.asof())
    }

    /// The cut that the session was issued under.
    #[inline]
    #[must_use]
    pub fn epoch(&self) -> RevocationSeq {
        RevocationSeq(self.copied.epoch())
    }

    /// Where its subject stands in the overlay's filter.
    #[inline]
    #[must_use]
    pub fn subject_cell(&self) -> u16 {
        self.copied.subject_cell()
    }

    /// When the subject last proved who they are.
    #[inline]
    #[must_use]
    pub fn authenticated_at(&self) -> Timestamp {
        self.copied.authenticated_at()
    }

    /// How long it lives without being used.
    #[inline]
    #[must_use]
    pub fn idle_timeout(&self) -> Duration {
        Duration::from_millis(self.copied.idle_timeout_ms())
    }

    /// Whose it is; `None`: it was removed meanwhile.
    #[inline]
    #[must_use]
    pub fn identity(&self) -> Option<Identity> {
        if self.copied.has_shared_identity() {
            return self.cache.shared_identity(self.copied.id()).map(Identity::Full);
        }
        let (bytes, subject_len, client_len) = self.copied.identity();
        Some(Identity::Inline {
            bytes,
            subject_len,
            client_len,
        })
    }

    /// Marks the entry as used, so that it is not the next to be evicted.
    #[inline]
    pub fn reference(&self) {
        slot::reference(self.slot);
    }

    /// What a use at `now` by a token of the current (`by_current`) or the previous pair asks for.
    #[inline]
    #[must_use]
    pub fn due(&self, now: Timestamp, by_current: bool) -> Noted {
        let step = idle_slack(self.idle_timeout()) / 2;
        Noted {
            activity: now >= self.copied.noted_at().after(step),
            first_use: by_current && !self.copied.use_noted(),
        }
    }

    /// Notes that a use was handed over for recording. Does nothing if the entry has changed.
    pub fn note(&self, now: Timestamp, noted: Noted) {
        let at = if noted.activity {
            now
        } else {
            self.copied.noted_at()
        };
        slot::note(self.slot, &self.copied, at, noted.first_use);
    }
}
