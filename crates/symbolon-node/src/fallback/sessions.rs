//! Sessions and their endings. While the store is away, those of the mirror live on as ever; those of the store are
//! answered for by memory, and here only ended.

use std::sync::atomic::Ordering;

use symbolon_core::audit::AuditEntry;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason};
use symbolon_core::session::SessionId;
use symbolon_core::store::{
    Activity, ChangeSession, ConfirmSession, CutDone, CutSubject, FoundSession, InsertSession, Inserted,
    ListSessions, Mirror, Mirrored, OwedEnd, RevokeSession, Revoked, RotateSession, SessionStore, StoreError,
    SuccessorUse,
};

use super::way::{Way, away};
use super::{Fallback, USES_MAX};

impl<P: Mirrored, M: Mirror> SessionStore for Fallback<P, M> {
    async fn insert_session(&self, insert: InsertSession) -> Result<Inserted, StoreError> {
        let store = match self.way("begin a session").await? {
            Way::Home(store) => store,
            Way::Away(_pass) => return self.insert_own(insert).await,
        };
        let (cleared, at) = (insert.clear_attempts, insert.audit.at);
        let inserted = self.heed(store.insert_session(insert).await)?;
        if let (Some(key), Inserted::Done { .. }) = (cleared, &inserted) {
            self.copy_attempts(key, Default::default(), at).await;
        }
        Ok(inserted)
    }

    async fn find_session(&self, id: SessionId) -> Result<Option<FoundSession>, StoreError> {
        let operation = "read a session";
        match self.way(operation).await? {
            Way::Home(store) => self.heed(store.find_session(id).await),
            Way::Away(_pass) => match self.find_own(id).await? {
                Some(found) => Ok(Some(found)),
                // It has ended on this node: that is proof, whatever the store has.
                None if self.inner.tail.overlay().find_end(id).is_some() => Ok(None),
                None => self.find_at_home(id).await,
            },
        }
    }

    async fn find_sessions(&self, ids: Vec<SessionId>) -> Result<Vec<Option<FoundSession>>, StoreError> {
        if let Way::Home(store) = self.way("read sessions").await? {
            return self.heed(store.find_sessions(ids).await);
        }
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.push(self.find_session(id).await?);
        }
        Ok(found)
    }

    async fn commit_rotation(&self, rotate: RotateSession) -> Result<bool, StoreError> {
        let operation = "rotate a session";
        match self.way(operation).await? {
            Way::Home(store) => self.heed(store.commit_rotation(rotate).await),
            Way::Away(_pass) => match self.find_own(rotate.session.id).await? {
                Some(_) => self.inner.mirror.commit_rotation(rotate).await,
                None => away(operation),
            },
        }
    }

    async fn confirm_session(&self, confirm: ConfirmSession) -> Result<Option<LogRow>, StoreError> {
        let operation = "confirm a session";
        let (key, at) = (confirm.clear_attempts, confirm.audit.at);
        match self.way(operation).await? {
            Way::Home(store) => {
                let confirmed = self.heed(store.confirm_session(confirm).await)?;
                if confirmed.is_some() {
                    self.copy_attempts(key, Default::default(), at).await;
                }
                Ok(confirmed)
            }
            Way::Away(_pass) => match self.find_own(confirm.session.id).await? {
                Some(_) => self.inner.mirror.confirm_session(confirm).await,
                None => away(operation),
            },
        }
    }

    async fn revoke_session(&self, revoke: RevokeSession) -> Result<Revoked, StoreError> {
        match self.way("end a session").await? {
            Way::Home(store) => self.heed(store.revoke_session(revoke).await),
            Way::Away(_pass) => self.revoke_here(revoke).await,
        }
    }

    async fn cut_subject(&self, cut: CutSubject) -> Result<CutDone, StoreError> {
        let operation = "end a subject's sessions";
        // Its position is noted before it is answered: the way may not change between.
        let _pass = self.inner.gate.pass().await;
        if self.inner.mode.is_home() {
            let done = self.heed(self.home(operation)?.cut_subject(cut).await);
            self.note_heard().await?;
            return done;
        }
        // Which of the store's sessions are of a kind of device, or may go on, is not known here.
        if cut.device_kind.is_some() {
            return away(operation);
        }
        for id in &cut.keep {
            if self.find_own(*id).await?.is_none() {
                return away(operation);
            }
        }
        self.inner.mirror.cut_subject(cut).await
    }

    async fn cut_everyone(&self, reason: RevocationReason, audit: AuditEntry) -> Result<CutDone, StoreError> {
        let _pass = self.inner.gate.pass().await;
        if self.inner.mode.is_home() {
            let store = self.home("end everyone's sessions")?;
            let done = self.heed(store.cut_everyone(reason, audit).await);
            self.note_heard().await?;
            return done;
        }
        self.inner.mirror.cut_everyone(reason, audit).await
    }

    async fn change_session(&self, change: ChangeSession) -> Result<Option<LogRow>, StoreError> {
        let operation = "change a session";
        match self.way(operation).await? {
            Way::Home(store) => self.heed(store.change_session(change).await),
            Way::Away(_pass) => match self.find_own(change.session.id).await? {
                Some(_) => self.inner.mirror.change_session(change).await,
                None => away(operation),
            },
        }
    }

    async fn list_sessions(&self, list: ListSessions) -> Result<Vec<FoundSession>, StoreError> {
        let operation = "list a subject's sessions";
        match self.way(operation).await? {
            Way::Home(store) => self.heed(store.list_sessions(list).await),
            // A list without those of the store would say that they have ended.
            Way::Away(_pass) => away(operation),
        }
    }

    async fn record_activity(&self, uses: Vec<Activity>) -> Result<(), StoreError> {
        match self.way("record uses").await? {
            Way::Home(store) => self.heed(store.record_activity(uses).await),
            Way::Away(_pass) => {
                self.keep_uses(&uses);
                self.inner.mirror.record_activity(uses).await
            }
        }
    }

    async fn mark_successors_used(&self, uses: Vec<SuccessorUse>) -> Result<(), StoreError> {
        match self.way("record first uses").await? {
            Way::Home(store) => self.heed(store.mark_successors_used(uses).await),
            Way::Away(_pass) => self.inner.mirror.mark_successors_used(uses).await,
        }
    }

    async fn wipe_nonces(&self, uses: Vec<SuccessorUse>) -> Result<(), StoreError> {
        match self.way("wipe nonces").await? {
            Way::Home(store) => self.heed(store.wipe_nonces(uses).await),
            Way::Away(_pass) => self.inner.mirror.wipe_nonces(uses).await,
        }
    }

    async fn record_audit(&self, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        match self.way("record audit entries").await? {
            Way::Home(store) => self.heed(store.record_audit(entries).await),
            Way::Away(_pass) => self.inner.mirror.record_audit(entries).await,
        }
    }
}

