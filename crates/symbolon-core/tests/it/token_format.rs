use proptest::prelude::*;
use symbolon_core::session::SessionId;
use symbolon_core::token::{Generation, KeyId, Malformed, Pair, RawToken, TOKEN_LEN, TokenKeys, TokenKind};

use super::given::{Counting, id, keys, master, pair, parsed};

// Computed once by an independent program (HMAC and HKDF of Python's standard library).
const ACCESS: &str = "sya_ARAREhMUFRYXGBkaGxwdHh8AAAAA5bkpLAmzrfQphzQZ9BhsctWfLEIFxP5_3Gdv8zfALmzWV-fNVxZd5w";
const REFRESH: &str =
    "syr_ARAREhMUFRYXGBkaGxwdHh8AAAAAQEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl9_lZds3_pCIw";
const API_KEY: &str =
    "syk_ARAREhMUFRYXGBkaGxwdHh8AAAAAQEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl_EDFBClAqrYg";
const SECOND_KEY: &str =
    "syr_AhAREhMUFRYXGBkaGxwdHh8AAAAAQEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl_tF9OI57eWJQ";
const LATE_ACCESS: &str =
    "sya_ARAREhMUFRYXGBkaGxwdHh8BAgMENTAgRGToA_m_-M94PpUeMVVcEG6Z6f30gblo3QAyOfuFseVk-E7DwA";

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn refused(text: &str) -> Option<Malformed> {
    RawToken::parse(text).err()
}

#[test]
fn the_text_of_a_pair_of_fixed_keys_and_bytes_is_this_one() {
    let pair = pair(0);
    assert_eq!(*pair.access.expose(), ACCESS);
    assert_eq!(*pair.refresh.expose(), REFRESH);
    assert_eq!(TOKEN_LEN, 86);
}

#[test]
fn the_text_of_an_api_key_of_fixed_bytes_is_this_one() {
    let key = RawToken::api_key(&keys(), id(), &Counting(0x40)).unwrap();
    assert_eq!(*key.expose(), API_KEY);
    assert_eq!(key.kind(), TokenKind::ApiKey);
}

#[test]
fn the_key_id_is_the_first_byte_and_changes_the_tag() {
    let keys = TokenKeys::derive(&master(), KeyId(2));
    let pair = Pair::random(&keys, id(), Generation(0), &Counting(0x40)).unwrap();
    assert_eq!(*pair.refresh.expose(), SECOND_KEY);
    assert_eq!(parsed(SECOND_KEY).key_id(), KeyId(2));
}

#[test]
fn the_generation_stands_in_network_byte_order() {
    assert_eq!(*pair(0x0102_0304).access.expose(), LATE_ACCESS);
    assert_eq!(parsed(LATE_ACCESS).generation(), Generation(0x0102_0304));
}

#[test]
fn a_token_is_read_as_it_was_written() {
    for (text, kind) in [
        (ACCESS, TokenKind::Access),
        (REFRESH, TokenKind::Refresh),
        (API_KEY, TokenKind::ApiKey),
    ] {
        let token = parsed(text);
        assert_eq!(token.kind(), kind);
        assert_eq!(token.key_id(), KeyId::FIRST);
        assert_eq!(token.session_id(), id());
        assert_eq!(token.generation(), Generation(0));
        assert_eq!(*token.expose(), text);
    }
}

#[test]
fn only_one_last_character_spells_a_token() {
    let (stem, last) = ACCESS.split_at(TOKEN_LEN - 1);
    assert_eq!(last, "w");
    let mut canonical = Vec::new();
    for letter in ALPHABET {
        let text = format!("{stem}{}", char::from(*letter));
        match refused(&text) {
            None => canonical.push(char::from(*letter)),
            Some(why) => assert_eq!(why, Malformed::Encoding, "{text}"),
        }
    }
    // The last character carries two bits of the tag; the other four must be zero.
    assert_eq!(canonical, ['A', 'Q', 'g', 'w']);
    let genuine: Vec<char> = canonical
        .into_iter()
        .filter(|letter| parsed(&format!("{stem}{letter}")).is_genuine(&keys()))
        .collect();
    assert_eq!(genuine, ['w']);
}

