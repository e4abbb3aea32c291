//! Operations that share a transaction on a server: nobody notices.

use std::sync::Arc;
use std::time::Duration;

use symbolon_core::audit::AuditEvent;
use symbolon_core::revocation::{LogKind, LogRow, RevocationSeq};
use symbolon_core::session::{Session, SessionId};
use symbolon_core::store::{Inserted, Revoked, RotateSession, SessionStore as _, StoreError, Upkeep as _};
use symbolon_store_sql::SqlStore;
use symbolon_testkit::contract::{Recorded, sample};
use tokio::time::Instant;

use super::given::begin;
use super::on_server::{
    Aside, Client as _, Place, PlaceOn, Server, aside, assert_told, eventually, on_each_server, open,
    unavailable,
};
use super::proxy::Cut;

on_each_server! {
    one_that_fails_does_not_fail_the_others,
    the_same_session_twice_and_sessions_that_ended_or_never_were_get_their_answers,
    sessions_that_begin_together_are_as_those_that_begin_alone,
    sessions_of_new_subjects_that_two_nodes_begin_at_once_all_begin,
    of_refreshes_that_come_together_each_session_takes_one,
}

/// Sessions, each of a subject of its own.
fn sessions(count: u32) -> Vec<Session> {
    (0..count)
        .map(|number| sample::session(&format!("subject {number}"), number))
        .collect()
}

async fn begin_all(store: &SqlStore, sessions: &[Session]) {
    let inserts: Vec<_> = sessions
        .iter()
        .cloned()
        .map(|session| insert(store, session))
        .collect();
    for inserted in inserts {
        assert!(matches!(inserted.end().await, Ok(Inserted::Done { .. })));
    }
}

type Answer<T> = Aside<Result<T, StoreError>>;

fn insert(store: &SqlStore, session: Session) -> Answer<Inserted> {
    let store = store.clone();
    aside(async move { store.insert_session(sample::insert(session)).await })
}

fn revoke(store: &SqlStore, id: SessionId) -> Answer<Revoked> {
    let store = store.clone();
    aside(async move { store.revoke_session(sample::revoke(id)).await })
}

fn assert_chain(rows: &[LogRow]) {
    for pair in rows.windows(2) {
        assert_eq!(
            (pair[1].prev_seq, pair[1].seq.0),
            (pair[0].seq, pair[0].seq.0 + 1)
        );
    }
}

/// How many transactions have written rows of the log.
async fn transactions(place: &Place) -> i64 {
    let look = place.beside().await;
    let count = "SELECT count(DISTINCT xmin::text) FROM rev_log";
    look.query_one(count, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_that_wait_share_transactions_and_a_range_of_positions() {
    let place = Place::new();
    let (store, sink, _) = place.open();
    let sessions = sessions(300);
    begin_all(&store, &sessions).await;
    let ends: Vec<_> = sessions
        .iter()
        .map(|session| revoke(&store, session.id))
        .collect();
    for (end, session) in ends.into_iter().zip(&sessions) {
        let Ok(Revoked::Done(row)) = end.end().await else {
            panic!("{} was alive", session.id)
        };
        assert_eq!(row.kind, LogKind::Session(session.id));
        let found = store.find_session(session.id).await.unwrap().unwrap();
        assert_eq!(found.session.state, sample::logged_out(row.seq));
    }
    let rows = sink.rows();
    assert_eq!(rows.len(), 300);
    assert_chain(&rows);
    assert_told(&store, &sink, &rows[0]).await;
    assert!(transactions(&place).await < 100);
    let audited = "SELECT count(*) FROM (SELECT session_id FROM audit WHERE event = 'revoked' \
        GROUP BY session_id HAVING count(audit_id) = 1) AS one";
    let look = place.beside().await;
    assert_eq!(look.query_one(audited, &[]).await.unwrap().get::<_, i64>(0), 300);
}

async fn one_that_fails_does_not_fail_the_others<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (store, _, _) = place.open();
    let taken = sample::session("somebody", 0);
    begin(&store, &taken).await;
    let mut sessions = sessions(100);
    for wrong in [13, 57] {
        sessions[wrong].id = taken.id;
    }
    let inserts: Vec<_> = sessions
        .iter()
        .cloned()
        .map(|session| insert(&store, session))
        .collect();
    for (number, inserted) in inserts.into_iter().enumerate() {
        let inserted = inserted.end().await;
        if [13, 57].contains(&number) {
            let said = unavailable(inserted).to_lowercase();
            assert!(
                said.contains("duplicate") || said.contains("is there already"),
                "{said}"
            );
        } else {
            assert!(
                matches!(inserted, Ok(Inserted::Done { .. })),
                "{number}: {inserted:?}"
            );
        }
    }
}

/// A plan outlives the size of the tables that it was made for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_that_grows_is_read_from_end_to_end_though_it_was_empty_when_the_store_was_opened() {
    let place = Place::new();
    let (store, _, _) = place.open();
    for round in 0..8 {
        let sessions: Vec<_> = (0..60)
            .map(|number| sample::session(&format!("subject {round} {number}"), number))
            .collect();
        begin_all(&store, &sessions).await;
        begin(&store, &sample::session(&format!("alone {round}"), 100)).await;
        let ends: Vec<_> = sessions
            .iter()
            .map(|session| revoke(&store, session.id))
            .collect();
        for end in ends {
            assert!(matches!(end.end().await, Ok(Revoked::Done(_))));
        }
    }
    // The server counts when its connections end.
    store.close().await;
    let look = place.beside().await;
    let figures = "SELECT coalesce(sum(n_tup_ins), 0)::bigint, coalesce(sum(seq_tup_read), 0)::bigint \
        FROM pg_stat_user_tables WHERE schemaname = current_schema() \
        AND relname IN ('sessions', 'subjects', 'rev_log', 'audit')";
    let mut read = 0_i64;
    eventually(async || {
        let row = look.query_one(figures, &[]).await.unwrap();
        read = row.get(1);
        // A session, its subject and its entry; an end and its entry.
        row.get::<_, i64>(0) == 8 * (61 * 3 + 60 * 2)
    })
    .await;
    assert_eq!(read, 0);
}

