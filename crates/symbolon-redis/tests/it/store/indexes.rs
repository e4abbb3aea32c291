//! What lies beside the sessions: indexes, marks that are made later, ends of keys, the audit record.

use std::collections::HashSet;
use std::time::Duration;

use symbolon_core::audit::{AuditEntry, AuditEvent};
use symbolon_core::policy::OnMax;
use symbolon_core::revocation::RevocationReason;
use symbolon_core::session::{Session, SessionId, SessionState};
use symbolon_core::store::{
    Activity, CutSubject, Heartbeat, InsertSession, Inserted, ListSessions, MemberStore as _, PurgeOrder,
    SessionStore as _, Upkeep as _,
};
use symbolon_redis::RedisStore;
use symbolon_testkit::contract::sample::{BEGIN, at, entry, insert, session, session_on, subject};
use tokio::task::JoinSet;

use super::given::{begin, end, options, prefix, shared};

const DAY: Duration = Duration::from_secs(86_400);

/// A store, and what its keys begin with.
async fn opened() -> (RedisStore, String) {
    let prefix = prefix();
    let (store, _) = RedisStore::open(options(shared().url(), &prefix)).await.unwrap();
    (store, format!("{{{prefix}}}:"))
}

async fn begin_all(store: &RedisStore, sessions: &[Session]) {
    for wave in sessions.chunks(200) {
        let mut tasks = JoinSet::new();
        for session in wave {
            let (store, session) = (store.clone(), session.clone());
            tasks.spawn(async move { begin(&store, &session).await });
        }
        tasks.join_all().await;
    }
}

fn cut(name: &str, keep: &[SessionId]) -> CutSubject {
    CutSubject {
        subject: subject(name),
        reason: RevocationReason::Kicked,
        keep: keep.to_vec(),
        device_kind: None,
        audit: entry(AuditEvent::SubjectRevoked, 5_000),
    }
}

fn everyone() -> AuditEntry {
    entry(AuditEvent::EveryoneRevoked, 5_000)
}

fn page(name: &str, live_at: Option<i64>) -> ListSessions {
    ListSessions {
        subject: subject(name),
        live_at: live_at.map(at),
        before: None,
        limit: 10_000,
    }
}

async fn ids(store: &RedisStore, page: ListSessions) -> Vec<SessionId> {
    let found = store.list_sessions(page).await.unwrap();
    found.iter().map(|found| found.session.id).collect()
}

fn purge(days: u32) -> PurgeOrder {
    PurgeOrder {
        now: BEGIN.after(DAY * days),
        keep_ended: 14 * DAY,
        keep_log: 1_000 * DAY,
        keep_audit: 1_000 * DAY,
        batch: 100_000,
    }
}

fn zcard(key: &str) -> u64 {
    shared().cli(&["ZCARD", key]).parse().unwrap()
}

/// More than a script marks: those that were left are marked by the next purge, with the cut that ended them.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_cut_is_effective_at_once_and_its_marks_follow() {
    let (store, keys) = opened().await;
    let sessions: Vec<_> = (0..1_300).map(|number| session("alice", number)).collect();
    begin_all(&store, &sessions).await;
    let kept = sessions[700].id;
    let done = store.cut_subject(cut("alice", &[kept])).await.unwrap();
    assert_eq!((done.count, done.rows.len()), (1_299, 1));
    assert_eq!(ids(&store, page("alice", Some(5_001))).await, [kept]);
    assert_eq!(ids(&store, page("alice", None)).await.len(), 1_300);
    assert_eq!(shared().cli(&["HLEN", &format!("{keys}w")]), "1");
    // What a cut of everyone ends now is the one that was kept, however many are not marked.
    let all = store
        .cut_everyone(RevocationReason::Revoked, everyone())
        .await
        .unwrap();
    assert_eq!(all.count, 1);
    store.purge(purge(1)).await.unwrap();
    assert_eq!(shared().cli(&["HLEN", &format!("{keys}w")]), "0");
    for session in &sessions {
        let found = store.find_session(session.id).await.unwrap().unwrap().session;
        let row = if session.id == kept {
            &all.rows[0]
        } else {
            &done.rows[0]
        };
        let expected = SessionState::Revoked {
            at: row.at,
            reason: row.reason,
            seq: row.seq,
        };
        assert_eq!(found.state, expected);
    }
    assert_eq!(store.purge(purge(15)).await.unwrap().sessions, 1_300);
    let left = shared().cli(&["--scan", "--pattern", &format!("{keys}*")]);
    let left: HashSet<_> = left.lines().map(|key| key.replace(&keys, "")).collect();
    assert_eq!(
        left,
        HashSet::from(["m", "log", "audit", "su:alice"].map(str::to_owned))
    );
}

