//! The file and its size.

use std::fs;
use std::time::Duration;

use symbolon_core::policy::OnMax;
use symbolon_core::session::SessionState;
use symbolon_core::store::{
    CutSubject, InsertSession, Inserted, ListSessions, PurgeOrder, SessionStore as _, StoreError, Upkeep as _,
};
use symbolon_testkit::contract::sample;

use super::given::{Folder, LATER, begin};

fn order(batch: u32) -> PurgeOrder {
    PurgeOrder {
        now: LATER,
        keep_ended: Duration::from_secs(10 * 86_400),
        keep_log: Duration::from_secs(10 * 86_400),
        keep_audit: Duration::from_secs(10 * 86_400),
        batch,
    }
}

#[tokio::test]
async fn a_store_whose_file_is_gone_refuses_until_it_is_back() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let session = sample::session("alice", 0);
    begin(&store, &session).await;
    store.still_ours().unwrap();

    let away = folder.folder.path().join("away.db");
    fs::rename(folder.path(), &away).unwrap();
    let lost = store.still_ours().unwrap_err().to_string();
    assert_eq!(
        lost,
        "the store cannot trust its file now: the store's file is not there any more: \
         No such file or directory (os error 2)"
    );
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable { .. })));
    assert!(matches!(
        store.find_session(session.id).await,
        Err(StoreError::Unavailable { .. })
    ));

    fs::write(folder.path(), "another").unwrap();
    let replaced = store.still_ours().unwrap_err().to_string();
    assert_eq!(
        replaced,
        "the store cannot trust its file now: the store's file was replaced by another while it was in use"
    );

    fs::rename(&away, folder.path()).unwrap();
    store.ping().await.unwrap();
    assert!(store.find_session(session.id).await.unwrap().is_some());
}

/// More sessions than a cut marks in its own step: the rest are ended by the epoch at once, and
/// marked by the next purge.
#[tokio::test]
async fn a_purge_marks_what_a_large_cut_left() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    for number in 0..1_100 {
        begin(&store, &sample::session("alice", number)).await;
    }
    let cut = CutSubject {
        subject: sample::subject("alice"),
        reason: symbolon_core::revocation::RevocationReason::Kicked,
        keep: vec![sample::session("alice", 1_099).id],
        device_kind: None,
        audit: sample::entry(symbolon_core::audit::AuditEvent::SubjectRevoked, 2_000),
    };
    let done = store.cut_subject(cut).await.unwrap();
    assert_eq!(done.count, 1_099);
    let active = async |store: &symbolon_store_sql::SqlStore| {
        let all = store
            .list_sessions(ListSessions {
                subject: sample::subject("alice"),
                live_at: None,
                before: None,
                limit: 2_000,
            })
            .await
            .unwrap();
        let marked = SessionState::Revoked {
            at: sample::at(2_000),
            reason: symbolon_core::revocation::RevocationReason::Kicked,
            seq: done.rows[0].seq,
        };
        assert!(
            all.iter()
                .all(|found| [SessionState::Active, marked].contains(&found.session.state))
        );
        all.iter()
            .filter(|found| found.session.state == SessionState::Active)
            .count()
    };
    assert_eq!(active(&store).await, 100);
    let live = store
        .list_sessions(ListSessions {
            subject: sample::subject("alice"),
            live_at: Some(sample::at(2_001)),
            before: None,
            limit: 2_000,
        })
        .await
        .unwrap();
    assert_eq!(live.len(), 1);
    store
        .purge(PurgeOrder {
            now: sample::at(3_000),
            ..order(7)
        })
        .await
        .unwrap();
    assert_eq!(active(&store).await, 1);
}

