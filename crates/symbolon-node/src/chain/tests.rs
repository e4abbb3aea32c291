use symbolon_core::clock::Timestamp;
use symbolon_core::revocation::{LogKind, LogRow, RevocationReason, RevocationSeq};
use symbolon_core::store::LogPage;

use super::{Follows, JUMP, Place, Repair, follow, repair};

const LIMIT: u32 = 100;
/// Where positions go on after a restart of the store.
const JUMPED: u64 = 10 + JUMP;

fn row_of(seq: u64, prev: u64, history: u8) -> LogRow {
    let mut id = [history; 16];
    id[..8].copy_from_slice(&seq.to_be_bytes());
    LogRow {
        seq: RevocationSeq(seq),
        prev_seq: RevocationSeq(prev),
        id,
        kind: LogKind::Everyone,
        at: Timestamp(0),
        reason: RevocationReason::Kicked,
    }
}

fn row(seq: u64) -> LogRow {
    row_of(seq, seq - 1, 1)
}

fn at(seq: u64) -> Place {
    Place::after(&row(seq))
}

fn page(head: &LogRow, rows: &[LogRow]) -> LogPage {
    LogPage {
        head: head.seq,
        head_id: head.id,
        floor: RevocationSeq::ZERO,
        rows: rows.to_vec(),
    }
}

fn read(place: Place, page: &LogPage) -> Result<(Vec<u64>, Place, bool), &'static str> {
    match follow(place, page, LIMIT) {
        Follows::On {
            rows,
            place,
            complete,
        } => Ok((rows.iter().map(|row| row.seq.0).collect(), place, complete)),
        Follows::Behind => Err("behind"),
        Follows::Lost => Err("lost"),
        Follows::Hole => Err("hole"),
    }
}

#[test]
fn a_log_that_has_not_grown_is_read_to_its_head() {
    assert_eq!(read(at(3), &page(&row(3), &[row(3)])), Ok((vec![], at(3), true)));
    let nothing = Place {
        applied: RevocationSeq::ZERO,
        id: None,
        anchor: None,
    };
    let (rows, place, complete) = read(nothing, &page(&row_of(0, 0, 1), &[])).unwrap();
    assert_eq!(
        (rows, place.applied, complete),
        (vec![], RevocationSeq::ZERO, true)
    );
}

#[test]
fn new_rows_follow_on_the_newest_that_was_seen() {
    let grown = page(&row(5), &[row(3), row(4), row(5)]);
    assert_eq!(read(at(3), &grown), Ok((vec![4, 5], at(5), true)));
}

#[test]
fn a_page_that_is_full_and_short_of_the_head_is_not_complete() {
    let full = page(&row(9), &[row(3), row(4), row(5)]);
    let Follows::On { place, complete, .. } = follow(at(3), &full, 3) else {
        panic!("it follows")
    };
    assert_eq!((place, complete), (at(5), false));
    // The same rows with nothing behind them, though more would have fitted: rows are missing.
    assert_eq!(read(at(3), &full), Err("hole"));
    // A full page that ends at the head is complete.
    let last = page(&row(5), &[row(3), row(4), row(5)]);
    assert!(matches!(
        follow(at(3), &last, 3),
        Follows::On { complete: true, .. }
    ));
}

#[test]
fn a_full_page_before_a_jump_is_not_complete_since_rows_may_follow() {
    let head = row_of(JUMPED, JUMPED, 2);
    let full = page(&head, &[row(3), row(4), row(5)]);
    assert!(matches!(follow(at(3), &full, 3), Follows::On { complete: false, place, .. } if place == at(5)));
}

#[test]
fn after_a_restart_positions_jump_and_the_log_goes_on() {
    let head = row_of(JUMPED, JUMPED, 2);
    let (rows, place, complete) = read(at(3), &page(&head, &[row(3)])).unwrap();
    assert_eq!((rows, complete), (vec![], true));
    assert_eq!((place.applied, place.anchor), (head.seq, at(3).anchor));
    // The next row names the jump as the one before.
    let next = row_of(JUMPED + 1, JUMPED, 2);
    let grown = page(&next, &[row(3), next.clone()]);
    assert_eq!(
        read(place, &grown),
        Ok((vec![JUMPED + 1], Place::after(&next), true))
    );
    assert_eq!(
        read(at(3), &grown),
        Ok((vec![JUMPED + 1], Place::after(&next), true))
    );
    // And once more.
    let again = row_of(JUMPED * 3, JUMPED * 3 - 1, 3);
    let twice = page(&again, &[next.clone(), again.clone()]);
    assert_eq!(
        read(Place::after(&next), &twice),
        Ok((vec![JUMPED * 3], Place::after(&again), true))
    );
}

