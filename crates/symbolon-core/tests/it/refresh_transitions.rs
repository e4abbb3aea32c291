use symbolon_core::device::SeenFrom;
use symbolon_core::refresh::{confirmed, renewed, replaced, rotated};
use symbolon_core::session::{Credential, Session, TokenState, idle_end};
use symbolon_core::token::{Generation, KeyId, Pair, TokenKeys};

use super::given::{Counting, id, keys, master, ms, nonce, pair, session};

fn elsewhere() -> SeenFrom {
    SeenFrom {
        ip: Some("2001:db8::7".parse().unwrap()),
        user_agent: Some("another".to_owned()),
    }
}

fn next() -> Pair {
    Pair::following(&keys(), &pair(0).refresh, nonce(0x80))
}

fn credential(digest: symbolon_core::token::TokenDigest, end: i64) -> Credential {
    Credential {
        digest,
        expires_at: ms(end),
    }
}

#[test]
fn a_rotation_keeps_the_previous_pair_and_begins_the_idle_life_anew() {
    let before = session();
    let after = rotated(before.clone(), &next(), nonce(0x80), elsewhere(), ms(103_000));
    let (old_access, old_refresh) = pair(0).digests();
    let (access, refresh) = next().digests();
    let expected = Session {
        last_seen_at: ms(103_000),
        idle_expires_at: ms(109_600),
        seen_from: elsewhere(),
        tokens: TokenState {
            key_id: KeyId::FIRST,
            generation: Generation(1),
            generation_floor: Generation(0),
            access: credential(access, 104_000),
            previous_access: Some(credential(old_access, 101_000)),
            refresh: Some(credential(refresh, 108_000)),
            previous_refresh: Some(old_refresh),
            nonce: Some(nonce(0x80)),
            rotated_at: ms(103_000),
            successor_used_at: None,
        },
        ..before
    };
    assert_eq!(after, expected);
}

#[test]
fn a_rotation_never_moves_the_absolute_end_and_no_token_passes_it() {
    let after = rotated(session(), &next(), nonce(0x80), elsewhere(), ms(119_500));
    assert_eq!(after.expires_at, ms(120_000));
    assert_eq!(after.tokens.access.expires_at, ms(120_000));
    assert_eq!(
        after.tokens.refresh.map(|kept| kept.expires_at),
        Some(ms(120_000))
    );
    assert_eq!(after.live_until(), ms(120_000));
}

#[test]
fn a_rotation_forgets_that_the_pair_before_was_used() {
    let mut before = session();
    before.tokens.successor_used_at = Some(ms(100_500));
    let after = rotated(before, &next(), nonce(0x80), elsewhere(), ms(101_000));
    assert_eq!(after.tokens.successor_used_at, None);
}

#[test]
fn a_rotation_by_a_new_key_says_so() {
    let new_keys = TokenKeys::derive(&master(), KeyId(2));
    let pair = Pair::following(&new_keys, &pair(0).refresh, nonce(0x80));
    let after = rotated(session(), &pair, nonce(0x80), elsewhere(), ms(101_000));
    assert_eq!(after.tokens.key_id, KeyId(2));
}

#[test]
fn a_late_repetition_renews_the_access_token_and_changes_no_secret() {
    let before = rotated(session(), &next(), nonce(0x80), elsewhere(), ms(101_000));
    let after = renewed(before.clone(), SeenFrom::default(), ms(104_000));
    let mut tokens = before.tokens.clone();
    tokens.rotated_at = ms(104_000);
    tokens.access.expires_at = ms(105_000);
    let expected = Session {
        last_seen_at: ms(104_000),
        idle_expires_at: ms(110_600),
        seen_from: SeenFrom::default(),
        tokens,
        ..before
    };
    assert_eq!(after, expected);
    assert_eq!(
        after.tokens.refresh.map(|kept| kept.expires_at),
        Some(ms(106_000))
    );
}

#[test]
fn a_late_repetition_does_not_pass_the_absolute_end() {
    let before = rotated(session(), &next(), nonce(0x80), elsewhere(), ms(118_000));
    let after = renewed(before, elsewhere(), ms(119_900));
    assert_eq!(after.tokens.access.expires_at, ms(120_000));
}

#[test]
fn a_replacement_leaves_nothing_of_the_pairs_before() {
    let before = rotated(session(), &next(), nonce(0x80), elsewhere(), ms(101_000));
    let fresh = Pair::random(&keys(), id(), Generation(2), &Counting(1)).unwrap();
    let after = replaced(before.clone(), &fresh, ms(102_000));
    let (access, refresh) = fresh.digests();
    let expected = Session {
        tokens: TokenState {
            key_id: KeyId::FIRST,
            generation: Generation(2),
            generation_floor: Generation(2),
            access: credential(access, 103_000),
            previous_access: None,
            refresh: Some(credential(refresh, 107_000)),
            previous_refresh: None,
            nonce: None,
            rotated_at: ms(102_000),
            successor_used_at: None,
        },
        ..before
    };
    assert_eq!(after, expected);
}

#[test]
fn a_confirmation_is_a_replacement_a_proof_and_a_use() {
    let before = rotated(session(), &next(), nonce(0x80), SeenFrom::default(), ms(101_000));
    let fresh = Pair::random(&keys(), id(), Generation(2), &Counting(1)).unwrap();
    let after = confirmed(before.clone(), &fresh, elsewhere(), ms(102_000));
    let expected = Session {
        authenticated_at: ms(102_000),
        last_seen_at: ms(102_000),
        idle_expires_at: idle_end(ms(102_000), before.lives.idle_timeout),
        seen_from: elsewhere(),
        ..replaced(before, &fresh, ms(102_000))
    };
    assert_eq!(after, expected);
}

#[test]
fn a_confirmation_does_not_pass_the_absolute_end() {
    let fresh = Pair::random(&keys(), id(), Generation(1), &Counting(1)).unwrap();
    let after = confirmed(session(), &fresh, elsewhere(), ms(119_900));
    assert_eq!(after.expires_at, session().expires_at);
    assert_eq!(after.tokens.access.expires_at, ms(120_000));
    assert_eq!(
        after.tokens.refresh.map(|kept| kept.expires_at),
        Some(ms(120_000))
    );
}

#[test]
fn a_session_without_a_refresh_life_gets_no_refresh_token_by_any_transition() {
    let mut before = session();
    before.lives.refresh_ttl = None;
    before.tokens.refresh = None;
    let after = rotated(before.clone(), &next(), nonce(0x80), elsewhere(), ms(101_000));
    assert_eq!(after.tokens.refresh, None);
    assert_eq!(after.tokens.previous_refresh, None);
    assert_eq!(replaced(before, &next(), ms(101_000)).tokens.refresh, None);
}
