//! The revocation log: one chain, and the sink that follows it.

use std::collections::HashSet;

use symbolon_core::revocation::{LogRow, RevocationReason, RevocationSeq};
use symbolon_core::store::{InsertSession, Revoked, Store};

use super::cuts::cut;
use super::rotation::rotation;
use super::sample::{api_key, entry, insert, revoke, session};
use super::{Fresh, sample};

/// Asserts that each row names the one before it, and that positions only grow.
pub(super) fn assert_chain(rows: &[LogRow]) {
    for pair in rows.windows(2) {
        assert!(pair[0].seq < pair[1].seq, "{pair:?}");
        assert_eq!(pair[1].prev_seq, pair[0].seq, "{pair:?}");
    }
    let ids: HashSet<[u8; 16]> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids.len(), rows.len(), "two rows have one id");
}

/// Every kind of change once; gives the rows that the answers named.
async fn one_of_each<S: Store>(fresh: &Fresh<S>) -> Vec<LogRow> {
    let ids = fresh.begin_many("alice", 3).await;
    let mut rows = vec![fresh.revoke(ids[0]).await];
    rows.extend(fresh.store.cut_subject(cut("alice")).await.unwrap().rows);
    let everyone = fresh
        .store
        .cut_everyone(RevocationReason::Revoked, cut("alice").audit);
    rows.extend(everyone.await.unwrap().rows);
    let bob = session("bob", 0);
    fresh.begin(&bob).await;
    let change = symbolon_core::store::ChangeSession {
        session: bob.clone(),
        audit: entry(symbolon_core::audit::AuditEvent::SessionChanged, 1),
    };
    rows.extend(fresh.store.change_session(change).await.unwrap());
    let eve = session("eve", 0);
    fresh.begin(&eve).await;
    let confirm = super::confirm::confirmation(&eve, 9);
    rows.extend(fresh.store.confirm_session(confirm).await.unwrap());
    let limited = InsertSession {
        per_subject_max: 1,
        ..insert(session("bob", 1))
    };
    match fresh.insert(limited).await {
        symbolon_core::store::Inserted::Done { ended, .. } => rows.extend(ended),
        other => panic!("the session was refused: {other:?}"),
    }
    let (key, audit) = (api_key(1), entry(symbolon_core::audit::AuditEvent::KeyRevoked, 1));
    assert!(
        fresh
            .store
            .insert_api_key(key.clone(), audit.clone())
            .await
            .unwrap()
    );
    rows.extend(fresh.store.revoke_api_key(key.id, audit).await.unwrap());
    rows
}

/// A follower that has seen a row knows whether it has seen the one before.
pub async fn the_rows_form_a_chain_without_gaps<S: Store>(fresh: &Fresh<S>) {
    let rows = one_of_each(fresh).await;
    assert_eq!(rows.len(), 7);
    assert_chain(&rows);
    let read = fresh.store.revocations_from(rows[0].seq, 100).await.unwrap();
    assert_eq!(read, rows);
}

/// At or after the position, in order, as many as asked for.
pub async fn the_log_is_read_from_a_position_and_in_pages<S: Store>(fresh: &Fresh<S>) {
    let rows = one_of_each(fresh).await;
    let head = fresh.store.log_head().await.unwrap();
    assert_eq!(head.seq, rows[6].seq);
    for (index, row) in rows.iter().enumerate() {
        for limit in [1, 2, 100] {
            let read = fresh.store.revocations_from(row.seq, limit).await.unwrap();
            let end = rows.len().min(index + limit as usize);
            assert_eq!(read, rows[index..end]);
        }
    }
    let beyond = RevocationSeq(head.seq.0 + 1);
    assert_eq!(fresh.store.revocations_from(beyond, 100).await.unwrap(), []);
}

/// When the answer is here, what it names is in the sink already.
pub async fn the_sink_has_every_row_in_order_before_the_answer<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("carol", 20).await;
    for (count, id) in (1..).zip(ids) {
        let row = fresh.revoke(id).await;
        let rows = fresh.sink.rows();
        assert_eq!((rows.len(), rows.last()), (count, Some(&row)));
    }
    let before = fresh.sink.rows().len();
    let rows = one_of_each(fresh).await;
    assert_eq!(fresh.sink.rows()[before..], rows);
}

/// In the order of the positions, also where many commit at once.
pub async fn the_sink_has_every_row_in_order_under_parallel_changes<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 64).await;
    let seen = fresh
        .parallel(64, |store, number| {
            let (id, sink) = (ids[number as usize], std::sync::Arc::clone(&fresh.sink));
            async move {
                let row = match number % 8 {
                    0 => store.cut_subject(cut("bob")).await.unwrap().rows.remove(0),
                    _ => match store.revoke_session(revoke(id)).await.unwrap() {
                        Revoked::Done(row) => row,
                        other => panic!("the session was alive: {other:?}"),
                    },
                };
                sink.rows().contains(&row)
            }
        })
        .await;
    assert!(seen.into_iter().all(|before_the_answer| before_the_answer));
    let rows = fresh.sink.rows();
    assert_eq!(rows.len(), 64);
    assert_chain(&rows);
    assert_eq!(
        fresh.store.revocations_from(rows[0].seq, 100).await.unwrap(),
        rows
    );
}

/// Nor does it reach the sink.
pub async fn a_change_that_is_refused_writes_no_row<S: Store>(fresh: &Fresh<S>) {
    let session = session("alice", 0);
    fresh.begin(&session).await;
    let row = fresh.revoke(session.id).await;
    assert!(!fresh.store.commit_rotation(rotation(&session, 1)).await.unwrap());
    drop(fresh.store.revoke_session(revoke(session.id)).await.unwrap());
    drop(
        fresh
            .store
            .revoke_session(revoke(sample::session("bob", 0).id))
            .await
            .unwrap(),
    );
    assert_eq!(fresh.store.log_head().await.unwrap().seq, row.seq);
    assert_eq!(fresh.sink.rows(), [row]);
}
