//! Whatever a configuration file holds, it is a configuration or a list of faults, and the same each time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use symbolon_server::is_configuration;

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(is_configuration(bytes), is_configuration(bytes));
});