#[test]
fn a_row_that_was_seen_and_is_not_there_or_has_another_id_was_lost() {
    let jumped = row_of(JUMPED, JUMPED, 2);
    assert_eq!(read(at(3), &page(&jumped, &[])), Err("lost"), "not there");
    let other = row_of(3, 2, 2);
    assert_eq!(
        read(at(3), &page(&other, std::slice::from_ref(&other))),
        Err("lost"),
        "another id"
    );
    assert_eq!(
        read(at(3), &page(&row(2), &[])),
        Err("lost"),
        "the head is before it"
    );
}

#[test]
fn another_jump_than_the_one_that_was_seen_is_another_history() {
    let head = row_of(JUMPED, JUMPED, 2);
    let (_, place, _) = read(at(3), &page(&head, &[row(3)])).unwrap();
    let other = row_of(JUMPED, JUMPED, 3);
    assert_eq!(read(place, &page(&other, &[row(3)])), Err("lost"));
    // A row that goes on from before the jump as if there had been none.
    let four = row(4);
    assert_eq!(read(place, &page(&head, &[row(3), four])), Err("lost"));
}

#[test]
fn a_row_that_is_missing_in_the_midst_is_a_hole() {
    assert_eq!(
        read(at(3), &page(&row(6), &[row(3), row(4), row(6)])),
        Err("hole")
    );
    let backwards = row_of(4, 4, 1);
    assert_eq!(
        read(at(3), &page(&backwards, &[row(3), backwards.clone()])),
        Err("hole")
    );
}

#[test]
fn who_was_away_for_longer_than_rows_are_kept_begins_anew_and_who_stands_at_the_floor_does_not() {
    let mut old = page(&row(9), &[row(8), row(9)]);
    old.floor = RevocationSeq(7);
    assert_eq!(read(at(6), &old), Err("behind"));
    assert_eq!(read(at(7), &old), Ok((vec![8, 9], at(9), true)));
}

fn seqs(repair: &Repair) -> Vec<u64> {
    repair.lost.iter().map(|row| row.seq.0).collect()
}

#[test]
fn a_repair_goes_back_to_the_last_common_row_and_knows_what_is_lost() {
    let known = [row(3), row(4), row(5), row(6)];
    let log = [row(3), row(4), row_of(JUMPED + 1, JUMPED, 2)];
    let repaired = repair(&known, RevocationSeq::ZERO, &log);
    assert_eq!(repaired.common, at(4));
    assert_eq!(seqs(&repaired), [5, 6]);
    assert!(!repaired.beyond_memory);
}

#[test]
fn a_row_of_another_history_at_the_same_position_is_no_common_row() {
    let known = [row(3), row(4)];
    let repaired = repair(&known, RevocationSeq::ZERO, &[row(3), row_of(4, 3, 2)]);
    assert_eq!((repaired.common, seqs(&repaired)), (at(3), vec![4]));
}

#[test]
fn where_even_the_oldest_known_row_is_gone_more_may_be_lost_than_is_known() {
    let log = [row(1), row_of(JUMPED + 1, JUMPED, 2)];
    let repaired = repair(&[row(3), row(4)], RevocationSeq::ZERO, &log);
    assert!(repaired.beyond_memory);
    assert_eq!(seqs(&repaired), [3, 4]);
    // Everything is read again.
    assert_eq!(repaired.common.reads_from(), RevocationSeq::ZERO);
    assert!(repair(&[], RevocationSeq::ZERO, &log).beyond_memory);
}

#[test]
fn a_row_that_may_have_been_removed_as_old_is_not_lost() {
    let repaired = repair(
        &[row(3), row(4), row(5)],
        RevocationSeq(4),
        &[row_of(JUMPED + 1, JUMPED, 2)],
    );
    assert_eq!((repaired.common, seqs(&repaired)), (at(4), vec![5]));
    assert!(!repaired.beyond_memory);
}
