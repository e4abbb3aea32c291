//! Sessions and their endings.

use symbolon_core::audit::AuditEntry;
use symbolon_core::revocation::{LogRow, RevocationReason};
use symbolon_core::session::SessionId;
use symbolon_core::store::{
    Activity, ChangeSession, ConfirmSession, CutDone, CutSubject, FoundSession, InsertSession, Inserted,
    ListSessions, RevokeSession, Revoked, RotateSession, SessionStore, StoreError, SuccessorUse,
};

use super::SqlStore;
use crate::ops::cuts::{CountCut, CutEveryone};
use crate::ops::read::{FindSession, FindSessions};
use crate::ops::uses::{MarkSuccessorsUsed, RecordActivity, RecordAudit, USES_PER_STEP_MAX, WipeNonces};

impl SessionStore for SqlStore {
    async fn insert_session(&self, insert: InsertSession) -> Result<Inserted, StoreError> {
        self.ask(insert).await
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<FoundSession>, StoreError> {
        self.ask(FindSession(id)).await
    }

    async fn find_sessions(&self, ids: Vec<SessionId>) -> Result<Vec<Option<FoundSession>>, StoreError> {
        self.ask(FindSessions(ids)).await
    }

    async fn commit_rotation(&self, rotate: RotateSession) -> Result<bool, StoreError> {
        self.ask(rotate).await
    }

    async fn confirm_session(&self, confirm: ConfirmSession) -> Result<Option<LogRow>, StoreError> {
        self.ask(confirm).await
    }

    async fn revoke_session(&self, revoke: RevokeSession) -> Result<Revoked, StoreError> {
        self.ask(revoke).await
    }

    async fn cut_subject(&self, cut: CutSubject) -> Result<CutDone, StoreError> {
        self.ask(cut).await
    }

    async fn cut_everyone(&self, reason: RevocationReason, audit: AuditEntry) -> Result<CutDone, StoreError> {
        let at = audit.at;
        let (row, before) = self.ask(CutEveryone { reason, audit }).await?;
        let cut = row.seq;
        // It is done: that its size could not be told must not read as if it were not.
        let count = self
            .ask(CountCut { at, before, cut })
            .await
            .unwrap_or_else(|error| {
                tracing::warn!(error = %error, "everyone's sessions were ended and could not be counted");
                0
            });
        Ok(CutDone {
            rows: vec![row],
            count,
        })
    }

    async fn change_session(&self, change: ChangeSession) -> Result<Option<LogRow>, StoreError> {
        self.ask(change).await
    }

    async fn list_sessions(&self, list: ListSessions) -> Result<Vec<FoundSession>, StoreError> {
        self.ask(list).await
    }

    async fn record_activity(&self, uses: Vec<Activity>) -> Result<(), StoreError> {
        for some in uses.chunks(USES_PER_STEP_MAX) {
            self.ask(RecordActivity::of(some.to_vec())).await?;
        }
        Ok(())
    }

    async fn mark_successors_used(&self, uses: Vec<SuccessorUse>) -> Result<(), StoreError> {
        for some in uses.chunks(USES_PER_STEP_MAX) {
            self.ask(MarkSuccessorsUsed::of(some.to_vec())).await?;
        }
        Ok(())
    }

    async fn wipe_nonces(&self, uses: Vec<SuccessorUse>) -> Result<(), StoreError> {
        for some in uses.chunks(USES_PER_STEP_MAX) {
            self.ask(WipeNonces::of(some.to_vec())).await?;
        }
        Ok(())
    }

    async fn record_audit(&self, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        for some in entries.chunks(USES_PER_STEP_MAX) {
            self.ask(RecordAudit(some.to_vec())).await?;
        }
        Ok(())
    }
}
