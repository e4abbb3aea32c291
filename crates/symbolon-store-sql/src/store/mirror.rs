//! Going on without the store, on both sides: as the store that is away, and as a node's mirror of it.

use symbolon_core::clock::Timestamp;
use symbolon_core::member::Incarnation;
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::store::{
    AdoptSession, Adopted, ForeignCut, MarkChange, Mirror, MirrorCopy, MirrorMark, Mirrored, OwedEnd,
    StoreError,
};

use super::SqlStore;
use crate::ops::adopt::{JumpBeyond, SetMayFallBack};
use crate::ops::mirror::{
    ChangeMark, ComeHome, Copy, EndOlder, ForgetSessions, GoAway, ListMoving, MarkMoving, Owe, ReadMark,
};

impl Mirrored for SqlStore {
    async fn adopt_session(&self, adopt: AdoptSession) -> Result<Adopted, StoreError> {
        self.ask(adopt).await
    }

    async fn jump_beyond(&self, seq: RevocationSeq) -> Result<RevocationSeq, StoreError> {
        self.ask(JumpBeyond(seq)).await
    }

    async fn make_again(&self, _now: Timestamp) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn set_may_fall_back(&self, incarnation: Incarnation, may: bool) -> Result<bool, StoreError> {
        self.ask(SetMayFallBack { incarnation, may }).await
    }
}

impl Mirror for SqlStore {
    async fn read_mark(&self) -> Result<MirrorMark, StoreError> {
        self.ask(ReadMark).await
    }

    async fn change_mark(&self, change: MarkChange) -> Result<(), StoreError> {
        self.ask(ChangeMark(change)).await
    }

    async fn copy(&self, copy: MirrorCopy) -> Result<(), StoreError> {
        self.ask(Copy(copy)).await
    }

    async fn go_away(
        &self,
        position: RevocationSeq,
        heard: RevocationSeq,
    ) -> Result<RevocationSeq, StoreError> {
        self.ask(GoAway { position, heard }).await
    }

    async fn owe(&self, ends: Vec<OwedEnd>) -> Result<Vec<LogRow>, StoreError> {
        self.ask(Owe(ends)).await
    }

    async fn end_older(&self, cut: ForeignCut) -> Result<u64, StoreError> {
        self.ask(EndOlder(cut)).await
    }

    async fn jump_mirror_beyond(&self, seq: RevocationSeq) -> Result<RevocationSeq, StoreError> {
        self.ask(JumpBeyond(seq)).await
    }

    async fn mark_moving(&self, ids: Vec<SessionId>) -> Result<(), StoreError> {
        self.ask(MarkMoving(ids)).await
    }

    async fn list_moving(&self) -> Result<Vec<SessionId>, StoreError> {
        self.ask(ListMoving).await
    }

    async fn forget_sessions(&self, ids: Vec<SessionId>) -> Result<(), StoreError> {
        self.ask(ForgetSessions(ids)).await
    }

    async fn come_home(&self, position: RevocationSeq) -> Result<(), StoreError> {
        self.ask(ComeHome { position }).await
    }
}
