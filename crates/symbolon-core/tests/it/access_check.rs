use symbolon_core::device::SeenFrom;
use symbolon_core::refresh::{replaced, rotated};
use symbolon_core::session::{Session, TokenStyle};
use symbolon_core::token::{Generation, Pair, RawToken, SignedToken, TokenDigest};
use symbolon_core::verdict::{AccessCheck, AccessFacts};

use super::given::{Counting, id, keys, ms, nonce, pair, session};

fn wrong() -> TokenDigest {
    TokenDigest::from_bytes([0xee; 32])
}

fn first() -> Pair {
    Pair::following(&keys(), &pair(0).refresh, nonce(0x80))
}

fn second() -> Pair {
    Pair::following(&keys(), &first().refresh, nonce(0xa0))
}

fn once_rotated() -> Session {
    rotated(session(), &first(), nonce(0x80), SeenFrom::default(), ms(100_600))
}

fn twice_rotated() -> Session {
    rotated(
        once_rotated(),
        &second(),
        nonce(0xa0),
        SeenFrom::default(),
        ms(101_200),
    )
}

fn checked(session: &Session, token: &RawToken, now: i64) -> AccessCheck {
    AccessFacts::of(session).check(token.generation(), token.digest(), ms(now))
}

const fn good(until: i64) -> AccessCheck {
    AccessCheck::Good {
        expires_at: ms(until),
    }
}

const fn token_expired(at: i64) -> AccessCheck {
    AccessCheck::TokenExpired { at: ms(at) }
}

#[test]
fn the_facts_are_those_of_the_session() {
    let facts = AccessFacts::of(&once_rotated());
    let expected = AccessFacts {
        generation: Generation(1),
        generation_floor: Generation(0),
        current: once_rotated().tokens.access,
        previous: Some(session().tokens.access),
        expires_at: ms(120_000),
        idle_expires_at: ms(107_200),
        settled: false,
        style: TokenStyle::Opaque,
        has_refresh: true,
    };
    assert_eq!(facts, expected);
}

#[test]
fn the_current_token_is_good_until_its_end_and_not_at_it() {
    for (now, check) in [
        (100_000, good(101_000)),
        (100_999, good(101_000)),
        (101_000, token_expired(101_000)),
        (101_001, token_expired(101_000)),
    ] {
        assert_eq!(checked(&session(), &pair(0).access, now), check, "at {now}");
    }
}

#[test]
fn the_previous_token_is_good_until_its_own_end_and_not_at_it() {
    for (now, check) in [
        (100_600, good(101_000)),
        (100_999, good(101_000)),
        (101_000, token_expired(101_000)),
        (101_001, token_expired(101_000)),
    ] {
        assert_eq!(checked(&once_rotated(), &pair(0).access, now), check, "at {now}");
        let current = checked(&once_rotated(), &first().access, now);
        assert_eq!(current, good(101_600), "at {now}");
    }
}

#[test]
fn a_token_two_generations_old_is_superseded_whatever_its_secret() {
    let facts = AccessFacts::of(&twice_rotated());
    for digest in [pair(0).access.digest(), wrong()] {
        assert_eq!(
            facts.check(Generation(0), digest, ms(101_200)),
            AccessCheck::Superseded
        );
    }
    assert_eq!(checked(&twice_rotated(), &first().access, 101_200), good(101_600));
}

#[test]
fn a_token_newer_than_the_facts_is_ahead_whatever_its_secret_and_the_instant() {
    for now in [101_200, 200_000] {
        for generation in [3, 4, u32::MAX] {
            let facts = AccessFacts::of(&twice_rotated());
            assert_eq!(
                facts.check(Generation(generation), wrong(), ms(now)),
                AccessCheck::Ahead
            );
        }
    }
    assert_eq!(
        checked(&once_rotated(), &second().access, 101_200),
        AccessCheck::Ahead
    );
}

#[test]
fn a_wrong_secret_is_said_before_any_end() {
    for now in [101_200, 200_000] {
        let facts = AccessFacts::of(&twice_rotated());
        for generation in [1, 2] {
            assert_eq!(
                facts.check(Generation(generation), wrong(), ms(now)),
                AccessCheck::WrongDigest
            );
        }
    }
}

#[test]
fn the_secrets_of_two_generations_are_not_exchanged() {
    let facts = AccessFacts::of(&twice_rotated());
    for (generation, token) in [(1, second()), (2, first())] {
        assert_eq!(
            facts.check(Generation(generation), token.access.digest(), ms(101_200)),
            AccessCheck::WrongDigest
        );
    }
}

#[test]
fn a_refresh_secret_is_not_an_access_secret() {
    let facts = AccessFacts::of(&once_rotated());
    assert_eq!(
        facts.check(Generation(1), first().refresh.digest(), ms(100_600)),
        AccessCheck::WrongDigest
    );
}

#[test]
fn after_a_replacement_every_older_token_is_superseded() {
    let fresh = Pair::random(&keys(), id(), Generation(3), &Counting(1)).unwrap();
    let session = replaced(twice_rotated(), &fresh, ms(101_250));
    for token in [pair(0).access, first().access, second().access] {
        assert_eq!(checked(&session, &token, 101_251), AccessCheck::Superseded);
    }
    assert_eq!(checked(&session, &fresh.access, 101_251), good(102_250));
}

