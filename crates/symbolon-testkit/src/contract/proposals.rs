//! Revocations that members propose again because the store has lost them.
//!
//! No test makes a store lose anything: rows that it never had are as good.

use symbolon_core::audit::AuditEvent;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::session::Ended;
use symbolon_core::store::Store;

use super::Fresh;
use super::cuts::{cut, ended_by};
use super::log::assert_chain;
use super::sample::{api_key, at, entry, session, subject};

/// A row as if the store had lost it: it would stand after everything that is there now.
async fn lost<S: Store>(fresh: &Fresh<S>, number: u8, kind: LogKind) -> LogRow {
    let head = fresh.store.log_head().await.unwrap().seq;
    LogRow {
        seq: RevocationSeq(head.0 + 1),
        prev_seq: head,
        id: [number; 16],
        kind,
        at: at(40),
        reason: RevocationReason::Kicked,
    }
}

async fn again<S: Store>(fresh: &Fresh<S>, rows: &[LogRow]) -> Vec<LogRow> {
    fresh.store.propose_again(rows.to_vec(), at(700)).await.unwrap()
}

/// Writes a row that has nothing to do with what a test is about, so that the lost position is behind the head.
async fn pass<S: Store>(fresh: &Fresh<S>) {
    fresh.store.cut_subject(cut("somebody")).await.unwrap();
}

fn cut_of(name: &str) -> LogKind {
    LogKind::Subject {
        subject: subject(name),
        keep: Vec::new(),
    }
}

/// The row that comes of it: the same kind and reason at a new position, told to the sink.
fn assert_again<S>(fresh: &Fresh<S>, lost: &LogRow, written: &[LogRow]) {
    assert_eq!(written.len(), 1, "{written:?}");
    let row = &written[0];
    assert_eq!(
        (&row.kind, row.reason, row.at),
        (&lost.kind, lost.reason, at(700))
    );
    assert!(row.seq > lost.seq && row.id != lost.id);
    let told = fresh.sink.rows();
    assert_eq!(told.last(), Some(row));
    assert_chain(&told);
}

/// By a row at a new position; proposed once more, nothing.
pub async fn a_lost_end_of_a_session_ends_it_again<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 2).await;
    let lost = lost(fresh, 1, LogKind::Session(ids[0])).await;
    pass(fresh).await;
    let written = again(fresh, std::slice::from_ref(&lost)).await;
    assert_again(fresh, &lost, &written);
    assert_eq!(fresh.ended(ids[0], at(800)).await, ended_by(&written[0]));
    assert_eq!(fresh.ended(ids[1], at(800)).await, None);
    assert_eq!(again(fresh, &[lost.clone(), lost]).await, []);
}

/// One that has ended by other means, or that the store has never had.
pub async fn a_lost_end_of_a_session_that_is_not_alive_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 1).await;
    let bobs = fresh.begin_many("bob", 1).await;
    let stranger = session("eve", 0).id;
    fresh.revoke(ids[0]).await;
    fresh.store.cut_subject(cut("bob")).await.unwrap();
    let mut rows = Vec::new();
    for id in [ids[0], bobs[0], stranger] {
        rows.push(lost(fresh, 1, LogKind::Session(id)).await);
    }
    assert_eq!(again(fresh, &rows).await, []);
}

/// Also more than one step takes, each once.
pub async fn many_lost_ends_are_written_again_each_once<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 150).await;
    let mut rows = Vec::new();
    for id in ids.iter().rev() {
        rows.push(lost(fresh, 1, LogKind::Session(*id)).await);
    }
    let proposals = fresh.parallel(3, |store, _| {
        let rows = rows.clone();
        async move { store.propose_again(rows, at(700)).await.unwrap() }
    });
    let written: usize = proposals.await.iter().map(Vec::len).sum();
    assert_eq!(written, 150);
    assert_eq!(fresh.alive(&ids, at(800)).await, []);
    assert_chain(&fresh.sink.rows());
}

/// Its epoch is the new position.
pub async fn a_lost_cut_of_a_subject_cuts_it_again<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 2).await;
    let bobs = fresh.begin_many("bob", 1).await;
    let lost = lost(fresh, 1, cut_of("alice")).await;
    pass(fresh).await;
    let written = again(fresh, std::slice::from_ref(&lost)).await;
    assert_again(fresh, &lost, &written);
    for id in ids {
        assert_eq!(fresh.ended(id, at(800)).await, ended_by(&written[0]));
    }
    assert_eq!(fresh.ended(bobs[0], at(800)).await, None);
    let later = session("alice", 9);
    fresh.begin(&later).await;
    assert_eq!(again(fresh, &[lost]).await, []);
    assert_eq!(fresh.ended(later.id, at(800)).await, None);
}

