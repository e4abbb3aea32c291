//! What a store on a server promises beyond the contract: other processes, and a server that goes away.

use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;

use symbolon_core::audit::AuditEvent;
use symbolon_core::revocation::{LogRow, LogSink, RevocationReason};
use symbolon_core::session::SessionId;
use symbolon_core::store::{
    Activity, CutSubject, Inserted, Revoked, SessionStore as _, StoreError, Upkeep as _,
};
use symbolon_core::token::KeyCheck;
use symbolon_store_sql::{OpenServer, OpenServerError, SqlStore};
use symbolon_testkit::contract::{Recorded, sample};
use symbolon_testkit::servers::Start;
use tokio::time::Instant;

use super::given::begin;
use super::on_server::{
    Client as _, PlaceOn, Server, aside, assert_told, eventually, on_each_server, open, server_options,
    unavailable,
};
use super::proxy::{Cut, Proxy};

on_each_server! {
    processes_that_start_at_once_make_one_store,
    a_store_that_is_opened_again_has_what_was_written_and_its_place_in_the_log,
    a_killed_server_is_unavailable_and_serves_again_within_a_second,
    a_server_that_stands_still_is_given_up_in_time_and_serves_again_within_a_second,
    a_server_that_stood_still_finds_no_crowd_of_connections_when_it_goes_on,
    of_two_that_wait_for_each_other_ours_is_done_again,
    a_wire_that_is_cut_before_the_commit_is_not_noticed,
    a_lock_that_is_not_given_is_given_up_in_time_and_ends_of_others_get_through,
    a_session_that_is_kept_does_not_outlive_an_end_of_everyone_meanwhile,
    a_value_that_cannot_be_is_named_by_its_column,
    a_store_whose_sink_holds_it_is_closed_all_the_same,
    a_client_that_stands_still_with_the_head_of_the_log_stops_nobody_for_long,
    a_look_before_the_start_changes_nothing_and_says_what_is_there,
}

/// How far the head of the log jumps at the least after a restart of the server.
const JUMP: u64 = 1 << 20;

/// Locks a session.
fn lock<S: Server>(id: SessionId) -> String {
    let id = S::bytes(id.as_bytes());
    format!("SELECT subject FROM sessions WHERE session_id = {id} FOR UPDATE")
}

async fn processes_that_start_at_once_make_one_store<S: Server>() {
    let place = PlaceOn::<S>::new();
    let starts: Vec<_> = (0..6)
        .map(|_| {
            let url = place.url();
            std::thread::spawn(move || open(&url))
        })
        .collect();
    let opened: Vec<_> = starts.into_iter().map(|start| start.join().unwrap()).collect();
    let found: Vec<_> = opened.iter().map(|(_, _, opened)| *opened).collect();
    assert_eq!(found.iter().filter(|opened| opened.fresh).count(), 1);
    for opened in &found {
        assert_eq!(
            (opened.cluster_id, opened.head),
            (found[0].cluster_id, found[0].head)
        );
    }
    let session = sample::session("alice", 0);
    begin(&opened[0].0, &session).await;
    for (store, _, _) in &opened {
        assert!(store.find_session(session.id).await.unwrap().is_some());
    }
}

async fn a_store_that_is_opened_again_has_what_was_written_and_its_place_in_the_log<S: Server>() {
    let place = PlaceOn::<S>::new();
    let session = sample::session("alice", 0);
    let (store, _, first) = place.open();
    begin(&store, &session).await;
    let ended = store.revoke_session(sample::revoke(session.id)).await.unwrap();
    let Revoked::Done(row) = ended else {
        panic!("{ended:?}")
    };
    store.close().await;
    assert_eq!(
        unavailable(store.find_session(session.id).await),
        "the store is closed"
    );
    let (store, _, second) = place.open();
    assert!(first.fresh && !second.fresh);
    assert_eq!(second.cluster_id, first.cluster_id);
    assert_eq!(second.head, row.seq, "the server is the same");
    assert!(store.find_session(session.id).await.unwrap().is_some());
}

