//! What nodes tell each other over PostgreSQL's notifications.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use symbolon_core::member::Incarnation;
use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::signal::{Acknowledgement, Signal, SignalSink, Signals};
use symbolon_core::store::{Revoked, SessionStore as _};
use symbolon_core::token::{MasterKey, Purpose, SumKey};
use symbolon_store_sql::{OpenServer, Opened, SqlStore};
use symbolon_testkit::contract::{Recorded, sample};
use symbolon_testkit::randomness::Seeded;
use symbolon_testkit::servers::StartPostgres;
use tokio::time::Instant;

use super::given::{Folder, begin};
use super::on_server::{Place, eventually, open, server_options};

/// What a node has heard, in order.
#[derive(Default)]
struct Heard(Mutex<Vec<Signal>>);

impl SignalSink for Heard {
    fn heard(&self, signal: Signal) {
        self.0.lock().unwrap().push(signal);
    }
}

impl Heard {
    fn all(&self) -> Vec<Signal> {
        self.0.lock().unwrap().clone()
    }

    fn missed(&self) -> usize {
        let all = self.all();
        all.iter().filter(|signal| **signal == Signal::Missed).count()
    }

    async fn until(&self, signal: &Signal) {
        eventually(async || self.all().contains(signal)).await;
    }
}

fn key(opened: &Opened) -> SumKey {
    MasterKey::from_bytes([1; 32]).sum_key(Purpose::Ack, &opened.cluster_id, "")
}

/// Begins to speak and hear, and waits until what is said is heard.
async fn signals(store: &SqlStore, opened: &Opened) -> (Arc<dyn Signals>, Arc<Heard>) {
    let heard = Arc::new(Heard::default());
    let signals = store.signals(key(opened), heard.clone()).unwrap();
    heard.until(&Signal::Missed).await;
    (signals, heard)
}

fn applied(node: u8, seq: u64) -> Signal {
    Signal::Applied(Acknowledgement {
        incarnation: Incarnation::from_bytes([node; 16]),
        seq: RevocationSeq(seq),
        id: [9; 16],
    })
}

