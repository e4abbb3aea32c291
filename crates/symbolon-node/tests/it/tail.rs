use symbolon_core::revocation::{LogKind, LogSink as _, RevocationSeq};
use symbolon_node::near::Fact;
use symbolon_node::tail::Tail;

use super::given::{NOW, row, session};

#[test]
fn a_committed_end_takes_the_session_out_of_the_cache_and_moves_the_position() {
    let tail = Tail::new(16);
    let session = session(1);
    tail.remember(&Fact::of(&session, RevocationSeq::ZERO), NOW);
    assert!(tail.near().find(session.id).is_some());
    tail.committed(&[row(1, LogKind::Session(session.id))]);
    assert!(tail.near().find(session.id).is_none());
    assert_eq!(tail.applied(), RevocationSeq(1));
}

#[test]
fn a_fact_read_before_a_committed_end_never_settles_after_it() {
    let tail = Tail::new(16);
    let session = session(1);
    let fact = Fact::of(&session, tail.applied());
    tail.committed(&[row(1, LogKind::Session(session.id))]);
    tail.remember(&fact, NOW);
    assert!(tail.near().find(session.id).is_none());
}

/// The race that cache-aside loses: a fill that read before the commit against the eviction of the
/// commit. Whoever is first, nothing may be left to believe.
#[test]
fn a_fill_that_races_a_revocation_leaves_nothing_behind() {
    for n in 1..=2_000 {
        let tail = Tail::new(16);
        let session = session(n);
        let fact = Fact::of(&session, tail.applied());
        std::thread::scope(|scope| {
            scope.spawn(|| tail.remember(&fact, NOW));
            scope.spawn(|| tail.committed(&[row(1, LogKind::Session(session.id))]));
        });
        assert!(tail.near().find(session.id).is_none(), "round {n}");
    }
}

#[test]
fn listeners_hear_rows_in_order() {
    let tail = Tail::new(16);
    let mut heard = tail.listen();
    tail.committed(&[row(1, LogKind::Everyone), row(2, LogKind::Session(session(1).id))]);
    assert_eq!(heard.try_recv().unwrap().seq, RevocationSeq(1));
    assert_eq!(heard.try_recv().unwrap().seq, RevocationSeq(2));
}
