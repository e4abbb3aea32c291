//! The rules of the protocol for a presented refresh token, each with its boundaries.

use std::time::Duration;

use symbolon_core::clock::Timestamp;
use symbolon_core::device::SeenFrom;
use symbolon_core::refresh::{Presented, Rotation, decide, keeps_cookies, replaced, rotated};
use symbolon_core::revocation::{Cut, RevocationReason, RevocationSeq};
use symbolon_core::session::{Session, SessionState};
use symbolon_core::token::{Generation, Pair, RawToken, TokenDigest};
use symbolon_core::verdict::Inactive;

use super::given::{BEGUN, keys, millis, ms, nonce, pair, session};

const GRACE: Duration = millis(200);
/// When the pair of generation 1 and, later, that of generation 2 were made.
const FIRST_ROTATION: Timestamp = ms(101_000);
const SECOND_ROTATION: Timestamp = ms(102_000);

fn first() -> Pair {
    Pair::following(&keys(), &pair(0).refresh, nonce(0x80))
}

fn second() -> Pair {
    Pair::following(&keys(), &first().refresh, nonce(0xa0))
}

fn once_rotated() -> Session {
    rotated(
        session(),
        &first(),
        nonce(0x80),
        SeenFrom::default(),
        FIRST_ROTATION,
    )
}

fn twice_rotated() -> Session {
    rotated(
        once_rotated(),
        &second(),
        nonce(0xa0),
        SeenFrom::default(),
        SECOND_ROTATION,
    )
}

fn used_at(mut session: Session, instant: i64) -> Session {
    session.tokens.successor_used_at = Some(ms(instant));
    session
}

fn ours(token: &RawToken) -> Presented {
    Presented {
        generation: token.generation(),
        digest: token.digest(),
        genuine: true,
    }
}

/// A token of that generation whose secret is not the session's.
fn wrong(generation: u32, genuine: bool) -> Presented {
    Presented {
        generation: Generation(generation),
        digest: TokenDigest::from_bytes([0xee; 32]),
        genuine,
    }
}

fn decided(session: &Session, token: Presented, now: i64) -> Rotation {
    decide(session, Cut::NONE, token, GRACE, ms(now))
}

const UNKNOWN: Rotation = Rotation::Inactive(Inactive::Unknown);
const SUPERSEDED: Rotation = Rotation::Inactive(Inactive::Superseded);
const REPLAY: Rotation = Rotation::Replay { renew: false };
const RENEW: Rotation = Rotation::Replay { renew: true };

const fn expired(at: i64) -> Rotation {
    Rotation::Inactive(Inactive::Expired { at: ms(at) })
}

// Rule 2: not active, cut, expired or idle.

#[test]
fn an_ended_session_answers_its_own_reason_whatever_the_generation() {
    let logged_out = Session {
        state: SessionState::Revoked {
            at: ms(102_500),
            reason: RevocationReason::Logout,
            seq: RevocationSeq(9),
        },
        ..used_at(twice_rotated(), 102_100)
    };
    let because = Rotation::Inactive(Inactive::Revoked {
        at: ms(102_500),
        reason: RevocationReason::Logout,
    });
    for token in every_generation() {
        assert_eq!(decided(&logged_out, token, 102_600), because, "{token:?}");
    }
}

#[test]
fn a_cut_session_answers_the_reason_of_the_cut_whatever_the_generation() {
    let cut = Cut {
        seq: RevocationSeq(8),
        at: ms(102_500),
        reason: RevocationReason::PasswordChanged,
    };
    let because = Rotation::Inactive(Inactive::Revoked {
        at: ms(102_500),
        reason: RevocationReason::PasswordChanged,
    });
    let session = used_at(twice_rotated(), 102_100);
    for token in every_generation() {
        assert_eq!(
            decide(&session, cut, token, GRACE, ms(102_600)),
            because,
            "{token:?}"
        );
    }
    let under_it = Cut {
        seq: RevocationSeq(7),
        ..cut
    };
    let current = ours(&second().refresh);
    assert_eq!(
        decide(&session, under_it, current, GRACE, ms(102_600)),
        Rotation::Rotate
    );
}

#[test]
fn a_session_past_its_idle_or_absolute_end_says_so_whatever_the_generation() {
    let session = used_at(twice_rotated(), 102_100);
    for token in every_generation() {
        assert_eq!(
            decided(&session, token, 108_600),
            Rotation::Inactive(Inactive::Idle { at: ms(108_600) })
        );
        assert_eq!(decided(&session, token, 120_000), expired(120_000));
    }
}

fn every_generation() -> [Presented; 5] {
    [
        ours(&pair(0).refresh),
        ours(&first().refresh),
        ours(&second().refresh),
        wrong(2, true),
        wrong(3, true),
    ]
}

