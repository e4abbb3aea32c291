//! Bans.

use std::future::Future;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::ban::{Ban, BanNote, BanPosition};
use crate::clock::Timestamp;
use crate::revocation::RevocationSeq;
use crate::subject::SubjectId;

/// A subject to ban.
#[derive(Clone, Debug)]
pub struct BanSubject {
    /// Who.
    pub subject: SubjectId,
    /// When it ends by itself; `None`: never.
    pub until: Option<Timestamp>,
    /// Why.
    pub note: BanNote,
    /// Its audit entry; its instant is the ban's.
    pub audit: AuditEntry,
}

/// What a [`BanSubject`] did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Banned {
    /// The position of the cut that ended the sessions.
    pub seq: RevocationSeq,
    /// A ban was in force: its end and its note are changed, and there was nothing to cut.
    pub already: bool,
    /// How many live sessions ended.
    pub count: u64,
}

/// A page of bans.
#[derive(Clone, Copy, Debug)]
pub struct ListBans {
    /// Only those in force at this instant, the last to end first; `None`: every one that is kept, the
    /// newest first.
    pub in_force_at: Option<Timestamp>,
    /// Only those after this one: the last of the page before.
    pub after: Option<BanPosition>,
    /// How many.
    pub limit: u32,
}

/// Bans, as the store keeps them.
pub trait BanStore: Send + Sync + 'static {
    /// Bans a subject and ends its sessions by one cut. Where a ban is in force, it gets the new end
    /// and note.
    fn ban_subject(&self, ban: BanSubject) -> impl Future<Output = Result<Banned, StoreError>> + Send;

    /// Ends the ban in force; `false`: there is none. What the ban's cut has ended stays ended.
    fn lift_ban(
        &self,
        subject: SubjectId,
        audit: AuditEntry,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Reads a page of bans.
    fn list_bans(&self, list: ListBans) -> impl Future<Output = Result<Vec<Ban>, StoreError>> + Send;
}
