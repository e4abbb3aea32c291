//! What becomes of the store when its Redis is broken in every way.

use std::collections::HashSet;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use symbolon_core::revocation::{LogRow, RevocationSeq};
use symbolon_core::session::{Session, SessionId};
use symbolon_core::store::{Inserted, MemberStore as _, Revoked, SessionStore as _, StoreError, Upkeep as _};
use symbolon_redis::RedisStore;
use symbolon_testkit::contract::Recorded;
use symbolon_testkit::contract::sample::{at, insert, revoke, session};
use symbolon_testkit::servers::{Redis, StartRedis};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::given::{begin, end, options, prefix, shared, told};

/// Less than the head jumps.
const FAR: u64 = 1 << 20;

/// One that keeps what it acknowledges.
fn durable() -> Redis {
    StartRedis::default().durable().start()
}

async fn opened(redis: &Redis) -> (RedisStore, Arc<Recorded>) {
    let sink = Arc::new(Recorded::default());
    let told = told(redis.url(), "sy", Arc::clone(&sink) as _);
    (RedisStore::open(told).await.unwrap().0, sink)
}

/// Waits until the store reads and writes again, for ten seconds at the most.
async fn until_here(store: &RedisStore) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while let Err(error) = store.ping().await {
        assert!(Instant::now() < deadline, "it does not come back: {error}");
        sleep(Duration::from_millis(5)).await;
    }
}

fn unavailable<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Err(StoreError::Unavailable { detail, .. }) => detail,
        other => panic!("it should be away: {other:?}"),
    }
}

fn assert_chain(rows: &[LogRow]) {
    for pair in rows.windows(2) {
        assert_eq!(pair[1].prev_seq, pair[0].seq, "{pair:?}");
        assert!(pair[1].seq > pair[0].seq, "{pair:?}");
    }
}

