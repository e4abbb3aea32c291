//! Bans: subjects that may begin no session.

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::ban::{Ban, BanNote, BanPosition};
use symbolon_core::clock::Timestamp;
use symbolon_core::store::{BanStore as _, BanSubject, ListBans};
use symbolon_core::subject::SubjectId;
use symbolon_node::{Effective, Receipt, Undecided};

use crate::Symbolon;

impl Symbolon {
    /// Bans a subject until `until`, or without end, and ends its sessions in the same step. It may log
    /// in no more, nor may a service begin a session for it. Where it is banned already, the ban gets
    /// this end and this note.
    ///
    /// # Errors
    /// When it is not known to be durable.
    pub async fn ban(
        &self,
        subject: &SubjectId,
        until: Option<Timestamp>,
        note: BanNote,
        origin: &Origin,
    ) -> Result<Receipt, Undecided> {
        let audit = origin.entry(AuditEvent::Banned).of(subject).saying(note.as_str());
        let ban = BanSubject {
            subject: subject.clone(),
            until,
            note,
            audit,
        };
        let banned = self.inner.node.store().ban_subject(ban).await?;
        Ok(Receipt {
            revoked: true,
            already: banned.already,
            count: Some(banned.count),
            seq: Some(banned.seq),
            effective: Effective::ThisNode,
        })
    }

    /// Ends the ban of a subject; `false`: it is not banned. It may begin sessions again; those that the
    /// ban has ended stay ended.
    ///
    /// # Errors
    /// When it is not known to be durable.
    pub async fn lift_ban(&self, subject: &SubjectId, origin: &Origin) -> Result<bool, Undecided> {
        let audit = origin.entry(AuditEvent::BanLifted).of(subject);
        let lifted = self.inner.node.store().lift_ban(subject.clone(), audit).await?;
        Ok(lifted)
    }

    /// Reads a page of bans after `after`: those in force, the last to end first; or every one, also
    /// those that are over, the newest first.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn bans(
        &self,
        only_in_force: bool,
        after: Option<BanPosition>,
        limit: u32,
    ) -> Result<Vec<Ban>, Undecided> {
        let list = ListBans {
            in_force_at: only_in_force.then(|| self.now()),
            after,
            limit,
        };
        Ok(self.inner.node.store().list_bans(list).await?)
    }
}
