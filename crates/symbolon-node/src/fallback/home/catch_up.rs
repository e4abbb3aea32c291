//! What happened in the store meanwhile: its log is read from where it was left.

use std::sync::atomic::Ordering;

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::store::{ForeignCut, MarkChange, Mirror, MirrorCopy, Mirrored, StoreError};
use symbolon_core::subject::SubjectId;

use super::{Fallback, Trip, in_time};
use crate::chain;
use crate::fallback::event::FallbackEvent;

/// Rows of one reading.
const PAGE: u32 = 1_000;

impl<P: Mirrored + Clone, M: Mirror> Fallback<P, M> {
    /// Reads the log to its head, and ends here what was ended there; answers the head. A row is in force here, and in
    /// the mirror, before the position says that it is known.
    pub(super) async fn catch_up(&self, store: &P, trip: &mut Trip) -> Result<RevocationSeq, StoreError> {
        let inner = &self.inner;
        loop {
            let before = RevocationSeq(inner.position.load(Ordering::Acquire));
            let from = RevocationSeq(before.0.saturating_add(1));
            let page = in_time(store.read_log(from, PAGE)).await?;
            let is_last = page.rows.len() < PAGE as usize;
            let mut pushed = trip.pushed;
            for row in &page.rows {
                match trip.find_owed(row) {
                    Some(owed) => pushed = pushed.max(owed),
                    // It is in force here, under the mirror's position.
                    None if trip.own.contains(&row.id) => {}
                    None => {
                        inner.tail.apply_apart(row);
                        self.take(store, row, trip).await?;
                    }
                }
            }
            let last = page.rows.last().map_or(before, |row| row.seq);
            let position = if is_last { page.head.max(last) } else { last };
            let change = MarkChange {
                position: Some(position),
                anchor: page.rows.last().map(|row| (row.seq, row.id)),
                pushed: Some(pushed),
                ..MarkChange::default()
            };
            inner.mirror.change_mark(change).await?;
            trip.pushed = pushed;
            inner.position.fetch_max(position.0, Ordering::AcqRel);
            if is_last {
                return Ok(position);
            }
        }
    }

    /// The same where nothing has come home: no row is this node's own.
    pub(in crate::fallback) async fn catch_up_at_home(&self, store: &P) -> Result<(), StoreError> {
        let mut trip = Trip::from(&self.inner.mirror.read_mark().await?);
        self.catch_up(store, &mut trip).await.map(drop)
    }

    /// What follows here from a row that somebody else has written.
    async fn take(&self, store: &P, row: &LogRow, trip: &mut Trip) -> Result<(), StoreError> {
        let subject = match &row.kind {
            LogKind::Subject { subject, .. } => Some(subject.clone()),
            LogKind::Everyone => None,
            LogKind::StaleSubject(subject) => return self.copy_account_of(store, subject).await,
            LogKind::ApiKey(_) => {
                // Those that were ended here first: a copy would undo it.
                self.push_keys(store, trip).await?;
                return self.copy_api_keys(store).await;
            }
            LogKind::SigningKeys => return self.copy_signing_keys(store).await,
            LogKind::Session(_) | LogKind::StaleSession(_) => return Ok(()),
        };
        // Log-in here goes by what changed with the cut.
        if let Some(subject) = &subject {
            self.copy_account_of(store, subject).await?;
        }
        if row.reason == RevocationReason::Banned {
            self.copy_bans(store).await?;
        }
        // What is cut here from now on is newer than this, as is what begins.
        self.inner.mirror.jump_mirror_beyond(row.seq).await?;
        let cut = ForeignCut {
            subject,
            at: row.at,
            reason: row.reason,
            epoch: row.seq,
        };
        self.inner.mirror.end_older(cut).await.map(drop)
    }

