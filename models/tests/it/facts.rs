//! Cached sessions that are older than the store's.

use symbolon_models::facts::Facts;

use super::fault::fault;

#[test]
fn a_token_that_the_store_knows_is_never_refused() {
    assert_eq!(fault(&Facts::OwnRead), None);
    assert!(fault(&Facts::JoinedRead).is_some());
    assert!(fault(&Facts::SharedFact).is_some());
}
