//! The sum that makes a page's cursor ours.

use crate::it::given::keys;

/// Computed apart from this code: the first half of HMAC-SHA-256 under HKDF(master, `symbolon/v1/cursor`).
const SUM: &str = "9869e45500bc70fae8358e2c947fe8cf";

#[test]
fn a_cursors_sum_is_the_same_on_every_node_of_a_deployment() {
    assert_eq!(
        data_encoding::HEXLOWER.encode(&keys().cursor_sum("accounts", b"ada")),
        SUM
    );
}

#[test]
fn a_cursor_is_good_for_its_own_list_and_position_alone() {
    let sum = keys().cursor_sum("accounts", b"ada");
    assert!(keys().cursor_matches("accounts", b"ada", &sum));
    assert!(!keys().cursor_matches("accounts", b"adb", &sum));
    assert!(!keys().cursor_matches("account", b"sada", &sum));
    assert!(!keys().cursor_matches("api-keys", b"ada", &sum));
    assert!(!keys().cursor_matches("accounts", b"ada", &sum[..15]));
    assert!(!keys().cursor_matches("accounts", b"ada", &[]));
}