/// What the lost cut has kept is kept.
pub async fn a_lost_cut_keeps_what_it_kept<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 3).await;
    let kind = LogKind::Subject {
        subject: subject("alice"),
        keep: vec![ids[1]],
    };
    let lost = lost(fresh, 1, kind).await;
    pass(fresh).await;
    let written = again(fresh, std::slice::from_ref(&lost)).await;
    assert_again(fresh, &lost, &written);
    assert_eq!(fresh.alive(&ids, at(800)).await, [ids[1]]);
}

/// It has done all that the lost one did.
pub async fn a_lost_cut_before_a_newer_one_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    let of_alice = lost(fresh, 1, cut_of("alice")).await;
    let of_bob = lost(fresh, 2, cut_of("bob")).await;
    let of_all = lost(fresh, 3, LogKind::Everyone).await;
    fresh.store.cut_subject(cut("alice")).await.unwrap();
    assert_eq!(again(fresh, std::slice::from_ref(&of_alice)).await, []);
    let audit = cut("alice").audit;
    fresh
        .store
        .cut_everyone(RevocationReason::Revoked, audit)
        .await
        .unwrap();
    assert_eq!(again(fresh, &[of_alice, of_bob, of_all]).await, []);
}

/// Once, however many propose it: who has logged in since the first is left alone by the second.
pub async fn a_lost_cut_of_everyone_is_written_again_once<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 2).await;
    let lost = lost(fresh, 1, LogKind::Everyone).await;
    pass(fresh).await;
    let proposals = fresh.parallel(6, |store, _| {
        let lost = vec![lost.clone()];
        async move { store.propose_again(lost, at(700)).await.unwrap() }
    });
    let written: Vec<_> = proposals.await.into_iter().flatten().collect();
    assert_again(fresh, &lost, &written);
    assert_eq!(fresh.alive(&ids, at(800)).await, []);
    let later = session("alice", 9);
    fresh.begin(&later).await;
    assert_eq!(again(fresh, &[lost]).await, []);
    assert_eq!(fresh.ended(later.id, at(800)).await, None);
}

/// Facts of the lost time must not be taken for newer than what the store has now.
pub async fn a_lost_word_that_something_is_stale_is_said_again_once<S: Store>(fresh: &Fresh<S>) {
    let id = fresh.begin_many("alice", 1).await[0];
    let kinds = [
        LogKind::StaleSession(id),
        LogKind::StaleSubject(subject("alice")),
        LogKind::SigningKeys,
    ];
    let mut rows = Vec::new();
    for kind in kinds {
        rows.push(lost(fresh, 1, kind).await);
    }
    pass(fresh).await;
    for lost in rows {
        let written = again(fresh, std::slice::from_ref(&lost)).await;
        assert_again(fresh, &lost, &written);
        assert_eq!(again(fresh, std::slice::from_ref(&lost)).await, []);
    }
    assert_eq!(fresh.ended(id, at(800)).await, None);
}

/// At the instant of the proposal.
pub async fn a_lost_end_of_an_api_key_ends_it_again<S: Store>(fresh: &Fresh<S>) {
    let key = api_key(1);
    let audit = entry(AuditEvent::KeyAdded, 1);
    assert!(fresh.store.insert_api_key(key.clone(), audit).await.unwrap());
    let rows = [
        lost(fresh, 1, LogKind::ApiKey(key.id)).await,
        lost(fresh, 2, LogKind::ApiKey(api_key(2).id)).await,
    ];
    pass(fresh).await;
    let written = again(fresh, &rows).await;
    assert_again(fresh, &rows[0], &written);
    let ended = fresh.store.find_api_key(key.id).await.unwrap().unwrap();
    assert_eq!(ended.revoked_at, Some(at(700)));
    assert_eq!(again(fresh, &rows).await, []);
}

/// Whoever has seen it fears for nothing.
pub async fn a_row_that_is_in_the_log_is_not_written_again<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 2).await;
    fresh.revoke(ids[0]).await;
    fresh.store.cut_subject(cut("bob")).await.unwrap();
    let change = symbolon_core::store::ChangeSession {
        session: fresh.found(ids[1]).await.session,
        audit: entry(AuditEvent::SessionChanged, 1),
    };
    fresh.store.change_session(change).await.unwrap().unwrap();
    let audit = cut("alice").audit;
    fresh
        .store
        .cut_everyone(RevocationReason::Revoked, audit)
        .await
        .unwrap();
    let rows = fresh.sink.rows();
    assert_eq!(rows.len(), 4);
    assert_eq!(again(fresh, &rows).await, []);
    assert_eq!(fresh.sink.rows(), rows);
    assert!(matches!(
        fresh.ended(ids[0], at(800)).await,
        Some(Ended::Revoked { .. })
    ));
}
