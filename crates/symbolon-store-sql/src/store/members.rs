//! The members, and the log as they follow it.

use symbolon_core::clock::Timestamp;
use symbolon_core::member::{Incarnation, Member};
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::store::{Heartbeat, LogPage, MemberStore, StoreError};

use super::SqlStore;
use crate::ops::log::ReadPage;
use crate::ops::members::{Evict, Join, Leave, ListMembers};
use crate::ops::propose::{EndAgain, WriteAgain};

impl MemberStore for SqlStore {
    async fn join(&self, member: Member) -> Result<(), StoreError> {
        self.ask(Join(member)).await
    }

    async fn heartbeat(&self, heartbeat: Heartbeat) -> Result<Option<Timestamp>, StoreError> {
        self.ask(heartbeat).await
    }

    async fn read_log(&self, from: RevocationSeq, limit: u32) -> Result<LogPage, StoreError> {
        self.ask(ReadPage { from, limit }).await
    }

    async fn list_members(&self) -> Result<Vec<Member>, StoreError> {
        self.ask(ListMembers).await
    }

    async fn evict(
        &self,
        incarnation: Incarnation,
        beat: u64,
        by_operator: bool,
    ) -> Result<bool, StoreError> {
        self.ask(Evict {
            incarnation,
            beat,
            by_operator,
        })
        .await
    }

    async fn leave(&self, incarnation: Incarnation) -> Result<(), StoreError> {
        self.ask(Leave(incarnation)).await
    }

    async fn propose_again(&self, lost: Vec<LogRow>, at: Timestamp) -> Result<Vec<LogRow>, StoreError> {
        let mut written = Vec::new();
        for step in EndAgain::of(&lost, at) {
            written.extend(self.ask(step).await?);
        }
        for step in WriteAgain::of(lost, at) {
            written.extend(self.ask(step).await?);
        }
        Ok(written)
    }
}