impl<P: Mirrored, M: Mirror> Fallback<P, M> {
    /// Begins a session in the mirror. One of the store that it takes the place of ends on this node.
    async fn insert_own(&self, insert: InsertSession) -> Result<Inserted, StoreError> {
        let mut replaced = None;
        if let Some(id) = insert.replaces
            && self.find_own(id).await?.is_none()
            && self.inner.tail.overlay().find_end(id).is_none()
        {
            replaced = Some(OwedEnd {
                kind: LogKind::Session(id),
                reason: RevocationReason::Replaced,
                audit: insert.audit.clone(),
            });
        }
        let mut inserted = self.inner.mirror.insert_session(insert).await?;
        if let (Some(end), Inserted::Done { ended, .. }) = (replaced, &mut inserted) {
            ended.extend(self.inner.mirror.owe(vec![end]).await?);
        }
        Ok(inserted)
    }

    /// A session of the store, or one that is home. It is looked for there as soon as the store knows what was ended here.
    async fn find_at_home(&self, id: SessionId) -> Result<Option<FoundSession>, StoreError> {
        let operation = "read a session";
        let is_on_its_way = self.inner.moving.lock().contains(&id);
        if is_on_its_way || !self.inner.pushed.load(Ordering::Acquire) {
            return away(operation);
        }
        self.home(operation)?.find_session(id).await
    }

    /// Ends a session while the store is away: its own with all that belongs to it, one of the store by a row that is owed.
    async fn revoke_here(&self, revoke: RevokeSession) -> Result<Revoked, StoreError> {
        let id = revoke.id;
        if self.find_own(id).await?.is_some() {
            let revoked = self.inner.mirror.revoke_session(revoke).await?;
            if let Revoked::Done(row) = &revoked {
                self.note_own_end(row.seq);
            }
            return Ok(revoked);
        }
        if let Some(end) = self.inner.tail.overlay().find_end(id) {
            return Ok(Revoked::Already {
                seq: end.seq,
                at: end.at,
                reason: end.reason,
            });
        }
        let end = OwedEnd {
            kind: LogKind::Session(id),
            reason: revoke.reason,
            audit: revoke.audit,
        };
        let mut rows = self.inner.mirror.owe(vec![end]).await?;
        match rows.pop() {
            Some(row) => Ok(Revoked::Done(row)),
            None => Err(StoreError::Damaged {
                operation: "end a session",
                detail: "the mirror has written no row".to_owned(),
            }),
        }
    }

    /// Keeps uses for the store: a session that was in use all the time must not look idle to it.
    fn keep_uses(&self, uses: &[Activity]) {
        let mut kept = self.inner.uses.lock();
        for used in uses {
            let is_room = kept.len() < USES_MAX || kept.contains_key(&used.session_id);
            if is_room {
                kept.insert(used.session_id, *used);
            }
        }
    }
}