#[test]
fn every_foreign_character_is_refused_at_every_place() {
    for place in 4..TOKEN_LEN {
        for foreign in ["=", "+", "/", " ", "\n", ".", "~", "\0"] {
            let mut text = ACCESS.to_owned();
            text.replace_range(place..=place, foreign);
            assert_eq!(
                refused(&text),
                Some(Malformed::Encoding),
                "{foreign:?} at {place}"
            );
        }
    }
}

#[test]
fn characters_of_more_than_one_byte_are_refused_without_a_panic() {
    for place in 0..TOKEN_LEN - 1 {
        let mut text = ACCESS.to_owned();
        text.replace_range(place..place + 2, "é");
        assert_eq!(text.len(), TOKEN_LEN);
        let why = if place < 4 {
            Malformed::Prefix
        } else {
            Malformed::Encoding
        };
        assert_eq!(refused(&text), Some(why), "at {place}");
    }
}

#[test]
fn padding_is_refused() {
    assert_eq!(refused(&format!("{ACCESS}=")), Some(Malformed::Length));
    assert_eq!(refused(&format!("{ACCESS}==")), Some(Malformed::Length));
    assert_eq!(
        refused(&format!("{}==", &ACCESS[..TOKEN_LEN - 2])),
        Some(Malformed::Encoding)
    );
}

#[test]
fn one_character_more_or_less_is_refused() {
    assert_eq!(refused(&ACCESS[..TOKEN_LEN - 1]), Some(Malformed::Length));
    assert_eq!(refused(&format!("{ACCESS}A")), Some(Malformed::Length));
    assert_eq!(refused(&format!(" {ACCESS}")), Some(Malformed::Length));
    assert_eq!(refused(&format!("{ACCESS}\n")), Some(Malformed::Length));
    assert_eq!(refused(""), Some(Malformed::Length));
}

#[test]
fn a_foreign_prefix_is_refused() {
    for prefix in ["sya-", "syA_", "SYA_", "syb_", "sy__", "xya_", " sya", "____"] {
        let text = format!("{prefix}{}", &ACCESS[4..]);
        assert_eq!(refused(&text), Some(Malformed::Prefix), "{prefix}");
    }
}

#[test]
fn the_refusals_say_what_a_token_is_and_not_what_was_presented() {
    assert_eq!(Malformed::Length.to_string(), "a token has 86 characters");
    assert_eq!(
        Malformed::Prefix.to_string(),
        "a token begins with sya_, syr_ or syk_"
    );
    assert_eq!(
        Malformed::Encoding.to_string(),
        "a token is strict base64url without padding"
    );
}

/// The fuzz target: whatever the text, it is either refused or written again exactly as it was read.
fn parse_never_panics(text: &str) {
    if let Ok(token) = RawToken::parse(text) {
        assert_eq!(*token.expose(), text);
        assert_eq!(token.digest(), token.digest());
        let _ = token.is_genuine(&keys());
    }
}

fn spelled_like_a_token() -> impl Strategy<Value = String> {
    ("sy[ark]_", "[A-Za-z0-9_-]{82}").prop_map(|(prefix, body)| prefix + &body)
}

proptest! {
    #[test]
    fn no_text_makes_parse_panic(text in ".{0,100}") {
        parse_never_panics(&text);
    }

    #[test]
    fn no_text_that_looks_like_a_token_makes_parse_panic(text in spelled_like_a_token()) {
        parse_never_panics(&text);
    }

    #[test]
    fn every_token_is_read_as_it_was_written(
        session in any::<[u8; 16]>(), generation: u32, seed: u8, key: u8,
    ) {
        let keys = TokenKeys::derive(&master(), KeyId(key));
        let session = SessionId::from_bytes(session);
        let pair = Pair::random(&keys, session, Generation(generation), &Counting(seed)).unwrap();
        for token in [pair.access, pair.refresh] {
            let text = token.expose();
            prop_assert_eq!(text.len(), TOKEN_LEN);
            let read = parsed(&text);
            prop_assert_eq!(read.kind(), token.kind());
            prop_assert_eq!(read.key_id(), KeyId(key));
            prop_assert_eq!(read.session_id(), session);
            prop_assert_eq!(read.generation(), Generation(generation));
            prop_assert_eq!(read.digest(), token.digest());
            prop_assert!(read.is_genuine(&keys));
            prop_assert_eq!(read.expose(), text);
        }
    }
}
