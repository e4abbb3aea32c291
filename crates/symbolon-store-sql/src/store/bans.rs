//! Bans.

use symbolon_core::audit::AuditEntry;
use symbolon_core::ban::Ban;
use symbolon_core::store::{BanStore, BanSubject, Banned, ListBans, StoreError};
use symbolon_core::subject::SubjectId;

use super::SqlStore;
use crate::ops::bans::LiftBan;

impl BanStore for SqlStore {
    async fn ban_subject(&self, ban: BanSubject) -> Result<Banned, StoreError> {
        self.ask(ban).await
    }

    async fn lift_ban(&self, subject: SubjectId, audit: AuditEntry) -> Result<bool, StoreError> {
        self.ask(LiftBan { subject, audit }).await
    }

    async fn list_bans(&self, list: ListBans) -> Result<Vec<Ban>, StoreError> {
        self.ask(list).await
    }
}