// A session that was begun without a refresh token.

#[test]
fn a_session_without_a_refresh_token_knows_none() {
    let mut session = session();
    session.tokens.refresh = None;
    assert_eq!(decided(&session, ours(&pair(0).refresh), 100_001), UNKNOWN);
    assert_eq!(decided(&session, wrong(1, true), 100_001), UNKNOWN);
}

// Rule 3: newer than the store knows, or older than the floor.

#[test]
fn a_genuine_token_newer_than_the_store_knows_is_lost_and_ends_nothing() {
    for (session, generation) in [
        (session(), 1),
        (session(), 2),
        (twice_rotated(), 3),
        (twice_rotated(), u32::MAX),
    ] {
        assert_eq!(
            decided(&session, wrong(generation, true), 102_001),
            Rotation::Lost
        );
        assert_eq!(decided(&session, wrong(generation, false), 102_001), UNKNOWN);
    }
}

#[test]
fn a_token_older_than_the_floor_is_superseded_and_ends_nothing() {
    let fresh = Pair::random(
        &keys(),
        super::given::id(),
        Generation(3),
        &super::given::Counting(7),
    )
    .unwrap();
    let session = replaced(used_at(twice_rotated(), 102_001), &fresh, ms(102_002));
    for token in [
        ours(&pair(0).refresh),
        ours(&first().refresh),
        ours(&second().refresh),
        wrong(2, false),
    ] {
        for now in [102_003, 103_500] {
            assert_eq!(decided(&session, token, now), SUPERSEDED, "{token:?}");
        }
    }
    assert_eq!(decided(&session, ours(&fresh.refresh), 102_003), Rotation::Rotate);
}

#[test]
fn after_a_replacement_the_next_rotation_repeats_as_ever_and_the_floor_stays() {
    let fresh = Pair::random(
        &keys(),
        super::given::id(),
        Generation(3),
        &super::given::Counting(7),
    )
    .unwrap();
    let next = Pair::following(&keys(), &fresh.refresh, nonce(1));
    let session = replaced(twice_rotated(), &fresh, ms(102_002));
    let session = rotated(session, &next, nonce(1), SeenFrom::default(), ms(103_000));
    assert_eq!(decided(&session, ours(&fresh.refresh), 103_001), REPLAY);
    assert_eq!(decided(&session, ours(&second().refresh), 103_001), SUPERSEDED);
    let used = used_at(session, 103_100);
    assert_eq!(decided(&used, ours(&fresh.refresh), 103_300), Rotation::Reused);
    assert_eq!(decided(&used, ours(&second().refresh), 103_300), SUPERSEDED);
}

// Rule 4: the current generation.

#[test]
fn the_current_token_rotates_until_its_end_and_not_at_it() {
    let current = ours(&pair(0).refresh);
    assert_eq!(decided(&session(), current, 100_000), Rotation::Rotate);
    assert_eq!(decided(&session(), current, 104_999), Rotation::Rotate);
    assert_eq!(decided(&session(), current, 105_000), expired(105_000));
    assert_eq!(decided(&session(), current, 105_001), expired(105_000));
}

#[test]
fn the_current_token_rotates_whether_its_pair_was_seen_in_use_or_not() {
    let current = ours(&second().refresh);
    for session in [twice_rotated(), used_at(twice_rotated(), 102_001)] {
        for now in [102_002, 102_200, 106_999] {
            assert_eq!(decided(&session, current, now), Rotation::Rotate);
        }
        assert_eq!(decided(&session, current, 107_000), expired(107_000));
    }
}

#[test]
fn a_wrong_secret_of_the_current_generation_is_refused_and_never_ends_the_session() {
    for genuine in [true, false] {
        for now in [102_001, 102_200, 104_000, 107_000] {
            let used = used_at(twice_rotated(), 102_001);
            assert_eq!(decided(&used, wrong(2, genuine), now), UNKNOWN);
            assert_eq!(decided(&twice_rotated(), wrong(2, genuine), now), UNKNOWN);
        }
    }
}

#[test]
fn an_access_secret_is_not_a_refresh_secret() {
    let access = Presented {
        digest: second().access.digest(),
        ..ours(&second().refresh)
    };
    assert_eq!(decided(&twice_rotated(), access, 102_001), UNKNOWN);
}

// Rule 5: the previous generation.

#[test]
fn the_previous_token_repeats_the_pair_however_late_while_the_pair_is_unused() {
    let previous = ours(&first().refresh);
    for (now, repeated) in [
        (102_000, REPLAY),
        (102_199, REPLAY),
        (102_200, RENEW),
        (102_201, RENEW),
        (106_999, RENEW),
    ] {
        assert_eq!(decided(&twice_rotated(), previous, now), repeated, "at {now}");
    }
}

