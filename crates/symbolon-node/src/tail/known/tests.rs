use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::store::LogPage;

use super::{KnownLog, ROWS_MIN, Read, Vouch};
use crate::chain::{Place, repair};

fn row_of(seq: u64, prev: u64, history: u8) -> LogRow {
    let mut id = [history; 16];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    LogRow {
        seq: RevocationSeq(seq),
        prev_seq: RevocationSeq(prev),
        id,
        kind: LogKind::Everyone,
        at: Timestamp(i64::try_from(seq).unwrap()),
        reason: RevocationReason::Kicked,
    }
}

fn row(seq: u64) -> LogRow {
    row_of(seq, seq - 1, 1)
}

fn page(rows: &[LogRow]) -> LogPage {
    let head = rows.last().unwrap();
    LogPage {
        head: head.seq,
        head_id: head.id,
        floor: RevocationSeq::ZERO,
        rows: rows.to_vec(),
    }
}

/// It began at row 3.
fn begun() -> KnownLog {
    let mut log = KnownLog::default();
    log.begin(RevocationSeq(3), Some(&row(3)), 0);
    log
}

fn applied(log: &KnownLog) -> u64 {
    log.place().unwrap().applied.0
}

fn vouch(log: &KnownLog, seq: u64, applied: &LogRow) -> Vouch {
    log.vouch(RevocationSeq(seq), applied.seq, Some(applied.id))
}

#[test]
fn the_position_moves_on_only_as_far_as_no_row_is_missing() {
    let mut log = begun();
    assert!(log.take(&row(5), 0));
    assert_eq!(applied(&log), 3);
    assert!(log.take(&row(4), 0));
    assert_eq!(applied(&log), 5);
    assert!(!log.take(&row(5), 0), "it is known");
    assert!(!log.take(&row(2), 0), "it was applied before");
}

#[test]
fn a_row_after_a_jump_moves_the_position_only_when_the_log_was_read() {
    let mut log = begun();
    let far = row_of(5 << 20, (5 << 20) - 1, 2);
    log.take(&far, 0);
    assert_eq!(applied(&log), 3);
    let read = log.read(Place::after(&row(3)), &page(&[row(3), far.clone()]), 100, 0);
    assert_eq!(
        read,
        Read::On {
            news: vec![],
            complete: true
        }
    );
    assert_eq!(applied(&log), far.seq.0);
}

#[test]
fn rows_that_came_while_a_page_was_read_are_kept() {
    let mut log = begun();
    let then = log.place().unwrap();
    for seq in [4, 5, 6] {
        log.take(&row(seq), 0);
    }
    let read = log.read(then, &page(&[row(3), row(4)]), 100, 0);
    assert_eq!(
        read,
        Read::On {
            news: vec![],
            complete: true
        }
    );
    assert_eq!(applied(&log), 6);
}

#[test]
fn a_row_that_was_heard_and_is_not_in_the_log_was_lost() {
    let mut log = begun();
    let then = log.place().unwrap();
    log.take(&row(4), 0);
    let jumped = row_of((5 << 20) + 1, 5 << 20, 2);
    let without = page(&[row(3), jumped]);
    assert_eq!(log.read(then, &without, 100, 0), Read::Lost);
    let other = page(&[row(3), row_of(4, 3, 2)]);
    assert_eq!(log.read(then, &other, 100, 0), Read::Lost);
}

#[test]
fn a_word_counts_for_the_row_itself_and_for_what_follows_on_it() {
    let mut log = begun();
    for seq in [4, 5] {
        log.take(&row(seq), 0);
    }
    assert_eq!(vouch(&log, 4, &row(3)), Vouch::No, "before it");
    assert_eq!(vouch(&log, 4, &row(4)), Vouch::Yes);
    assert_eq!(vouch(&log, 4, &row(5)), Vouch::Yes);
    assert_eq!(
        vouch(&log, 1, &row(5)),
        Vouch::Yes,
        "older than what is remembered"
    );
    assert_eq!(
        vouch(&log, 4, &row(6)),
        Vouch::ReadOn,
        "the way there is not known"
    );
    assert_eq!(log.vouch(RevocationSeq(4), RevocationSeq(4), None), Vouch::Yes);
}

#[test]
fn a_word_from_another_history_does_not_count() {
    let mut log = begun();
    log.take(&row(4), 0);
    assert_eq!(vouch(&log, 4, &row_of(4, 3, 2)), Vouch::No);
    // Positions of after a restart, while it is not known whether the row has survived it.
    assert_eq!(vouch(&log, 4, &row_of(5 << 20, 4, 2)), Vouch::ReadOn);
}

#[test]
fn a_lost_row_is_vouched_for_by_nobody_until_it_is_written_again() {
    let mut log = begun();
    log.take(&row(4), 0);
    let jump = 5 << 20;
    let there = [row(3), row_of(jump + 1, jump, 2)];
    let plan = repair(&log.rows(), RevocationSeq::ZERO, &there);
    log.go_back(plan.common, &plan.lost);
    assert_eq!(applied(&log), 3);
    assert_eq!(vouch(&log, 4, &there[1]), Vouch::Lost);
    let read = log.read(log.place().unwrap(), &page(&there), 100, 0);
    assert_eq!(
        read,
        Read::On {
            news: vec![there[1].clone()],
            complete: true
        }
    );
    assert_eq!(vouch(&log, 4, &there[1]), Vouch::Lost);
    log.replace(RevocationSeq(4), RevocationSeq(jump + 2));
    assert_eq!(
        vouch(&log, 4, &there[1]),
        Vouch::Replaced(RevocationSeq(jump + 2))
    );
}

#[test]
fn the_first_time_that_a_row_was_heard_of_counts() {
    let mut log = begun();
    log.take(&row(4), 10);
    log.take(&row(4), 20);
    log.read(Place::after(&row(3)), &page(&[row(3), row(4)]), 100, 30);
    assert_eq!(log.heard_at(RevocationSeq(4)), Some(10));
    assert_eq!(log.heard_at(RevocationSeq(9)), None);
}

#[test]
fn old_rows_are_forgotten_but_for_the_last_few() {
    let mut log = begun();
    let count = ROWS_MIN as u64 * 2;
    for seq in 4..4 + count {
        log.take(&row(seq), 0);
    }
    log.forget_before(Timestamp(10));
    assert_eq!(log.rows().first().unwrap().seq, RevocationSeq(10));
    log.forget_before(Timestamp(i64::MAX));
    assert_eq!(log.rows().len(), ROWS_MIN);
}

#[test]
fn beginning_anew_keeps_what_was_heard_beyond_the_head() {
    let mut log = KnownLog::default();
    log.take(&row(9), 0);
    log.take(&row(8), 0);
    log.begin(RevocationSeq(7), Some(&row(7)), 0);
    assert_eq!(applied(&log), 9);
}
