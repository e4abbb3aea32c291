//! What the strict reader takes, an ordinary one takes too and reads as the same value.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use symbolon_http::limits::parse_strict;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(strict) = parse_strict::<Value>(bytes) {
        assert_eq!(serde_json::from_slice::<Value>(bytes).ok(), Some(strict));
    }
});
