use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{Cut, LogKind, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::session::SessionId;
use symbolon_core::subject::SubjectId;
use symbolon_node::overlay::{Objection, Overlay, Stamp};

use super::given::{NOW, row};

const ID: SessionId = SessionId::from_bytes([1; 16]);
const OTHER: SessionId = SessionId::from_bytes([2; 16]);

/// What the row at a position says.
fn kicked(seq: u64) -> Option<Objection> {
    Some(Objection::Ended(Cut {
        seq: RevocationSeq(seq),
        at: NOW,
        reason: RevocationReason::Kicked,
    }))
}

/// What the overlay has against the session `ID` of the subject `ann`.
fn against(overlay: &Overlay, asof: u64, epoch: u64) -> Option<Objection> {
    let subject_cell = overlay.cell_of("ann");
    let stamp = Stamp {
        id: ID,
        subject_cell,
        asof: RevocationSeq(asof),
        epoch: RevocationSeq(epoch),
    };
    overlay.objection(stamp, || "ann")
}

fn ann() -> SubjectId {
    SubjectId::new("ann").unwrap()
}

fn overlay(rows: &[LogRow]) -> Overlay {
    let overlay = Overlay::from_head(RevocationSeq::ZERO);
    rows.iter().for_each(|row| overlay.apply(row));
    overlay
}

#[test]
fn a_fact_read_before_the_end_of_its_session_is_refused_and_one_read_after_it_is_not() {
    let overlay = overlay(&[row(5, LogKind::Session(ID))]);
    assert_eq!(against(&overlay, 4, 0), kicked(5));
    assert_eq!(against(&overlay, 5, 0), None);
}

#[test]
fn the_end_of_another_session_is_no_objection() {
    let overlay = overlay(&[row(5, LogKind::Session(OTHER))]);
    assert_eq!(against(&overlay, 4, 0), None);
}

#[test]
fn a_cut_of_the_subject_ends_every_session_issued_before_it() {
    let overlay = overlay(&[row(
        5,
        LogKind::Subject {
            subject: ann(),
            keep: vec![],
        },
    )]);
    assert_eq!(against(&overlay, 4, 0), kicked(5));
    assert_eq!(against(&overlay, 4, 5), None, "issued under the cut");
}

#[test]
fn a_session_that_a_cut_keeps_is_read_again() {
    let overlay = overlay(&[row(
        5,
        LogKind::Subject {
            subject: ann(),
            keep: vec![ID],
        },
    )]);
    assert_eq!(against(&overlay, 4, 0), Some(Objection::Stale));
    assert_eq!(against(&overlay, 5, 5), None);
}

#[test]
fn a_cut_of_everyone_ends_every_session_issued_before_it() {
    let overlay = overlay(&[row(5, LogKind::Everyone)]);
    assert_eq!(against(&overlay, 4, 4), kicked(5));
    assert_eq!(against(&overlay, 9, 5), None);
}

#[test]
fn a_stale_mark_asks_for_the_store_once() {
    let overlay = overlay(&[
        row(5, LogKind::StaleSession(ID)),
        row(6, LogKind::StaleSubject(ann())),
    ]);
    assert_eq!(against(&overlay, 4, 0), Some(Objection::Stale));
    assert_eq!(
        against(&overlay, 5, 0),
        Some(Objection::Stale),
        "the subject's mark is newer"
    );
    assert_eq!(against(&overlay, 6, 0), None);
}

#[test]
fn rows_may_come_twice_and_in_any_order() {
    let rows = [
        row(
            7,
            LogKind::Subject {
                subject: ann(),
                keep: vec![],
            },
        ),
        row(5, LogKind::Session(ID)),
        row(
            6,
            LogKind::Subject {
                subject: ann(),
                keep: vec![ID],
            },
        ),
        row(5, LogKind::Session(ID)),
    ];
    let overlay = overlay(&rows);
    assert_eq!(against(&overlay, 4, 0), kicked(5));
    assert_eq!(against(&overlay, 5, 6), kicked(5), "the newer cut keeps nothing");
    assert_eq!(against(&overlay, 7, 7), None);
}

#[test]
fn what_is_forgotten_is_not_believed_any_more() {
    let overlay = overlay(&[row(5, LogKind::Session(ID)), row(8, LogKind::Session(OTHER))]);
    overlay.forget_before(NOW.after(Duration::from_millis(1)));
    assert_eq!(against(&overlay, 4, 0), Some(Objection::Stale));
    assert_eq!(against(&overlay, 7, 0), Some(Objection::Stale));
    assert_eq!(against(&overlay, 8, 0), None);
}

#[test]
fn what_is_younger_than_the_horizon_is_remembered() {
    let overlay = overlay(&[row(5, LogKind::Session(ID))]);
    overlay.forget_before(Timestamp(NOW.0));
    assert_eq!(against(&overlay, 4, 0), kicked(5));
}

#[test]
fn of_more_ends_than_may_be_remembered_the_oldest_are_forgotten_and_facts_as_old_as_they_read_again() {
    let rows = (1..=10_u8).map(|n| LogRow {
        at: NOW.after(Duration::from_secs(n.into())),
        ..row(n.into(), LogKind::Session(SessionId::from_bytes([n; 16])))
    });
    let overlay = overlay(&rows.collect::<Vec<_>>());
    overlay.forget_beyond(10);
    assert_eq!(overlay.low(), RevocationSeq::ZERO);
    overlay.forget_beyond(4);
    assert_eq!(overlay.low(), RevocationSeq(6));
    let ended = |n: u8| overlay.find_end(SessionId::from_bytes([n; 16])).is_some();
    assert_eq!((1..=10).filter(|n| ended(*n)).collect::<Vec<_>>(), [7, 8, 9, 10]);
    assert_eq!(against(&overlay, 5, 0), Some(Objection::Stale));
}
