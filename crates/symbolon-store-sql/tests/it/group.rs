//! Group commit: what shares a commit shares nothing else.

use std::sync::Arc;

use symbolon_core::audit::AuditEvent;
use symbolon_core::session::SessionId;
use symbolon_core::store::{
    AccountPage, AccountStore as _, Inserted, Revoked, SessionStore as _, SetPassword, StoreError,
    Upkeep as _,
};
use symbolon_core::throttle::ThrottleKey;
use symbolon_store_sql::{Place, SqlStore};
use symbolon_testkit::contract::sample;
use tokio::task::JoinSet;

use super::given::{Folder, Gate, ask_once, begin, options};

/// As many operations as may wait: writer.rs says why.
const WAITING_MAX: u32 = 4_096;
const WAITING_REVOKING_MAX: u32 = 1_024;

/// A store whose writer stands at the gate, holding the end of one session.
async fn held(folder: &Folder) -> (SqlStore, Arc<Gate>, JoinSet<Revoked>) {
    let gate = Arc::new(Gate::default());
    let (store, _) = SqlStore::open(options(Place::File(folder.path()), gate.clone())).unwrap();
    let first = sample::session("first", 0);
    begin(&store, &first).await;
    let revoked = hold(&store, &gate, first.id).await;
    (store, gate, revoked)
}

