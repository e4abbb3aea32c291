//! The end of a subject's sessions, and of everyone's.

use symbolon_core::audit::AuditEvent;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason};
use symbolon_core::session::{Ended, Session, SessionId};
use symbolon_core::store::{CutSubject, Store};

use super::Fresh;
use super::sample::{at, entry, logged_out, session, session_on, subject};

/// A cut of a subject, 600 milliseconds after the beginning.
pub(super) fn cut(name: &str) -> CutSubject {
    CutSubject {
        subject: subject(name),
        reason: RevocationReason::Kicked,
        keep: Vec::new(),
        device_kind: None,
        audit: entry(AuditEvent::SubjectRevoked, 600).of(&subject(name)),
    }
}

fn keeping(name: &str, keep: &[SessionId]) -> CutSubject {
    CutSubject {
        keep: keep.to_vec(),
        ..cut(name)
    }
}

fn on_kind(name: &str, kind: &str) -> CutSubject {
    CutSubject {
        device_kind: Some(kind.to_owned()),
        ..cut(name)
    }
}

pub(super) fn ended_by(row: &LogRow) -> Option<Ended> {
    Some(Ended::Revoked {
        at: row.at,
        reason: row.reason,
        seq: row.seq,
    })
}

/// One row for all of them.
pub async fn a_cut_ends_every_session_of_its_subject_and_no_other<S: Store>(fresh: &Fresh<S>) {
    let alices = fresh.begin_many("alice", 3).await;
    let bobs = fresh.begin_many("bob", 3).await;
    let done = fresh.store.cut_subject(cut("alice")).await.unwrap();
    assert_eq!(done.count, 3);
    assert_eq!(done.rows.len(), 1);
    let row = &done.rows[0];
    let kind = LogKind::Subject {
        subject: subject("alice"),
        keep: Vec::new(),
    };
    assert_eq!(
        (&row.kind, row.at, row.reason),
        (&kind, at(600), RevocationReason::Kicked)
    );
    for id in alices {
        assert_eq!(fresh.ended(id, at(601)).await, ended_by(row));
    }
    assert_eq!(fresh.alive(&bobs, at(601)).await, bobs);
    assert_eq!(fresh.sink.rows(), done.rows);
}

/// Log-ins in flight must find it.
pub async fn a_cut_of_a_subject_without_sessions_is_written_too<S: Store>(fresh: &Fresh<S>) {
    let done = fresh.store.cut_subject(cut("nobody")).await.unwrap();
    assert_eq!((done.count, done.rows.len()), (0, 1));
    let later = session("nobody", 1);
    fresh.begin(&later).await;
    assert_eq!(fresh.found(later.id).await.session.epoch, done.rows[0].seq);
}

/// What had ended before is not counted again.
pub async fn a_cut_counts_only_live_sessions<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 2).await;
    fresh.revoke(ids[0]).await;
    let (mut expired, mut idle, mut almost) = (session("alice", 5), session("alice", 6), session("alice", 7));
    expired.expires_at = at(600);
    idle.idle_expires_at = at(600);
    almost.expires_at = at(601);
    for session in [&expired, &idle, &almost] {
        fresh.begin(session).await;
    }
    assert_eq!(fresh.store.cut_subject(cut("alice")).await.unwrap().count, 2);
    assert_eq!(fresh.store.cut_subject(cut("alice")).await.unwrap().count, 0);
}

/// They go on under the new cut; the row names them.
pub async fn a_cut_keeps_the_sessions_it_names<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 10).await;
    let done = fresh
        .store
        .cut_subject(keeping("alice", &ids[..8]))
        .await
        .unwrap();
    assert_eq!(done.count, 2);
    let row = &done.rows[0];
    let LogKind::Subject { subject: named, keep } = &row.kind else {
        panic!("not a cut of a subject: {row:?}");
    };
    let mut keep = keep.clone();
    keep.sort_unstable();
    assert_eq!((named, &keep[..]), (&subject("alice"), &ids[..8]));
    assert_eq!(fresh.alive(&ids, at(601)).await, ids[..8]);
    for id in &ids[..8] {
        assert_eq!(fresh.found(*id).await.session.epoch, row.seq);
    }
    let read = fresh.store.revocations_from(row.seq, 1).await.unwrap();
    assert_eq!(read, done.rows);
}

/// Neither one that was revoked nor one that an older cut ended.
pub async fn a_cut_that_keeps_an_ended_session_does_not_revive_it<S: Store>(fresh: &Fresh<S>) {
    let ids = fresh.begin_many("alice", 2).await;
    let first = fresh.revoke(ids[0]).await;
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    let cut_by_everyone = session("alice", 2);
    fresh.begin(&cut_by_everyone).await;
    let everyone = fresh
        .store
        .cut_everyone(RevocationReason::Revoked, cut("alice").audit);
    drop(everyone.await.unwrap());
    let all = [ids[0], ids[1], cut_by_everyone.id];
    let done = fresh.store.cut_subject(keeping("alice", &all)).await.unwrap();
    assert_eq!(done.count, 0);
    assert_eq!(fresh.found(ids[0]).await.session.state, logged_out(first.seq));
    assert_eq!(fresh.alive(&all, at(601)).await, []);
}

