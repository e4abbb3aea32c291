//! When an access token near its end is renewed, with the boundaries of each rule.

use symbolon_core::device::SeenFrom;
use symbolon_core::refresh::{replaced, rotated};
use symbolon_core::renewal::{Presented, Renewal, RenewalRule, decide};
use symbolon_core::revocation::{Cut, RevocationReason, RevocationSeq};
use symbolon_core::session::{Lives, Opening, Session, SessionState};
use symbolon_core::token::{Generation, Pair, RawToken, TokenDigest};

use super::given::{BEGUN, id, keys, lives, millis, ms, nonce, opening, pair, session};

/// With less than 300 ms left; repeated for 200 ms after the first use.
const RULE: RenewalRule = RenewalRule {
    before: millis(300),
    grace: millis(200),
};

/// Access 1,000 ms, no refresh token, idle 6,600 ms with its slack, absolute 20,000 ms; begun at 100,000.
fn begun() -> Session {
    let opening = Opening {
        lives: Lives {
            refresh_ttl: None,
            ..lives()
        },
        ..opening()
    };
    Session::begin(id(), opening, RevocationSeq(7), &pair(0), BEGUN)
}

fn second() -> Pair {
    Pair::renewing(&keys(), &pair(0).access, nonce(0x80))
}

/// Renewed at 100,800: the first token ends at 101,000, the second at 101,800.
fn renewed() -> Session {
    rotated(begun(), &second(), nonce(0x80), SeenFrom::default(), ms(100_800))
}

fn used_at(mut session: Session, instant: i64) -> Session {
    session.tokens.successor_used_at = Some(ms(instant));
    session
}

fn of(token: &RawToken) -> Presented {
    Presented {
        generation: token.generation(),
        digest: Some(token.digest()),
    }
}

fn signed(generation: u32) -> Presented {
    Presented {
        generation: Generation(generation),
        digest: None,
    }
}

fn decided(session: &Session, token: Presented, now: i64) -> Renewal {
    decide(session, Cut::NONE, token, RULE, ms(now))
}

#[test]
fn a_token_is_renewed_with_less_than_that_left_and_not_with_exactly_that() {
    for (now, wanted) in [
        (100_000, Renewal::Keep),
        (100_699, Renewal::Keep),
        (100_700, Renewal::Keep),
        (100_701, Renewal::Renew),
        (100_999, Renewal::Renew),
        // At its end it proves nothing any more.
        (101_000, Renewal::Keep),
        (101_001, Renewal::Keep),
    ] {
        assert_eq!(decided(&begun(), of(&pair(0).access), now), wanted, "at {now}");
        assert_eq!(decided(&begun(), signed(0), now), wanted, "signed, at {now}");
    }
}

#[test]
fn without_a_rule_or_with_a_refresh_token_nothing_is_renewed() {
    let never = RenewalRule {
        before: millis(0),
        ..RULE
    };
    let token = of(&pair(0).access);
    assert_eq!(
        decide(&begun(), Cut::NONE, token, never, ms(100_999)),
        Renewal::Keep
    );
    assert_eq!(decided(&session(), token, 100_999), Renewal::Keep);
}

#[test]
fn no_renewal_moves_the_absolute_end_and_one_that_gains_nothing_is_not_made() {
    let mut session = begun();
    session.expires_at = ms(101_500);
    let next = second();
    let session = rotated(session, &next, nonce(0x80), SeenFrom::default(), ms(100_800));
    assert_eq!(session.tokens.access.expires_at, ms(101_500), "and not 101,800");
    for now in [101_200, 101_201, 101_499] {
        assert_eq!(
            decided(&session, of(&next.access), now),
            Renewal::Keep,
            "at {now}"
        );
    }
    // One millisecond to gain is gained.
    let mut session = begun();
    session.expires_at = ms(101_001);
    assert_eq!(decided(&session, of(&pair(0).access), 100_999), Renewal::Renew);
    session.expires_at = ms(101_000);
    assert_eq!(decided(&session, of(&pair(0).access), 100_999), Renewal::Keep);
}

#[test]
fn the_previous_token_gives_the_same_successor_until_its_own_end() {
    for (now, wanted) in [
        (100_800, Renewal::Repeat),
        (100_999, Renewal::Repeat),
        (101_000, Renewal::Keep),
    ] {
        assert_eq!(decided(&renewed(), of(&pair(0).access), now), wanted, "at {now}");
        assert_eq!(decided(&renewed(), signed(0), now), wanted, "signed, at {now}");
    }
}

