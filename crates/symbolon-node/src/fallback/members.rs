//! Membership and the log. While the store is away the node is alone, and its heartbeat follows the mirror's log, which
//! goes on where the store's was.

use std::sync::atomic::Ordering;

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::clock::Timestamp;
use symbolon_core::member::{Incarnation, Member};
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::store::{
    Heartbeat, LogPage, MarkChange, MemberStore, Mirror, Mirrored, OwedEnd, StoreError,
};

use super::Fallback;
use super::event::FallbackEvent;
use super::way::{Way, away};

impl<P: Mirrored + Clone, M: Mirror> MemberStore for Fallback<P, M> {
    async fn join(&self, member: Member) -> Result<(), StoreError> {
        match self.way("join the members").await? {
            Way::Home(store) => self.join_at(store, member).await,
            Way::Away(_pass) => {
                *self.inner.own.lock() = Some(self.as_marked(member));
                Ok(())
            }
        }
    }

    async fn heartbeat(&self, heartbeat: Heartbeat) -> Result<Option<Timestamp>, StoreError> {
        match self.way("make a heartbeat").await? {
            Way::Home(store) => self.heed(store.heartbeat(heartbeat).await),
            // Nobody confirms a revocation by its silence, so its lease may go on.
            Way::Away(_pass) => Ok(Some(self.now())),
        }
    }

    async fn read_log(&self, from: RevocationSeq, limit: u32) -> Result<LogPage, StoreError> {
        let store = match self.way("read the log").await? {
            Way::Home(store) => store,
            Way::Away(_pass) => return self.read_own_log(from, limit).await,
        };
        let joint = self.inner.joint.load(Ordering::Acquire);
        let page = if from.0 >= joint {
            self.heed(store.read_log(from, limit).await)?
        } else {
            // Who asks stood in the mirror's log when it set out. What was before the joint was read on the way home.
            let page = self.heed(store.read_log(RevocationSeq(joint), limit).await)?;
            LogPage { floor: from, ..page }
        };
        // What is acknowledged stands in the mirror first.
        self.note_rows(&page.rows).await?;
        Ok(page)
    }

    async fn list_members(&self) -> Result<Vec<Member>, StoreError> {
        match self.way("list the members").await? {
            Way::Home(store) => self.heed(store.list_members().await),
            // It is this node that is asked, so it lives.
            Way::Away(_pass) => {
                let own = self.inner.own.lock().clone();
                let seen_at = self.now();
                Ok(own.into_iter().map(|own| Member { seen_at, ..own }).collect())
            }
        }
    }

    async fn evict(
        &self,
        incarnation: Incarnation,
        beat: u64,
        by_operator: bool,
    ) -> Result<bool, StoreError> {
        let operation = "evict a member";
        match self.way(operation).await? {
            Way::Home(store) => self.heed(store.evict(incarnation, beat, by_operator).await),
            Way::Away(_pass) => away(operation),
        }
    }

    async fn leave(&self, incarnation: Incarnation) -> Result<(), StoreError> {
        // One that may go on without the store at its next start does not leave: others must not confirm a revocation
        // meanwhile that it would not know then.
        if self.inner.marked_alone.load(Ordering::Acquire) {
            return Ok(());
        }
        match self.way("leave the members").await? {
            Way::Home(store) => {
                self.heed(store.leave(incarnation).await)?;
                self.mark_incarnations(Vec::new()).await
            }
            Way::Away(_pass) => Ok(()),
        }
    }

    async fn propose_again(&self, lost: Vec<LogRow>, at: Timestamp) -> Result<Vec<LogRow>, StoreError> {
        match self.way("write lost revocations again").await? {
            Way::Home(store) => self.heed(store.propose_again(lost, at).await),
            Way::Away(_pass) => {
                let origin = Origin::system(at);
                let owed = lost.into_iter().map(|row| OwedEnd {
                    kind: row.kind,
                    reason: row.reason,
                    audit: origin.entry(AuditEvent::Revoked).saying(row.reason.as_str()),
                });
                self.inner.mirror.owe(owed.collect()).await
            }
        }
    }
}

impl<P: Mirrored + Clone, M: Mirror> Fallback<P, M> {
    /// Others may not wait for it by time as long as its mirror lets it go on.
    fn as_marked(&self, member: Member) -> Member {
        Member {
            may_fall_back: self.inner.marked_alone.load(Ordering::Acquire),
            ..member
        }
    }

    /// Joins. That it has is in the mirror first, so that its next start can take this incarnation back.
    async fn join_at(&self, store: &P, member: Member) -> Result<(), StoreError> {
        self.look_round(store).await?;
        let member = self.as_marked(member);
        let new = member.incarnation;
        let mut known = self.inner.incarnations.lock().clone();
        if !known.contains(&new) {
            known.push(new);
            self.mark_incarnations(known.clone()).await?;
        }
        self.heed(store.join(member.clone()).await)?;
        *self.inner.own.lock() = Some(member);
        // Those before it were this node's, whose folder nobody else has: they answer nothing any more.
        for old in known.into_iter().filter(|one| *one != new) {
            self.heed(store.leave(old).await)?;
        }
        self.mark_incarnations(vec![new]).await
    }

    /// As soon as it has joined, what others have revoked before counts as known here. So a node whose mirror lets it go on
    /// sees first whether it is still alone, and reads what has changed since its mirror was last told.
    async fn look_round(&self, store: &P) -> Result<(), StoreError> {
        let inner = &self.inner;
        if !inner.marked_alone.load(Ordering::Acquire) {
            return Ok(());
        }
        let mine = inner.incarnations.lock().clone();
        let members = self.heed(store.list_members().await)?;
        if members
            .iter()
            .any(|one| !one.evicted && !mine.contains(&one.incarnation))
        {
            self.mark_alone(false, None).await?;
            self.say(&FallbackEvent::NotAlone);
            return Ok(());
        }
        let head = self.heed(store.log_head().await)?;
        if RevocationSeq(inner.position.load(Ordering::Acquire)) < head.floor {
            // What changed is not in the log any more: it goes on alone again when everything was copied.
            inner.alone.store(false, Ordering::Release);
            return Ok(());
        }
        self.catch_up_at_home(store).await
    }

    async fn mark_incarnations(&self, incarnations: Vec<Incarnation>) -> Result<(), StoreError> {
        let change = MarkChange {
            incarnations: Some(incarnations.clone()),
            ..MarkChange::default()
        };
        self.inner.mirror.change_mark(change).await?;
        *self.inner.incarnations.lock() = incarnations;
        Ok(())
    }

    /// The mirror's log, as one that goes on where the store's was: its positions are greater, by a jump.
    async fn read_own_log(&self, from: RevocationSeq, limit: u32) -> Result<LogPage, StoreError> {
        let page = self.inner.mirror.read_log(from, limit).await?;
        let has_from = page.rows.first().is_some_and(|row| row.seq == from);
        let floor = if has_from || from > page.head {
            page.floor
        } else {
            from
        };
        Ok(LogPage { floor, ..page })
    }
}
