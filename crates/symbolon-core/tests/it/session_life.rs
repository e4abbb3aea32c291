use proptest::prelude::*;
use symbolon_core::revocation::{Cut, RevocationReason, RevocationSeq};
use symbolon_core::session::{Ended, Session, SessionId, SessionState, TokenStyle, idle_end, idle_slack};
use symbolon_core::token::{Generation, KeyId};

use super::given::{BEGUN, Counting, counting, id, lives, millis, ms, opening, pair, session};

fn cut(seq: u64) -> Cut {
    Cut {
        seq: RevocationSeq(seq),
        at: ms(100_500),
        reason: RevocationReason::Kicked,
    }
}

#[test]
fn a_session_begins_with_the_lives_that_it_was_given() {
    let session = session();
    assert_eq!(session.id, id());
    assert_eq!(session.state, SessionState::Active);
    assert_eq!(session.epoch, RevocationSeq(7));
    assert_eq!(session.created_at, BEGUN);
    assert_eq!(session.authenticated_at, BEGUN);
    assert_eq!(session.last_seen_at, BEGUN);
    assert_eq!(session.expires_at, ms(120_000));
    assert_eq!(session.idle_expires_at, ms(106_600));
    assert_eq!(session.live_until(), ms(106_600));
    assert_eq!(session.lives, lives());
    assert_eq!(session.style, TokenStyle::Opaque);
    let (access, refresh) = pair(0).digests();
    let tokens = session.tokens;
    assert_eq!(tokens.key_id, KeyId::FIRST);
    assert_eq!(tokens.generation, Generation(0));
    assert_eq!(tokens.generation_floor, Generation(0));
    assert_eq!(
        (tokens.access.digest, tokens.access.expires_at),
        (access, ms(101_000))
    );
    assert_eq!(
        tokens.refresh.map(|kept| (kept.digest, kept.expires_at)),
        Some((refresh, ms(105_000)))
    );
    assert_eq!(tokens.previous_access, None);
    assert_eq!(tokens.previous_refresh, None);
    assert_eq!(tokens.nonce, None);
    assert_eq!(tokens.rotated_at, BEGUN);
    assert_eq!(tokens.successor_used_at, None);
}

#[test]
fn no_token_outlives_its_session() {
    let mut opening = opening();
    opening.lives.absolute_timeout = millis(900);
    let session = Session::begin(id(), opening, RevocationSeq::ZERO, &pair(0), BEGUN);
    assert_eq!(session.expires_at, ms(100_900));
    assert_eq!(session.tokens.access.expires_at, ms(100_900));
    assert_eq!(
        session.tokens.refresh.map(|kept| kept.expires_at),
        Some(ms(100_900))
    );
    assert_eq!(session.live_until(), ms(100_900));
}

#[test]
fn a_session_without_refresh_life_has_no_refresh_token() {
    let mut opening = opening();
    opening.lives.refresh_ttl = None;
    let session = Session::begin(id(), opening, RevocationSeq::ZERO, &pair(0), BEGUN);
    assert_eq!(session.tokens.refresh, None);
}

#[test]
fn a_session_lives_until_its_idle_end_and_not_at_it() {
    let session = session();
    assert_eq!(session.ended(Cut::NONE, ms(106_599)), None);
    for now in [106_600, 106_601] {
        assert_eq!(
            session.ended(Cut::NONE, ms(now)),
            Some(Ended::Idle { at: ms(106_600) })
        );
    }
}

#[test]
fn a_session_lives_until_its_absolute_end_and_not_at_it() {
    let mut session = session();
    session.idle_expires_at = ms(130_000);
    assert_eq!(session.ended(Cut::NONE, ms(119_999)), None);
    for now in [120_000, 120_001] {
        assert_eq!(
            session.ended(Cut::NONE, ms(now)),
            Some(Ended::Expired { at: ms(120_000) })
        );
    }
}

#[test]
fn a_session_past_both_ends_has_expired() {
    assert_eq!(
        session().ended(Cut::NONE, ms(120_000)),
        Some(Ended::Expired { at: ms(120_000) })
    );
}

#[test]
fn a_cut_ends_exactly_the_sessions_issued_under_an_older_one() {
    let session = session();
    for older_or_same in [0, 6, 7] {
        assert_eq!(session.ended(cut(older_or_same), BEGUN), None);
    }
    assert_eq!(
        session.ended(cut(8), BEGUN),
        Some(Ended::Revoked {
            at: ms(100_500),
            reason: RevocationReason::Kicked,
            seq: RevocationSeq(8),
        })
    );
}