/// Ends sessions at the same time; gives the rows as the sink had them.
async fn end_all(store: &RedisStore, sink: &Recorded, sessions: &[Session]) -> Vec<LogRow> {
    let before = sink.rows().len();
    let mut tasks = JoinSet::new();
    for session in sessions {
        let (store, id) = (store.clone(), session.id);
        tasks.spawn(async move { store.revoke_session(revoke(id)).await.unwrap() });
    }
    for ended in tasks.join_all().await {
        assert!(matches!(ended, Revoked::Done(_)), "{ended:?}");
    }
    sink.rows().split_off(before)
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_killed_and_started_again_has_lost_nothing_and_takes_no_position_twice() {
    let redis = durable();
    let (store, sink) = opened(&redis).await;
    let sessions: Vec<_> = (0..3).map(|number| session("alice", number)).collect();
    for session in &sessions {
        begin(&store, session).await;
    }
    let last = end(&store, sessions[0].id).await;
    redis.kill9();
    let asked = Instant::now();
    while store.find_session(sessions[0].id).await.is_ok() {
        sleep(Duration::from_millis(1)).await;
    }
    assert!(asked.elapsed() < Duration::from_secs(2));
    unavailable(store.revoke_session(revoke(sessions[1].id)).await);
    redis.start_again();
    until_here(&store).await;
    let found = store.find_session(sessions[0].id).await.unwrap().unwrap();
    assert!(found.session.revoked(found.cut).is_some());
    assert!(store.find_session(sessions[1].id).await.unwrap().is_some());
    // Nobody has opened it anew: the script has found out by itself.
    let next = end(&store, sessions[1].id).await;
    assert!(next.seq.0 >= last.seq.0 + FAR, "{last:?} {next:?}");
    assert!(next.prev_seq > last.seq);
    let after = end(&store, sessions[2].id).await;
    assert_eq!((after.prev_seq, after.seq.0), (next.seq, next.seq.0 + 1));
    assert_eq!(sink.rows(), [last, next, after]);
}

/// A proxy between the two may hide it: nothing but what the script itself sees counts.
#[tokio::test(flavor = "multi_thread")]
async fn another_run_of_the_server_is_found_in_the_step_that_takes_a_position() {
    let (prefix, sink) = (prefix(), Arc::new(Recorded::default()));
    let told = told(shared().url(), &prefix, Arc::clone(&sink) as _);
    let (store, opened) = RedisStore::open(told).await.unwrap();
    let sessions: Vec<_> = (0..96).map(|number| session("alice", number)).collect();
    for session in &sessions {
        begin(&store, session).await;
    }
    let before = end_all(&store, &sink, &sessions[..32]).await;
    assert_eq!(before[0].prev_seq, opened.head);
    let meta = format!("{{{prefix}}}:m");
    shared().cli(&["HSET", &meta, "boot", "another"]);
    let after = end_all(&store, &sink, &sessions[32..]).await;
    assert_eq!((before.len(), after.len()), (32, 64));
    assert_chain(&before);
    assert_chain(&after);
    assert!(after[0].prev_seq.0 >= before[31].seq.0 + FAR);
    let ids: HashSet<_> = before.iter().chain(&after).map(|row| row.id).collect();
    assert_eq!(ids.len(), 96);
    let page = store.read_log(RevocationSeq::ZERO, 1_000).await.unwrap();
    assert_eq!(page.rows, [before, after].concat());
}

/// The followers see that the row they know is not there, and write again what was lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_before_is_found_out_by_the_log_and_mended_by_proposals() {
    let redis = durable();
    let (store, _) = opened(&redis).await;
    let (kept, lost) = (session("alice", 0), session("alice", 1));
    begin(&store, &kept).await;
    begin(&store, &lost).await;
    let first = end(&store, kept.id).await;
    redis.stop();
    redis.copy_disk();
    redis.start_again();
    until_here(&store).await;
    let second = end(&store, lost.id).await;
    redis.kill9();
    redis.put_disk_back();
    redis.start_again();
    until_here(&store).await;
    let page = store.read_log(second.seq, 10).await.unwrap();
    assert!(page.head < second.seq && page.rows.is_empty(), "{page:?}");
    assert_eq!(store.read_log(first.seq, 10).await.unwrap().rows, [first]);
    let again = store.propose_again(vec![second.clone()], at(900)).await.unwrap();
    assert_eq!(again.len(), 1);
    assert!(again[0].seq > second.seq, "{again:?}");
    let found = store.find_session(lost.id).await.unwrap().unwrap();
    assert!(found.session.revoked(found.cut).is_some());
    assert_eq!(store.propose_again(vec![second], at(901)).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_memory_nothing_is_written_by_half_and_reads_go_on() {
    let redis = StartRedis::default().start();
    let (store, sink) = opened(&redis).await;
    let (first, second) = (session("alice", 0), session("alice", 1));
    begin(&store, &first).await;
    let before = redis.cli(&["XLEN", "{sy}:audit"]);
    redis.cli(&["CONFIG", "SET", "maxmemory", "1"]);
    let detail = unavailable(store.insert_session(insert(second.clone())).await);
    assert!(
        detail.starts_with("redis has no memory left: raise maxmemory"),
        "{detail}"
    );
    unavailable(store.revoke_session(revoke(first.id)).await);
    assert_eq!(store.find_session(second.id).await.unwrap(), None);
    let found = store.find_session(first.id).await.unwrap().unwrap();
    assert_eq!(found.session.revoked(found.cut), None);
    assert_eq!(redis.cli(&["XLEN", "{sy}:audit"]), before);
    assert_eq!(sink.rows(), []);
    redis.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    begin(&store, &second).await;
    end(&store, first.id).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_redis_forgets_are_given_to_it_again() {
    let redis = StartRedis::default().start();
    let (store, sink) = opened(&redis).await;
    let sessions: Vec<_> = (0..40).map(|number| session("alice", number)).collect();
    for session in &sessions {
        redis.cli(&["SCRIPT", "FLUSH"]);
        begin(&store, session).await;
        redis.cli(&["SCRIPT", "FLUSH"]);
        assert!(store.find_session(session.id).await.unwrap().is_some());
    }
    redis.cli(&["SCRIPT", "FLUSH"]);
    let rows = end_all(&store, &sink, &sessions).await;
    assert_eq!(rows.len(), 40);
    assert_chain(&rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_redis_is_away_within_the_deadline_and_here_again_when_it_goes_on() {
    let redis = StartRedis::default().start();
    let (store, _) = opened(&redis).await;
    let first = session("alice", 0);
    begin(&store, &first).await;
    redis.freeze();
    let asked = Instant::now();
    unavailable(store.find_session(first.id).await);
    assert!(
        asked.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        asked.elapsed()
    );
    let asked = Instant::now();
    unavailable(store.revoke_session(revoke(first.id)).await);
    assert!(
        asked.elapsed() < Duration::from_millis(3_000),
        "{:?}",
        asked.elapsed()
    );
    redis.thaw();
    until_here(&store).await;
    // What was sent may have been done: then it is said.
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match store.revoke_session(revoke(first.id)).await {
            Ok(Revoked::Done(_) | Revoked::Already { .. }) => break,
            other => assert!(Instant::now() < deadline, "{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_server_closes_are_made_anew() {
    let redis = StartRedis::default().start();
    let (store, _) = opened(&redis).await;
    for number in 0..20 {
        let session = session("alice", number);
        until_here(&store).await;
        begin_at_last(&store, &session).await;
        redis.cli(&["CLIENT", "KILL", "TYPE", "normal"]);
    }
    until_here(&store).await;
    assert_eq!(store.walk_sessions(None, 100).await.unwrap().len(), 20);
}

/// The connection may be gone before it is known: then the step is asked for again, and it may have been done.
async fn begin_at_last(store: &RedisStore, session: &Session) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match store.insert_session(insert(session.clone())).await {
            Ok(Inserted::Done { .. }) => return,
            Err(StoreError::Damaged { detail, .. }) => {
                assert_eq!(detail, "there is a session of that id already");
                return;
            }
            other => assert!(Instant::now() < deadline, "{other:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_primary_that_was_made_a_replica_is_left() {
    let (redis, other) = (StartRedis::default().start(), StartRedis::default().start());
    let (store, _) = opened(&redis).await;
    let of = other.address();
    redis.cli(&["REPLICAOF", &of.ip().to_string(), &of.port().to_string()]);
    let detail = unavailable(store.insert_session(insert(session("alice", 0))).await);
    assert!(detail.contains("replica"), "{detail}");
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        // A connection that is made now is refused as well, so reads are no older ones.
        let read = store.find_session(session("alice", 0).id).await;
        match read {
            Err(StoreError::Unavailable { .. }) => break,
            other => assert!(Instant::now() < deadline, "{other:?}"),
        }
    }
    redis.cli(&["REPLICAOF", "NO", "ONE"]);
    redis.cli(&["FLUSHALL"]);
    let (store, _) = opened(&redis).await;
    begin(&store, &session("alice", 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_somebody_else_wrote_is_damage_and_no_answer() {
    let prefix = prefix();
    let (store, _) = RedisStore::open(options(shared().url(), &prefix)).await.unwrap();
    let (foreign, cut_short) = (session("alice", 0), session("alice", 1));
    shared().cli(&["SET", &format!("{{{prefix}}}:s:{}", foreign.id), "x"]);
    begin(&store, &cut_short).await;
    let key = format!("{{{prefix}}}:s:{}", cut_short.id);
    let cut = "redis.call('SET', KEYS[1], string.sub(redis.call('GET', KEYS[1]), 1, -2))";
    shared().cli(&["EVAL", cut, "1", &key]);
    for id in [foreign.id, cut_short.id] {
        let found = store.find_session(id).await;
        assert!(matches!(found, Err(StoreError::Damaged { .. })), "{found:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_endless_script_makes_the_store_busy() {
    let redis = StartRedis::default()
        .setting("busy-reply-threshold", "50")
        .start();
    let (store, _) = opened(&redis).await;
    let mut endless = redis.client();
    let endless = endless.args(["EVAL", "while true do end", "0"]);
    let mut endless = endless.stdout(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match store.find_session(SessionId::from_bytes([0; 16])).await {
            Err(StoreError::Unavailable { detail, .. }) if detail.starts_with("redis is busy") => break,
            other => assert!(Instant::now() < deadline, "{other:?}"),
        }
    }
    redis.cli(&["SCRIPT", "KILL"]);
    endless.wait().unwrap();
    until_here(&store).await;
}