/// A session is kept only by a cut of its own subject.
pub async fn a_cut_that_keeps_a_strangers_session_does_not_touch_it<S: Store>(fresh: &Fresh<S>) {
    let bobs = session("bob", 0);
    fresh.begin(&bobs).await;
    let before = fresh.found(bobs.id).await;
    drop(
        fresh
            .store
            .cut_subject(keeping("alice", &[bobs.id]))
            .await
            .unwrap(),
    );
    assert_eq!(fresh.found(bobs.id).await, before);
}

/// The cut is no ban.
pub async fn a_session_issued_after_a_cut_is_alive<S: Store>(fresh: &Fresh<S>) {
    drop(fresh.store.cut_subject(cut("alice")).await.unwrap());
    let later = session("alice", 700);
    fresh.begin(&later).await;
    assert_eq!(fresh.ended(later.id, at(701)).await, None);
}

/// One row each, and no cut: what begins later on such a device is not concerned.
pub async fn a_cut_of_one_kind_of_device_ends_only_those<S: Store>(fresh: &Fresh<S>) {
    let phones = [session_on("alice", 0, "ios"), session_on("alice", 1, "ios")];
    let others = [
        session_on("alice", 2, "iOS"),
        session_on("alice", 3, "web"),
        session("alice", 4),
        session_on("bob", 5, "ios"),
    ];
    for session in phones.iter().chain(&others) {
        fresh.begin(session).await;
    }
    let done = fresh.store.cut_subject(on_kind("alice", "ios")).await.unwrap();
    assert_eq!((done.count, done.rows.len()), (2, 2));
    for phone in &phones {
        let row = done
            .rows
            .iter()
            .find(|row| row.kind == LogKind::Session(phone.id))
            .unwrap();
        assert_eq!(fresh.ended(phone.id, at(601)).await, ended_by(row));
    }
    let others: Vec<SessionId> = others.iter().map(|session: &Session| session.id).collect();
    assert_eq!(fresh.alive(&others, at(601)).await, others);
    assert_eq!(fresh.found(others[1]).await.cut.seq.0, 0);
    assert_eq!(fresh.sink.rows(), done.rows);
}

/// Nothing ended, nothing said.
pub async fn a_cut_of_a_kind_of_device_that_nobody_has_writes_nothing<S: Store>(fresh: &Fresh<S>) {
    fresh.begin_many("alice", 2).await;
    let done = fresh.store.cut_subject(on_kind("alice", "tv")).await.unwrap();
    assert_eq!((done.count, done.rows), (0, Vec::new()));
    assert_eq!(fresh.sink.rows(), []);
}

/// Subjects that were never heard of before and after included.
pub async fn a_cut_of_everyone_ends_every_session<S: Store>(fresh: &Fresh<S>) {
    let ids = [
        fresh.begin_many("alice", 2).await,
        fresh.begin_many("bob", 2).await,
    ]
    .concat();
    let audit = entry(AuditEvent::EveryoneRevoked, 600);
    let done = fresh
        .store
        .cut_everyone(RevocationReason::Revoked, audit)
        .await
        .unwrap();
    assert_eq!((done.count, done.rows.len()), (4, 1));
    let row = &done.rows[0];
    assert_eq!((&row.kind, row.at), (&LogKind::Everyone, at(600)));
    for id in ids {
        assert_eq!(fresh.ended(id, at(601)).await, ended_by(row));
    }
    let later = session("carol", 700);
    fresh.begin(&later).await;
    assert_eq!(fresh.ended(later.id, at(701)).await, None);
    let audit = entry(AuditEvent::EveryoneRevoked, 800);
    let again = fresh
        .store
        .cut_everyone(RevocationReason::Revoked, audit)
        .await
        .unwrap();
    assert_eq!(again.count, 1);
}

/// It is effective at once for all of them, however many rows must follow.
pub async fn a_cut_ends_more_sessions_than_one_transaction_takes<S: Store>(fresh: &Fresh<S>) {
    let sessions: Vec<_> = (0..1_100).map(|number| session("alice", number)).collect();
    fresh.begin_all(&sessions).await;
    let done = fresh.store.cut_subject(cut("alice")).await.unwrap();
    assert_eq!((done.count, done.rows.len()), (1_100, 1));
    let ids: Vec<SessionId> = sessions.iter().map(|session| session.id).collect();
    assert_eq!(fresh.alive(&ids, at(1_101)).await, []);
    let live = symbolon_core::store::ListSessions {
        subject: subject("alice"),
        live_at: Some(at(1_101)),
        before: None,
        limit: 10,
    };
    assert_eq!(fresh.store.list_sessions(live).await.unwrap(), []);
}

/// A subject's and everyone's: the one with the higher position.
pub async fn the_newest_of_two_cuts_is_said<S: Store>(fresh: &Fresh<S>) {
    let alice = session("alice", 0);
    fresh.begin(&alice).await;
    for round in 0..4 {
        let row = if round % 2 == 0 {
            fresh
                .store
                .cut_subject(cut("alice"))
                .await
                .unwrap()
                .rows
                .remove(0)
        } else {
            let audit = entry(AuditEvent::EveryoneRevoked, 600 + round);
            let reason = RevocationReason::Revoked;
            fresh
                .store
                .cut_everyone(reason, audit)
                .await
                .unwrap()
                .rows
                .remove(0)
        };
        let cut = fresh.found(alice.id).await.cut;
        assert_eq!((cut.seq, cut.at, cut.reason), (row.seq, row.at, row.reason));
    }
}