async fn end_one(store: &SqlStore, number: u32) -> LogRow {
    let session = sample::session("alice", number);
    begin(store, &session).await;
    match store.revoke_session(sample::revoke(session.id)).await.unwrap() {
        Revoked::Done(row) => row,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_hear_how_far_the_log_is_and_how_far_the_others_are() {
    let place = Place::new();
    let (one, _, opened) = place.open();
    let (other, _, _) = place.open();
    let (speaks, heard_by_one) = signals(&one, &opened).await;
    let (answers, heard_by_other) = signals(&other, &opened).await;
    let row = end_one(&one, 0).await;
    speaks.send(Signal::Rows(vec![row.clone()]));
    heard_by_other.until(&Signal::Grown(row.seq)).await;
    answers.send(applied(2, row.seq.0));
    heard_by_one.until(&applied(2, row.seq.0)).await;
    speaks.send(Signal::Grown(RevocationSeq(row.seq.0 + 5)));
    heard_by_other
        .until(&Signal::Grown(RevocationSeq(row.seq.0 + 5)))
        .await;
}

/// Of many that wait only the newest are sent: they say what those before them said.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_signals_is_heard_to_its_end() {
    let place = Place::new();
    let (store, _, opened) = place.open();
    let (speaks, heard) = signals(&store, &opened).await;
    for seq in 1..=100_000 {
        speaks.send(Signal::Grown(RevocationSeq(seq)));
        speaks.send(applied(1, seq));
    }
    heard.until(&Signal::Grown(RevocationSeq(100_000))).await;
    heard.until(&applied(1, 100_000)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_acknowledgement_that_the_key_was_not_used_for_is_not_heard() {
    let place = Place::new();
    let (store, _, opened) = place.open();
    let (speaks, heard) = signals(&store, &opened).await;
    let forger = place.beside().await;
    let channel = format!("symbolon_{:032x}", u128::from_be_bytes(opened.cluster_id));
    let words = "applied 02020202020202020202020202020202 7 09090909090909090909090909090909";
    for payload in [words.to_owned(), format!("{words} {}", "00".repeat(16))] {
        forger
            .query_one("SELECT pg_notify($1, $2)", &[&channel, &payload])
            .await
            .unwrap();
    }
    // What was sent later is heard later.
    speaks.send(applied(1, 8));
    heard.until(&applied(1, 8)).await;
    assert_eq!(heard.all(), [Signal::Missed, applied(1, 8)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_of_one_database_do_not_hear_each_other() {
    let (place, beside) = (Place::new(), Place::new());
    let (store, _, opened) = place.open();
    // Another chance, and so another id of the store.
    let options = OpenServer {
        randomness: Arc::new(Seeded::new(2)),
        ..server_options(&beside.url(), Arc::new(Recorded::default()))
    };
    let (stranger, strange) = SqlStore::open_server(options).unwrap();
    let (speaks, heard) = signals(&store, &opened).await;
    let (shouts, heard_by_stranger) = signals(&stranger, &strange).await;
    shouts.send(Signal::Grown(RevocationSeq(6)));
    heard_by_stranger.until(&Signal::Grown(RevocationSeq(6))).await;
    speaks.send(Signal::Grown(RevocationSeq(7)));
    heard.until(&Signal::Grown(RevocationSeq(7))).await;
    assert_eq!(heard.all(), [Signal::Missed, Signal::Grown(RevocationSeq(7))]);
}

const LISTENING: &str = "FROM pg_stat_activity WHERE application_name = 'symbolon-signals'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_listens_listens_again_within_a_second_and_knows_that_it_missed_something() {
    let server = StartPostgres::default().start();
    let (store, _, opened) = open(&server.url());
    let (speaks, heard) = signals(&store, &opened).await;
    for cut in 1..=2 {
        server.sql(&format!("SELECT pg_terminate_backend(pid, 1000) {LISTENING}"));
        let lost = Instant::now();
        eventually(async || heard.missed() == cut + 1).await;
        assert!(lost.elapsed() < Duration::from_secs(1), "{:?}", lost.elapsed());
    }
    server.kill9();
    // What is sent meanwhile is sent when that is possible.
    speaks.send(Signal::Grown(RevocationSeq(9)));
    server.start_again();
    let back = Instant::now();
    eventually(async || heard.missed() == 4).await;
    assert!(back.elapsed() < Duration::from_secs(1), "{:?}", back.elapsed());
    heard.until(&Signal::Grown(RevocationSeq(9))).await;
    // One that only stands still is noticed too, after a word to oneself and the patience for it.
    server.freeze();
    eventually(async || is_given_up(server.address().port())).await;
    server.thaw();
    eventually(async || heard.missed() == 5).await;
}

/// Whether this side has closed a connection to that port which the other side has not: the kernel lists it as waiting for
/// the other's end (`FIN_WAIT1`, `FIN_WAIT2`).
fn is_given_up(port: u16) -> bool {
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let there = format!(":{port:04X}");
    sockets.lines().any(|socket| {
        let columns: Vec<&str> = socket.split_whitespace().collect();
        columns[2].ends_with(&there) && ["04", "05"].contains(&columns[3])
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_store_listens_no_more() {
    let server = StartPostgres::default().start();
    let (store, _, opened) = open(&server.url());
    let (speaks, _heard) = signals(&store, &opened).await;
    assert_eq!(server.sql(&format!("SELECT count(pid) {LISTENING}")), "1");
    store.close().await;
    eventually(async || server.sql(&format!("SELECT count(pid) {LISTENING}")) == "0").await;
    speaks.send(Signal::Grown(RevocationSeq(1)));
    let (store, _, _) = open(&server.url());
    let (speaks, _heard) = signals(&store, &opened).await;
    drop(speaks);
    assert_eq!(server.sql(&format!("SELECT count(pid) {LISTENING}")), "0");
}

/// A pooler that gives each transaction another connection takes LISTEN and passes nothing on. A function that notifies
/// nobody is as deaf.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hears_nothing_of_itself_lets_the_connection_go() {
    let server = StartPostgres::default().start();
    server.sql("CREATE SCHEMA deaf");
    server.sql("CREATE FUNCTION deaf.pg_notify(text, text) RETURNS text LANGUAGE sql AS 'SELECT ''''::text'");
    let (store, _, opened) = open(&format!(
        "{}&options=-c%20search_path=deaf,pg_catalog",
        server.url()
    ));
    let (speaks, heard) = signals(&store, &opened).await;
    eventually(async || server.sql(&format!("SELECT count(pid) {LISTENING}")) == "0").await;
    speaks.send(Signal::Grown(RevocationSeq(1)));
    // All else goes on.
    end_one(&store, 0).await;
    assert_eq!(heard.all(), [Signal::Missed]);
}

#[tokio::test]
async fn a_store_in_a_file_has_nobody_to_tell() {
    let folder = Folder::new();
    let (store, _) = folder.open();
    let key = MasterKey::from_bytes([1; 32]).sum_key(Purpose::Ack, &[1; 16], "");
    assert!(store.signals(key, Arc::new(Heard::default())).is_none());
}
