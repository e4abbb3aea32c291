use std::sync::{Arc, Mutex};
use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::device::{Device, SeenFrom};
use symbolon_core::member::Incarnation;
use symbolon_core::revocation::{LogKind, LogRow, LogSink as _, RevocationReason, RevocationSeq};
use symbolon_core::session::{Epoch, Lives, Opening, Session, SessionId, TokenStyle};
use symbolon_core::signal::{Signal, SignalSink as _, Signals};
use symbolon_core::store::LogPage;
use symbolon_core::subject::{Claims, ClientId, SubjectId};
use symbolon_core::token::{Generation, KeyId, MasterKey, Pair, TokenKeys};
use symbolon_testkit::randomness::Seeded;

use super::{Read, Tail};
use crate::near::Fact;
use crate::overlay::Objection;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// What a node has said, as words.
#[derive(Default)]
struct Said(Mutex<Vec<String>>);

impl Signals for Said {
    fn send(&self, signal: Signal) {
        self.0.lock().unwrap().push(match signal {
            Signal::Rows(rows) => format!("rows up to {}", rows.last().unwrap().seq.0),
            Signal::Applied(word) => format!("applied {}", word.seq.0),
            other => format!("{other:?}"),
        });
    }
}

impl Said {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn session(n: u64) -> Session {
    let chance = Seeded::new(n);
    let id = SessionId::random(NOW, &chance).unwrap();
    let keys = TokenKeys::derive(&MasterKey::from_bytes([7; 32]), KeyId::FIRST);
    let pair = Pair::random(&keys, id, Generation(0), &chance).unwrap();
    let opening = Opening {
        subject: SubjectId::new("ann").unwrap(),
        client_id: ClientId::default(),
        lives: Lives {
            access_ttl: Duration::from_secs(1800),
            refresh_ttl: None,
            idle_timeout: Duration::from_secs(3600),
            absolute_timeout: Duration::from_secs(86_400),
        },
        style: TokenStyle::Opaque,
        device: Device::default(),
        seen_from: SeenFrom::default(),
        audience: None,
        scope: None,
        claims: Claims::default(),
    };
    Session::begin(id, opening, Epoch::ZERO, &pair, NOW)
}

fn row(seq: u64, kind: LogKind) -> LogRow {
    LogRow {
        seq: RevocationSeq(seq),
        prev_seq: RevocationSeq(seq - 1),
        id: [seq.to_le_bytes()[0]; 16],
        kind,
        at: NOW,
        reason: RevocationReason::Kicked,
    }
}

/// A member's tail that begins at row 3, and what it says.
fn begun() -> (Tail, Arc<Said>) {
    let tail = Tail::new(64);
    tail.follow_log();
    let third = row(3, LogKind::SigningKeys);
    tail.begin_anew(third.seq, Some(&third));
    let said = Arc::new(Said::default());
    tail.speak_as(said.clone(), Incarnation::from_bytes([1; 16]));
    (tail, said)
}

fn ended(objection: Option<Objection>) -> bool {
    matches!(objection, Some(Objection::Ended(_)))
}

#[test]
fn a_row_that_is_heard_early_is_in_force_at_once_and_acknowledged_only_when_none_before_it_is_missing() {
    let (tail, said) = begun();
    let (gone, known) = (session(1), session(2));
    let fact = Fact::of(&gone, tail.applied());
    tail.remember(&fact, NOW);
    tail.heard(Signal::Rows(vec![row(5, LogKind::Session(gone.id))]));
    assert!(tail.near().find(gone.id).is_none());
    assert!(ended(tail.objection_to_shared(&fact)));
    assert_eq!((tail.applied(), said.take()), (RevocationSeq(3), vec![]));
    tail.heard(Signal::Rows(vec![row(4, LogKind::Session(known.id))]));
    assert_eq!(
        (tail.applied(), said.take()),
        (RevocationSeq(5), vec!["applied 5".to_owned()])
    );
}

#[test]
fn what_this_process_commits_is_in_force_at_once_and_told_to_the_others() {
    let (tail, said) = begun();
    let gone = session(1);
    tail.remember(&Fact::of(&gone, tail.applied()), NOW);
    // Another node's row 4 is between.
    tail.committed(&[row(5, LogKind::Session(gone.id))]);
    assert!(tail.near().find(gone.id).is_none());
    assert_eq!(
        (tail.applied(), said.take()),
        (RevocationSeq(3), vec!["rows up to 5".to_owned()])
    );
}

#[test]
fn a_node_that_is_alone_hears_nothing_from_others() {
    let tail = Tail::new(64);
    tail.heard(Signal::Rows(vec![row(5, LogKind::Everyone)]));
    assert_eq!(
        (tail.applied(), tail.overlay().heard()),
        (RevocationSeq::ZERO, RevocationSeq::ZERO)
    );
}

#[test]
fn each_row_is_heard_once_by_those_who_listen_however_it_came() {
    let (tail, _) = begun();
    let mut rows = tail.listen();
    let (four, five) = (row(4, LogKind::Everyone), row(5, LogKind::Everyone));
    tail.heard(Signal::Rows(vec![five.clone()]));
    tail.heard(Signal::Rows(vec![five.clone()]));
    let page = LogPage {
        head: five.seq,
        head_id: five.id,
        floor: RevocationSeq::ZERO,
        rows: vec![row(3, LogKind::SigningKeys), four.clone(), five],
    };
    let then = tail.place().unwrap();
    assert_eq!(
        tail.read(then, &page, 10),
        Read::On {
            news: vec![four],
            complete: true
        }
    );
    assert_eq!(
        tail.read(then, &page, 10),
        Read::On {
            news: vec![],
            complete: true
        }
    );
    let heard: Vec<_> = std::iter::from_fn(|| rows.try_recv().ok())
        .map(|row| row.seq.0)
        .collect();
    assert_eq!(heard, [5, 4]);
}

/// The row that was seen last is read again each time, to see that it is there.
#[test]
fn a_row_that_is_only_looked_at_again_changes_nothing() {
    let (tail, _) = begun();
    let session = session(1);
    let four = row(4, LogKind::StaleSession(session.id));
    tail.heard(Signal::Rows(vec![four.clone()]));
    tail.remember(&Fact::of(&session, tail.applied()), NOW);
    let page = LogPage {
        head: four.seq,
        head_id: four.id,
        floor: RevocationSeq::ZERO,
        rows: vec![four],
    };
    tail.read(tail.place().unwrap(), &page, 10);
    assert!(tail.near().find(session.id).is_some());
}

#[test]
fn a_read_that_began_before_a_row_was_heard_proves_no_yes_against_it() {
    let (tail, _) = begun();
    let session = session(1);
    let before = tail.before();
    assert_eq!(tail.objection_to_read(&session, before), None);
    tail.heard(Signal::Rows(vec![row(9, LogKind::StaleSession(session.id))]));
    assert_eq!(tail.objection_to_read(&session, before), Some(Objection::Stale));
    // One that begins now knows what the row says, though rows before it are missing.
    assert_eq!(tail.objection_to_read(&session, tail.before()), None);
    // But nothing read before those is kept.
    tail.remember(&Fact::of(&session, tail.applied()), NOW);
    assert!(tail.near().find(session.id).is_none());
}

#[test]
fn no_read_however_new_brings_back_a_session_whose_end_was_heard() {
    let (tail, _) = begun();
    let session = session(1);
    tail.heard(Signal::Rows(vec![row(4, LogKind::Session(session.id))]));
    // As a store says that has lost the row.
    let fact = Fact::of(&session, tail.applied());
    assert!(ended(tail.objection_to_read(&session, tail.before())));
    assert!(ended(
        tail.objection_to_shared(&Fact::of(&session, RevocationSeq(100)))
    ));
    tail.remember(&fact, NOW);
    assert!(tail.near().find(session.id).is_none());
}

#[test]
fn where_memory_begins_anew_nothing_read_before_is_believed() {
    let (tail, _) = begun();
    let session = session(1);
    let before = tail.before();
    let fact = Fact::of(&session, before.asof);
    tail.remember(&fact, NOW);
    let mut rows = tail.listen();
    tail.begin_anew(RevocationSeq(50), None);
    assert!(tail.near().is_empty());
    // The session's end may be among the rows that were missed.
    assert_eq!(tail.objection_to_read(&session, before), Some(Objection::Stale));
    assert_eq!(tail.objection_to_shared(&fact), Some(Objection::Stale));
    tail.remember(&fact, NOW);
    assert!(tail.near().is_empty());
    // Who listens is told to look at everything.
    let kinds: Vec<_> = std::iter::from_fn(|| rows.try_recv().ok())
        .map(|row| row.kind)
        .collect();
    assert_eq!(kinds, [LogKind::SigningKeys, LogKind::Everyone]);
    let anew = tail.before();
    assert_eq!(tail.objection_to_read(&session, anew), None);
}

#[test]
fn the_newest_word_of_each_member_counts() {
    let (tail, _) = begun();
    let other = Incarnation::from_bytes([2; 16]);
    let word = |seq: u64| symbolon_core::signal::Acknowledgement {
        incarnation: other,
        seq: RevocationSeq(seq),
        id: [0; 16],
    };
    for seq in [5, 9, 7] {
        tail.heard(Signal::Applied(word(seq)));
    }
    assert_eq!(tail.acknowledged().of(other), Some(word(9)));
    assert_eq!(tail.acknowledged().of(Incarnation::from_bytes([3; 16])), None);
}