async fn a_killed_server_is_unavailable_and_serves_again_within_a_second<S: Server>() {
    let server = Start::<S>::default().start();
    let (store, sink, opened) = open(&server.url());
    let sessions: Vec<_> = (0..4).map(|number| sample::session("alice", number)).collect();
    for session in &sessions {
        begin(&store, session).await;
    }
    let before = store
        .revoke_session(sample::revoke(sessions[0].id))
        .await
        .unwrap();
    let Revoked::Done(before) = before else {
        panic!("{before:?}")
    };
    server.kill9();
    for _ in 0..3 {
        let asked = Instant::now();
        unavailable(store.find_session(sessions[1].id).await);
        unavailable(store.revoke_session(sample::revoke(sessions[1].id)).await);
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    }
    server.start_again();
    let back = Instant::now();
    eventually(async || store.find_session(sessions[1].id).await.is_ok()).await;
    assert!(back.elapsed() < Duration::from_secs(1), "{:?}", back.elapsed());
    for session in &sessions {
        assert!(store.find_session(session.id).await.unwrap().is_some());
    }
    // The first end after the restart moves the head of the log first.
    let after = store
        .revoke_session(sample::revoke(sessions[1].id))
        .await
        .unwrap();
    let Revoked::Done(after) = after else {
        panic!("{after:?}")
    };
    assert!(before.seq > opened.head && after.seq.0 > before.seq.0 + JUMP);
    let next = store
        .revoke_session(sample::revoke(sessions[2].id))
        .await
        .unwrap();
    assert!(
        matches!(&next, Revoked::Done(row) if row.prev_seq == after.seq),
        "{next:?}"
    );
    assert_told(&store, &sink, &before).await;
    // Who opens after another restart finds it moved already.
    store.close().await;
    server.stop();
    server.start_again();
    let (_, _, reopened) = open(&server.url());
    assert!(reopened.head.0 > after.seq.0 + JUMP);
}

async fn a_server_that_stands_still_is_given_up_in_time_and_serves_again_within_a_second<S: Server>() {
    let server = Start::<S>::default().start();
    let (store, sink, _) = open(&server.url());
    let sessions: Vec<_> = (0..3).map(|number| sample::session("alice", number)).collect();
    for session in &sessions {
        begin(&store, session).await;
    }
    server.freeze();
    let asked = Instant::now();
    unavailable(store.find_session(sessions[0].id).await);
    assert!(
        asked.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        asked.elapsed()
    );
    // Several at once: none waits for another.
    let ends = [0, 1].map(|number| {
        let (store, id) = (store.clone(), sessions[number].id);
        aside(async move { store.revoke_session(sample::revoke(id)).await })
    });
    for end in ends {
        unavailable(end.end().await);
    }
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    server.thaw();
    let back = Instant::now();
    eventually(async || store.find_session(sessions[0].id).await.is_ok()).await;
    assert!(back.elapsed() < Duration::from_secs(1), "{:?}", back.elapsed());
    // Whatever became of the first two ends, the third is told after them.
    let last = store
        .revoke_session(sample::revoke(sessions[2].id))
        .await
        .unwrap();
    assert!(matches!(last, Revoked::Done(_)), "{last:?}");
    assert_told(&store, &sink, &sink.rows()[0]).await;
}

async fn a_server_that_stood_still_finds_no_crowd_of_connections_when_it_goes_on<S: Server>() {
    let server = Start::<S>::default().start();
    let proxy = Proxy::before(server.address(), S::COMMIT).await;
    let (store, _, _) = open(&server.url_at(proxy.address()));
    let session = sample::session("alice", 0);
    begin(&store, &session).await;
    let before = proxy.wires();
    server.freeze();
    let frozen = Instant::now();
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let (store, id) = (store.clone(), session.id);
            aside(async move {
                while frozen.elapsed() < Duration::from_secs(2) {
                    unavailable(store.find_session(id).await);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.end().await;
    }
    // Each try takes half a second, the patience of a read; unbounded it would be sixteen at a time.
    assert!(proxy.wires() - before <= 16, "{}", proxy.wires() - before);
    server.thaw();
    eventually(async || store.find_session(session.id).await.is_ok()).await;
}

async fn of_two_that_wait_for_each_other_ours_is_done_again<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (store, _, _) = place.open();
    let mut sessions = [sample::session("alice", 0), sample::session("alice", 1)];
    sessions.sort_by_key(|session| session.id);
    for session in &sessions {
        begin(&store, session).await;
    }
    let [first, second] = sessions.map(|session| session.id);
    let mut other = place.beside().await;
    let mut look = place.beside().await;
    other.run("BEGIN").await;
    let lock = lock::<S>;
    // InnoDB undoes the one that has changed less.
    for _ in 0..10 {
        other.run("UPDATE audit SET at = at + 1").await;
    }
    other.run(&lock(second)).await;
    let uses = [first, second].map(|session_id| Activity {
        session_id,
        seen_at: sample::at(900),
        idle_expires_at: sample::at(3_600_900),
    });
    let recording = aside({
        let store = store.clone();
        async move { store.record_activity(uses.to_vec()).await }
    });
    place.until_waiting(&mut look, 1).await;
    // Ours waits for the second and holds the first: it is the one that waits longer, and is undone.
    other.run(&lock(first)).await;
    other.run("COMMIT").await;
    recording.end().await.unwrap();
    for id in [first, second] {
        let found = store.find_session(id).await.unwrap().unwrap();
        assert_eq!(found.session.last_seen_at, sample::at(900));
    }
}

async fn a_wire_that_is_cut_before_the_commit_is_not_noticed<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (store, _, _) = place.open();
    let session = sample::session("alice", 0);
    begin(&store, &session).await;
    let mut look = place.beside().await;
    for _ in 0..3 {
        let mut other = place.beside().await;
        other.run("BEGIN").await;
        let lock = lock::<S>;
        other.run(&lock(session.id)).await;
        let recording = aside({
            let store = store.clone();
            let used = Activity {
                session_id: session.id,
                seen_at: sample::at(900),
                idle_expires_at: sample::at(3_600_900),
            };
            async move { store.record_activity(vec![used]).await }
        });
        place.until_waiting(&mut look, 1).await;
        let waiting = S::waiting(&mut look).await;
        assert_eq!(waiting.len(), 1);
        look.run(&S::kill(&waiting[0])).await;
        other.run("ROLLBACK").await;
        recording.end().await.unwrap();
    }
}

