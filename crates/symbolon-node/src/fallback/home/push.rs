//! What was ended here while the store was away: it is ended there. Repeated, it changes nothing.

use symbolon_core::audit::{AuditEvent, Origin};
use symbolon_core::revocation::{LogKind, LogRow, RevocationSeq};
use symbolon_core::store::{CutSubject, MarkChange, Mirror, Mirrored, StoreError};

use super::{Fallback, Trip, in_time};
use crate::fallback::rows_from;

/// How many ends of sessions one step of the store takes.
const ENDS_BATCH: usize = 256;

impl<P: Mirrored + Clone, M: Mirror> Fallback<P, M> {
    /// Ends in the store what is not ended there yet.
    pub(super) async fn push(&self, store: &P, trip: &mut Trip) -> Result<(), StoreError> {
        self.read_owed(trip).await?;
        let due: Vec<_> = trip
            .owed
            .iter()
            .filter(|row| row.seq > trip.pushed)
            .cloned()
            .collect();
        let mut ends: Vec<LogRow> = Vec::new();
        for row in due {
            match &row.kind {
                LogKind::Session(_) => ends.push(row),
                LogKind::Subject { .. } | LogKind::Everyone | LogKind::ApiKey(_) => {
                    self.push_ends(store, trip, &mut ends).await?;
                    self.lift(store).await?;
                    self.push_row(store, trip, &row).await?;
                }
                LogKind::StaleSession(_) | LogKind::StaleSubject(_) | LogKind::SigningKeys => {}
            }
        }
        self.push_ends(store, trip, &mut ends).await
    }

    /// Reads what the mirror's log has got since.
    pub(super) async fn read_owed(&self, trip: &mut Trip) -> Result<(), StoreError> {
        let from = trip.owed.last().map_or(0, |row| row.seq.0.saturating_add(1));
        trip.owed.extend(rows_from(&self.inner.mirror, from).await?);
        Ok(())
    }

    /// Ends the API keys in the store that were ended here.
    pub(super) async fn push_keys(&self, store: &P, trip: &mut Trip) -> Result<(), StoreError> {
        let keys = trip.owed.iter().filter_map(|row| match row.kind {
            LogKind::ApiKey(id) if row.seq > trip.pushed => Some((id, row.at)),
            _ => None,
        });
        let keys: Vec<_> = keys.collect();
        for (id, at) in keys {
            let audit = Origin::system(at).entry(AuditEvent::KeyRevoked).on(id);
            let row = in_time(store.revoke_api_key(id, audit)).await?;
            trip.own.extend(row.map(|row| row.id));
        }
        Ok(())
    }

    /// One of the store that is not alive any more, or was never there, is passed over: so it may be repeated.
    async fn push_ends(&self, store: &P, trip: &mut Trip, ends: &mut Vec<LogRow>) -> Result<(), StoreError> {
        for some in ends.chunks(ENDS_BATCH) {
            let Some(last) = some.last() else { continue };
            let seq = last.seq;
            let written = in_time(store.propose_again(some.to_vec(), self.now())).await?;
            trip.own.extend(written.iter().map(|row| row.id));
            trip.ends += some.len() as u64;
            self.mark_pushed(trip, seq).await?;
        }
        ends.clear();
        Ok(())
    }

    /// A cut is made once: what begins after it must not be ended by a second. One whose answer was lost is found in the
    /// log by its subject, instant and reason.
    async fn push_row(&self, store: &P, trip: &mut Trip, row: &LogRow) -> Result<(), StoreError> {
        let origin = Origin::system(row.at);
        match &row.kind {
            LogKind::Subject { subject, .. } => {
                let audit = origin.entry(AuditEvent::SubjectRevoked).of(subject);
                let cut = CutSubject {
                    subject: subject.clone(),
                    reason: row.reason,
                    keep: Vec::new(),
                    device_kind: None,
                    audit: audit.saying(row.reason.as_str()),
                };
                let done = in_time(store.cut_subject(cut)).await?;
                trip.own.extend(done.rows.iter().map(|row| row.id));
            }
            LogKind::Everyone => {
                let audit = origin
                    .entry(AuditEvent::EveryoneRevoked)
                    .saying(row.reason.as_str());
                let done = in_time(store.cut_everyone(row.reason, audit)).await?;
                trip.own.extend(done.rows.iter().map(|row| row.id));
            }
            LogKind::ApiKey(id) => {
                let audit = origin.entry(AuditEvent::KeyRevoked).on(*id);
                let done = in_time(store.revoke_api_key(*id, audit)).await?;
                trip.own.extend(done.map(|row| row.id));
            }
            _ => {}
        }
        trip.ends += 1;
        self.mark_pushed(trip, row.seq).await
    }

    async fn mark_pushed(&self, trip: &mut Trip, seq: RevocationSeq) -> Result<(), StoreError> {
        let change = MarkChange {
            pushed: Some(seq),
            ..MarkChange::default()
        };
        self.inner.mirror.change_mark(change).await?;
        trip.pushed = trip.pushed.max(seq);
        Ok(())
    }
}
