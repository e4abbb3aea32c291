//! A text that is read as a token is rendered as the same text again: no two texts are one token.
#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolon_core::token::RawToken;

fuzz_target!(|text: &str| {
    if let Ok(token) = RawToken::parse(text) {
        assert_eq!(token.expose().as_str(), text);
    }
});
