//! No bytes in Redis make a reader panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = symbolon_redis::fuzzed::read(bytes);
});