/// Also of subjects that were cut before, of sessions that had ended by themselves, and with log-ins in between.
#[tokio::test(flavor = "multi_thread")]
async fn a_cut_of_everyone_is_swept_up_and_leaves_those_that_began_later() {
    let (store, keys) = opened().await;
    let mut idle = session("carol", 1);
    idle.idle_expires_at = at(4_000);
    begin(&store, &idle).await;
    let mut sessions: Vec<_> = (0..700).map(|number| session("alice", number)).collect();
    sessions.extend((0..300).map(|number| session(&format!("user-{number}"), number)));
    begin_all(&store, &sessions).await;
    assert_eq!(store.cut_subject(cut("alice", &[])).await.unwrap().count, 700);
    begin(&store, &session("alice", 4_999)).await;
    let all = store
        .cut_everyone(RevocationReason::Revoked, everyone())
        .await
        .unwrap();
    assert_eq!(all.count, 301);
    let later = session("alice", 6_000);
    begin(&store, &later).await;
    assert_eq!(ids(&store, page("alice", Some(6_001))).await, [later.id]);
    store.purge(purge(1)).await.unwrap();
    assert_eq!(ids(&store, page("alice", Some(6_001))).await, [later.id]);
    assert_eq!(ids(&store, page("alice", None)).await.len(), 702);
    let found = store.find_session(idle.id).await.unwrap().unwrap().session;
    assert_eq!(found.state, SessionState::Active, "it ended by itself before");
    // All but the last have an end in one index or the other.
    assert_eq!(zcard(&format!("{keys}d")), 1_002);
    assert_eq!(zcard(&format!("{keys}l:{}", all.rows[0].seq.0)), 1);
    assert_eq!(store.purge(purge(20)).await.unwrap().sessions, 1_003);
    assert_eq!(zcard(&format!("{keys}i")), 0);
}

/// A script stops after a thousand: what is asked for is found all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_finds_the_live_behind_any_number_that_ended_by_themselves() {
    let (store, _) = opened().await;
    let (first, second) = (session("alice", 0), session("alice", 1));
    begin(&store, &first).await;
    begin(&store, &second).await;
    let ended = (2..2_402).map(|number| {
        let mut session = session("alice", number);
        session.expires_at = at(3_000);
        session
    });
    begin_all(&store, &ended.collect::<Vec<_>>()).await;
    assert_eq!(
        ids(&store, page("alice", Some(3_000))).await,
        [second.id, first.id]
    );
    let one = ListSessions {
        limit: 1,
        ..page("alice", Some(3_000))
    };
    assert_eq!(ids(&store, one).await, [second.id]);
    assert_eq!(ids(&store, page("alice", Some(2_999))).await.len(), 2_402);
    // The oldest that live are found behind them as well.
    let mut limited = insert(session("alice", 3_001));
    limited.per_subject_max = 1;
    let Inserted::Done { ended, .. } = store.insert_session(limited).await.unwrap() else {
        panic!("it was refused");
    };
    assert_eq!(ended.len(), 2);
    assert_eq!(
        ids(&store, page("alice", Some(3_001))).await,
        [session("alice", 3_001).id]
    );
}

/// The clocks of nodes differ a little: one takes it for ended and out of the index, another has seen its use in time.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_left_the_index_is_back_when_a_use_in_time_arrives() {
    let (store, _) = opened().await;
    let mut idle = session("alice", 0);
    idle.idle_expires_at = at(1_000);
    begin(&store, &idle).await;
    begin(&store, &session("alice", 1_001)).await;
    assert_eq!(
        ids(&store, page("alice", Some(1_001))).await,
        [session("alice", 1_001).id]
    );
    let used = Activity {
        session_id: idle.id,
        seen_at: at(999),
        idle_expires_at: at(9_000),
    };
    store.record_activity(vec![used]).await.unwrap();
    assert_eq!(
        ids(&store, page("alice", Some(1_002))).await,
        [session("alice", 1_001).id, idle.id]
    );
    let full = InsertSession {
        per_subject_max: 2,
        on_max: OnMax::Refuse,
        ..insert(session("alice", 1_003))
    };
    assert_eq!(store.insert_session(full).await.unwrap(), Inserted::LimitReached);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_sessions_of_a_kind_of_device_than_one_step_ends_are_all_ended_with_one_entry_for_the_order() {
    let (store, keys) = opened().await;
    let sessions: Vec<_> = (0..1_201)
        .map(|number| session_on("alice", number, "tv"))
        .collect();
    begin_all(&store, &sessions).await;
    begin(&store, &session_on("alice", 2_000, "web")).await;
    let order = CutSubject {
        device_kind: Some("tv".to_owned()),
        ..cut("alice", &[sessions[3].id])
    };
    let done = store.cut_subject(order).await.unwrap();
    assert_eq!((done.count, done.rows.len()), (1_200, 1_200));
    assert_eq!(
        ids(&store, page("alice", Some(5_001))).await,
        [session("alice", 2_000).id, sessions[3].id]
    );
    let record = shared().cli(&["XRANGE", &format!("{keys}audit"), "-", "+"]);
    assert_eq!(
        record.lines().filter(|line| *line == "subject_revoked").count(),
        1
    );
    assert_eq!(record.lines().filter(|line| *line == "revoked").count(), 1_200);
}