#[test]
fn a_token_under_the_floor_is_superseded_even_where_the_facts_still_name_it() {
    let facts = AccessFacts {
        generation_floor: Generation(2),
        ..AccessFacts::of(&twice_rotated())
    };
    let previous = first().access;
    assert_eq!(
        facts.check(previous.generation(), previous.digest(), ms(101_200)),
        AccessCheck::Superseded
    );
}

#[test]
fn the_rotation_after_a_replacement_keeps_the_replacement_and_nothing_older() {
    let fresh = Pair::random(&keys(), id(), Generation(3), &Counting(1)).unwrap();
    let next = Pair::following(&keys(), &fresh.refresh, nonce(1));
    let session = replaced(twice_rotated(), &fresh, ms(101_250));
    let session = rotated(session, &next, nonce(1), SeenFrom::default(), ms(101_300));
    assert_eq!(checked(&session, &fresh.access, 101_301), good(102_250));
    assert_eq!(
        checked(&session, &second().access, 101_301),
        AccessCheck::Superseded
    );
}

#[test]
fn the_ends_of_the_session_are_said_before_that_of_the_token() {
    let session = once_rotated();
    let current = first().access;
    assert_eq!(checked(&session, &current, 107_199), token_expired(101_600));
    assert_eq!(
        checked(&session, &current, 107_200),
        AccessCheck::SessionIdle { at: ms(107_200) }
    );
    assert_eq!(
        checked(&session, &current, 119_999),
        AccessCheck::SessionIdle { at: ms(107_200) }
    );
    assert_eq!(
        checked(&session, &current, 120_000),
        AccessCheck::SessionExpired { at: ms(120_000) }
    );
}

#[test]
fn the_end_of_a_first_pair_is_settled() {
    assert!(AccessFacts::of(&session()).settled);
}

#[test]
fn the_end_of_a_rotated_pair_is_settled_by_its_first_use() {
    let mut session = once_rotated();
    assert!(!AccessFacts::of(&session).settled);
    session.tokens.successor_used_at = Some(ms(100_700));
    assert!(AccessFacts::of(&session).settled);
}

#[test]
fn the_end_of_a_replacing_pair_is_settled() {
    let fresh = Pair::random(&keys(), id(), Generation(2), &Counting(1)).unwrap();
    assert!(AccessFacts::of(&replaced(once_rotated(), &fresh, ms(101_000))).settled);
}

/// A signed token of a generation of `session()`, made at 100 s.
fn signed(generation: u32, expires_at: i64) -> SignedToken {
    SignedToken {
        style: TokenStyle::Jwt,
        session_id: session().id,
        generation: Generation(generation),
        issued_at: ms(100_000),
        expires_at: ms(expires_at),
    }
}

fn checked_signed(session: Session, token: SignedToken, now: i64) -> AccessCheck {
    let session = Session {
        style: TokenStyle::Jwt,
        ..session
    };
    AccessFacts::of(&session).check_signed(token, ms(now))
}

#[test]
fn a_signed_token_of_the_current_and_the_previous_generation_is_good_until_its_end() {
    let end = once_rotated().tokens.access.expires_at.0;
    assert_eq!(checked_signed(once_rotated(), signed(1, end), 100_700), good(end));
    let previous = session().tokens.access.expires_at.0;
    assert_eq!(
        checked_signed(once_rotated(), signed(0, previous), 100_700),
        good(previous)
    );
}

#[test]
fn the_earlier_of_the_two_ends_of_a_signed_token_counts() {
    let end = session().tokens.access.expires_at.0;
    assert_eq!(
        checked_signed(session(), signed(0, end - 500), end - 501),
        good(end - 500)
    );
    assert_eq!(
        checked_signed(session(), signed(0, end - 500), end - 500),
        token_expired(end - 500)
    );
    assert_eq!(checked_signed(session(), signed(0, i64::MAX), end - 1), good(end));
    assert_eq!(
        checked_signed(session(), signed(0, i64::MAX), end),
        token_expired(end)
    );
}

#[test]
fn an_older_signed_token_is_superseded_and_a_newer_one_is_ahead() {
    let session = twice_rotated;
    assert_eq!(
        checked_signed(session(), signed(0, i64::MAX), 101_200),
        AccessCheck::Superseded
    );
    assert_eq!(
        checked_signed(session(), signed(3, i64::MAX), 101_200),
        AccessCheck::Ahead
    );
}

#[test]
fn a_signed_token_of_a_replaced_pair_is_superseded() {
    let fresh = Pair::random(&keys(), id(), Generation(2), &Counting(0x40)).unwrap();
    let session = replaced(once_rotated(), &fresh, ms(101_000));
    assert_eq!(
        checked_signed(session, signed(1, i64::MAX), 101_001),
        AccessCheck::Superseded
    );
}

#[test]
fn a_signed_token_is_not_good_before_it_was_made() {
    assert_eq!(
        checked_signed(session(), signed(0, i64::MAX), 99_999),
        AccessCheck::Ahead
    );
    assert!(matches!(
        checked_signed(session(), signed(0, i64::MAX), 100_000),
        AccessCheck::Good { .. }
    ));
}

#[test]
fn a_signed_token_is_good_for_a_session_of_its_own_style_alone() {
    for style in [TokenStyle::Opaque, TokenStyle::CompatJwt] {
        let session = Session { style, ..session() };
        assert_eq!(
            AccessFacts::of(&session).check_signed(signed(0, i64::MAX), ms(100_000)),
            AccessCheck::WrongDigest
        );
    }
}
