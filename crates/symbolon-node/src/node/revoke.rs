//! Revoke: one transaction in the store, applied here before it is answered, then the receipt.

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::revocation::{LogRow, RevocationReason, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{CutDone, CutSubject, RevokeSession, Revoked, Store};
use symbolon_core::subject::SubjectId;
use symbolon_core::token::RawToken;

use super::{Effective, Node, Undecided};

/// What a revocation answers.
///
/// The store tells the overlay of each commit before it answers, so it is effective on this node from the
/// beginning; [`Node::settle`] waits for the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Whether there was something to end.
    pub revoked: bool,
    /// It had ended before.
    pub already: bool,
    /// How many sessions ended, where that is more than a yes or no.
    pub count: Option<u64>,
    /// Its position in the log; none where nothing was ended.
    pub seq: Option<RevocationSeq>,
    /// Where it is in force. As long as nobody has waited for the others: on this node.
    pub effective: Effective,
}

impl Receipt {
    /// Nothing was there.
    pub const NOTHING: Self = Self {
        revoked: false,
        already: false,
        count: None,
        seq: None,
        effective: Effective::Now,
    };

    fn one(seq: RevocationSeq, already: bool) -> Self {
        Self {
            revoked: true,
            already,
            count: None,
            seq: Some(seq),
            effective: Effective::ThisNode,
        }
    }

    /// The receipt of an end that was made before.
    pub(super) fn repeated(seq: RevocationSeq) -> Self {
        Self::one(seq, true)
    }

    /// The receipt of a cut, or of a row that ends nothing by itself.
    #[must_use]
    pub fn of_cut(done: &CutDone) -> Self {
        let seq = done.rows.iter().map(|row| row.seq).max();
        Self {
            revoked: done.count > 0 || seq.is_some(),
            already: false,
            count: Some(done.count),
            seq,
            effective: seq.map_or(Effective::Now, |_| Effective::ThisNode),
        }
    }

    /// The receipt of one row.
    #[must_use]
    pub fn of_row(row: &LogRow) -> Self {
        Self::one(row.seq, false)
    }
}

impl<S: Store + Clone> Node<S> {
    /// Ends one session. Repeating it is safe.
    ///
    /// # Errors
    /// When the store does not answer: then it is not known to be durable.
    pub async fn revoke(
        &self,
        id: SessionId,
        reason: RevocationReason,
        origin: &Origin,
    ) -> Result<Receipt, Undecided> {
        let audit = origin.entry(AuditEvent::Revoked).on(id).saying(reason.as_str());
        let revoke = RevokeSession { id, reason, audit };
        match self.store.revoke_session(revoke).await? {
            Revoked::Done(row) => {
                self.unshare(id);
                Ok(Receipt::one(row.seq, false))
            }
            Revoked::Already { seq, .. } => Ok(Receipt::one(seq, true)),
            Revoked::Unknown => Ok(Receipt::NOTHING),
        }
    }

    /// Ends the session of any genuine token of it, of any kind, age or generation.
    ///
    /// # Errors
    /// See [`Node::revoke`].
    pub async fn log_out(&self, token: &RawToken, origin: &Origin) -> Result<Receipt, Undecided> {
        if !token.is_genuine(&self.keys) {
            return Ok(Receipt::NOTHING);
        }
        self.log_out_of(token.session_id(), origin).await
    }

    /// Ends the session of a token that was proven before: a signed one, of any age or generation.
    ///
    /// # Errors
    /// See [`Node::revoke`].
    pub async fn log_out_of(&self, id: SessionId, origin: &Origin) -> Result<Receipt, Undecided> {
        self.revoke(id, RevocationReason::Logout, &origin.by_holder_of(id))
            .await
    }

    /// Ends a subject's sessions.
    ///
    /// # Errors
    /// See [`Node::revoke`].
    pub async fn revoke_subject(
        &self,
        subject: &SubjectId,
        reason: RevocationReason,
        keep: Vec<SessionId>,
        device_kind: Option<String>,
        origin: &Origin,
    ) -> Result<Receipt, Undecided> {
        let audit = origin
            .entry(AuditEvent::SubjectRevoked)
            .of(subject)
            .saying(reason.as_str());
        let cut = CutSubject {
            subject: subject.clone(),
            reason,
            keep,
            device_kind,
            audit,
        };
        Ok(Receipt::of_cut(&self.store.cut_subject(cut).await?))
    }

    /// Ends everyone's sessions.
    ///
    /// # Errors
    /// See [`Node::revoke`].
    pub async fn revoke_everyone(
        &self,
        reason: RevocationReason,
        origin: &Origin,
    ) -> Result<Receipt, Undecided> {
        let audit = origin.entry(AuditEvent::EveryoneRevoked).saying(reason.as_str());
        Ok(Receipt::of_cut(&self.store.cut_everyone(reason, audit).await?))
    }
}