/// By the clock of Redis, a day after the purge would have removed it by the nodes' clock.
#[tokio::test(flavor = "multi_thread")]
async fn keys_of_sessions_go_by_themselves_where_nobody_purges() {
    let (store, keys) = opened().await;
    let first = session("alice", 0);
    begin(&store, &first).await;
    let left = |key: &str| {
        shared()
            .cli(&["PTTL", &format!("{keys}{key}")])
            .parse::<i64>()
            .unwrap()
    };
    let day = i64::try_from(DAY.as_millis()).unwrap();
    let near = |left: i64, days: i64| (days * day - 60_000..=days * day).contains(&left);
    // A day to live, fourteen to be kept, and one more; an index a day longer, so that not every session moves its end.
    let key = format!("s:{}", first.id);
    assert!(near(left(&key), 16), "{key}: {}", left(&key));
    for key in ["u:alice", "a:0:alice", "x:0:alice"] {
        assert!(near(left(key), 17), "{key}: {}", left(key));
    }
    let mut longer = session("alice", 1);
    longer.expires_at = BEGIN.after(5 * DAY);
    begin(&store, &longer).await;
    assert!(near(left("u:alice"), 21), "{}", left("u:alice"));
    begin(&store, &session("alice", 2)).await;
    assert!(near(left("u:alice"), 21), "an index stays as long as the longest");
    let row = end(&store, first.id).await;
    assert!(near(left(&format!("s:{}", first.id)), 16), "{row:?}");
    // One whose key has gone is passed over.
    shared().cli(&["DEL", &format!("{keys}s:{}", first.id)]);
    assert_eq!(
        ids(&store, page("alice", None)).await,
        [session("alice", 2).id, longer.id]
    );
    assert_eq!(store.walk_sessions(None, 1).await.unwrap().len(), 1);
    let mut endless = session("bob", 0);
    endless.expires_at = symbolon_core::clock::Timestamp(i64::MAX);
    endless.idle_expires_at = endless.expires_at;
    begin(&store, &endless).await;
    assert_eq!(left("u:bob"), -1);
    assert_eq!(
        store.find_session(endless.id).await.unwrap().unwrap().session,
        endless
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_has_its_entry_in_the_audit_record() {
    let (store, keys) = opened().await;
    let first = session("alice", 0);
    begin(&store, &first).await;
    end(&store, first.id).await;
    let record = shared().cli(&["XRANGE", &format!("{keys}audit"), "-", "+"]);
    let lines: Vec<_> = record.lines().collect();
    let expected = |event: &str, millis: i64| {
        let at = at(millis).0.to_string();
        let id = first.id.to_string();
        let fields = [
            ("at", at.as_str()),
            ("event", event),
            ("actor", "operator"),
            ("ip", "192.0.2.7"),
            ("user_agent", "contract"),
            ("subject", "alice"),
            ("session", &id),
            ("detail", "of the contract"),
        ];
        fields
            .map(|(name, value)| [name.to_owned(), value.to_owned()])
            .concat()
    };
    assert_eq!(lines.len(), 2 * 17);
    assert_eq!(lines[1..17], expected("issued", 0));
    assert_eq!(lines[18..], expected("revoked", 500));
}

/// So that time does not go back with a restart of all nodes.
#[tokio::test(flavor = "multi_thread")]
async fn the_newest_instant_of_heartbeats_is_found_by_the_next_start() {
    let prefix = prefix();
    let (store, _) = RedisStore::open(options(shared().url(), &prefix)).await.unwrap();
    let member = symbolon_core::member::Member {
        node: symbolon_core::member::NodeName::new("a").unwrap(),
        incarnation: symbolon_core::member::Incarnation::from_bytes([1; 16]),
        lease: Duration::from_secs(10),
        beat: 0,
        applied: symbolon_core::revocation::RevocationSeq::ZERO,
        evicted: false,
        may_fall_back: false,
        addr: None,
        seen_at: BEGIN,
    };
    store.join(member.clone()).await.unwrap();
    for (beat, millis, mark) in [
        (0, 999, 0),
        (1, 1_000, 1_000),
        (2, 1_500, 1_000),
        (3, 90_000, 90_000),
    ] {
        let heartbeat = Heartbeat {
            incarnation: member.incarnation,
            beat,
            applied: member.applied,
            at: at(millis),
        };
        assert!(store.heartbeat(heartbeat).await.unwrap().is_some());
        let (_, opened) = RedisStore::open(options(shared().url(), &prefix)).await.unwrap();
        assert_eq!(opened.high_water, at(mark));
    }
}