/// A client that stands still with a lock stops whoever needs it, and nobody else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_waits_for_a_lock_does_not_hold_up_the_others() {
    let place = Place::new();
    let (store, _, _) = place.open();
    let sessions = sessions(60);
    begin_all(&store, &sessions).await;
    let mut other = place.beside().await;
    let holds = other.transaction().await.unwrap();
    let lock = "SELECT subject FROM sessions WHERE session_id = $1 FOR UPDATE";
    let held = sessions[30].id;
    holds
        .query_one(lock, &[&held.as_bytes().as_slice()])
        .await
        .unwrap();
    let lock = "SELECT epoch FROM subjects WHERE subject = 'subject 31' FOR UPDATE";
    holds.query_one(lock, &[]).await.unwrap();
    let asked = Instant::now();
    let mut ends: Vec<_> = sessions
        .iter()
        .map(|session| revoke(&store, session.id))
        .collect();
    let mut begins: Vec<_> = (0..60)
        .map(|number| {
            insert(
                &store,
                sample::session(&format!("subject {number}"), 100 + number),
            )
        })
        .collect();
    let (stopped_end, stopped_begin) = (ends.remove(30), begins.remove(31));
    for end in ends {
        assert!(matches!(end.end().await, Ok(Revoked::Done(_))));
    }
    for begun in begins {
        assert!(matches!(begun.end().await, Ok(Inserted::Done { .. })));
    }
    assert!(
        asked.elapsed() < Duration::from_millis(1_500),
        "{:?}",
        asked.elapsed()
    );
    holds.rollback().await.unwrap();
    assert!(matches!(stopped_end.end().await, Ok(Revoked::Done(_))));
    assert!(matches!(stopped_begin.end().await, Ok(Inserted::Done { .. })));
}

async fn the_same_session_twice_and_sessions_that_ended_or_never_were_get_their_answers<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (store, sink, _) = place.open();
    let sessions = sessions(40);
    begin_all(&store, &sessions).await;
    let before = store
        .revoke_session(sample::revoke(sessions[0].id))
        .await
        .unwrap();
    let Revoked::Done(before) = before else {
        panic!("{before:?}")
    };
    let stranger = sample::session("stranger", 0).id;
    let twice = sessions.iter().chain(&sessions).map(|session| session.id);
    let ends: Vec<_> = twice.chain([stranger]).map(|id| revoke(&store, id)).collect();
    let mut answers = Vec::new();
    for end in ends {
        answers.push(end.end().await.unwrap());
    }
    assert_eq!(answers.pop(), Some(Revoked::Unknown));
    for (number, id) in sessions.iter().map(|session| session.id).enumerate() {
        let pair = [&answers[number], &answers[number + 40]];
        let row = sink
            .rows()
            .into_iter()
            .find(|row| row.kind == LogKind::Session(id));
        let row = row.unwrap();
        let done = pair
            .iter()
            .filter(|answer| ***answer == Revoked::Done(row.clone()))
            .count();
        let already = Revoked::Already {
            seq: row.seq,
            at: row.at,
            reason: row.reason,
        };
        let found = pair.iter().filter(|answer| ***answer == already).count();
        let expected = if row == before { (0, 2) } else { (1, 1) };
        assert_eq!((done, found), expected, "{pair:?}");
    }
    assert_eq!(sink.rows().len(), 40);
}