/// Nor what a subject's cut ended and has not marked yet.
#[tokio::test]
async fn a_cut_of_everyone_counts_only_what_no_other_cut_had_ended() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    for number in 0..1_005 {
        begin(&store, &sample::session("alice", number)).await;
    }
    for number in 0..3 {
        begin(&store, &sample::session("bob", number)).await;
    }
    let cut = CutSubject {
        subject: sample::subject("alice"),
        reason: symbolon_core::revocation::RevocationReason::Kicked,
        keep: vec![sample::session("alice", 7).id],
        device_kind: None,
        audit: sample::entry(symbolon_core::audit::AuditEvent::SubjectRevoked, 2_000),
    };
    assert_eq!(store.cut_subject(cut).await.unwrap().count, 1_004);
    let audit = sample::entry(symbolon_core::audit::AuditEvent::EveryoneRevoked, 2_001);
    let reason = symbolon_core::revocation::RevocationReason::Revoked;
    let done = store.cut_everyone(reason, audit.clone()).await.unwrap();
    assert_eq!(done.count, 4, "the one that alice kept and the three of bob");
    assert_eq!(store.cut_everyone(reason, audit).await.unwrap().count, 0);
}

/// More than one step of it.
#[tokio::test]
async fn a_purge_marks_what_a_cut_of_everyone_left() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    for number in 0..50 {
        begin(&store, &sample::session("alice", number)).await;
    }
    let audit = sample::entry(symbolon_core::audit::AuditEvent::EveryoneRevoked, 2_000);
    let reason = symbolon_core::revocation::RevocationReason::Revoked;
    let done = store.cut_everyone(reason, audit).await.unwrap();
    assert_eq!(done.count, 50);
    let survivor = sample::session("bob", 2_001);
    begin(&store, &survivor).await;
    store
        .purge(PurgeOrder {
            now: sample::at(3_000),
            ..order(7)
        })
        .await
        .unwrap();
    let marked = store
        .find_session(sample::session("alice", 49).id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        marked.session.state,
        SessionState::Revoked {
            at: sample::at(2_000),
            reason,
            seq: done.rows[0].seq
        }
    );
    let alive = store.find_session(survivor.id).await.unwrap().unwrap();
    assert_eq!(alive.session.state, SessionState::Active);
    store.close().await;
    let owed: i64 = folder
        .look()
        .query_row("SELECT count(subject) FROM sweeps", [], |row| row.get(0))
        .unwrap();
    assert_eq!(owed, 0);
}

#[tokio::test]
async fn a_banned_subject_begins_no_session() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    for name in ["for a while", "for ever"] {
        begin(&store, &sample::session(name, 0)).await;
    }
    store.close().await;
    let ban = |name: &str, until: i64| {
        let changed = folder
            .look()
            .execute(
                "UPDATE subjects SET banned_until = ? WHERE subject = ?",
                rusqlite::params![until, name],
            )
            .unwrap();
        assert_eq!(changed, 1);
    };
    ban("for a while", sample::at(5_000).0);
    ban("for ever", i64::MAX);
    let (store, _) = folder.open();
    let insert = async |name: &str, number| {
        let order = InsertSession {
            on_max: OnMax::Refuse,
            ..sample::insert(sample::session(name, number))
        };
        store.insert_session(order).await.unwrap()
    };
    let until = Some(sample::at(5_000));
    assert_eq!(insert("for a while", 4_999).await, Inserted::Banned { until });
    assert!(matches!(
        insert("for a while", 5_000).await,
        Inserted::Done { .. }
    ));
    assert_eq!(insert("for ever", 5_000).await, Inserted::Banned { until: None });
}

/// Freed pages go back to the file system while the store is in use.
#[tokio::test]
async fn a_store_that_was_large_becomes_small() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let mut tasks = tokio::task::JoinSet::new();
    for part in 0..64_u32 {
        let store = store.clone();
        tasks.spawn(async move {
            for number in 0..100 {
                begin(&store, &sample::session("alice", part * 100 + number)).await;
            }
        });
    }
    tasks.join_all().await;
    store.close().await;
    let size = || fs::metadata(folder.path()).unwrap().len();
    let full = size();
    let (store, _) = folder.open();
    let everything = PurgeOrder {
        now: sample::at(0).after(Duration::from_secs(100 * 86_400)),
        ..order(500)
    };
    while store.purge(everything).await.unwrap().reached(500) {}
    store.close().await;
    let left = size();
    assert!(left < full / 2, "{left} of {full} bytes are left");
}