async fn a_lock_that_is_not_given_is_given_up_in_time_and_ends_of_others_get_through<S: Server>() {
    let place = PlaceOn::<S>::new();
    let options = OpenServer {
        connections_max: 1,
        ..server_options(&place.url(), Arc::new(Recorded::default()))
    };
    let (store, _) = SqlStore::open_server(options).unwrap();
    let (alice, bob) = (sample::session("alice", 0), sample::session("bob", 0));
    begin(&store, &alice).await;
    begin(&store, &bob).await;
    let mut other = place.beside().await;
    let mut look = place.beside().await;
    other.run("BEGIN").await;
    let lock = "SELECT epoch FROM subjects WHERE subject = 'alice' FOR UPDATE";
    other.run(lock).await;
    let asked = Instant::now();
    let log_in = aside({
        let store = store.clone();
        async move {
            store
                .insert_session(sample::insert(sample::session("alice", 1)))
                .await
        }
    });
    place.until_waiting(&mut look, 1).await;
    // The only ordinary connection waits; an end has one of its own.
    let ended = store.revoke_session(sample::revoke(bob.id)).await;
    assert!(matches!(ended, Ok(Revoked::Done(_))), "{ended:?}");
    assert!(asked.elapsed() < Duration::from_secs(2), "{:?}", asked.elapsed());
    assert_eq!(
        unavailable(store.find_session(bob.id).await),
        "all connections are busy"
    );
    let said = unavailable(log_in.end().await);
    assert!(S::GIVEN_UP.contains(&said.as_str()), "{said}");
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    other.run("ROLLBACK").await;
    let inserted = store
        .insert_session(sample::insert(sample::session("alice", 1)))
        .await;
    assert!(matches!(inserted, Ok(Inserted::Done { .. })), "{inserted:?}");
}

/// Two nodes: one ends everyone's sessions while the other, which looked before, ends alice's but one.
async fn a_session_that_is_kept_does_not_outlive_an_end_of_everyone_meanwhile<S: Server>() {
    let place = PlaceOn::<S>::new();
    let ((one, _, _), (two, _, _)) = (place.open(), place.open());
    let session = sample::session("alice", 0);
    begin(&one, &session).await;
    let mut other = place.beside().await;
    let mut look = place.beside().await;
    other.run("BEGIN").await;
    other.run("SELECT seq FROM rev_head FOR UPDATE").await;
    let everyone = aside(async move {
        let audit = sample::entry(AuditEvent::EveryoneRevoked, 700);
        one.cut_everyone(RevocationReason::Revoked, audit).await
    });
    place.until_waiting(&mut look, 1).await;
    let cut = CutSubject {
        subject: sample::subject("alice"),
        reason: RevocationReason::Kicked,
        keep: vec![session.id],
        device_kind: None,
        audit: sample::entry(AuditEvent::SubjectRevoked, 701),
    };
    let subject = aside({
        let two = two.clone();
        async move { two.cut_subject(cut).await }
    });
    place.until_waiting(&mut look, 2).await;
    other.run("ROLLBACK").await;
    let everyone = everyone.end().await.unwrap().rows.remove(0);
    let subject = subject.end().await.unwrap().rows.remove(0);
    assert_eq!(subject.prev_seq, everyone.seq, "everyone's came first");
    let found = two.find_session(session.id).await.unwrap().unwrap();
    assert!(found.session.ended(found.cut, sample::at(800)).is_some());
}