#[test]
fn the_previous_token_repeats_the_pair_until_a_grace_after_its_first_use_and_not_at_it() {
    let previous = ours(&first().refresh);
    let session = used_at(twice_rotated(), 102_100);
    for (now, repeated) in [
        (102_100, REPLAY),
        (102_199, REPLAY),
        (102_200, RENEW),
        (102_299, RENEW),
        (102_300, Rotation::Reused),
        (102_301, Rotation::Reused),
    ] {
        assert_eq!(decided(&session, previous, now), repeated, "at {now}");
    }
}

#[test]
fn the_grace_counts_from_the_first_use_and_not_from_the_rotation() {
    let session = used_at(twice_rotated(), 104_000);
    let previous = ours(&first().refresh);
    assert_eq!(decided(&session, previous, 104_199), RENEW);
    assert_eq!(decided(&session, previous, 104_200), Rotation::Reused);
}

#[test]
fn without_grace_the_first_use_ends_the_repetitions() {
    let previous = ours(&first().refresh);
    let used = used_at(twice_rotated(), 102_100);
    let decided = |session: &Session, now| decide(session, Cut::NONE, previous, Duration::ZERO, ms(now));
    assert_eq!(decided(&used, 102_100), Rotation::Reused);
    assert_eq!(decided(&twice_rotated(), 102_100), RENEW);
}

#[test]
fn the_previous_token_repeats_the_pair_past_its_own_end_but_not_past_the_pairs() {
    // The token of generation 1 would have ended at 106,000; the pair made from it ends at 107,000.
    let previous = ours(&first().refresh);
    assert_eq!(decided(&twice_rotated(), previous, 106_500), RENEW);
    assert_eq!(decided(&twice_rotated(), previous, 106_999), RENEW);
    assert_eq!(decided(&twice_rotated(), previous, 107_000), expired(107_000));
    let used = used_at(twice_rotated(), 106_990);
    assert_eq!(decided(&used, previous, 107_000), expired(107_000));
}

#[test]
fn the_previous_secret_proves_itself_without_a_tag() {
    // A key of an older master generation that this node does not hold any more.
    let previous = Presented {
        genuine: false,
        ..ours(&first().refresh)
    };
    assert_eq!(decided(&twice_rotated(), previous, 102_001), REPLAY);
    let used = used_at(twice_rotated(), 102_001);
    assert_eq!(decided(&used, previous, 102_201), Rotation::Reused);
}

// Rule 6: anything older that is ours.

#[test]
fn a_genuine_token_two_generations_old_is_reuse_used_or_not() {
    for now in [102_000, 102_199, 104_000, 107_000, 108_599] {
        let oldest = ours(&pair(0).refresh);
        assert_eq!(
            decided(&twice_rotated(), oldest, now),
            Rotation::Reused,
            "at {now}"
        );
        let used = used_at(twice_rotated(), 102_001);
        assert_eq!(decided(&used, oldest, now), Rotation::Reused, "at {now}");
    }
}

#[test]
fn an_older_token_that_neither_digest_nor_tag_proves_ends_nothing() {
    for generation in [0, 1] {
        let token = wrong(generation, false);
        assert_eq!(decided(&twice_rotated(), token, 102_001), UNKNOWN);
        assert_eq!(
            decided(&used_at(twice_rotated(), 102_001), token, 103_000),
            UNKNOWN
        );
    }
}

#[test]
fn a_genuine_token_of_the_previous_generation_with_another_secret_is_reuse() {
    // Ours by its tag, yet not the one that the pair was made from: two histories of one session.
    assert_eq!(
        decided(&twice_rotated(), wrong(1, true), 102_001),
        Rotation::Reused
    );
}

#[test]
fn the_previous_secret_under_an_older_generation_is_no_repetition() {
    let disguised = Presented {
        generation: Generation(0),
        ..ours(&first().refresh)
    };
    assert_eq!(decided(&twice_rotated(), disguised, 102_001), Rotation::Reused);
}

// The cookie form of rule 4.

#[test]
fn a_browser_keeps_a_pair_younger_than_twice_the_grace() {
    for (now, kept) in [
        (101_000, true),
        (101_399, true),
        (101_400, false),
        (101_401, false),
    ] {
        assert_eq!(keeps_cookies(&once_rotated(), GRACE, ms(now)), kept, "at {now}");
    }
    assert!(keeps_cookies(&session(), GRACE, BEGUN));
    assert!(!keeps_cookies(&session(), Duration::ZERO, BEGUN));
    let end = session().tokens.access.expires_at.0;
    assert!(keeps_cookies(&session(), Duration::MAX, ms(end - 1)));
    assert!(
        !keeps_cookies(&session(), Duration::MAX, ms(end)),
        "an access token that has ended is of no use to keep"
    );
}