/// Each is told that it is not known; then all of them are there, and told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ends_whose_commit_was_done_and_not_answered_are_told_all_the_same() {
    let place = Place::new();
    let (proxy, url) = place.proxy().await;
    let (store, sink, _) = open(&url);
    let sessions = sessions(64);
    begin_all(&store, &sessions).await;
    let mut other = place.beside().await;
    let holds = other.transaction().await.unwrap();
    holds
        .query_one("SELECT seq FROM rev_head FOR UPDATE", &[])
        .await
        .unwrap();
    let mut look = place.beside().await;
    let ends: Vec<_> = sessions
        .iter()
        .map(|session| revoke(&store, session.id))
        .collect();
    place.until_waiting(&mut look, 1).await;
    proxy.cut_once(Cut::AfterCommit);
    holds.rollback().await.unwrap();
    let mut unknown = 0;
    for end in ends {
        match end.end().await {
            Ok(Revoked::Done(_)) => {}
            other => {
                let said = unavailable(other);
                assert!(said.starts_with("it is not known whether it was done"), "{said}");
                unknown += 1;
            }
        }
    }
    assert!(unknown > 0);
    eventually(async || sink.rows().len() == 64).await;
    assert_chain(&sink.rows());
    assert_told(&store, &sink, &sink.rows()[0]).await;
    assert_eq!(
        store
            .revocations_from(RevocationSeq::ZERO, 1_000)
            .await
            .unwrap()
            .len(),
        64
    );
}

async fn sessions_that_begin_together_are_as_those_that_begin_alone<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (store, sink, _) = place.open();
    let sink: Arc<Recorded> = sink;
    let mut sessions = sessions(200);
    sessions.push(sample::full_session());
    begin_all(&store, &sessions).await;
    for session in &sessions {
        let found = store.find_session(session.id).await.unwrap().unwrap();
        assert_eq!(&found.session, session);
    }
    let audited = "SELECT concat(count(audit_id), ' ', count(DISTINCT session_id)) FROM audit \
        WHERE event = 'issued'";
    assert_eq!(place.beside().await.run(audited).await, ["201 201"]);
    let again: Vec<_> = (0..60)
        .map(|number| {
            let mut order = sample::insert(sample::session(&format!("subject {number}"), 1_000));
            order.per_subject_max = 1;
            let store = store.clone();
            aside(async move { store.insert_session(order).await })
        })
        .collect();
    for (begun, session) in again.into_iter().zip(&sessions) {
        let begun = begun.end().await;
        let Ok(Inserted::Done { ended, .. }) = begun else {
            panic!("there is room for one: {begun:?}")
        };
        assert_eq!(ended.len(), 1);
        assert_eq!(ended[0].kind, LogKind::Session(session.id));
    }
    assert_chain(&sink.rows());
}

/// Whose row another has just made, and holds, is waited for by nobody but those of the same subject.
async fn sessions_of_new_subjects_that_two_nodes_begin_at_once_all_begin<S: Server>() {
    let place = PlaceOn::<S>::new();
    let ((one, _, _), (other, _, _)) = (place.open(), place.open());
    let sessions = sessions(200);
    let mut twins = sessions.clone();
    for (number, twin) in (1_000..).zip(&mut twins) {
        twin.id = sample::session("twin", number).id;
    }
    // The one begins at the first, the other at the last: they meet somewhere.
    let pairs = sessions.iter().zip(twins.iter().rev());
    let begun: Vec<_> = pairs
        .flat_map(|(session, twin)| [insert(&one, session.clone()), insert(&other, twin.clone())])
        .collect();
    for inserted in begun {
        let inserted = inserted.end().await;
        assert!(matches!(inserted, Ok(Inserted::Done { .. })), "{inserted:?}");
    }
    for session in sessions.iter().chain(&twins) {
        assert!(one.find_session(session.id).await.unwrap().is_some());
    }
    let made = "SELECT count(subject) FROM subjects";
    assert_eq!(place.beside().await.run(made).await, ["200"]);
}

async fn of_refreshes_that_come_together_each_session_takes_one<S: Server>() {
    let place = PlaceOn::<S>::new();
    let (store, _, _) = place.open();
    let sessions = sessions(150);
    begin_all(&store, &sessions).await;
    let twice = sessions.iter().chain(&sessions);
    let rotations: Vec<_> = twice
        .map(|session| {
            let mut next = session.clone();
            next.tokens.generation = session.tokens.generation.next();
            next.last_seen_at = sample::at(5_000);
            let rotate = RotateSession {
                session: next,
                from: session.tokens.generation,
                audit: sample::entry(AuditEvent::Refreshed, 5_000).on(session.id),
            };
            let store = store.clone();
            aside(async move { store.commit_rotation(rotate).await })
        })
        .collect();
    let mut written = Vec::new();
    for rotation in rotations {
        written.push(rotation.end().await.unwrap());
    }
    for (number, session) in sessions.iter().enumerate() {
        assert_ne!(written[number], written[number + 150], "{number}");
        let found = store.find_session(session.id).await.unwrap().unwrap().session;
        assert_eq!(
            (found.tokens.generation, found.last_seen_at),
            (session.tokens.generation.next(), sample::at(5_000))
        );
    }
    let audited = "SELECT concat(count(audit_id), ' ', count(DISTINCT session_id)) FROM audit \
        WHERE event = 'refreshed'";
    assert_eq!(place.beside().await.run(audited).await, ["150 150"]);
}