/// Closes the gate and ends a session: the writer stands at the gate.
async fn hold(store: &SqlStore, gate: &Arc<Gate>, id: SessionId) -> JoinSet<Revoked> {
    gate.close();
    let store = store.clone();
    let mut revoked = JoinSet::new();
    revoked.spawn(async move { store.revoke_session(sample::revoke(id)).await.unwrap() });
    let waiting = gate.clone();
    tokio::task::spawn_blocking(move || waiting.wait_until_held())
        .await
        .unwrap();
    revoked
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operation_that_fails_does_not_harm_its_group() {
    let folder = Folder::new();
    let (store, gate, revoked) = held(&folder).await;
    let taken = sample::session("first", 0);
    let mut inserts = Vec::new();
    let mut ends = Vec::new();
    for number in 0..40 {
        let session = match number {
            20 => taken.clone(),
            _ => sample::session("alice", number),
        };
        let id = session.id;
        inserts.push(Box::pin(store.insert_session(sample::insert(session))));
        ends.push(Box::pin(store.revoke_session(sample::revoke(id))));
        assert!(ask_once(&mut inserts[number as usize]).is_none());
        assert!(ask_once(&mut ends[number as usize]).is_none());
    }
    gate.open();
    assert!(matches!(revoked.join_all().await[..], [Revoked::Done(_)]));
    let mut rows = gate.batches()[0].clone();
    for (number, (insert, end)) in inserts.into_iter().zip(ends).enumerate() {
        match (number, insert.await, end.await) {
            (20, Err(StoreError::Unavailable { detail, .. }), Ok(Revoked::Already { .. })) => {
                assert_eq!(detail, "UNIQUE constraint failed: sessions.session_id");
            }
            (_, Ok(Inserted::Done { .. }), Ok(Revoked::Done(row))) => rows.push(row),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(rows.len(), 40);
    let batches = gate.batches();
    assert_eq!(batches.len(), 2, "it was one group");
    assert_eq!(batches.concat(), rows);
    assert_eq!(store.revocations_from(rows[0].seq, 100).await.unwrap(), rows);
}

/// The password is written before the damaged row is read.
#[tokio::test]
async fn an_operation_that_fails_half_way_leaves_nothing() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let account = sample::account("alice");
    let insert = sample::insert_account(account.clone());
    assert!(store.insert_account(insert).await.unwrap());
    begin(&store, &sample::session("alice", 0)).await;
    store.close().await;
    let broken = "UPDATE subjects SET epoch_reason = 'boredom' WHERE subject = 'alice'";
    assert_eq!(folder.look().execute(broken, []).unwrap(), 1);

    let (store, _) = folder.open();
    let set = SetPassword {
        name: account.name.clone(),
        password: sample::password("new"),
        expected: None,
        keep: None,
        clear_attempts: ThrottleKey([1; 16]),
        audit: sample::entry(AuditEvent::PasswordSet, 10),
    };
    let refused = store.set_password(set).await;
    assert!(
        matches!(
            &refused,
            Err(StoreError::Damaged {
                operation: "set a password",
                ..
            })
        ),
        "{refused:?}"
    );
    assert_eq!(
        store
            .list_accounts(AccountPage {
                after: None,
                limit: 9
            })
            .await
            .unwrap(),
        [account]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_end_that_nobody_waits_for_any_more_is_done_and_told() {
    let folder = Folder::new();
    let (store, gate, revoked) = held(&folder).await;
    let session = sample::session("first", 0);
    let mut cut = Box::pin(store.cut_everyone(
        symbolon_core::revocation::RevocationReason::Revoked,
        sample::entry(symbolon_core::audit::AuditEvent::EveryoneRevoked, 700),
    ));
    assert!(ask_once(&mut cut).is_none());
    drop(cut);
    gate.open();
    revoked.join_all().await;
    // What was asked for later is answered later.
    begin(&store, &sample::session("alice", 1)).await;
    let rows: Vec<_> = gate.batches().concat();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].kind, symbolon_core::revocation::LogKind::Everyone);
    assert_eq!(
        store.find_session(session.id).await.unwrap().unwrap().cut.seq,
        rows[1].seq
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rows_of_a_group_come_at_once_and_in_order() {
    let folder = Folder::new();
    let (store, gate, revoked) = held(&folder).await;
    gate.open();
    revoked.join_all().await;
    for number in 0..100 {
        begin(&store, &sample::session("alice", number)).await;
    }
    let revoked = hold(&store, &gate, sample::session("alice", 0).id).await;
    let mut steps: Vec<_> = (1..100)
        .map(|number| Box::pin(store.revoke_session(sample::revoke(sample::session("alice", number).id))))
        .collect();
    for step in &mut steps {
        assert!(ask_once(step).is_none());
    }
    gate.open();
    revoked.join_all().await;
    for step in steps {
        assert!(matches!(step.await, Ok(Revoked::Done(_))));
    }
    let batches = gate.batches();
    assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 99]);
    let rows = batches.concat();
    assert!(
        rows.windows(2)
            .all(|pair| pair[1].prev_seq == pair[0].seq && pair[1].seq > pair[0].seq)
    );
    assert_eq!(store.revocations_from(rows[0].seq, 1_000).await.unwrap(), rows);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_log_ins_is_refused_at_once_and_a_log_out_is_not() {
    let folder = Folder::new();
    let (store, gate, revoked) = held(&folder).await;
    let mut inserts: Vec<_> = (0..=WAITING_MAX)
        .map(|number| Box::pin(store.insert_session(sample::insert(sample::session("alice", number)))))
        .collect();
    let refused: Vec<_> = inserts.iter_mut().map(ask_once).collect();
    assert!(refused[..WAITING_MAX as usize].iter().all(Option::is_none));
    let Some(Err(StoreError::Unavailable { operation, detail })) = &refused[WAITING_MAX as usize] else {
        panic!("one more was taken: {:?}", refused[WAITING_MAX as usize]);
    };
    assert_eq!(
        (*operation, detail.as_str()),
        ("begin a session", "too many operations wait")
    );

    let mut ends: Vec<_> = (0..=WAITING_REVOKING_MAX)
        .map(|number| Box::pin(store.revoke_session(sample::revoke(sample::session("alice", number).id))))
        .collect();
    let refused: Vec<_> = ends.iter_mut().map(ask_once).collect();
    assert!(
        refused[..WAITING_REVOKING_MAX as usize]
            .iter()
            .all(Option::is_none)
    );
    assert!(matches!(
        refused[WAITING_REVOKING_MAX as usize],
        Some(Err(StoreError::Unavailable { .. }))
    ));

    gate.open();
    revoked.join_all().await;
    inserts.pop();
    ends.pop();
    for step in inserts {
        assert!(matches!(step.await, Ok(Inserted::Done { .. })));
    }
    for step in ends {
        assert!(matches!(step.await, Ok(Revoked::Done(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_sees_every_change_that_was_answered() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let mut tasks = tokio::task::JoinSet::new();
    for subject in 0..16 {
        let store = store.clone();
        tasks.spawn(async move {
            for number in 0..50 {
                let session = sample::session(&format!("subject {subject}"), number);
                begin(&store, &session).await;
                let found = store.find_session(session.id).await.unwrap().unwrap();
                assert_eq!(found.session.id, session.id);
                store.revoke_session(sample::revoke(session.id)).await.unwrap();
                let found = store.find_session(session.id).await.unwrap().unwrap();
                assert_ne!(found.session.state, session.state);
            }
        });
    }
    tasks.join_all().await;
}

/// A store with room for few pages stands for a full disk: SQLite answers both alike.
#[tokio::test]
async fn a_full_store_refuses_and_serves_again_by_itself() {
    let folder = Folder::new();
    let (store, _) = SqlStore::open(symbolon_store_sql::OpenSqlite {
        pages_max: Some(80),
        ..folder.options()
    })
    .unwrap();
    let mut written = Vec::new();
    let refused = loop {
        let session = sample::session("alice", u32::try_from(written.len()).unwrap());
        match store.insert_session(sample::insert(session.clone())).await {
            Ok(_) => written.push(session.id),
            Err(error) => break error,
        }
        assert!(written.len() < 10_000, "the store is never full");
    };
    let StoreError::Unavailable { operation, detail } = &refused else {
        panic!("not unavailable: {refused:?}");
    };
    assert_eq!(
        (*operation, detail.as_str()),
        ("begin a session", "database or disk is full")
    );
    // Reads go on, and nothing that was answered is lost.
    for id in &written {
        assert!(store.find_session(*id).await.unwrap().is_some());
    }
    let purged = store
        .purge(symbolon_core::store::PurgeOrder {
            now: sample::at(0).after(std::time::Duration::from_secs(100 * 86_400)),
            keep_ended: std::time::Duration::ZERO,
            keep_log: std::time::Duration::ZERO,
            keep_audit: std::time::Duration::ZERO,
            batch: 10_000,
        })
        .await
        .unwrap();
    assert_eq!(purged.sessions, written.len() as u64);
    begin(&store, &sample::session("bob", 1)).await;
    store.ping().await.unwrap();
}