#[test]
fn what_ended_a_session_itself_is_said_before_a_cut_and_before_its_age() {
    let mut session = session();
    session.state = SessionState::Revoked {
        at: ms(100_400),
        reason: RevocationReason::Logout,
        seq: RevocationSeq(9),
    };
    let logged_out = Some(Ended::Revoked {
        at: ms(100_400),
        reason: RevocationReason::Logout,
        seq: RevocationSeq(9),
    });
    assert_eq!(session.ended(Cut::NONE, BEGUN), logged_out);
    assert_eq!(session.ended(cut(10), ms(200_000)), logged_out);
    assert_eq!(session.revoked(cut(10)), logged_out);
}

#[test]
fn a_cut_is_said_before_the_age_of_a_session() {
    let ended = session().ended(cut(8), ms(200_000));
    assert!(matches!(ended, Some(Ended::Revoked { .. })), "{ended:?}");
}

#[test]
fn age_alone_is_not_a_revocation() {
    assert_eq!(session().revoked(Cut::NONE), None);
}

#[test]
fn the_newer_of_two_cuts_counts_and_the_first_of_two_equal_ones() {
    assert_eq!(cut(8).newer(cut(9)), cut(9));
    assert_eq!(cut(9).newer(cut(8)), cut(9));
    assert_eq!(Cut::NONE.newer(cut(1)), cut(1));
    let same = Cut {
        reason: RevocationReason::Banned,
        ..cut(8)
    };
    assert_eq!(cut(8).newer(same), cut(8));
}

#[test]
fn the_idle_slack_is_a_tenth_and_at_most_a_minute() {
    for (idle, slack) in [
        (0, 0),
        (9, 0),
        (10, 1),
        (599_999, 59_999),
        (600_000, 60_000),
        (6_000_000, 60_000),
    ] {
        let slack_of = idle_slack(millis(idle)).as_millis();
        assert_eq!(slack_of, slack, "{idle} ms");
    }
    assert_eq!(idle_end(ms(5), millis(600_000)), ms(660_005));
}

#[test]
fn an_idle_end_beyond_the_end_of_time_is_the_end_of_time() {
    assert_eq!(idle_end(ms(5), std::time::Duration::MAX), ms(i64::MAX));
}

#[test]
fn a_session_id_is_a_uuid_of_version_seven_made_of_the_instant() {
    let id = SessionId::random(ms(0x0123_4567_89ab), &Counting(0x40)).unwrap();
    assert_eq!(id.to_string(), "01234567-89ab-7041-8243-444546474849");
    assert_eq!(format!("{id:?}"), id.to_string());
}

#[test]
fn a_session_id_is_read_in_its_hyphenated_form_only() {
    let text = "10111213-1415-1617-1819-1a1b1c1d1e1f";
    assert_eq!(SessionId::parse(text), Some(id()));
    assert_eq!(SessionId::parse(&text.to_uppercase()), Some(id()));
    for other in [
        "",
        "101112131415161718191a1b1c1d1e1f",
        "{10111213-1415-1617-1819-1a1b1c1d1e1f}",
        "urn:uuid:10111213-1415-1617-1819-1a1b1c1d1e1f",
        "10111213-1415-1617-1819-1a1b1c1d1e1",
        "10111213-1415-1617-1819-1a1b1c1d1e1ff",
        "1011121-31415-1617-1819-1a1b1c1d1e1f",
        "10111213-1415-1617-1819-1a1b1c1d1e1g",
    ] {
        assert_eq!(SessionId::parse(other), None, "{other}");
    }
}

#[test]
fn a_session_id_of_sixteen_bytes_shows_the_same_bytes() {
    assert_eq!(id().as_bytes(), &counting::<16>(0x10));
}

proptest! {
    #[test]
    fn session_ids_sort_by_their_instant(early in 0_i64..1 << 47, later in 1_i64..1 << 46, a: u8, b: u8) {
        let first = SessionId::random(ms(early), &Counting(a)).unwrap();
        let second = SessionId::random(ms(early + later), &Counting(b)).unwrap();
        prop_assert!(first < second);
    }

    #[test]
    fn a_session_id_is_read_as_it_is_shown(bytes: [u8; 16]) {
        let id = SessionId::from_bytes(bytes);
        prop_assert_eq!(SessionId::parse(&id.to_string()), Some(id));
    }
}