    async fn copy_account_of(&self, store: &P, subject: &SubjectId) -> Result<(), StoreError> {
        let found = in_time(store.find_account_of(subject.clone())).await?;
        let mirrored = self.inner.mirror.find_account_of(subject.clone()).await?;
        let account = found.map(|found| found.account);
        let name = match (&account, mirrored) {
            (Some(account), _) => account.name.clone(),
            (None, Some(mirrored)) => mirrored.account.name,
            (None, None) => return Ok(()),
        };
        self.inner.mirror.copy(MirrorCopy::Account(name, account)).await
    }

    /// A store that does not keep what it acknowledges may be back without the end of its log. What this node remembers
    /// of it is written again.
    pub(super) async fn look_for_lost_rows(&self, store: &P, trip: &mut Trip) -> Result<(), StoreError> {
        let inner = &self.inner;
        let position = RevocationSeq(inner.position.load(Ordering::Acquire));
        let mut known = inner.tail.known_rows();
        let joint = RevocationSeq(inner.joint.load(Ordering::Acquire));
        // Of the mirror's own rows the store has none: not of those either that were written since the trip began.
        self.read_owed(trip).await?;
        known.retain(|row| {
            row.seq >= joint && row.seq <= position && trip.owed.iter().all(|owed| owed.seq != row.seq)
        });
        let head = in_time(store.log_head()).await?;
        let (again, beyond_memory) = match known.first() {
            Some(first) => {
                let log = self.read_since(store, first.seq).await?;
                let repair = chain::repair(&known, head.floor, &log);
                (repair.lost, repair.beyond_memory)
            }
            None => (Vec::new(), head.seq < position),
        };
        let beyond_memory = beyond_memory || self.anchor_is_lost(store, trip, &known, head.floor).await?;
        if again.is_empty() && !beyond_memory {
            return Ok(());
        }
        // Without a session there is none that could live again.
        if in_time(store.walk_sessions(None, 1)).await?.is_empty() {
            self.say(&FallbackEvent::LostRows {
                again: 0,
                beyond_memory,
            });
            return Ok(());
        }
        let written = in_time(store.propose_again(again.clone(), self.now())).await?;
        trip.own.extend(written.iter().map(|row| row.id));
        if beyond_memory {
            self.cut_what_is_forgotten(store, trip).await?;
        }
        self.say(&FallbackEvent::LostRows {
            again: again.len() as u64,
            beyond_memory,
        });
        Ok(())
    }

    /// Whether the row that was the newest is not there any more, and memory does not have it: after a start it has nothing.
    /// The head says nothing of this, since a restart of the store moves it beyond all that was lost.
    async fn anchor_is_lost(
        &self,
        store: &P,
        trip: &Trip,
        known: &[LogRow],
        floor: RevocationSeq,
    ) -> Result<bool, StoreError> {
        let Some((seq, id)) = trip.anchor else {
            return Ok(false);
        };
        // One that may have been removed as old was there before that.
        if seq <= floor || known.iter().any(|row| row.id == id) {
            return Ok(false);
        }
        let rows = in_time(store.revocations_from(seq, 1)).await?;
        Ok(rows.first().is_none_or(|row| row.seq != seq || row.id != id))
    }

    async fn cut_what_is_forgotten(&self, store: &P, trip: &mut Trip) -> Result<(), StoreError> {
        let audit = Origin::system(self.now())
            .entry(AuditEvent::EveryoneRevoked)
            .saying("the store has lost revocations that no node remembers");
        let done = in_time(store.cut_everyone(RevocationReason::Revoked, audit)).await?;
        trip.own.extend(done.rows.iter().map(|row| row.id));
        Ok(())
    }

    async fn read_since(&self, store: &P, first: RevocationSeq) -> Result<Vec<LogRow>, StoreError> {
        let mut log: Vec<LogRow> = Vec::new();
        loop {
            let from = log
                .last()
                .map_or(first, |row| RevocationSeq(row.seq.0.saturating_add(1)));
            let page = in_time(store.revocations_from(from, PAGE)).await?;
            let is_last = page.len() < PAGE as usize;
            log.extend(page);
            if is_last {
                return Ok(log);
            }
        }
    }
}
