//! The heartbeat: nothing else that a process does keeps it from being made.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use symbolon_core::audit::AuditEvent;
use symbolon_core::clock::Timestamp;
use symbolon_core::member::{Incarnation, Member, NodeName};
use symbolon_core::revocation::{LogRow, LogSink, RevocationReason, RevocationSeq};
use symbolon_core::store::{
    CutSubject, Heartbeat, MemberStore as _, Revoked, SessionStore as _, Upkeep as _,
};
use symbolon_store_sql::{Place as SqlitePlace, SqlStore};
use symbolon_testkit::contract::{Recorded, sample};
use symbolon_testkit::servers::StartPostgres;
use tokio::time::Instant;

use super::given::{Folder, begin, options};
use super::on_server::{
    Place, PlaceOn, Server, aside, eventually, on_each_server, open, server_options, unavailable,
};

on_each_server! {
    a_heartbeat_is_made_while_the_thread_of_all_other_work_does_nothing_else,
    the_newest_instant_of_all_heartbeats_is_there_at_the_next_start,
}

fn member(number: u8) -> Member {
    Member {
        node: NodeName::new("a").unwrap(),
        incarnation: Incarnation::from_bytes([number; 16]),
        lease: Duration::from_secs(10),
        beat: 0,
        applied: RevocationSeq::ZERO,
        evicted: false,
        may_fall_back: false,
        addr: None,
        seen_at: sample::at(0),
    }
}

fn beat(number: u8, beat: u64, at: Timestamp) -> Heartbeat {
    Heartbeat {
        incarnation: Incarnation::from_bytes([number; 16]),
        beat,
        applied: RevocationSeq::ZERO,
        at,
    }
}

