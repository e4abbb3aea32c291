//! What nodes tell each other.

use std::sync::Arc;

use symbolon_core::member::Incarnation;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::signal::{Acknowledgement, Signal, Signals as _};
use symbolon_redis::RedisCache;
use symbolon_testkit::contract::sample::{at, subject};
use symbolon_testkit::servers::{Redis, StartRedis};

use crate::it::given::{Notes, id, keys, options, until};

/// A node that hears, and what it has heard.
async fn listening(redis: &Redis, cluster: u8) -> (RedisCache, Notes) {
    let notes = Notes::default();
    let mut options = options(redis.url());
    options.keys = keys(cluster);
    options.sink = Some(Arc::new(notes.clone()));
    let cache = RedisCache::open(options).unwrap();
    until("it is here and listens", || {
        cache.figures().here && cache.figures().listening
    })
    .await;
    (cache, notes)
}

fn row(seq: u64, kind: LogKind) -> LogRow {
    LogRow {
        seq: RevocationSeq(seq),
        prev_seq: RevocationSeq(seq - 1),
        id: [3; 16],
        kind,
        at: at(5),
        reason: RevocationReason::Kicked,
    }
}

fn rows() -> Signal {
    let of_a_subject = LogKind::Subject {
        subject: subject("alice"),
        keep: vec![id(2)],
    };
    Signal::Rows(vec![row(8, LogKind::Session(id(1))), row(9, of_a_subject)])
}

fn applied(seq: u64) -> Signal {
    Signal::Applied(Acknowledgement {
        incarnation: Incarnation::from_bytes([4; 16]),
        seq: RevocationSeq(seq),
        id: [5; 16],
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_node_says_the_others_hear() {
    let redis = StartRedis::default().start();
    let (one, own) = listening(&redis, 1).await;
    let (_other, notes) = listening(&redis, 1).await;
    for signal in [rows(), Signal::Grown(RevocationSeq(9)), applied(9)] {
        one.send(signal.clone());
        until("it is heard", || notes.count(&signal) == 1).await;
    }
    assert_eq!(notes.all()[0], Signal::Missed);
    assert_eq!(notes.all().len(), 4);
    until("its own come back", || own.all().len() == 4).await;
    assert_eq!((one.figures().sent, one.figures().refused), (3, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_stranger_says_is_not_heard() {
    let redis = StartRedis::default().start();
    let (ours, notes) = listening(&redis, 1).await;
    let (copy, _) = listening(&redis, 2).await;
    copy.send(rows());
    copy.send(applied(99));
    redis.cli(&["PUBLISH", "sy:rev", "nonsense"]);
    redis.cli(&["PUBLISH", "sy:ack", ""]);
    publish(&redis, "sy:rev", &[b'x'; 300_000]);
    until("all were refused", || ours.figures().refused == 5).await;
    assert_eq!(notes.all(), [Signal::Missed]);
    // And it goes on hearing its own.
    ours.send(rows());
    until("it is heard", || notes.count(&rows()) == 1).await;
}

/// A replayed one is genuine: it says what was true, that this member had come as far. Who waits for more is not served.
#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledgement_that_is_replayed_says_what_it_said() {
    let redis = StartRedis::default().start();
    let (one, notes) = listening(&redis, 1).await;
    let mut tap = redis
        .client()
        .args(["--raw", "SUBSCRIBE", "sy:ack"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let subscribers = || redis.cli(&["PUBSUB", "NUMSUB", "sy:ack"]).ends_with('2');
    until("the tap listens", subscribers).await;
    one.send(applied(7));
    until("it is heard", || notes.count(&applied(7)) == 1).await;
    let mut tapped = Vec::new();
    let mut stream = tap.stdout.take().unwrap();
    let marker = b"message\nsy:ack\n";
    let recorded = loop {
        let mut piece = [0; 4_096];
        let length = std::io::Read::read(&mut stream, &mut piece).unwrap();
        tapped.extend_from_slice(&piece[..length]);
        let begin = tapped.windows(marker.len()).position(|window| window == marker);
        // version, sort, incarnation, position, id, sum
        if let Some(message) = begin.and_then(|at| tapped.get(at + marker.len()..at + marker.len() + 58)) {
            break message.to_vec();
        }
    };
    tap.kill().unwrap();
    tap.wait().unwrap();

    one.send(applied(8));
    until("it is heard", || notes.count(&applied(8)) == 1).await;
    publish(&redis, "sy:ack", &recorded);
    until("the old one is heard again", || notes.count(&applied(7)) == 2).await;
    // On the other channel, or with another position, it is nothing.
    publish(&redis, "sy:rev", &recorded);
    let mut later = recorded;
    later[25] = 99;
    publish(&redis, "sy:ack", &later);
    until("both are refused", || one.figures().refused == 2).await;
    assert_eq!(notes.all().len(), 4);
}

/// With bytes that are no text.
fn publish(redis: &Redis, channel: &str, message: &[u8]) {
    use std::io::Write as _;
    let mut client = redis
        .client()
        .args(["-x", "PUBLISH", channel])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(message).unwrap();
    assert!(client.wait().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_broken_way_the_log_is_to_be_read() {
    let redis = StartRedis::default().start();
    let (one, notes) = listening(&redis, 1).await;
    redis.kill9();
    until("nobody is heard", || !one.figures().listening).await;
    one.send(rows());
    redis.start_again();
    until("it listens again", || notes.count(&Signal::Missed) == 2).await;
    until("redis is here", || one.figures().here).await;
    one.send(applied(9));
    until("it is heard", || notes.count(&applied(9)) == 1).await;
    assert_eq!(notes.count(&rows()), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_is_silent_is_given_up() {
    let redis = StartRedis::default().start();
    let (one, notes) = listening(&redis, 1).await;
    redis.freeze();
    until("it is noticed", || !one.figures().listening).await;
    redis.thaw();
    until("it listens again", || notes.count(&Signal::Missed) == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_redis_closes_is_made_anew() {
    let redis = StartRedis::default().start();
    let (one, notes) = listening(&redis, 1).await;
    redis.cli(&["CLIENT", "KILL", "TYPE", "pubsub"]);
    until("it listens again", || notes.count(&Signal::Missed) == 2).await;
    one.send(rows());
    until("it is heard", || notes.count(&rows()) == 1).await;
}