async fn a_value_that_cannot_be_is_named_by_its_column<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (store, _, _) = place.open();
    let session = sample::full_session();
    begin(&store, &session).await;
    let mut look = place.beside().await;
    let ip = format!("ip = {}", S::bytes(&[1, 2]));
    for (change, said) in [
        (ip.as_str(), "ip has 2 bytes"),
        ("kid = -1", "kid is out of range: -1"),
        ("subject = ''", "subject: it must not be empty"),
    ] {
        look.run(&format!("UPDATE sessions SET {change}")).await;
        match store.find_session(session.id).await {
            Err(StoreError::Damaged { detail, .. }) => assert_eq!(detail, said),
            other => panic!("{change}: {other:?}"),
        }
        look.run("UPDATE sessions SET ip = NULL, kid = 1").await;
    }
    look.run("DROP TABLE sessions").await;
    assert!(matches!(
        store.find_session(session.id).await,
        Err(StoreError::Damaged { .. })
    ));
}

/// A sink that holds the store that feeds it, as a server's memory may.
#[derive(Default)]
struct Holder(OnceLock<SqlStore>);

impl LogSink for Holder {
    fn committed(&self, _: &[LogRow]) {}
}

async fn a_store_whose_sink_holds_it_is_closed_all_the_same<S: Server>() {
    let place = PlaceOn::<S>::new();
    let holder = Arc::new(Holder::default());
    let (store, _) = SqlStore::open_server(server_options(&place.url(), holder.clone())).unwrap();
    assert!(holder.0.set(store.clone()).is_ok());
    drop(holder);
    store.ping().await.unwrap();
    store.close().await;
    drop(store);
    let mut look = place.beside().await;
    // What it had open is closed: the schema can be removed while nobody holds anything of it.
    S::drop_schema(&mut look, &place.schema).await;
}

/// The first store stands still while it holds the head of the log; the server does not wait for it.
async fn a_client_that_stands_still_with_the_head_of_the_log_stops_nobody_for_long<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (proxy, url) = place.proxy().await;
    let ((frozen, _, _), (other, _, _)) = (open(&url), place.open());
    let [one, two] = [0, 1].map(|number| sample::session("alice", number));
    begin(&other, &one).await;
    begin(&other, &two).await;
    proxy.cut_once(Cut::Withheld);
    let asked = Instant::now();
    let withheld = aside(async move { frozen.revoke_session(sample::revoke(one.id)).await });
    proxy.until_reached().await;
    eventually(async || other.revoke_session(sample::revoke(two.id)).await.is_ok()).await;
    let waited = asked.elapsed();
    assert!(
        waited > Duration::from_secs(1) && waited < Duration::from_secs(6),
        "{waited:?}"
    );
    unavailable(withheld.end().await);
    // What it was about to commit is undone.
    let ended = other.revoke_session(sample::revoke(one.id)).await;
    assert!(matches!(ended, Ok(Revoked::Done(_))), "{ended:?}");
}

async fn a_look_before_the_start_changes_nothing_and_says_what_is_there<S: Server>() {
    let place = PlaceOn::<S>::new();
    let url = place.url();
    let examine = |key| {
        let url = url.clone();
        tokio::task::spawn_blocking(move || SqlStore::examine_server(&url, key))
    };
    let empty = examine(None).await.unwrap().unwrap();
    assert_eq!(empty.schema_version, None);
    assert!(
        empty.connections > 0 && empty.connections_max >= empty.connections,
        "{empty:?}"
    );
    assert!(empty.clock.0 > sample::BEGIN.0, "{empty:?}");
    let (_store, _, opened) = place.open();
    assert!(opened.fresh);
    let found = examine(Some(KeyCheck([1; 32]))).await.unwrap().unwrap();
    assert_eq!(found.schema_version, Some(found.newest_version));
    assert_eq!((&found.engine, &found.place), (&empty.engine, &empty.place));
    let refused = examine(Some(KeyCheck([2; 32]))).await.unwrap();
    assert!(
        matches!(refused, Err(OpenServerError::OtherKey { .. })),
        "{refused:?}"
    );
}