/// What a node does for its lease.
async fn renew(store: &SqlStore, number: u8, before: u64) {
    let asked = Instant::now();
    let clock = store
        .heartbeat(beat(number, before, sample::at(0)))
        .await
        .unwrap();
    assert!(clock.is_some());
    store.read_log(RevocationSeq::ZERO, 100).await.unwrap();
    assert!(
        asked.elapsed() < Duration::from_millis(500),
        "{:?}",
        asked.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_is_made_while_every_connection_waits_and_no_operation_is_taken() {
    let place = Place::new();
    let (store, _, _) = place.open();
    store.join(member(1)).await.unwrap();
    let mut other = place.beside().await;
    let mut look = place.beside().await;
    let holds = other.transaction().await.unwrap();
    holds
        .query_one("SELECT seq FROM rev_head FOR UPDATE", &[])
        .await
        .unwrap();
    let ends: Vec<_> = (0..40)
        .map(|number| {
            let store = store.clone();
            aside(async move { store.cut_subject(cut(number)).await })
        })
        .collect();
    // Eight for everything, and two for ends of sessions.
    place.until_waiting(&mut look, 10).await;
    let refused = Arc::new(AtomicBool::new(false));
    let flood: Vec<_> = (0..6_000)
        .map(|_| {
            let (store, refused) = (store.clone(), refused.clone());
            aside(async move {
                let answer = store.ping().await;
                if matches!(answer, Err(error) if error.to_string().contains("too many")) {
                    refused.store(true, Ordering::Relaxed);
                }
            })
        })
        .collect();
    // Who asked besides could be taken before the flood has come, and would wait with it until it is over.
    eventually(async || refused.load(Ordering::Relaxed)).await;
    for before in 0..3 {
        renew(&store, 1, before).await;
    }
    holds.rollback().await.unwrap();
    let mut done = Vec::new();
    for end in ends {
        match end.end().await {
            Ok(cut) => done.extend(cut.rows),
            // It has waited too long: it says so, and has left nothing.
            late => assert_ne!(unavailable(late), ""),
        }
    }
    drop(flood);
    eventually(async || {
        let cut = store.cut_subject(cut(40)).await;
        cut.map(|cut| done.extend(cut.rows)).is_ok()
    })
    .await;
    done.sort_unstable_by_key(|row| row.seq);
    let page = store.read_log(RevocationSeq::ZERO, 100).await.unwrap();
    assert_eq!(page.rows, done);
}

fn cut(number: u8) -> CutSubject {
    CutSubject {
        subject: sample::subject(&format!("subject {number}")),
        reason: RevocationReason::Kicked,
        keep: Vec::new(),
        device_kind: None,
        audit: sample::entry(AuditEvent::SubjectRevoked, 1),
    }
}

/// A sink that stands still, and with it the thread that feeds it.
#[derive(Default)]
struct Stuck {
    open: Mutex<bool>,
    reached: Mutex<bool>,
    opened: Condvar,
}

impl LogSink for Stuck {
    fn committed(&self, _: &[LogRow]) {
        *self.reached.lock().unwrap() = true;
        let open = self.open.lock().unwrap();
        drop(self.opened.wait_while(open, |open| !*open).unwrap());
    }
}

async fn a_heartbeat_is_made_while_the_thread_of_all_other_work_does_nothing_else<S: Server>() {
    let place = PlaceOn::<S>::new();
    let sink = Arc::new(Stuck::default());
    let (store, _) = SqlStore::open_server(server_options(&place.url(), sink.clone())).unwrap();
    store.join(member(1)).await.unwrap();
    let session = sample::session("alice", 0);
    begin(&store, &session).await;
    let end = aside({
        let store = store.clone();
        async move { store.revoke_session(sample::revoke(session.id)).await }
    });
    eventually(async || *sink.reached.lock().unwrap()).await;
    for before in 0..3 {
        renew(&store, 1, before).await;
    }
    *sink.open.lock().unwrap() = true;
    sink.opened.notify_all();
    assert!(matches!(end.end().await, Ok(Revoked::Done(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_heartbeat_whose_connection_was_cut_is_made_over_another_at_once() {
    let server = StartPostgres::default().start();
    let (store, _, _) = open(&server.url());
    store.join(member(1)).await.unwrap();
    let there = "FROM pg_stat_activity WHERE application_name = 'symbolon-heartbeat'";
    assert_eq!(server.sql(&format!("SELECT count(pid) {there}")), "1");
    for before in 0..3 {
        renew(&store, 1, before).await;
        server.sql(&format!("SELECT pg_terminate_backend(pid, 1000) {there}"));
    }
    renew(&store, 1, 3).await;
    server.kill9();
    assert!(store.heartbeat(beat(1, 4, sample::at(0))).await.is_err());
    server.start_again();
    let back = Instant::now();
    eventually(async || store.heartbeat(beat(1, 4, sample::at(0))).await.is_ok()).await;
    assert!(back.elapsed() < Duration::from_secs(1), "{:?}", back.elapsed());
}

async fn the_newest_instant_of_all_heartbeats_is_there_at_the_next_start<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (store, _, opened) = place.open();
    assert_eq!(opened.high_water, sample::BEGIN);
    for number in [1, 2] {
        store.join(member(number)).await.unwrap();
    }
    // The second is older; the third is so little newer that it is not worth a write.
    for (number, millis) in [(1, 90_000), (2, 60_000), (2, 90_900)] {
        let before = store.list_members().await.unwrap()[usize::from(number) - 1].beat;
        let made = store.heartbeat(beat(number, before, sample::at(millis))).await;
        assert!(made.unwrap().is_some());
    }
    store.close().await;
    let (store, _, opened) = place.open();
    assert_eq!(opened.high_water, sample::at(90_000));
    let made = store.heartbeat(beat(2, 2, sample::at(91_000))).await;
    assert!(made.unwrap().is_some());
    store.close().await;
    assert_eq!(place.open().2.high_water, sample::at(91_000));
}

#[tokio::test]
async fn a_heartbeat_over_a_file_is_an_instant_as_any_other() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    store.join(member(1)).await.unwrap();
    let made = store.heartbeat(beat(1, 0, sample::at(90_000))).await.unwrap();
    assert_eq!(made, Some(sample::at(90_000)));
    store.close().await;
    let sink = Arc::new(Recorded::default());
    let (_, opened) = SqlStore::open(options(SqlitePlace::File(folder.path()), sink)).unwrap();
    assert_eq!(opened.high_water, sample::at(90_000));
}