#[test]
fn after_the_first_use_of_the_successor_it_is_repeated_for_the_grace_and_not_at_its_end() {
    let session = used_at(renewed(), 100_750);
    for (now, wanted) in [
        (100_949, Renewal::Repeat),
        (100_950, Renewal::Keep),
        (100_951, Renewal::Keep),
    ] {
        assert_eq!(decided(&session, of(&pair(0).access), now), wanted, "at {now}");
    }
}

#[test]
fn without_its_nonce_a_successor_is_not_repeated() {
    let mut session = renewed();
    session.tokens.nonce = None;
    assert_eq!(decided(&session, of(&pair(0).access), 100_900), Renewal::Keep);
}

#[test]
fn the_successor_is_renewed_in_its_turn() {
    let token = second().access;
    for (now, wanted) in [
        (101_500, Renewal::Keep),
        (101_501, Renewal::Renew),
        (101_800, Renewal::Keep),
    ] {
        assert_eq!(decided(&renewed(), of(&token), now), wanted, "at {now}");
    }
}

#[test]
fn an_old_a_newer_or_a_foreign_token_changes_nothing() {
    let third = Pair::renewing(&keys(), &second().access, nonce(0xa0));
    let twice = rotated(renewed(), &third, nonce(0xa0), SeenFrom::default(), ms(101_600));
    let wrong = |generation: u32| Presented {
        generation: Generation(generation),
        digest: Some(TokenDigest::from_bytes([0xee; 32])),
    };
    // The first token lives to 101,000 by its own word: it is two generations old all the same.
    for token in [
        of(&pair(0).access),
        signed(0),
        wrong(0),
        wrong(1),
        wrong(2),
        wrong(3),
        signed(3),
        signed(u32::MAX),
    ] {
        assert_eq!(decided(&twice, token, 101_700), Renewal::Keep, "{token:?}");
    }
    assert_eq!(decided(&twice, of(&second().access), 101_700), Renewal::Repeat);
}

#[test]
fn a_token_of_a_pair_that_was_replaced_on_purpose_has_no_successor() {
    let fresh = Pair::random(&keys(), id(), Generation(1), &super::given::Counting(1)).unwrap();
    let session = replaced(begun(), &fresh, ms(100_500));
    for token in [of(&pair(0).access), signed(0)] {
        assert_eq!(decided(&session, token, 100_900), Renewal::Keep);
    }
    assert_eq!(decided(&session, of(&fresh.access), 101_400), Renewal::Renew);
}

#[test]
fn a_session_that_has_ended_renews_nothing() {
    let token = of(&pair(0).access);
    let revoked = Session {
        state: SessionState::Revoked {
            at: ms(100_500),
            reason: RevocationReason::Logout,
            seq: RevocationSeq(9),
        },
        ..begun()
    };
    assert_eq!(decided(&revoked, token, 100_900), Renewal::Keep);
    let cut = Cut {
        seq: RevocationSeq(8),
        at: ms(100_500),
        reason: RevocationReason::Kicked,
    };
    assert_eq!(decide(&begun(), cut, token, RULE, ms(100_900)), Renewal::Keep);
    let under_it = Cut {
        seq: RevocationSeq(7),
        ..cut
    };
    assert_eq!(
        decide(&begun(), under_it, token, RULE, ms(100_900)),
        Renewal::Renew
    );
    let idle = Session {
        idle_expires_at: ms(100_900),
        ..begun()
    };
    assert_eq!(decided(&idle, token, 100_899), Renewal::Renew);
    assert_eq!(decided(&idle, token, 100_900), Renewal::Keep);
}

#[test]
fn a_renewal_writes_what_a_refresh_does_but_no_refresh_token() {
    let session = renewed();
    let tokens = &session.tokens;
    assert_eq!(tokens.generation, Generation(1));
    assert_eq!(tokens.access.digest, second().access.digest());
    assert_eq!(tokens.access.expires_at, ms(101_800));
    assert_eq!(tokens.previous_access, Some(begun().tokens.access));
    assert_eq!((tokens.refresh, tokens.previous_refresh), (None, None));
    assert_eq!(session.expires_at, begun().expires_at);
    assert_eq!(session.idle_expires_at, ms(107_400), "it is a use");
}
